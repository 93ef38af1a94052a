"""What the viewer shows of episodes, in JSON types: rooms, meshes, and every turn with its scores and what is wrong."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from spatialenv.assets.library import AssetLibrary
from spatialenv.core.edits import parse_edits
from spatialenv.core.episode import Episode, Turn
from spatialenv.core.facing import facing_states
from spatialenv.core.layout import Layout
from spatialenv.core.parse import Mode, YawMode, parse_answer
from spatialenv.core.placed import PlacedScene
from spatialenv.core.relations import relation_states
from spatialenv.core.scene import Scene, spoken_preposition
from spatialenv.core.score import Score, Transition
from spatialenv.core.violations import Violation, find_violations
from spatialenv.errors import RendererError, SpatialEnvError
from spatialenv.renderers import Annotations, Renderer, draw_annotated
from spatialenv.renderers.models import Appearance, Model, object_model
from spatialenv.renderers.room import RoomStyle, room_style_for
from spatialenv.renderers.room.parts import room_parts
from spatialenv.report.rooms import badges_of, data_uri
from spatialenv.report.viewer_meshes import MeshPack
from spatialenv.rewards.base import Reward, leaves
from spatialenv.rewards.registry import REWARDS, make_reward

MOST_ROOMS = 8
"""Rooms that a page holds unless more are asked for: the first ones by index."""

MOST_GEOMETRY = 1_500_000
"""Characters of a page that meshes and textures may take; objects beyond it are drawn as boxes."""

MOST_TEXT = 20_000
"""Characters kept of a prompt, an answer or a feedback."""

PICTURE = (360, 270)
"""Width and height of the pictures for readers without WebGL, in pixels."""

QUALITY = 45
"""Of these pictures, as WebP."""

MOST_PICTURES = 700_000
"""Characters of a page that these pictures may take; the turns of later rooms have none, and the page says so."""

Record = dict[str, Any]


def viewer_data(
    played: Mapping[str, Sequence[Episode]],
    *,
    rooms: int = MOST_ROOMS,
    renderer: Renderer | None = None,
    pictures: bool = False,
    budget: int = MOST_GEOMETRY,
) -> Record:
    """Return what the viewer's page holds, in JSON types.

    Args:
        played: Episodes by the title of their group: a policy, or what a file is called. The first `rooms` rooms of
            the first group are kept, and the episodes of these rooms in the other groups.
        rooms: Number of rooms.
        renderer: What the rooms are to look like: its furniture, colours, assets and room style, where it has these.
        pictures: Whether it also draws each turn, for readers without WebGL.
        budget: Characters that meshes and textures may take.

    Returns:
        ``groups, rooms, scenes, episodes``, and what `MeshPack.to_json` gives.
    """
    groups = [title for title, episodes in played.items() if episodes]
    data = _Data(renderer, pictures, budget)
    shown: list[tuple[Scene, int]] = []
    records: list[Record] = []
    for number, title in enumerate(groups):
        times: list[Scene] = []
        for index, episode in enumerate(played[title][:rooms] if number == 0 else played[title]):
            # A scene may be there several times; its first episode goes with the first of other groups, and so on.
            key = (episode.scene, times.count(episode.scene))
            times.append(episode.scene)
            if number == 0:
                shown.append(key)
                records.append(
                    {"scene": data.scene(episode.scene), "number": index + 1, "episodes": [None] * len(groups)}
                )
            if key in shown:
                records[shown.index(key)]["episodes"][number] = data.episode(episode)
    return {
        "groups": groups,
        "rooms": records,
        "scenes": data.scenes,
        "episodes": data.episodes,
        **data.pack.to_json(),
    }


class _Look(NamedTuple):
    """What rooms look like."""

    appearance: Appearance
    style: RoomStyle | None
    assets: AssetLibrary | None

    @classmethod
    def of(cls, renderer: Renderer | None) -> _Look:
        """Return the look of what a renderer draws, ours in what it does not say."""
        furniture, colours = getattr(renderer, "furniture", True), getattr(renderer, "colours", "material")
        style, assets = getattr(renderer, "room", None), getattr(renderer, "assets", None)
        return cls(
            Appearance(furniture is not False, "identity" if colours == "identity" else "material"),
            style if isinstance(style, RoomStyle) else None,
            assets if isinstance(assets, AssetLibrary) else None,
        )


class _Data:
    """What is gathered: scenes and meshes once, episodes as they come."""

    def __init__(self, renderer: Renderer | None, pictures: bool, budget: int) -> None:
        self.pack = MeshPack()
        self.scenes: list[Record] = []
        self.episodes: list[Record] = []
        self._known: list[Scene] = []
        self._rewards: dict[str, Reward | None] = {}
        self._renderer = renderer if pictures else None
        self._free = MOST_PICTURES
        self._look = _Look.of(renderer)
        self._budget = budget

    def scene(self, scene: Scene) -> int:
        """Return the number of a scene, which is kept once."""
        if scene not in self._known:
            self._known.append(scene)
            self.scenes.append(self._scene(scene))
        return self._known.index(scene)

    def episode(self, episode: Episode) -> int:
        """Return the number of an episode, which is kept anew each time."""
        scene = episode.scene
        reward = self._reward(episode.settings.get("reward"))
        turns = [self._start(scene, reward)]
        before = scene.place(scene.start or Layout())
        for number, turn in enumerate(episode.turns):
            turns.append(self._turn(number, turn, before, episode, reward))
            before = scene.place(turn.layout)
        record = {
            "scene": self.scene(scene),
            "prompt": _cut(episode.prompt),
            "failure": episode.failure,
            "turns": turns,
        }
        self.episodes.append(record)
        return len(self.episodes) - 1

    def _scene(self, scene: Scene) -> Record:
        room = scene.room
        floor, walls = room_parts(room, room_style_for(scene, self._look.style))
        objects = []
        for index, item in enumerate(scene.objects):
            model = object_model(item, index, self._look.appearance, self._look.assets)
            if self.pack.cost + self.pack.price(model.mesh) > self._budget:
                plain = object_model(item, index, Appearance(furniture=False)).mesh
                model = Model(plain, "box", model.problem or "Drawn as its box: the page would be too large.")
            objects.append(
                {
                    "id": item.id,
                    "category": item.category,
                    "words": ", ".join(word for word in (item.style, item.material) if word),
                    "size": list(item.size),
                    "mesh": self.pack.add(model.mesh),
                    "problem": model.problem,
                }
            )
        return {
            "id": scene.id,
            "wish": _cut(scene.description),
            "floor": [list(corner) for corner in room.floor],
            "height": room.height,
            "surface": self.pack.add(floor),
            "walls": [
                {"name": wall.name, "start": list(wall.start), "end": list(wall.end), "mesh": self.pack.add(mesh)}
                for wall, mesh in zip(room.wall_lines, walls, strict=True)
            ],
            "objects": objects,
        }

    def _reward(self, spec: object) -> Reward | None:
        """Return the reward that a record names; None where it cannot be made from the record."""
        key = repr(spec)
        if key not in self._rewards:
            made = None
            if isinstance(spec, str) or (isinstance(spec, Mapping) and "object" not in spec):
                try:
                    made = make_reward(spec)
                except SpatialEnvError:
                    made = None  # of a package that is not here
            self._rewards[key] = made
        return self._rewards[key]

    def _start(self, scene: Scene, reward: Reward | None) -> Record:
        placed = scene.place(scene.start or Layout())
        violations = find_violations(placed) if scene.start else ()
        score = _score(reward, Transition.of(placed)) if scene.start and reward is not None else None
        return {
            **self._layout(placed, violations, reward),
            "label": "Start",
            "score": None if score is None else _number(score.value),
            "components": {} if score is None else _numbers(score.details.get("components", {})),
            "perObject": [None] * len(scene.objects)
            if score is None or score.per_object is None
            else [_number(value) for value in score.per_object],
            "badges": [],
        }

    def _turn(self, number: int, turn: Turn, before: PlacedScene, episode: Episode, reward: Reward | None) -> Record:
        scene, text = episode.scene, _cut(turn.text)
        placed = scene.place(turn.layout)
        violations = tuple(map(Violation.from_dict, turn.violations))
        return {
            **self._layout(placed, violations, reward),
            "label": str(number + 1),
            "score": _number(turn.score),
            "components": _numbers(turn.components),
            "perObject": [_number(turn.per_object.get(object_id)) for object_id in scene.ids],
            "badges": [[badge.text, badge.kind] for badge in badges_of(turn.status)],
            "text": text,
            "spans": _spans(turn.text, len(text), before, episode.settings),
            "feedback": _cut(turn.feedback),
            "issues": [str(issue.get("message") or issue.get("code")) for issue in turn.issues[:20]],
        }

    def _layout(self, placed: PlacedScene, violations: Sequence[Violation], reward: Reward | None) -> Record:
        scene = placed.scene
        poses: list[list[float] | None] = [None] * len(scene.objects)
        for index, center, yaw in zip(
            placed.indices.tolist(), placed.centers.tolist(), placed.yaws.tolist(), strict=True
        ):
            poses[index] = [round(value, 4) for value in (*center, yaw)]
        return {
            "poses": poses,
            "violations": [
                {
                    "text": one.text or one.kind,
                    "kind": one.kind,
                    "objects": list(one.objects),
                    "move": None if one.move is None else list(one.move),
                }
                for one in violations
            ],
            "relations": _relations(placed) if placed.ids else [],
            "parts": _parts(reward, placed),
            "picture": self._picture(placed, violations),
        }

    def _picture(self, placed: PlacedScene, violations: Sequence[Violation]) -> str | None:
        if self._renderer is None or self._free <= 0:
            return None
        try:
            frames = draw_annotated(self._renderer, placed, ("corner",), PICTURE, Annotations(True, tuple(violations)))
        except RendererError:
            return None
        address = data_uri(frames.image, QUALITY)
        self._free -= len(address)
        return address if self._free >= 0 else None


def _parts(reward: Reward | None, placed: PlacedScene) -> dict[str, list[float | None]]:
    """Return what each part of a reward gives each object; parts that do not divide by object are left out.

    Only our own parts are asked: they measure the layout and cost nothing.
    """
    found: dict[str, list[float | None]] = {}
    for part in () if reward is None or not placed.ids else leaves(reward):
        if part.name in REWARDS and type(part).__module__.startswith("spatialenv."):
            score = _score(part, Transition.of(placed))
            if score is not None and score.per_object is not None:
                found[part.name] = [_number(value) for value in score.per_object]
    return found


def _score(reward: Reward, transition: Transition) -> Score | None:
    try:
        return reward(transition)
    except SpatialEnvError:
        return None  # it needs a picture, a package or a server that is not here


def _relations(placed: PlacedScene) -> list[Record]:
    states = [
        (one.is_met, one.relation.subject, spoken_preposition(one.relation.preposition), one.relation.target)
        for one in relation_states(placed)
    ]
    states += [(one.is_met, one.object_id, "faces", one.target) for one in facing_states(placed)]
    return [
        {"text": f"{subject} {words} {target}", "met": is_met, "subject": subject, "target": target}
        for is_met, subject, words, target in states
    ]


def _spans(text: str, length: int, before: PlacedScene, settings: Mapping[str, Any]) -> dict[str, list[int]]:
    """Return the characters that placed each object, counted as JavaScript counts them: in UTF-16 units."""
    mode: Mode = "strict" if settings.get("parse_mode") == "strict" else "lenient"
    yaw: YawMode = "free" if settings.get("yaw") == "free" else "fixed"
    if settings.get("actions") == "edits":
        spans = parse_edits(text, before.scene, before.layout, mode=mode, yaw=yaw).spans
    else:
        spans = parse_answer(text, before.scene, mode=mode, yaw=yaw).spans
    return {
        object_id: [_units(text[:start]), _units(text[:end])]
        for object_id, (start, end) in spans.items()
        if end <= min(length, MOST_TEXT)
    }


def _units(text: str) -> int:
    return len(text) + sum(ord(character) > 0xFFFF for character in text)


def _cut(text: str) -> str:
    return text if len(text) <= MOST_TEXT else f"{text[:MOST_TEXT]} … ({len(text) - MOST_TEXT:,} characters more)"


def _number(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else round(float(value), 4)


def _numbers(values: Mapping[str, float]) -> dict[str, float | None]:
    return {str(name): _number(value) for name, value in values.items()}
