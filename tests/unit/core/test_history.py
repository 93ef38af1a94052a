"""Steps, undoing, and going on in an environment."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from spatialenv.core.edits import write_edits
from spatialenv.core.history import History, Step
from spatialenv.core.layout import Layout
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.core.write import write_answer
from spatialenv.envs import RoomLayoutEnv
from spatialenv.errors import FileFormatError, InputError, SceneError
from spatialenv.formats import read_history, write_history

SCENE = Scene(
    Room.rectangle(4, 3, 2.5),
    (SceneObject("sofa_1", "sofa", (2, 1, 0.8)), SceneObject("lamp_1", "lamp", (0.4, 0.4, 1.6))),
    "A place to read.",
    witness=Layout.of({"sofa_1": (2, 1, 0.4), "lamp_1": (0.5, 2.5, 0.8)}),
)
PLACE = {"op": "place", "id": "sofa_1", "x": 2, "y": 1, "z": 0.4}
MOVE = {"op": "move", "id": "sofa_1", "dx": 0.1}


def test_steps_are_made_undone_and_made_again() -> None:
    start = History(SCENE)
    assert (start.layout, start.can_undo, start.can_redo) == (Layout(), False, False)
    one = start.apply([PLACE], note="by hand")
    two = one.apply(write_edits([MOVE]))
    assert start.steps == ()
    assert two.layout["sofa_1"].x == 2.1
    assert [step.note for step in two.steps] == ["by hand", ""]
    assert two.undo().layout == one.layout
    assert two.undo().undo().layout == Layout()
    assert two.undo().undo().redo().redo() == two
    assert repr(two.undo()) == "History(step 1 of 2, 1 of 2 objects placed)"
    other = two.undo().apply([{"op": "move", "id": "sofa_1", "dy": 0.5}])
    assert (len(other.steps), other.can_redo, other.layout["sofa_1"].y) == (2, False, 1.5)
    for history, change in ((start, "undo"), (two, "redo")):
        with pytest.raises(InputError, match=change):
            getattr(history, change)()


def test_a_models_text_never_raises_and_an_operation_must_be_right() -> None:
    history = History(SCENE).apply([PLACE])
    same = history.apply("I would not know.")
    assert (same.layout, len(same.steps), same.steps[-1].edits) == (history.layout, 2, "I would not know.")
    with pytest.raises(InputError, match="lamp_1 has no place"):
        history.apply([{"op": "move", "id": "lamp_1", "dx": 1}])
    with pytest.raises(InputError, match="every object keeps its yaw"):
        history.apply([{"op": "rotate", "id": "sofa_1", "yaw": 90}], yaw="fixed")
    wrong: Any = 7
    with pytest.raises(InputError, match="`edits` is 7"):
        history.apply(wrong)


def test_what_cannot_be_is_refused() -> None:
    wrong: Any = "step"
    with pytest.raises(InputError, match="steps"):
        History(SCENE, wrong)
    with pytest.raises(InputError, match="position"):
        History(SCENE, (), 1)
    with pytest.raises(SceneError, match="bed_1"):
        History(SCENE, (Step(Layout.of({"bed_1": (1, 1, 1)})),))
    with pytest.raises(InputError, match="layout"):
        Step({})  # type: ignore[arg-type]


def test_a_scene_to_go_on_from() -> None:
    history = History(SCENE).apply([PLACE])
    scene = history.to_scene("Now the lamp.", fixed=["sofa_1"])
    assert (scene.start, scene.fixed, scene.description) == (history.layout, ("sofa_1",), "Now the lamp.")
    assert scene.witness == SCENE.witness  # which has the sofa there
    moved = history.apply([MOVE]).to_scene(fixed=["sofa_1"])
    assert (moved.witness, moved.description) == (None, "A place to read.")
    assert History(scene).apply([MOVE]).to_scene().fixed == ("sofa_1",)
    assert History(SCENE).to_scene() == SCENE
    with pytest.raises(SceneError, match="lamp_1"):
        history.to_scene(fixed=["lamp_1"])


@pytest.mark.parametrize("actions", ["layout", "edits"])
def test_saved_reopened_and_continued(tmp_path: Path, actions: Any) -> None:
    options: dict[str, Any] = {"size": [32, 24], "max_turns": 4}
    env = RoomLayoutEnv([SCENE], actions=actions, **options)
    env.reset(seed=0)
    third = 1 / 3  # no number of few decimals
    for place in ((2 + third, 1, 0.4), (2 - third, 1, 0.4)):
        env.step(write_edits([{"op": "place", "id": "sofa_1", **dict(zip("xyz", place, strict=True))}]))
    env.step("no answer")
    history = History.of(env.episode())
    assert len(history.steps) == 3
    history = history.apply([{"op": "rotate", "id": "sofa_1", "yaw": 0.1}], note="é\ud800").undo()
    write_history(tmp_path / "room.json", history)
    again = read_history(tmp_path / "room.json")
    assert again == history

    env = RoomLayoutEnv([SCENE], actions="edits", **options)
    _, info = env.reset(seed=1, options={"scene": again.to_scene("Go on.")})
    assert info["layout"] == history.layout.to_records()
    env.step(write_edits([{"op": "move", "id": "sofa_1", "dx": third}]))
    longer = again.extend(env.episode())
    assert len(longer.steps) == 4
    write_history(tmp_path / "room.json", longer)
    reopened = read_history(tmp_path / "room.json")
    assert reopened == longer
    assert reopened.layout == env.placed.layout
    assert reopened.layout["sofa_1"].x == history.layout["sofa_1"].x + third
    with pytest.raises(InputError, match="did not go on"):
        longer.extend(env.episode())


def test_a_layout_given_whole_has_no_edits() -> None:
    env = RoomLayoutEnv([SCENE], size=[32, 24])
    env.reset(seed=0)
    assert SCENE.witness is not None
    env.step(write_answer(replace(SCENE.witness)))
    assert History.of(env.episode()).steps == (Step(SCENE.witness),)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"position": 1', '"position": 2', "position"),
        ('"position": 1', '"position": -1', "position"),
        ('"version": 1', '"version": 9', "version"),
        ('"note"', '"notes"', "note"),
        ('"id": "sofa_1",\n     "x"', '"id": "bed_1",\n     "x"', "bed_1"),
        ("spatialenv/history", "spatialenv/scene", "format"),
    ],
)
def test_damaged_files_are_told_in_a_line(tmp_path: Path, old: str, new: str, told: str) -> None:
    path = tmp_path / "room.json"
    write_history(path, History(SCENE).apply([PLACE]))
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(FileFormatError, match=told) as caught:
        read_history(path)
    assert "\n" not in str(caught.value)


def test_an_episode_over_objects_of_other_sizes_is_refused() -> None:
    sofa = SceneObject("sofa_1", "sofa", (1, 1, 0.8))
    env = RoomLayoutEnv(tasks=[replace(SCENE, objects=(sofa, *SCENE.objects[1:]), witness=None)], size=(16, 16))
    env.reset(seed=0)
    env.step(write_answer(Layout.of({"sofa_1": (2, 1, 0.4)})))
    with pytest.raises(InputError, match="did not go on"):
        History(SCENE).extend(env.episode())


@pytest.mark.parametrize(("scene", "steps"), [("a scene", ()), (SCENE, 5)])
def test_what_is_no_scene_and_no_steps_is_refused(scene: Any, steps: Any) -> None:
    with pytest.raises(InputError, match=r"history `(scene|steps)` is .*; give"):
        History(scene, steps)
