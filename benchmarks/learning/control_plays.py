"""Episodes in which the policy is shown other pictures or told other words than those of the room it furnishes."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from spatialenv.core.answer import Issue
from spatialenv.core.layout import Layout
from spatialenv.core.openings import opening_zones
from spatialenv.core.placed import PlacedScene
from spatialenv.core.scene import Scene
from spatialenv.core.violations import Violation
from spatialenv.envs.drawing import draw_room
from spatialenv.envs.play import Play
from spatialenv.envs.prompt import AGAIN
from spatialenv.envs.rules import Rules
from spatialenv.errors import InputError
from spatialenv.evaluation.baselines import RandomPolicy
from spatialenv.renderers import Annotations, Frames
from spatialenv.renderers.base import Picture
from spatialenv.tasks import TaskSource, scene_key

GREY = 128

LEAST_APART = 0.5
"""Metres by which both the length and the width of another room differ."""

LEAST_SLIMMER = 1.2
"""Ratio by which its length over its width differs: pictures are framed by the room, so that shape is what is seen."""

_TRIES = 1000
_GRID = 0.1
_NUMBER = r"(?<![\w.])\d+(?:\.\d+)?(?:e-?\d+)?(?= degrees\b)|(?<![\w.])\d+(?:\.\d+)?(?:e-?\d+)?(?![\w.]*\w)"


class BlankPlay(Play):
    """Shows one grey everywhere."""

    def picture(self, frames: Frames, turn: int) -> Picture:
        """Return a grey picture."""
        return np.full_like(frames.image, GREY)


class EmptyLaterPlay(Play):
    """Shows the empty room once something was placed; the opening's picture is the true one."""

    def picture(self, frames: Frames, turn: int) -> Picture:
        """Return the picture of the room without its objects, but for the opening."""
        return draw_plain(self.rules, PlacedScene(self.scene, Layout())) if turn else frames.image


class OtherRoomPlay(Play):
    """Shows another room (`other_scene`) throughout, so that nothing in a picture is of the room that is played.

    At the opening it is as its scene begins: empty, as a rule. Later its own objects stand in it at random places,
    drawn by that scene and the turn: the answer is not to be seen either, and all pictures are of a kind with the true
    ones.

    The source is the one that the env was made with; an executor of processes sends scenes and leaves none.
    """

    def __init__(self, rules: Rules) -> None:
        super().__init__(rules)
        self._source = rules.tasks
        self._other: Scene | None = None

    def begin(self, scene: Scene, seed: int | None = None) -> None:
        """Start an episode of `scene`."""
        super().begin(scene, seed)
        self._other = None

    def picture(self, frames: Frames, turn: int) -> Picture:
        """Return the picture of the other room."""
        if self._other is None:
            self._other = other_scene(self._source, self.scene)
        layout = self._other.start or Layout()
        if turn:
            layout = RandomPolicy(grid=_GRID).layout(self._other, turn, yaw=self.rules.yaw)
        return draw_plain(self.rules, PlacedScene(self._other, layout))


class NoWordsPlay(Play):
    """Only asks for the next answer."""

    def feedback(
        self, violations: Sequence[Violation], issues: Sequence[Issue], *, is_used: bool, is_clean: bool
    ) -> str:
        """Return the request alone; nothing at the end of the episode."""
        return "" if self.is_over else AGAIN[self.rules.actions]


class FalseWordsPlay(Play):
    """Tells as many things of the same kinds as are wrong, with names, amounts and moves drawn at random.

    They depend on the scene, the turn and the line, and not on the answer: what is left of the truth is how many
    lines there are and of which kind, and what is said of the text of the answer. With the mode ``"targets"`` each
    object is told a random place.
    """

    def feedback(
        self, violations: Sequence[Violation], issues: Sequence[Issue], *, is_used: bool, is_clean: bool
    ) -> str:
        """Return the words."""
        turn = len(self.answers) + 1
        if self.rules.feedback == "targets":
            told = self._to_random_places(turn)
        else:
            key = scene_key(self.scene)
            told = [
                false_violation(wrong, self.scene, random.Random(f"{key} {turn} {line}"))
                for line, wrong in enumerate(violations)
            ]
        return super().feedback(told, issues, is_used=is_used, is_clean=is_clean)

    def _to_random_places(self, turn: int) -> list[Violation]:
        """Return violations whose moves lead each placed object to a place drawn at random."""
        goals = RandomPolicy(grid=_GRID).layout(self.scene, turn)
        return [
            Violation("out_of_room", (name,), 0.0, "m3", (goal.x - pose.x, goal.y - pose.y, goal.z - pose.z))
            for name, pose in self.placed.layout.items()
            for goal in [goals[name]]
        ]


def draw_plain(rules: Rules, placed: PlacedScene) -> Picture:
    """Return the picture of a placed scene as an env with these rules draws one in which nothing is marked."""
    return draw_room(rules.renderer, placed, rules.views, rules.size, Annotations(labels=rules.labels)).image


def other_scene(source: TaskSource, scene: Scene) -> Scene:
    """Return a scene of a source whose room has another size and shape: the same one each time it is asked for.

    Raises:
        InputError: If none is met.
    """
    first = int(scene_key(scene)[:8], 16)
    for seed in range(first, first + _TRIES):
        other = source.sample(seed)
        if _is_another_size(scene, other):
            return other
    raise InputError(f"{source.name!r} has no room of another size; give tasks whose rooms differ")


def _is_another_size(scene: Scene, other: Scene) -> bool:
    length, width = other.room.length - scene.room.length, other.room.width - scene.room.width
    slimmer = other.room.length / other.room.width * scene.room.width / scene.room.length
    return min(abs(length), abs(width)) >= LEAST_APART - 1e-9 and abs(math.log(slimmer)) >= math.log(LEAST_SLIMMER)


def false_violation(wrong: Violation, scene: Scene, rng: random.Random) -> Violation:
    """Return a violation of the same kind and form, with all names, numbers and moves drawn at random.

    Objects are drawn from all of the scene, those that are wrong among them, so that a name says nothing; walls, doors
    and windows are drawn likewise.

    Example:
        >>> from spatialenv.core.room import Room
        >>> from spatialenv.core.scene import SceneObject
        >>> boxes = tuple(SceneObject(id=f"box_{i}", category="box", size=(1, 1, 1)) for i in range(9))
        >>> wrong = Violation("collision", ("box_1", "box_2"), 0.25, "m3", None, "box_1 overlaps box_2 by 0.25 m3")
        >>> false_violation(wrong, Scene(Room.rectangle(9, 9, 3), boxes), random.Random(0)).text
        'box_6 overlaps box_8 by 0.36 m3'
    """
    ids = list(scene.ids)
    drawn = iter(rng.sample(ids, len(ids)))
    openings = [zone.name for zone in opening_zones(scene.room)]
    false: dict[str, str] = {}

    def other(match: re.Match[str]) -> str:
        word = match[0]
        if word in ids:
            if word not in false:
                false[word] = next(drawn)
            return false[word]
        for names in (scene.room.walls, openings):
            if word in names:
                return rng.choice(names)
        is_angle = wrong.text[match.end() :].startswith(" degrees")
        return str(rng.randint(1, 180)) if is_angle else f"{rng.uniform(0.01, 1):.2f}"

    words = sorted({*ids, *scene.room.walls, *openings}, key=len, reverse=True)
    named = rf"(?<!\w)(?:{'|'.join(map(re.escape, words))})(?!\w)"
    text = re.sub(f"{named}|{_NUMBER}", other, wrong.text)
    return replace(
        wrong,
        objects=tuple(false.get(name, name) for name in wrong.objects),
        move=None if wrong.move is None else _false_move(wrong, rng),
        turn=None if wrong.turn is None else rng.uniform(-math.pi, math.pi),
        text=text,
    )


def _false_move(wrong: Violation, rng: random.Random) -> tuple[float, float, float]:
    """Return a move along one axis: up or down for what is not supported, else along the floor."""
    axis = 2 if wrong.kind == "unsupported" else rng.randrange(2)
    far = rng.choice((-1, 1)) * rng.randint(1, 15) / 10
    return (far * (axis == 0), far * (axis == 1), far * (axis == 2))
