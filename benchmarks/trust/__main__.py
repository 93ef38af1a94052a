"""Measure trust: ``python -m benchmarks.trust`` writes benchmarks/results/trust.json and docs/trust.md."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.trust.page import trust_page
from spatialenv.errors import BackendError, MissingExtraError
from spatialenv.rewards import REWARDS, Reward, make_reward
from spatialenv.testing.tricks import ROTE
from spatialenv.testing.trust import measure_damage, measure_near_misses, measure_tricks, trust_rooms

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "benchmarks" / "results" / "trust.json"
PAGE = ROOT / "docs" / "trust.md"
SIMULATED = ("stability",)
"""Rewards that take milliseconds a room; they are measured on fewer."""


def main(arguments: list[str] | None = None) -> int:
    """Measure, and write both files."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.trust", description="Measure trust in the rewards.")
    parser.add_argument("--rooms", type=int, default=2000, help="how many rooms (default: 2000)")
    parser.add_argument("--simulated-rooms", type=int, default=140, help="how many for simulated rewards")
    parser.add_argument("--json", type=Path, default=RESULTS, metavar="FILE", help="where the figures go")
    parser.add_argument("--page", type=Path, default=PAGE, metavar="FILE", help="where the page goes")
    given = parser.parse_args(arguments)
    results = measure(given.rooms, given.simulated_rooms, Console(stderr=True))
    given.json.parent.mkdir(parents=True, exist_ok=True)
    given.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    given.page.write_text(trust_page(results), encoding="utf-8")
    return 0


def measure(count: int, simulated: int, console: Console) -> dict[str, Any]:
    """Return everything that the page shows."""
    rooms, few = trust_rooms(count), trust_rooms(simulated)
    physics = make_reward("physics")
    tricks = {}
    for name in ("physics", "strict"):
        with console.status(f"playing tricks on {name}"):
            tricks[name] = measure_tricks(make_reward(name), rooms)
    rote = {name: measure_tricks(make_reward(name), rooms, ROTE)["tricks"] for name in ("physics", "strict")}
    with console.status("missing narrowly"):
        misses = measure_near_misses(physics, rooms)
    damage, left_out = {}, {}
    for name in sorted(REWARDS):
        if name == "format":  # sees the answer's text alone
            continue
        chosen = few if name in SIMULATED else rooms
        with console.status(f"damaging layouts: {name}"):
            try:
                rewards: dict[str, Reward] = {name: make_reward(name)}
                damage[name] = measure_damage(rewards, chosen)[name] | {"rooms": len(chosen.scenes)}
            except (BackendError, MissingExtraError) as error:
                left_out[name] = str(error)
    return {
        "rooms": count,
        "version": physics.version,
        "tricks": tricks,
        "rote": rote,
        "near_misses": misses,
        "damage": damage,
        "left_out": left_out,
    }


if __name__ == "__main__":
    sys.exit(main())
