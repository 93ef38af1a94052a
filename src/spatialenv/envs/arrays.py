"""Actions and observations as arrays, for agents that read and write no text: Stable-Baselines3, RLlib and the like."""

from __future__ import annotations

import math
from typing import Any, Literal, cast

import gymnasium as gym
import numpy as np
import numpy.typing as npt
from gymnasium import spaces

from spatialenv.core.layout import Layout, Pose
from spatialenv.core.room import MAX_CORNERS, MAX_EXTENT
from spatialenv.core.scene import PREPOSITIONS, Scene, SceneObject
from spatialenv.core.write import DIGITS, write_answer
from spatialenv.envs.prompt import YawMode
from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.envs.rules import YAW_MODES
from spatialenv.errors import InputError, unknown_name
from spatialenv.tasks.packing import extents
from spatialenv.tasks.resting import resting_heights

Floats = npt.NDArray[np.float32]
Heights = Literal["rest", "free"]

FAR = 10.0
"""Coordinates of the layout, in halves of the room's extent from its middle, are cut to this."""

_PLAIN = 2  # middle of the room, ceiling
_WALL = 5  # is it a wall, its inward normal, its middle
_OBJECT = 11
_KINDS = (*PREPOSITIONS, "facing")


class ArrayActionWrapper(gym.Wrapper[Any, Any, Any, Any], gym.utils.RecordConstructorArgs):
    """Makes a `RoomLayoutEnv` take an array for its text and give arrays for its pictures and words.

    Each action is written as the text of an answer, so that everything else, rewards, records and the end of an
    episode, is that of the env within. Renderer ``"blank"`` is the quickest where `image` is not asked for.

    ## Action Space
    ``Box(-1, 1, (max_objects, k))``, one row an object in the scene's order; rows beyond the scene's objects, and
    those of its fixed ones, are ignored. A row is ``x, y``; with ``heights="free"`` also ``z``; with
    ``yaw="free"`` also ``cos, sin`` of the yaw, of any length. A coordinate of -1 or 1 is where the object's box,
    as it is turned, touches the side of the room's bounding box; 0 is the middle. Values outside are cut.

    ## Observation Space
    A dict of float32 arrays, 0 where there is no object, corner or relation:

    - ``room`` (3,): length, width and height in metres.
    - ``corners`` (max_corners, 3): x and y, -1 to 1 across the room's bounding box, and 1 for "is there".
    - ``objects`` (max_objects, 11): size in metres; share of the room's length, width and height that it takes up
      as it is turned by itself; cosine and sine of that yaw; 1 when it stands on the floor; 1 when it must stay;
      1 for "is there".
    - ``relations`` (max_objects, max_relations + 1, 26 + max_objects): 1 for "is there"; 1 when adjacent; which of
      the sixteen prepositions, or facing, which only the last row is for; target: middle, ceiling; wall (1, its
      inward normal, its middle as in ``corners``); which of the objects.
    - ``layout`` (max_objects, 6): x, y and z of the centre, -1 to 1 across the room; cosine and sine of the yaw;
      1 for "is placed".
    - ``turn`` (1,): answers given, as a share of ``max_turns``.
    - ``image`` (H, W, 3) uint8, where it is asked for.

    With ``flat=True`` observations are one row of numbers and so are actions, the table above read row by row: for
    policies that read no dicts and libraries, such as RLlib, that take no tables as actions.

    Args:
        env: The env, made with ``actions="layout"``.
        max_objects: Rows; no scene may have more objects.
        max_corners: Rows of ``corners``; no floor may have more.
        max_relations: Relations of each object that are told; others are left out.
        heights: ``"rest"``: objects rest where `spatialenv.tasks.resting.resting_heights` puts them; ``"free"``: the
            action says how high.
        yaw: ``"free"``: the action says the yaw; None is the env's own ``yaw``.
        image: Whether observations hold the picture.
        flat: Whether observations and actions are one row each.

    Raises:
        InputError: If an argument is not allowed, or a scene does not fit.

    Example:
        >>> import gymnasium as gym, spatialenv
        >>> from spatialenv.envs import ArrayActionWrapper
        >>> env = gym.make("spatialenv/RoomLayout-v0", tasks="easy", renderer="blank", size=[16, 16])
        >>> env = ArrayActionWrapper(env, max_objects=4)
        >>> observation, _ = env.reset(seed=0)
        >>> observation["objects"].shape, env.action_space.shape
        ((4, 11), (4, 2))
        >>> _ = env.step(env.action_space.sample())
    """

    def __init__(
        self,
        env: gym.Env[Any, Any],
        max_objects: int = 12,
        *,
        max_corners: int = 12,
        max_relations: int = 2,
        heights: Heights = "rest",
        yaw: YawMode | None = None,
        image: bool = False,
        flat: bool = False,
    ) -> None:
        gym.utils.RecordConstructorArgs.__init__(
            self,
            max_objects=max_objects,
            max_corners=max_corners,
            max_relations=max_relations,
            heights=heights,
            yaw=yaw,
            image=image,
            flat=flat,
        )
        super().__init__(env)
        inner = env.unwrapped
        if not isinstance(inner, RoomLayoutEnv):
            raise InputError(f"ArrayActionWrapper wraps a RoomLayoutEnv; a {type(inner).__name__} was given")
        if inner.rules.actions != "layout":
            raise InputError(f"the env reads `actions` of {inner.rules.actions!r}; make it with actions='layout'")
        for name, value, least in (
            ("max_objects", max_objects, 1),
            ("max_corners", max_corners, 3),
            ("max_relations", max_relations, 0),
        ):
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise InputError(f"`{name}` is {value!r}; it must be a whole number of at least {least}")
        if heights not in ("rest", "free"):
            raise unknown_name("`heights`", heights, ("rest", "free"))
        if yaw is not None and yaw not in YAW_MODES:
            raise unknown_name("`yaw`", yaw, YAW_MODES)
        if yaw == "free" and inner.yaw != "free":
            raise InputError("`yaw` is 'free' but the env reads no yaws; make it with yaw='free'")
        if image and flat:
            raise InputError("`flat` holds no picture; give image=False, or flat=False")
        self._inner = inner
        self.max_objects = max_objects
        self.max_corners = min(max_corners, MAX_CORNERS)
        self.max_relations = max_relations
        self.heights = heights
        self.yaw: YawMode = inner.yaw if yaw is None else yaw
        self.image = image
        self.flat = flat
        self._columns = 2 + (heights == "free") + 2 * (self.yaw == "free")
        shape = (max_objects * self._columns,) if flat else (max_objects, self._columns)
        self.action_space = spaces.Box(-1.0, 1.0, shape, np.float32)
        self._arrays = self._space()
        self.observation_space = spaces.flatten_space(self._arrays) if flat else self._arrays
        self._known: dict[str, Floats] = {}

    # --- gymnasium's API ----------------------------------------------------------------------

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Start an episode; see `RoomLayoutEnv.reset`."""
        observation, info = self.env.reset(seed=seed, options=options)
        self._known = self._describe(self._inner.scene)
        return self._observation(observation), info

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Place the objects; see `RoomLayoutEnv.step`."""
        observation, reward, terminated, truncated, info = self.env.step(self.text(action))
        return self._observation(observation), float(reward), terminated, truncated, info

    # --- actions ------------------------------------------------------------------------------

    def text(self, action: Any) -> str:
        """Return the answer that an action stands for, in the scene being played.

        Raises:
            InputError: If the action has another shape, or holds a number that is not finite.
        """
        return write_answer(self.layout(action))

    def layout(self, action: Any) -> Layout:
        """Return where an action puts the objects; see `text`."""
        shape = self.action_space.shape
        try:
            rows = np.asarray(action, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise InputError(f"an action is an array of shape {shape}; {action!r:.80} was given") from error
        if rows.shape != shape:
            raise InputError(f"an action is an array of shape {shape}; one of shape {rows.shape} was given")
        if not np.isfinite(rows).all():
            raise InputError(f"an action is finite numbers; {rows[~np.isfinite(rows)][0]} was given among them")
        rows = rows.reshape(self.max_objects, self._columns)
        scene = self._inner.scene
        fixed = scene.start if scene.start is not None and scene.fixed else Layout()
        heights = resting_heights(scene) if self.heights == "rest" else {}
        poses: dict[str, Pose] = {}
        for item, row in zip(scene.objects, rows.tolist(), strict=False):
            poses[item.id] = fixed[item.id] if item.id in scene.fixed else self._pose(scene, item, row, heights)
        return Layout.from_mapping(poses)

    def _pose(self, scene: Scene, item: SceneObject, row: list[float], heights: dict[str, float]) -> Pose:
        yaw: float | None = None
        if self.yaw == "free":
            # As it will be written, so that what touches a wall does so to the last digit.
            yaw = math.radians(round(math.degrees(math.atan2(row[-1], row[-2])), DIGITS))
        across, along = extents(item.size, scene.default_yaw(item.id) if yaw is None else yaw)
        z = heights.get(item.id)
        if z is None:
            z = _between(row[2], scene.room.height, item.size[2])
        return Pose(_between(row[0], scene.room.length, across), _between(row[1], scene.room.width, along), z, yaw)

    # --- observations -------------------------------------------------------------------------

    def _space(self) -> spaces.Dict:
        n, targets = self.max_objects, _PLAIN + _WALL + self.max_objects
        found: dict[str, spaces.Space[Any]] = {
            "room": _box(0.0, MAX_EXTENT, 3),
            "corners": _box(-1.0, 1.0, self.max_corners, 3),
            "objects": _box(-1.0, MAX_EXTENT, n, _OBJECT),
            "relations": _box(-1.0, 1.0, n, self.max_relations + 1, 2 + len(_KINDS) + targets),
            "layout": _box(-FAR, FAR, n, 6),
            "turn": _box(0.0, 1.0, 1),
        }
        if self.image:
            found["image"] = self._inner.observation_space["image"]  # type: ignore[index]  # it is a Dict
        return spaces.Dict(found)

    def _observation(self, seen: dict[str, Any]) -> Any:
        found: dict[str, Any] = {name: array.copy() for name, array in self._known.items()}
        found["layout"] = self._layout()
        found["turn"] = np.array([seen["turn"] / self._inner.max_turns], dtype=np.float32)
        if self.image:
            found["image"] = seen["image"]
        return spaces.flatten(self._arrays, found) if self.flat else found

    def _describe(self, scene: Scene) -> dict[str, Floats]:
        """Return the arrays that do not change within an episode."""
        room = scene.room
        if len(scene.objects) > self.max_objects:
            raise InputError(f"the scene has {len(scene.objects)} objects; make `max_objects` at least that")
        if len(room.floor) > self.max_corners:
            raise InputError(f"the floor has {len(room.floor)} corners; make `max_corners` at least that")
        found = {
            name: np.zeros(cast("tuple[int, ...]", space.shape), dtype=np.float32)
            for name, space in self._arrays.spaces.items()
            if name in ("room", "corners", "objects", "relations")
        }
        found["room"][:] = room.length, room.width, room.height
        for row, (x, y) in zip(found["corners"], room.floor, strict=False):
            row[:] = 2 * x / room.length - 1, 2 * y / room.width - 1, 1.0
        for item, row, relations in zip(scene.objects, found["objects"], found["relations"], strict=False):
            yaw = scene.default_yaw(item.id)
            across, along = extents(item.size, yaw)
            shares = across / room.length, along / room.width, item.size[2] / room.height
            row[:6] = np.minimum((*item.size, *shares), MAX_EXTENT)
            row[6:] = math.cos(yaw), math.sin(yaw), item.on_floor, item.id in scene.fixed, 1.0
            for relation, code in zip(item.relations[: self.max_relations], relations, strict=False):
                _encode(scene, relation.preposition, relation.target, relation.is_adjacent, code)
            if item.facing is not None:
                _encode(scene, "facing", item.facing, False, relations[-1])
        return found

    def _layout(self) -> Floats:
        placed = self._inner.placed
        extent = np.array([placed.room.length, placed.room.width, placed.room.height])
        rows = np.zeros((self.max_objects, 6), dtype=np.float32)
        rows[placed.indices, :3] = np.clip(2 * placed.centers / extent - 1, -FAR, FAR)
        rows[placed.indices, 3] = np.cos(placed.yaws)
        rows[placed.indices, 4] = np.sin(placed.yaws)
        rows[placed.indices, 5] = 1.0
        return rows


def _box(low: float, high: float, *shape: int) -> spaces.Box:
    return spaces.Box(low, high, shape, np.float32)


def _encode(scene: Scene, kind: str, target: str, is_adjacent: bool, code: Floats) -> None:
    """Write what relates an object to `target` into its row."""
    room, start = scene.room, 2 + len(_KINDS)
    code[0] = 1.0
    code[1] = is_adjacent
    code[2 + _KINDS.index(kind)] = 1.0
    if target in room.walls:
        wall = room.wall(target)
        x, y = wall.point(wall.length / 2, 0.0)
        place = 2 * x / room.length - 1, 2 * y / room.width - 1
        code[start + _PLAIN : start + _PLAIN + _WALL] = (1.0, *wall.inward, *place)
    elif target in scene.ids:
        code[start + _PLAIN + _WALL + scene.ids.index(target)] = 1.0
    else:
        code[start + (target == "ceiling")] = 1.0


def _between(value: float, room: float, extent: float) -> float:
    """Return the centre for -1 to 1: touching one side, the middle, touching the other; as it will be written."""
    scale = 10.0**DIGITS
    play = max(0.0, room - extent) / 2
    center = room / 2 + min(max(value, -1.0), 1.0) * play
    if play == 0.0:
        return center
    low = math.ceil(extent / 2 * scale - 1e-6) / scale
    high = math.floor((room - extent / 2) * scale + 1e-6) / scale
    return min(max(round(center, DIGITS), low), high)
