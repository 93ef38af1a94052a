import math
import pickle

import pytest

from spatialenv.core.layout import Layout
from spatialenv.core.room import Room
from spatialenv.core.scene import MAX_RUG_HEIGHT, Relation, Scene, SceneObject
from spatialenv.errors import SceneError

ROOM = Room.rectangle(6, 4, 3)


def thing(name: str, **more: object) -> SceneObject:
    return SceneObject(**{"id": name, "category": "thing", "size": (1, 1, 1), **more})  # type: ignore[arg-type]


def by(subject: str, target: str) -> tuple[Relation, ...]:
    return (Relation(subject, "left of", target),)


def test_an_unknown_preposition_names_the_nearest_one() -> None:
    with pytest.raises(SceneError, match="has the preposition 'in fornt'; did you mean 'in front'"):
        Relation("a", "in fornt", "b")


def test_nothing_relates_to_itself() -> None:
    with pytest.raises(SceneError, match="names itself"):
        Relation("a", "on", "a")


@pytest.mark.parametrize(
    "size",
    [
        *((1, 1), (1, 1, 0), (1, -1, 1), (1, 1, math.nan), (math.inf, 1, 1), (1, 1, 1, 1)),
        *((1e-160, 1e-160, 1e-160), (1e200, 1e200, 1e200)),  # their volumes are 0 and infinite
    ],
)
def test_an_object_has_three_sizes_above_0(size: tuple[float, ...]) -> None:
    with pytest.raises(SceneError, match="object 'a' has the `size`"):
        thing("a", size=size)


@pytest.mark.parametrize("name", ["", "  ", None, 7])
def test_an_id_is_a_string_that_is_not_blank(name: object) -> None:
    with pytest.raises(SceneError, match="object `id`"):
        thing("a", id=name)


def test_a_yaw_is_finite() -> None:
    with pytest.raises(SceneError, match="object 'a' has the `yaw` nan"):
        thing("a", yaw=math.nan)
    assert thing("a", yaw=1).yaw == 1.0


def test_an_object_holds_its_own_relations_only() -> None:
    with pytest.raises(SceneError, match="whose subject is 'b'"):
        thing("a", relations=by("b", "c"))


@pytest.mark.parametrize(
    ("is_rug", "height", "flat"), [(True, MAX_RUG_HEIGHT, True), (True, 0.031, False), (False, 0.01, False)]
)
def test_only_thin_rugs_lie_flat(is_rug: bool, height: float, flat: bool) -> None:
    assert thing("a", is_rug=is_rug, size=(2, 2, height)).lies_flat == flat


def test_ids_are_unique_and_no_names_of_room_elements() -> None:
    with pytest.raises(SceneError, match=r"object ids \['a'\] appear more than once"):
        Scene(ROOM, (thing("a"), thing("b"), thing("a")))
    with pytest.raises(SceneError, match=r"\['ceiling'\] are names of room elements"):
        Scene(ROOM, (thing("ceiling"),))


def test_names_that_are_not_in_the_scene_are_refused_with_the_nearest() -> None:
    with pytest.raises(SceneError, match=r"object 'a' refers to 'sofa_2', .*did you mean 'sofa_1'"):
        Scene(ROOM, (thing("a", relations=by("a", "sofa_2")), thing("sofa_1")))
    with pytest.raises(SceneError, match="refers to 'norht_wall'"):
        Scene(ROOM, (thing("a", facing="norht_wall"),))
    with pytest.raises(SceneError, match=r"the witness places \['b'\]"):
        Scene(ROOM, (thing("a"),), witness=Layout.from_mapping({"b": (1, 1, 1)}))


def test_a_scene_finds_its_parts() -> None:
    first, second = thing("a", relations=by("a", "b")), thing("b", relations=by("b", "north_wall"))
    scene = Scene(ROOM, (first, second))
    assert scene.ids == ("a", "b")
    assert scene.object("b") is second
    assert scene.relations == (*first.relations, *second.relations)
    with pytest.raises(SceneError, match="no object 'c';"):
        scene.object("c")


@pytest.mark.parametrize("wall", ROOM.walls)
def test_the_front_of_an_object_looks_at_the_wall_that_it_faces(wall: str) -> None:
    yaw = Scene(ROOM, (thing("a", facing=wall),)).default_yaw("a")
    front = (-math.sin(yaw), math.cos(yaw))  # local +y turned by yaw
    outward = {"north_wall": (0, 1), "west_wall": (-1, 0), "south_wall": (0, -1), "east_wall": (1, 0)}[wall]
    assert front == pytest.approx(outward, abs=1e-12)


def test_a_yaw_comes_from_the_object_then_its_facing_then_what_it_is_placed_by() -> None:
    desk = thing("desk", facing="west_wall")
    scene = Scene(
        ROOM,
        (
            desk,
            thing("own", yaw=0.3, facing="west_wall"),
            thing("chair", relations=by("chair", "desk")),
            thing("lamp", relations=by("lamp", "chair")),
            thing("art", relations=by("art", "north_wall")),
            thing("looks", facing="desk"),
            thing("ring_1", relations=by("ring_1", "ring_2")),
            thing("ring_2", relations=by("ring_2", "ring_1")),
        ),
    )
    yaws = {name: scene.default_yaw(name) for name in scene.ids}
    west = math.pi / 2
    assert yaws == {
        "desk": west, "own": 0.3, "chair": west, "lamp": west, "art": 0.0, "looks": 0.0, "ring_1": 0.0, "ring_2": 0.0,
    }  # fmt: skip


def test_a_yaw_stated_at_the_start_is_kept_where_answers_state_none() -> None:
    start = Layout.of({"a": (1, 1, 0.5, 0.3), "b": (3, 1, 0.5)})
    scene = Scene(ROOM, (thing("a", yaw=1.0), thing("b", yaw=1.0)), start=start, fixed=("a", "b"))
    assert [scene.default_yaw(name) for name in scene.ids] == [0.3, 1.0]
    assert scene.place({"a": (1, 1, 0.5), "b": (3, 1, 0.5)}).yaws.tolist() == [0.3, 1.0]


def test_scenes_compare_by_value_pickle_and_hide_their_witness() -> None:
    witness = Layout.from_mapping({"a": (1, 1, 0.5)})
    scene = Scene(ROOM, (thing("a"),), description="A room.", id="s1")
    kept = scene.with_witness(witness)
    assert kept.witness == witness
    assert scene.witness is None
    assert "witness" not in repr(kept)
    assert pickle.loads(pickle.dumps(kept)) == kept != scene


def test_a_start_of_something_unknown_names_what_is_near() -> None:
    sofa = SceneObject(id="sofa_1", category="sofa", size=(1.8, 0.9, 0.8))
    with pytest.raises(SceneError, match=r"the start places .'sofa_2'.*did you mean 'sofa_1'. Known: sofa_1"):
        Scene(Room.rectangle(6, 4, 3), (sofa,), start=Layout.of({"sofa_2": (1, 1, 0.4)}))
