"""Draws the frozen suites, describes or checks them: ``python tools/make_suites.py --write | --describe | --check``.

Writing replaces ``src/spatialenv/tasks/data/suites``: one file of scenes a split, and ``suites.json`` with their
hashes and the datasheets. Published suites are never written again: a change needs another name. Describing makes
the datasheets anew from the files. Checking draws a sample again and compares it with the files bit by bit, and
recomputes hashes and datasheets.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from spatialenv.core.scene import Scene
from spatialenv.core.schema import VERSION as FILE_VERSION
from spatialenv.core.schema import SceneFile
from spatialenv.formats.atomic import write_atomically
from spatialenv.formats.native import scene_to_json
from spatialenv.tasks.datasheet import describe
from spatialenv.tasks.procedural import SPLITS, VERSION, ProceduralTasks, scene_key
from spatialenv.tasks.suite import SUITES, Suite, SuiteTasks

FOLDER = Path(__file__).parents[1] / "src" / "spatialenv" / "tasks" / "data" / "suites"
COUNTS = {"train": 512, "validation": 128, "test": 256}
SAMPLE = 8


def main() -> int:
    """Run the command; 1 where a check fails."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--write", action="store_true", help="draw the suites and write their files")
    action.add_argument("--describe", action="store_true", help="make the datasheets anew from the files")
    action.add_argument("--check", action="store_true", help="compare the files with what the generator draws")
    parser.add_argument("--suite", action="append", choices=list(SUITES), help="only this one; may be repeated")
    arguments = parser.parse_args()
    chosen = [SUITES[name] for name in arguments.suite or SUITES]
    if arguments.write:
        write(chosen)
        return 0
    if arguments.describe:
        index = _read_index()
        for suite in chosen:
            scenes = {split: list(SuiteTasks(suite.name, split)) for split in SPLITS}
            index["suites"][suite.name]["datasheet"] = describe(suite, scenes)
        _write_index(index)
        return 0
    problems = [problem for suite in chosen for problem in check(suite)]
    print("\n".join(problems) or f"{len(chosen)} suites are as the generator draws them")
    return 1 if problems else 0


def write(suites: list[Suite]) -> None:
    """Draw the suites and write their files."""
    index = _read_index()
    for suite in suites:
        seen: set[str] = set()
        scenes, table = {}, {}
        for split in SPLITS:
            scenes[split], skipped = draw(suite, split, COUNTS[split], seen)
            text = b"".join(line(scene) for scene in scenes[split])
            file = FOLDER / suite.name / f"{split}.jsonl.gz"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(gzip.compress(text, compresslevel=9, mtime=0))
            table[split] = {
                "count": len(scenes[split]),
                "sha256": hashlib.sha256(text).hexdigest(),
                "skipped": skipped,
            }
            print(f"{suite.name}/{split}: {len(scenes[split])} scenes, {file.stat().st_size / 1000:.0f} kB")
        index["suites"][suite.name] = {"splits": table, "datasheet": describe(suite, scenes)}
    _write_index(index)


def _read_index() -> dict[str, Any]:
    path = FOLDER / "suites.json"
    index: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"suites": {}}
    return index


def _write_index(index: dict[str, Any]) -> None:
    ordered = {name: index["suites"][name] for name in SUITES if name in index["suites"]}
    text = json.dumps({"version": 1, "generator": VERSION, "suites": ordered}, indent=1, allow_nan=False)
    write_atomically(FOLDER / "suites.json", text + "\n")


def draw(suite: Suite, split: str, count: int, seen: set[str]) -> tuple[list[Scene], list[int]]:
    """Return the first `count` scenes that are not in `seen`, and the seeds left out."""
    tasks = ProceduralTasks(suite.config, split, suite.name)
    scenes: list[Scene] = []
    skipped = []
    seed = 0
    while len(scenes) < count:
        scene = tasks.sample(seed)
        key = scene_key(scene)
        if key in seen:
            skipped.append(seed)
        else:
            seen.add(key)
            scenes.append(replace(scene, id=f"{suite.name}/{split}/{len(scenes)}"))
        seed += 1
    return scenes, skipped


def line(scene: Scene) -> bytes:
    """Return a scene as a line of our own JSON."""
    record = {"format": SceneFile.name, "version": FILE_VERSION, **scene_to_json(scene)}
    return json.dumps(record, separators=(",", ":"), allow_nan=False).encode("utf-8") + b"\n"


def check(suite: Suite) -> list[str]:
    """Return what differs between the files of a suite and what the generator draws."""
    problems = []
    scenes = {split: list(SuiteTasks(suite.name, split)) for split in SPLITS}
    if json.loads(json.dumps(describe(suite, scenes))) != suite.datasheet:
        problems.append(f"{suite.name}: the datasheet does not describe the files")
    for split in SPLITS:
        if len(scenes[split]) != COUNTS[split]:
            problems.append(f"{suite.name}/{split}: {len(scenes[split])} scenes, not {COUNTS[split]}")
        skipped = suite.splits[split].skipped
        seeds = [seed for seed in range(SAMPLE + len(skipped)) if seed not in skipped][:SAMPLE]
        tasks = ProceduralTasks(suite.config, split, suite.name)
        for number, seed in enumerate(seeds):
            again = replace(tasks.sample(seed), id=f"{suite.name}/{split}/{number}")
            if line(again) != line(scenes[split][number]):
                problems.append(f"{suite.name}/{split}: scene {number} is drawn otherwise now")
    return problems


if __name__ == "__main__":
    sys.exit(main())
