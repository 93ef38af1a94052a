import copy
import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialenv.core.layout import Layout, Pose
from spatialenv.core.room import ELEMENTS, Opening, Room
from spatialenv.core.scene import Relation, Scene, SceneObject
from spatialenv.errors import FileFormatError, SceneError
from spatialenv.formats import read_any, read_idesign, write_idesign

ROOM = Room.rectangle(6, 4, 3)


def entry(object_id: str = "sofa_1", **changes: Any) -> dict[str, Any]:
    record = {
        "new_object_id": object_id,
        "style": "plain",
        "material": "wood",
        "size_in_meters": {"length": 1.8, "width": 0.9, "height": 0.8},
        "is_on_the_floor": True,
        "facing": "north_wall",
        "placement": {"room_layout_elements": [], "objects_in_room": []},
        "rotation": {"z_angle": 0.0},
        "position": {"x": 1.0, "y": 2.0, "z": 0.4},
    }
    record.update(changes)
    return {key: value for key, value in record.items() if value is not None}


def test_each_field_is_read() -> None:
    graph = [
        entry(
            "corner_sofa_12",
            rotation={"z_angle": 90},
            facing="desk_1",
            is_on_the_floor=False,
            placement={
                "room_layout_elements": [{"layout_element_id": "west_wall", "preposition": "on"}],
                "objects_in_room": [
                    {"object_id": "desk_1", "preposition": "in front", "is_adjacent": False},
                    {"object_id": "desk_1", "preposition": "behind"},
                ],
            },
            cluster={"constraint_area": {}},
        ),
        entry("desk_1", rotation=None, facing=None, position=None),
    ]
    scene, layout = read_idesign(graph, room=ROOM)
    sofa, desk = scene.objects
    assert (sofa.id, sofa.category, sofa.size) == ("corner_sofa_12", "corner_sofa", (1.8, 0.9, 0.8))
    assert (sofa.yaw, sofa.facing, sofa.on_floor) == (3 * math.pi / 2, "desk_1", False)  # 90 clockwise looks east
    assert sofa.relations == (
        Relation("corner_sofa_12", "on", "west_wall", True),
        Relation("corner_sofa_12", "in front", "desk_1", False),
        Relation("corner_sofa_12", "behind", "desk_1", True),
    )
    assert (desk.yaw, desk.facing) == (None, None)
    assert layout == Layout.from_mapping({"corner_sofa_12": (1.0, 2.0, 0.4)})
    assert scene.room == ROOM


@pytest.mark.parametrize(
    ("bearing", "quarter"), [(0, 0), (90, 3), (180, 2), (270, 1), (360, 0), (-90, 1), (450.0, 3), (-0.0, 0)]
)
def test_bearings_turn_the_other_way(bearing: float, quarter: int) -> None:
    scene, _ = read_idesign([entry(rotation={"z_angle": bearing})], room=ROOM)
    assert scene.objects[0].yaw == quarter * math.pi / 2
    assert write_idesign(scene)[0]["rotation"] == {"z_angle": bearing % 360}


def test_the_room_comes_from_the_walls_the_file_or_the_caller() -> None:
    walls = write_idesign(Scene(Room.rectangle(5, 4, 2.8), ()))
    assert [item["new_object_id"] for item in walls] == [
        "south_wall", "north_wall", "east_wall", "west_wall", "middle of the room", "ceiling",
    ]  # fmt: skip
    assert walls[2] == {
        "new_object_id": "east_wall",
        "itemType": "wall",
        "position": {"x": 5.0, "y": 2.0, "z": 1.4},
        "size_in_meters": {"length": 4.0, "width": 0.0, "height": 2.8},
        "rotation": {"z_angle": 270.0},
    }
    assert read_idesign([entry(), *walls])[0].room == Room.rectangle(5, 4, 2.8)
    assert read_idesign({"room_dimensions": [7, 4, 3], "scene_graph": [entry()]})[0].room == Room.rectangle(7, 4, 3)
    assert read_idesign([entry(), *walls], room=ROOM)[0].room == ROOM


def test_a_scene_without_positions_has_no_layout() -> None:
    assert read_idesign([entry(position=None)], room=ROOM)[1] is None
    assert "position" not in write_idesign(read_idesign([entry(position=None)], room=ROOM)[0])[0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"size_in_meters": {"length": "2", "width": 1, "height": 1}},
            r"`scene_graph\[0\].size_in_meters.length` is '2'",
        ),
        ({"size_in_meters": {"length": 2, "width": 1}}, r"`scene_graph\[0\].size_in_meters.height` is missing"),
        ({"size_in_meters": {"length": 0, "width": 1, "height": 1}}, "'sofa_1' has the `size`"),
        ({"position": {"x": math.nan, "y": 1, "z": 1}}, r"position.x` is nan; it must be a finite number"),
        ({"is_on_the_floor": "yes"}, r"is_on_the_floor` is 'yes'"),
        ({"facing": "wets_wall"}, "'wets_wall', which is not in the scene; did you mean 'west_wall'"),
        (
            {"placement": {"objects_in_room": [{"object_id": "ghost", "preposition": "on"}]}},
            "refers to 'ghost', which is not in the scene",
        ),
        (
            {"placement": {"room_layout_elements": [{"layout_element_id": "west_wall", "preposition": "onto"}]}},
            "preposition 'onto'; did you mean 'on'",
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    path = tmp_path / "room.json"
    path.write_text(
        json.dumps({"room_dimensions": [6, 4, 3], "scene_graph": [entry(**change)]}).replace("NaN", "1e999")
    )
    with pytest.raises(FileFormatError, match=message.replace("is nan", "is inf")) as caught:
        read_idesign(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ([entry()], "says nothing of the room; add `room_dimensions`"),
        ({"room_dimensions": [6, 4, 0], "scene_graph": []}, r"`room_dimensions\[2\]` is 0; it must be greater than 0"),
        ({"room_dimensions": [6, 4], "scene_graph": []}, "`room_dimensions` is a list of 2"),
        ({"scene_graph": 5}, "`scene_graph` is 5"),
        ({"room_dimensions": [6, 4, 3], "scene_graph": [entry(), entry()]}, "appear more than once"),
        (
            {"room_dimensions": [6, 4, 3], "scene_graph": write_idesign(Scene(Room.rectangle(5, 4, 3), ()))},
            "but the walls say",
        ),
        (7, "`scene_graph` is 7"),
    ],
)
def test_scene_graphs_that_cannot_be(data: Any, message: str) -> None:
    with pytest.raises(FileFormatError, match=message) as caught:
        read_idesign(data)
    assert "\n" not in str(caught.value)


def test_relations_that_the_form_has_no_field_for_still_come_back() -> None:
    item = SceneObject("a_1", "a", (1, 1, 1), relations=(Relation("a_1", "in front", "west_wall", is_adjacent=False),))
    scene = Scene(ROOM, (item,))
    assert read_idesign(write_idesign(scene))[0] == scene


def test_a_layouts_yaw_goes_before_the_scenes() -> None:
    scene = Scene(ROOM, (SceneObject("a_1", "a", (1, 1, 1), yaw=0.0),))
    graph = write_idesign(scene, Layout((("a_1", Pose(1, 1, 1, math.pi / 2)),)))
    assert graph[0]["rotation"] == {"z_angle": 270.0}


def test_a_layout_of_other_objects_is_refused() -> None:
    with pytest.raises(SceneError, match="'zz'"):
        write_idesign(Scene(ROOM, ()), Layout.from_mapping({"zz": (1, 1, 1)}))


def normalised(graph: list[dict[str, Any]]) -> list[dict[str, Any]]:
    graph = copy.deepcopy(graph)
    for record in graph:
        for relation in record.get("placement", {}).get("objects_in_room", []):
            relation.setdefault("is_adjacent", True)
    return graph


def test_the_reference_scenes_come_back_exactly(shared_data: Path) -> None:
    path = shared_data / "metaspatial_reference_public.json"
    raw = json.loads(path.read_text())
    scenes = read_any(path)
    assert len(scenes) == len(raw) == 150
    for (scene, layout), source in zip(scenes, raw, strict=True):
        assert write_idesign(scene, layout) == normalised(source["scene_graph"])
        assert read_idesign(source["scene_graph"]) == (scene, layout)
        assert all(item.yaw in (0.0, math.pi / 2, math.pi, 3 * math.pi / 2) for item in scene.objects)
        assert (scene.room.length, scene.room.width, scene.room.height) == tuple(source["room_dimensions"])


coordinates = st.floats(-100, 100)
sizes = st.floats(0.01, 10)


@given(
    st.lists(st.tuples(sizes, sizes, sizes, coordinates, coordinates, coordinates, st.integers(0, 23)), max_size=4),
    st.sampled_from(ELEMENTS),
    st.booleans(),
)
def test_any_scene_comes_back(rows: list[tuple[Any, ...]], element: str, adjacent: bool) -> None:
    objects = tuple(
        SceneObject(
            f"box_{i}",
            "box",
            row[:3],
            yaw=math.radians(15 * row[6]),
            facing="box_0" if i else None,
            relations=(Relation(f"box_{i}", "on", element),)
            + ((Relation(f"box_{i}", "left of", "box_0", adjacent),) if i else ()),
        )
        for i, row in enumerate(rows)
    )
    scene = Scene(ROOM, objects)
    layout = Layout(tuple((f"box_{i}", Pose(*row[3:6])) for i, row in enumerate(rows))) if rows else None
    graph = json.loads(json.dumps(write_idesign(scene, layout)))
    assert read_idesign(graph) == (scene, layout)
    assert write_idesign(*read_idesign(graph)) == graph


def test_openings_are_not_kept() -> None:
    room = Room.rectangle(6, 4, 3, (Opening("door", "south_wall", 1, 0.9, 2),))
    assert read_idesign(write_idesign(Scene(room, ())))[0].room == ROOM
