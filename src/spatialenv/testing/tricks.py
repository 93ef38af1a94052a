"""Answers that take no thought: what a policy may try when it would rather not furnish.

Each trick sees what a policy sees, the question, and writes a text. None looks at a witness.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from spatialenv.core.layout import Layout, Pose
from spatialenv.core.parse import parse_answer
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.core.score import Transition
from spatialenv.core.write import write_answer, write_records
from spatialenv.envs.prompt import make_prompt
from spatialenv.rewards.base import Reward

_Place = Callable[[int, SceneObject], tuple[float, float, float]]


@dataclass(frozen=True, slots=True)
class Trick:
    """A way to answer without effort.

    Attributes:
        name: Short name.
        about: What it does, in a few words.
        answer: Writes the text of an answer to a scene.
    """

    name: str
    about: str
    answer: Callable[[Scene], str]


def score_texts(reward: Reward, scenes: Sequence[Scene], texts: Sequence[str]) -> list[float]:
    """Return what each text would earn as the first answer to its scene.

    As in the environment, an answer that cannot be used is worth 0.

    Example:
        >>> from spatialenv.rewards import make_reward
        >>> from spatialenv.testing.samples import sample_scenes
        >>> score_texts(make_reward("physics"), sample_scenes()[:2], ["", "no idea"])
        [0.0, 0.0]
    """
    parsed = [parse_answer(text, scene) for scene, text in zip(scenes, texts, strict=True)]
    used = [
        (row, Transition(scene.place(answer.layout), answer))
        for row, (scene, answer) in enumerate(zip(scenes, parsed, strict=True))
        if answer.layout is not None
    ]
    values = [0.0] * len(texts)
    for (row, _), score in zip(used, reward.batch([transition for _, transition in used]), strict=True):
        values[row] = score.value
    return values


def _layout(scene: Scene, place: _Place) -> Layout:
    return Layout(tuple((item.id, Pose(*place(i, item))) for i, item in enumerate(scene.objects)))


def _placing(place_in: Callable[[Scene], _Place]) -> Callable[[Scene], str]:
    return lambda scene: write_answer(_layout(scene, place_in(scene)), digits=6)


def _middle(scene: Scene) -> _Place:
    return lambda i, item: (scene.room.length / 2, scene.room.width / 2, item.size[2] / 2)


def _corner(scene: Scene) -> _Place:
    return lambda i, item: (item.size[0] / 2, item.size[1] / 2, item.size[2] / 2)


def _tower(scene: Scene) -> _Place:
    tops = [0.0]
    for item in scene.objects:
        tops.append(tops[-1] + item.size[2])
    return lambda i, item: (scene.room.length / 2, scene.room.width / 2, tops[i] + item.size[2] / 2)


def _outside(scene: Scene) -> _Place:
    return lambda i, item: (-5.0 - 4.0 * i, -5.0, item.size[2] / 2)


def _beside(scene: Scene) -> _Place:
    return lambda i, item: (scene.room.length + item.size[0], scene.room.width / 2, item.size[2] / 2)


def _hovering(scene: Scene) -> _Place:
    step = scene.room.length / max(1, len(scene.objects))
    return lambda i, item: ((i + 0.5) * step, scene.room.width / 2, scene.room.height - item.size[2] / 2)


def _underground(scene: Scene) -> _Place:
    step = scene.room.length / max(1, len(scene.objects))
    return lambda i, item: ((i + 0.5) * step, scene.room.width / 2, -item.size[2] / 2 - 0.5)


def _row(scene: Scene) -> list[dict[str, object]]:
    """Return records of everything in a row along the south wall: a lazy answer to play further tricks with."""
    records: list[dict[str, object]] = json.loads(
        write_records(_layout(scene, lambda i, item: (0.8 * i + 0.5, 0.5, item.size[2] / 2)))
    )
    return records


def _answer(records: object) -> str:
    return f"<think></think><answer>{json.dumps(records)}</answer>"


def _missing(scene: Scene) -> str:
    return _answer(_row(scene)[: len(scene.objects) // 2])


def _renamed(scene: Scene) -> str:
    return _answer([record | {"new_object_id": f"{record['new_object_id']}_new"} for record in _row(scene)])


def _repeated(scene: Scene) -> str:
    return _answer(_row(scene)[:1] * len(scene.objects))


def _twice(scene: Scene) -> str:
    middle = json.loads(write_records(_layout(scene, _middle(scene))))
    return _answer([*_row(scene), *middle])


def _numbers(text: str) -> Callable[[Scene], str]:
    def write(scene: Scene) -> str:
        entries = ", ".join(
            f'{{"new_object_id": {json.dumps(name)}, "x": {text}, "y": {text}, "z": {text}}}' for name in scene.ids
        )
        return f"<think></think><answer>[{entries}]</answer>"

    return write


def _tags_without_list(scene: Scene) -> str:
    return "<think>" + "</think><think>" * 20 + "</think>" + "<answer></answer>" * 20


def _praise(scene: Scene) -> str:
    return '<think>All 10/10.</think><answer>{"score": 1.0, "valid": true, "clean": true, "reward": 1}</answer>'


def _prompt(scene: Scene) -> str:
    return make_prompt(scene)


def _guesses(scene: Scene) -> str:
    ways = (_middle, _corner, _outside, _hovering)
    return "".join(write_answer(_layout(scene, way(scene)), digits=6) for way in ways)


def _along_the_wall(scene: Scene) -> _Place:
    reaches = []
    for item in scene.objects:
        c, s = abs(math.cos(scene.default_yaw(item.id))), abs(math.sin(scene.default_yaw(item.id)))
        length, width, _ = item.size
        reaches.append((c * length + s * width, s * length + c * width))
    ends = [0.0]
    for _, along in reaches:
        ends.append(ends[-1] + along)
    return lambda i, item: (reaches[i][0] / 2, ends[i] + reaches[i][1] / 2, item.size[2] / 2)


ROTE = (Trick("in a row", "one beside the other along the west wall, from the south", _placing(_along_the_wall)),)
"""Ways to place objects side by side without looking at the room: lazy, and sound where the wall is long enough."""

TRICKS = (
    Trick("nothing", "an empty text", lambda scene: ""),
    Trick("empty list", "`[]` in the right tags", lambda scene: _answer([])),
    Trick("tags only", "many tags around nothing", _tags_without_list),
    Trick("prompt copied", "the prompt, sent back", _prompt),
    Trick("praise", "a JSON object that claims a full score", _praise),
    Trick("one point", "all centres over the middle of the floor", _placing(_middle)),
    Trick("one corner", "everything in the same corner", _placing(_corner)),
    Trick("origin", "all zeros", _numbers("0")),
    Trick("stacked", "a tower in the middle, in the order of the list", _placing(_tower)),
    Trick("outside", "far outside the room, apart from each other", _placing(_outside)),
    Trick("behind a wall", "at one place just outside", _placing(_beside)),
    Trick("hovering", "in a row under the ceiling", _placing(_hovering)),
    Trick("underground", "in a row under the floor", _placing(_underground)),
    Trick("half missing", "half of the ids left out", _missing),
    Trick("renamed", "every id with a suffix", _renamed),
    Trick("one id repeated", "the first id, as often as there are objects", _repeated),
    Trick("every id twice", "two entries for each id", _twice),
    Trick("huge numbers", "coordinates of 1e300", _numbers("1e300")),
    Trick("not numbers", "coordinates that are NaN", _numbers("NaN")),
    Trick("many guesses", "four whole answers, one after another", _guesses),
)
"""Every trick that the trust suite plays."""
