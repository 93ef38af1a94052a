"""Rewards by name (a table of ours, then the entry points of other packages), and from a description."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from spatialenv.core.part import Registry
from spatialenv.errors import FileFormatError, InputError
from spatialenv.rewards.base import Reward
from spatialenv.rewards.compose import Clip, Gate, WeightedSum

REWARDS = {
    "accessibility": "spatialenv.rewards.accessibility:AccessibilityReward",
    "alignment": "spatialenv.rewards.alignment:AlignmentReward",
    "balance": "spatialenv.rewards.balance:BalanceReward",
    "boundary": "spatialenv.rewards.boundary:BoundaryReward",
    "clearance": "spatialenv.rewards.clearance:ClearanceReward",
    "collision": "spatialenv.rewards.collision:CollisionReward",
    "constraint": "spatialenv.rewards.constraint:ConstraintReward",
    "editing": "spatialenv.rewards.editing:EditingReward",
    "facing": "spatialenv.rewards.facing:FacingReward",
    "format": "spatialenv.rewards.format:FormatReward",
    "functional_clearance": "spatialenv.rewards.functional_clearance:FunctionalClearanceReward",
    "il3d": "spatialenv.rewards.il3d:IL3DReward",
    "mesh_boundary": "spatialenv.rewards.mesh_boundary:MeshBoundaryReward",
    "mesh_collision": "spatialenv.rewards.mesh_collision:MeshCollisionReward",
    "metaspatial": "spatialenv.rewards.metaspatial:MetaSpatialReward",
    "physcene": "spatialenv.rewards.physcene:PhySceneReward",
    "physics": "spatialenv.rewards.physics:PhysicsReward",
    "respace": "spatialenv.rewards.respace:ReSpaceReward",
    "sceneeval": "spatialenv.rewards.sceneeval:SceneEvalReward",
    "scenerevis": "spatialenv.rewards.scenerevis:SceneReVisReward",
    "sceneweaver": "spatialenv.rewards.sceneweaver:SceneWeaverReward",
    "stability": "spatialenv.rewards.stability:StabilityReward",
    "stay": "spatialenv.rewards.stay:StayReward",
    "strict": "spatialenv.rewards.strict:StrictReward",
    "support": "spatialenv.rewards.support:SupportReward",
    "walkability": "spatialenv.rewards.walkability:WalkabilityReward",
}
"""Where each named reward lives, as ``module:class``; `physics` and `editing` are presets of ours, and those of
`spatialenv.rewards.definitions` reproduce public definitions."""

REGISTRY = Registry("reward", REWARDS, "spatialenv.rewards")
"""These, and the rewards that other distributions offer."""

RewardSpec = str | Path | Mapping[str, Any] | Reward


def make_reward(spec: RewardSpec) -> Reward:
    """Return the reward that `spec` describes.

    Args:
        spec: One of

            - a name of `REWARDS`, or one that an installed distribution offers under the entry points
              ``spatialenv.rewards``: ``"physics"``;
            - a name with options: ``{"name": "metaspatial", "on_failure": "published"}``;
            - a sum: ``{"weighted_sum": {"collision": 0.5, "boundary": 0.5}}``, or with descriptions in
              place of names ``{"weighted_sum": [{"reward": {...}, "weight": 0.5}, ...]}``;
            - a gate: ``{"gate": {"condition": "format", "reward": "physics", "at_least": 1.0}}``;
            - a cut: ``{"clip": {"reward": "metaspatial", "low": 0.0, "high": 1.0}}``;
            - a path to a YAML file that holds one of these (a string that ends in .yaml or .yml is a path);
            - a reward, which is returned as it is.

    Raises:
        UnknownNameError: If no reward has that name.
        FileFormatError: If a file cannot be read.
        InputError: If the description has another form, or an option is wrong.

    Example:
        >>> make_reward({"weighted_sum": {"collision": 0.5, "boundary": 0.5}}).version
        'weighted_sum-1(0.5 * collision-1, 0.5 * boundary-1)'
    """
    if isinstance(spec, Path) or (isinstance(spec, str) and spec.endswith((".yaml", ".yml"))):
        return make_reward(_read(Path(spec)))
    if isinstance(spec, str):
        return _named(spec, {})
    if isinstance(spec, Mapping):
        return _described(spec)
    if isinstance(spec, Reward):
        return spec
    raise InputError(f"`reward` is {spec!r}; give a name, a description as a dict, a path to YAML or a reward")


def _named(name: object, options: Mapping[str, Any]) -> Reward:
    made: Reward = REGISTRY.make(name, options)
    return made


def _described(spec: Mapping[str, Any]) -> Reward:
    if "name" in spec:
        return _named(spec["name"], {key: value for key, value in spec.items() if key != "name"})
    if set(spec) == {"weighted_sum"}:
        return WeightedSum(_parts(spec["weighted_sum"]))
    if set(spec) == {"gate"} and isinstance(spec["gate"], Mapping):
        gate = spec["gate"]
        if {"condition", "reward"} <= set(gate) <= {"condition", "reward", "at_least"}:
            return Gate(make_reward(gate["condition"]), make_reward(gate["reward"]), gate.get("at_least", 1.0))
        raise InputError(
            f"`gate` has the keys {sorted(gate)}; it needs 'condition' and 'reward', and may have 'at_least'"
        )
    if set(spec) == {"clip"} and isinstance(spec["clip"], Mapping):
        clip = spec["clip"]
        if {"reward"} < set(clip) <= {"reward", "low", "high"}:
            return Clip(make_reward(clip["reward"]), clip.get("low"), clip.get("high"))
        raise InputError(f"`clip` has the keys {sorted(clip)}; it needs 'reward', and 'low' or 'high' or both")
    raise InputError(
        f"reward description has the keys {sorted(map(str, spec))}; "
        "give 'name' (with options), or only one of 'weighted_sum', 'gate', 'clip'"
    )


def _parts(parts: object) -> list[tuple[Reward, float]]:
    if isinstance(parts, Mapping):
        return [(make_reward(name), weight) for name, weight in parts.items()]
    if isinstance(parts, list | tuple) and all(
        isinstance(p, Mapping) and set(p) == {"reward", "weight"} for p in parts
    ):
        return [(make_reward(part["reward"]), part["weight"]) for part in parts]
    raise InputError(
        f"`weighted_sum` is {parts!r}; give {{name: weight, ...}} or a list of {{'reward': ..., 'weight': ...}}"
    )


def _read(path: Path) -> RewardSpec:
    try:
        spec: RewardSpec = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise FileFormatError(f"cannot read the reward file {str(path)!r}: {error.strerror}; check the path") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise FileFormatError(f"the reward file {str(path)!r} is not YAML: {reason}") from error
    if isinstance(spec, Mapping) or REGISTRY.knows(spec):
        return spec
    raise FileFormatError(f"the reward file {str(path)!r} holds {spec!r}; it must hold a name or a description")
