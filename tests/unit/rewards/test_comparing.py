"""One layout under every definition: verdicts, and the sentences that its figures give."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from spatialenv.core.placed import PlacedScene
from spatialenv.core.room import Opening, Room
from spatialenv.core.scene import Relation, Scene, SceneObject
from spatialenv.errors import InputError
from spatialenv.rewards.comparing import Comparison, compare
from spatialenv.rewards.definitions import DEFINITIONS
from spatialenv.rewards.layout_facts import length, litres
from spatialenv.testing.samples import sample_scenes, shuffled, witness

ROOM = Room.rectangle(6, 4, 3)


def cubes(*poses: tuple[float, ...], room: Room = ROOM) -> PlacedScene:
    objects = tuple(SceneObject(f"cube_{i}", "cube", (1, 1, 1)) for i in range(len(poses)))
    return Scene(room, objects).place({f"cube_{i}": pose for i, pose in enumerate(poses)})


def reason(found: Comparison, *words: str) -> str:
    (sentence,) = [one for one in found.reasons if all(word in one for word in words)]
    return sentence


def test_a_shallow_contact_is_told_with_each_tolerance() -> None:
    found = compare(cubes((1, 1, 0.5), (1.9992, 1, 0.5)))
    (pair,) = found.pairs
    assert pair.objects == ("cube_0", "cube_1")
    assert (pair.depth, pair.volume) == (pytest.approx(0.0008), pytest.approx(0.0008))
    assert pair.colliding == ("physics", "respace", "il3d")
    assert pair.clear == ("metaspatial", "sceneeval", "scenerevis", "sceneweaver")
    assert reason(found, "cube_0 and cube_1 overlap") == (
        "cube_0 and cube_1 overlap, 0.8 mm deep, 0.8 litres: metaspatial needs 1 mm on each axis, of boxes turned by "
        "quarters only; sceneeval parts them by its nudge of 5 mm; scenerevis counts from 1 cm deep; "
        "sceneweaver counts from 1 mm deep, whatever the volume."
    )


def test_ratios_are_told_with_what_they_divide_by() -> None:
    # Two of four cubes share half of each. Entries are 4 + 6, so 45 pairs, against 6 among the objects.
    found = compare(cubes((1, 1, 0.5), (1.5, 1, 0.5), (3.5, 1, 0.5), (5, 3, 0.5)))
    assert reason(found, "room elements") == (
        "metaspatial counts 6 room elements among its 10 entries: 1 colliding pair of 45 = 0.0222; among the objects "
        "alone it would be 1 of 6 = 0.167. il3d divides volumes: 500 litres shared of 4000 litres = 0.125. "
        "sceneeval and scenerevis count objects: 2 of 4, and 50 %. sceneweaver counts pairs: 1."
    )


def test_voxels_are_told_beside_exact_volumes() -> None:
    # From the middle of the room: voxels of 1.2 mm of contact, two layers of 21 x 21.
    found = compare(cubes((3, 2, 0.5), (3.9988, 2, 0.5)))
    assert "respace sees 110 litres shared where the boxes have 1.2 litres" in reason(found, "respace sees")
    assert "not valid (up to 100 litres)" in reason(found, "respace sees")


def test_what_is_above_the_ceiling_is_told_for_those_that_do_not_look_there() -> None:
    found = compare(cubes((3, 2, 2.9)))
    (out,) = found.outside
    assert (out.object_id, out.volume) == ("cube_0", pytest.approx(0.4))
    assert out.outside == ("physics", "respace", "scenerevis")
    assert out.inside == ("sceneeval", "sceneweaver", "il3d")
    assert reason(found, "outside the room") == (
        "cube_0 has 400 litres outside the room (above the ceiling): sceneeval has no test of the ceiling; sceneweaver "
        "looks from above alone; il3d has no ceiling."
    )


def test_boxes_along_the_axes_are_told_as_such() -> None:
    found = compare(cubes((2, 2, 0.5), (3.1, 2.9, 0.5, math.pi / 4)))
    assert found.pairs[0].colliding == ("il3d",)
    assert "do not overlap, but il3d looks at bounding boxes along the axes" in reason(found, "do not overlap")


def test_free_ways_are_told_with_robots_heights_and_doors() -> None:
    room = Room.rectangle(6, 4, 3, (Opening("door", "south_wall", 0.3, 1.0, 2.0),))
    objects = (SceneObject("shelf", "shelf", (0.4, 4, 1)), SceneObject("board", "board", (1, 0.1, 0.4), on_floor=False))
    found = compare(Scene(room, objects).place({"shelf": (2, 2, 0.5), "board": (5, 3.9, 1.8)}))
    sentence = reason(found, "Of the free floor")
    assert "sceneeval finds 0.69" in sentence
    assert "physcene finds 0.299 for a robot 30 cm wide, the mean over 1 door of the piece at the door" in sentence
    assert sentence.endswith("board, between 1.5 and 2 m up, counts for sceneeval alone.")


def test_support_is_told_with_each_tolerance() -> None:
    objects = (
        SceneObject("desk", "desk", (1, 1, 0.8)),
        SceneObject("lamp", "lamp", (0.2, 0.2, 0.4), on_floor=False, relations=(Relation("lamp", "on", "desk"),)),
        SceneObject("case", "case", (1, 0.4, 0.5), on_floor=False, relations=(Relation("case", "on", "north_wall"),)),
    )
    found = compare(Scene(ROOM, objects).place({"desk": (3, 2, 0.4), "lamp": (3, 2, 1.03), "case": (3, 3.8, 1.5)}))
    assert reason(found, "lamp floats") == (
        "lamp floats 0.03 m above desk: too much for physics, not for scenerevis, which allows 5 cm, "
        "and any touch of an edge."
    )
    assert "case is held for physics but not for scenerevis" in reason(found, "case is held")


def test_relations_that_are_met_but_not_to_the_last_bit_are_told() -> None:
    objects = (SceneObject("sofa", "sofa", (1, 1, 1), relations=(Relation("sofa", "on", "south_wall"),)),)
    found = compare(Scene(ROOM, objects).place({"sofa": (3, 0.501, 0.5)}))
    assert "compares exact numbers" in reason(found, "does not see the relations of sofa")


def test_every_definition_is_there_and_the_report_is_plain_json() -> None:
    rng = np.random.default_rng(2)
    for scene in sample_scenes():
        for placed in (witness(scene), shuffled(scene, rng)):
            found = compare(placed)
            assert [one.name for one in found.judgements] == list(DEFINITIONS)
            for one in found.judgements:
                low, high = DEFINITIONS[one.name].bounds
                assert low - 1e-9 <= one.value <= high + 1e-9
            record = found.to_dict()
            assert json.loads(json.dumps(record, allow_nan=False)) == record


def test_a_sound_room_of_bare_cubes_gives_the_definitions_nothing_to_differ_on_but_relations() -> None:
    found = compare(cubes((1, 1, 0.5), (3, 1, 0.5), (5, 1, 0.5), (3, 3, 0.5)))
    assert (found.pairs, found.outside) == ((), ())
    assert len(found.reasons) == 1
    assert "for having no relation" in found.reasons[0]


@pytest.mark.parametrize("far", [1e6, 1e12, 1e18, 1e300])
@pytest.mark.parametrize("room", [ROOM, Room(((0, 0), (4, 0), (4, 2), (2, 2), (2, 4), (0, 4)), 3.0)])
def test_what_a_model_puts_far_away_is_judged_like_anything_else(far: float, room: Room) -> None:
    found = compare(cubes((far, 1, 0.5), (-far, -far, -far), (1, 1, far), (far, far, far, 1.0), room=room))
    json.dumps(found.to_dict(), allow_nan=False)
    assert found.pairs == ()
    assert {one.object_id for one in found.outside} == {"cube_0", "cube_1", "cube_2", "cube_3"}


def test_an_empty_layout_is_refused() -> None:
    with pytest.raises(InputError, match="nothing is placed"):
        compare(cubes((1, 1, 0.5)).scene.place({}))


def test_amounts_are_said_shortly() -> None:
    assert [length(value) for value in (0.0012, 0.05, 0.123, 2.0)] == ["1.2 mm", "5 cm", "12.3 cm", "2 m"]
    assert [litres(value) for value in (0.0001, 0.0012, 0.25)] == ["0.1 litres", "1.2 litres", "250 litres"]
