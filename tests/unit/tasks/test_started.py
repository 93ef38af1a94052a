"""Repair, edit and completion: every scene can be solved, has something to do, and keeps what is fixed."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from spatialenv.core.layout import Layout
from spatialenv.core.placed import PlacedScene
from spatialenv.core.relations import relation_states
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.core.violations import find_violations, layout_status
from spatialenv.errors import InputError
from spatialenv.tasks import make_tasks
from spatialenv.tasks import repair as repair_module
from spatialenv.tasks.completion import CompletionTasks
from spatialenv.tasks.edit import KINDS as EDIT_KINDS
from spatialenv.tasks.edit import EditTasks
from spatialenv.tasks.repair import RepairTasks


def placed(scene: Scene, layout: Layout | None) -> PlacedScene:
    assert layout is not None
    return scene.place(layout)


def check(scene: Scene) -> None:
    """The witness is sound and keeps what is fixed; the start leaves something to do."""
    witness, start = placed(scene, scene.witness), placed(scene, scene.start)
    assert layout_status(witness, is_complete=True).clean
    assert find_violations(witness) == ()
    assert not layout_status(start, is_complete=start.is_complete).clean
    for name in scene.fixed:
        assert witness.layout[name] == start.layout[name]


@pytest.mark.parametrize(
    ("spec", "seeds"),
    [
        ("repair", 200),
        ("edit", 200),
        ("completion", 200),
        *(
            ({"name": name, "of": of}, 12)
            for name in ("repair", "edit", "completion")
            for of in ("hard", "rotation", "polygons")
        ),
    ],
    ids=str,
)
def test_every_scene_can_be_solved_and_has_something_to_do(spec: Any, seeds: int) -> None:
    tasks = make_tasks(spec)
    for seed in range(seeds):
        scene = tasks.sample(seed)
        check(scene)
        assert scene.start is not None
        if "repair" in tasks.name:
            assert (len(scene.start), scene.fixed) == (len(scene.objects), ())
            assert scene.start != scene.witness
        elif "edit" in tasks.name:
            assert 1 <= len(scene.objects) - len(scene.fixed) <= 2
        else:
            assert scene.start.ids == scene.fixed
            found = {(wrong.kind, wrong.objects[0]) for wrong in find_violations(placed(scene, scene.start))}
            assert found == {("missing", name) for name in scene.ids if name not in scene.fixed}


def test_a_seed_gives_the_same_scene_and_another_one_another() -> None:
    for made in (RepairTasks, EditTasks, CompletionTasks):
        scenes = [made("medium/validation").sample(seed) for seed in (3, 3, 4)]
        assert scenes[0] == scenes[1] != scenes[2]


def test_names_splits_and_yaws_are_those_of_the_rooms() -> None:
    assert make_tasks("repair").name == "repair(medium)/train"
    assert make_tasks("edit/test").name == "edit(medium)/test"
    assert make_tasks({"name": "completion", "of": "hard/validation"}).name == "completion(hard)/validation"
    for of, name in (
        ("easy/endless", "repair(easy)/endless/test"),
        ({"name": "easy"}, "repair(easy)/test"),
        ({"name": "easy", "count": [2, 2]}, "repair(easy)/endless/test"),
        ({"name": "mixture", "of": {"easy": 1, "hard": 2}}, "repair(mixture(1 easy/test, 2 hard/test))"),
        ("repair/train", "repair(repair(medium))/train"),
    ):
        assert make_tasks({"name": "repair", "of": of, "split": "test"}).name == name
    assert make_tasks({"name": "repair", "of": "rotation"}).yaw == "free"  # type: ignore[attr-defined]
    base = {make_tasks("medium/test").sample(seed).room for seed in range(256)}
    assert make_tasks("repair/test").sample(0).room in base


@pytest.mark.parametrize("kind", repair_module.KINDS)
def test_each_kind_of_corruption_shows(kind: str) -> None:
    tasks = RepairTasks("rotation" if kind == "turned" else "medium", kinds=(kind,), count=(1, 1))
    seen: Counter[str] = Counter()
    for seed in range(12):
        scene = tasks.sample(seed)
        assert scene.start is not None
        assert scene.witness is not None
        changed = [name for name in scene.ids if scene.start[name] != scene.witness[name]]
        assert len(changed) == (2 if kind == "swapped" else 1)
        wrong = find_violations(placed(scene, scene.start))
        seen.update({violation.kind for violation in wrong})
        if kind == "relation":
            unmet = [s.relation.subject for s in relation_states(placed(scene, scene.start)) if not s.is_met]
            assert changed[0] in unmet
    shows = {"overlap": "collision", "outside": "out_of_room", "floating": "unsupported", "turned": "facing"}
    if kind in shows:
        assert seen[shows[kind]] >= 6
    assert seen["moved"] == seen["missing"] == 0


@pytest.mark.parametrize("kind", EDIT_KINDS)
def test_each_kind_of_edit_changes_what_it_names(kind: str) -> None:
    tasks = EditTasks("rotation" if kind == "turn" else "medium", kinds=(kind,))
    for seed in range(8):
        scene = tasks.sample(seed)
        assert scene.start is not None
        free = [name for name in scene.ids if name not in scene.fixed]
        assert len(free) == (2 if kind == "exchange" else 1)
        assert (len(scene.start) < len(scene.objects)) == (kind == "place")
        assert "Everything else must stay where it is." in scene.description
        for name in free:
            assert scene.object(name).category.replace("_", " ") in scene.description.split("Everything")[0]
        kinds = {violation.kind for violation in find_violations(placed(scene, scene.start))}
        told = {"wall": {"relation"}, "beside": {"relation"}, "exchange": {"relation"}, "place": {"missing"}}
        assert kinds == told.get(kind, {"facing"})


def test_the_share_that_stands() -> None:
    tasks = CompletionTasks("hard", share=(0.4, 0.6))
    shares = [len(scene.fixed) / len(scene.objects) for scene in map(tasks.sample, range(40))]
    assert all(0.35 <= share <= 0.65 for share in shares)
    assert min(shares) < 0.45 < 0.55 < max(shares)


def test_rooms_without_a_witness_are_solved_and_rooms_without_a_task_are_told() -> None:
    sofa = SceneObject("sofa_1", "sofa", (2, 1, 0.8))
    lone = Scene(Room.rectangle(4, 3, 2.5), (sofa,), "A seat.")
    scene = RepairTasks([lone], count=(1, 1)).sample(0)
    check(scene)
    bare = [Scene(lone.room, ())]
    unfit = (EditTasks([lone]), CompletionTasks([lone]), RepairTasks([lone], kinds=("relation",)))
    for tasks in (*unfit, EditTasks(bare), CompletionTasks(bare), RepairTasks(bare)):
        with pytest.raises(InputError, match="allow no scene"):
            tasks.sample(0)


@pytest.mark.parametrize(
    ("make", "options", "told"),
    [
        (RepairTasks, {"kinds": ("melted",)}, "melted"),
        (RepairTasks, {"kinds": "overlap"}, "kinds"),
        (RepairTasks, {"kinds": ("turned",)}, "fixes all yaws"),
        (RepairTasks, {"count": (0, 1)}, "count"),
        (RepairTasks, {"count": (1.5, 2)}, "count"),
        (RepairTasks, {"count": 2}, "count"),
        (EditTasks, {"kinds": ("paint",)}, "paint"),
        (EditTasks, {"kinds": ("turn",)}, "fixes all yaws"),
        (EditTasks, {"kinds": ()}, "kinds"),
        (CompletionTasks, {"share": (0.0, 0.5)}, "share"),
        (CompletionTasks, {"share": (0.7, 0.3)}, "share"),
        (CompletionTasks, {"of": "nowhere"}, "nowhere"),
    ],
)
def test_mistakes_are_told(make: Any, options: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=told):
        make(**options)
