"""Which rewards a server's clients may use: those that it was given by name, and what can be made of them."""

from __future__ import annotations

import inspect
import json
from collections import OrderedDict
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

from spatialenv.errors import InputError, MissingExtraError, unknown_name
from spatialenv.rewards import REWARDS, Reward, make_reward

DEFAULT = "physics"
"""The reward of requests that name none, where the server was not told another."""

MAX_PARTS = 64
"""Most named rewards in a description that a client sends."""

_KEPT = 32


def open_rewards(specs: Mapping[str, str]) -> dict[str, Reward]:
    """Return the rewards that a server offers, the default first.

    Args:
        specs: What `make_reward` takes as text by the name that clients use; empty for every reward of this
            package that needs no option, reads no meshes and whose packages are installed, `physics` first. Those
            need no file, no network and no judge.

    Raises:
        InputError: If one cannot be made.

    Example:
        >>> list(open_rewards({"mine": "collision"}))
        ['mine']
    """
    if specs:
        return {name: make_reward(spec) for name, spec in specs.items()}
    offered = {DEFAULT: make_reward(DEFAULT)}
    for name in REWARDS:
        try:
            reward = make_reward(name)
        except (InputError, MissingExtraError):
            continue
        is_installed = all(find_spec(package) for package in getattr(reward, "needs", ()))
        if is_installed and "assets" not in inspect.signature(type(reward)).parameters:
            offered.setdefault(name, reward)
    return offered


class Offer:
    """The rewards that clients may name, and combine.

    A client names one of them, or describes a sum, a gate or a clip of them as `make_reward` reads it. It can
    neither name another reward nor set an option: what it sends cannot make the server read a file.

    Args:
        rewards: The rewards by the names that clients use; the first is the default.

    Example:
        >>> offer = Offer(open_rewards({"collision": "collision", "boundary": "boundary"}))
        >>> offer.reward({"weighted_sum": {"collision": 0.5, "boundary": 0.5}}).version
        'weighted_sum-1(0.5 * collision-1, 0.5 * boundary-1)'
    """

    def __init__(self, rewards: Mapping[str, Reward]) -> None:
        self._rewards = dict(rewards)
        self._made: OrderedDict[str, Reward] = OrderedDict()

    @property
    def default(self) -> str:
        """Name of the reward of requests that name none."""
        return next(iter(self._rewards))

    def reward(self, spec: Any) -> Reward:
        """Return the reward that a client asks for; None is the default.

        Raises:
            UnknownNameError: If it names a reward that is not offered.
            InputError: If it is no description that clients may send.
        """
        if spec is None:
            return self._rewards[self.default]
        if isinstance(spec, str):
            return self._named(spec)
        key = json.dumps(spec, sort_keys=True)
        if key not in self._made:
            self._made[key] = make_reward(self._resolved(spec, [0]))
            if len(self._made) > _KEPT:
                self._made.popitem(last=False)
        self._made.move_to_end(key)
        return self._made[key]

    def versions(self) -> dict[str, str]:
        """Return the version of each reward by its name, the default first."""
        return {name: reward.version for name, reward in self._rewards.items()}

    def _named(self, name: Any) -> Reward:
        if not isinstance(name, str) or name not in self._rewards:
            raise unknown_name("reward", name, self._rewards)
        return self._rewards[name]

    def _resolved(self, spec: Any, count: list[int]) -> Any:
        """Return a description with the rewards themselves in place of their names."""
        count[0] += 1
        if count[0] > MAX_PARTS:
            raise InputError(f"the reward has more than {MAX_PARTS} parts; describe a smaller one")
        if not isinstance(spec, Mapping):
            return self._named(spec)
        if "name" in spec:
            if set(spec) != {"name"}:
                raise InputError(
                    f"the reward {spec['name']!r} is given options; a request cannot set any: "
                    "start the server with a YAML file that does, --reward mine.yaml"
                )
            return self._named(spec["name"])
        kind, body = next(iter(spec.items()), ("", None))
        if kind == "weighted_sum" and isinstance(body, Mapping):
            body = [{"reward": self._resolved(name, count), "weight": weight} for name, weight in body.items()]
        elif kind == "weighted_sum" and isinstance(body, list):
            body = [self._inside(part, ("reward",), count) for part in body]
        elif kind in ("gate", "clip") and isinstance(body, Mapping):
            body = self._inside(body, ("condition", "reward"), count)
        else:
            raise InputError(
                f"reward description has the keys {sorted(spec)[:5]}; give only one of 'weighted_sum', 'gate', 'clip'"
            )
        return {**spec, kind: body}

    def _inside(self, part: Any, names: tuple[str, ...], count: list[int]) -> Any:
        if not isinstance(part, Mapping):
            return part
        return {key: self._resolved(value, count) if key in names else value for key, value in part.items()}
