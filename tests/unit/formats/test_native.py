import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialenv.core.layout import Layout, Pose
from spatialenv.core.room import ELEMENTS, Opening, Room
from spatialenv.core.scene import PREPOSITIONS, Relation, Scene, SceneObject, is_element_name, takes_target
from spatialenv.errors import FileFormatError, SceneError, UnknownNameError
from spatialenv.formats import json_schema, read_any, read_layout, read_scene, write_idesign, write_layout, write_scene

SOFA = SceneObject(
    "sofa_1",
    "sofa",
    (1.8, 0.9, 0.8),
    yaw=0.1,
    style="old",
    material="leather",
    relations=(Relation("sofa_1", "on", "south_wall"), Relation("sofa_1", "in front", "tv", is_adjacent=False)),
    facing="tv",
    asset="meshes/sofa.glb",
)
SCENE = Scene(
    Room.rectangle(6, 4, 3, (Opening("door", "east_wall", 0.5, 0.9, 2.1, 0.0, "in"),)),
    (
        SOFA,
        SceneObject("tv", "television", (1, 0.1, 0.6), on_floor=False),
        SceneObject("rug", "rug", (2, 1, 0.02), is_rug=True),
    ),
    description="Somewhere to watch films: “gemütlich”.",
    witness=Layout.from_mapping({"sofa_1": (1, 0.45, 0.4), "tv": (1, 3, 1), "rug": (3, 3, 0.01, 1.0)}),
    id="example-1",
)
LAYOUT = Layout((("tv", Pose(0.1 + 0.2, -1e-300, 1e6, 2.0)), ("sofa_1", Pose(1, 2, 3))))


def record(tmp_path: Path) -> dict[str, Any]:
    write_scene(tmp_path / "scene.json", SCENE, LAYOUT)
    data: dict[str, Any] = json.loads((tmp_path / "scene.json").read_text())
    return data


def test_a_scene_comes_back_with_and_without_its_witness(tmp_path: Path) -> None:
    for scene in (SCENE, SCENE.with_witness(None), Scene(Room.rectangle(1, 1, 1), ())):
        write_scene(tmp_path / "scene.json", scene)
        assert read_scene(tmp_path / "scene.json") == scene
        assert read_any(str(tmp_path / "scene.json")) == [(scene, None)]


def test_a_layout_comes_back_in_its_order(tmp_path: Path) -> None:
    write_layout(tmp_path / "layout.json", LAYOUT, scene_id="example-1")
    assert read_layout(tmp_path / "layout.json") == LAYOUT
    assert read_layout(str(tmp_path / "layout.json")).ids == ("tv", "sofa_1")
    write_layout(tmp_path / "layout.json", Layout())
    assert read_layout(tmp_path / "layout.json") == Layout()


def test_a_scene_file_may_hold_a_layout(tmp_path: Path) -> None:
    write_scene(tmp_path / "scene.json", SCENE, LAYOUT)
    assert read_any(tmp_path / "scene.json") == [(SCENE, LAYOUT)]
    with pytest.raises(SceneError, match="'ghost'"):
        write_scene(tmp_path / "other.json", SCENE, Layout.from_mapping({"ghost": (0, 0, 0)}))
    assert not (tmp_path / "other.json").exists()


def test_yaw_is_in_degrees(tmp_path: Path) -> None:
    write_scene(
        tmp_path / "scene.json",
        replace(SCENE, objects=(SceneObject("a", "a", (1, 1, 1), yaw=math.pi / 2),), witness=None),
    )
    data = json.loads((tmp_path / "scene.json").read_text())
    assert data["objects"][0]["yaw"] == 90.0
    assert "yaw_radians" not in data["objects"][0]


def test_read_any_knows_each_kind_and_lists_of_them(tmp_path: Path) -> None:
    plain = Scene(Room.rectangle(6, 4, 3), (SceneObject("box_1", "box", (1, 1, 1)),))
    layout = Layout.from_mapping({"box_1": (1, 1, 0.5)})
    graph = write_idesign(plain, layout)
    path = tmp_path / "any.json"
    for data, n in (
        (graph, 1),
        ({"room_dimensions": [6, 4, 3], "scene_graph": graph}, 1),
        ([{"scene_graph": graph}, graph], 2),
    ):
        path.write_text(json.dumps(data))
        assert read_any(path) == [(plain, layout)] * n
    path.write_text(json.dumps([record(tmp_path), {"scene_graph": graph}]))
    assert read_any(path) == [(SCENE, LAYOUT), (plain, layout)]


@pytest.mark.parametrize("data", ["{}", "[]", "[1]", "3", '{"scenes": []}'])
def test_read_any_says_what_it_reads(tmp_path: Path, data: str) -> None:
    (tmp_path / "x.json").write_text(data)
    with pytest.raises(FileFormatError, match=r"holds no scene; it must be an object with `format` 'spatialenv/scene'"):
        read_any(tmp_path / "x.json")


def change(data: dict[str, Any], place: str, value: Any) -> None:
    *parents, last = [int(part) if part.isdigit() else part for part in place.split("/")]
    target: Any = data
    for part in parents:
        target = target[part]
    target[last] = value


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        ("colour", "red", "the file has no field 'colour'; Allowed: id, description, room, objects"),
        (
            "objects/0/catgory",
            "x",
            r"`objects\[0\]` has no field 'catgory'; did you mean 'category'\? Allowed: id, category",
        ),
        ("objects/1/relations", [{"preposition": "on"}], r"`objects\[1\].relations\[0\].target` is missing; add it"),
        ("objects/0/size", [1, 2], r"`objects\[0\].size` is a list of 2; "),
        ("objects/0/size", [1, 2, -1], r"`objects\[0\].size\[2\]` is -1; it must be greater than 0"),
        ("objects/0/size/0", "1.8", r"`objects\[0\].size\[0\]` is '1.8'; it must be a valid number"),
        ("objects/0/size/0", True, r"`objects\[0\].size\[0\]` is True; it must be a valid number"),
        ("objects/0/on_floor", 1, r"`objects\[0\].on_floor` is 1; it must be a valid boolean"),
        ("objects/0/relations/1/target", "tvv", "refers to 'tvv', which is not in the scene; did you mean 'tv'"),
        ("objects/0/relations/0/preposition", "undre", "'undre'; did you mean 'under'"),
        ("objects/0/yaw_radians", 3.0, "remove `yaw_radians`"),
        ("objects/1/id", "sofa_1", "appear more than once"),
        ("room/height", 0, "`room.height` is 0; it must be greater than 0"),
        ("room/floor", [[0, 0], [1, 1], [1, 0]], "runs clockwise"),
        ("room/openings/0/wall", "roof", "opening `wall` is 'roof'; allowed: south_wall"),
        ("room/openings/0/kind", "hatch", r"`room.openings\[0\].kind` is 'hatch'; it must be 'door' or 'window'"),
        ("witness/0/id", "ghost", "the witness places"),
        ("layout/0/id", "ghost", "the layout places"),
        ("layout/0/id", "sofa_1", "more than once"),
        ("layout/0/x", 1e999, r"`layout\[0\].x` is inf; it must be a finite number"),
        ("format", "spatialenv/scenes", "`format` is 'spatialenv/scenes'; it must be 'spatialenv/scene'"),
        ("version", 2, "`version` is 2; this package reads version 1: use the release that wrote the file"),
        ("objects", None, "`objects` is None; it must be a valid list"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, place: str, value: Any, message: str) -> None:
    data = record(tmp_path)
    change(data, place, value)
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(data).replace("Infinity", "1e999"))
    with pytest.raises(FileFormatError, match=message) as caught:
        read_scene(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_layout_files_are_checked_too(tmp_path: Path) -> None:
    write_layout(tmp_path / "layout.json", LAYOUT)
    data = json.loads((tmp_path / "layout.json").read_text())
    data["poses"].append(data["poses"][0])
    (tmp_path / "layout.json").write_text(json.dumps(data))
    with pytest.raises(FileFormatError, match=r"layout.json.*'tv'.* more than once"):
        read_layout(tmp_path / "layout.json")
    with pytest.raises(FileFormatError, match="`format` is 'spatialenv/layout'; it must be 'spatialenv/scene'"):
        read_scene(tmp_path / "layout.json")


@pytest.mark.parametrize("kind", ["scene", "layout"])
def test_examples_are_valid_by_the_published_schema_and_bad_ones_are_not(tmp_path: Path, kind: str) -> None:
    write_layout(tmp_path / "layout.json", LAYOUT)
    record(tmp_path)
    schema = json_schema(kind)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    data = json.loads((tmp_path / f"{kind}.json").read_text())
    validator.validate(data)
    for field in ("format", "version", "room" if kind == "scene" else "poses"):
        broken = {key: value for key, value in data.items() if key != field}
        assert not validator.is_valid(broken)
    assert not validator.is_valid({**data, "colour": "red"})


def test_the_schema_names_what_the_nouns_allow() -> None:
    definitions = json_schema("scene")["$defs"]
    assert tuple(definitions["RelationFile"]["properties"]["preposition"]["enum"]) == PREPOSITIONS
    with pytest.raises(UnknownNameError, match=r"unknown kind of file 'scenes'; did you mean 'scene'\?"):
        json_schema("scenes")


numbers = st.floats(-1e9, 1e9)
sizes = st.floats(1e-6, 1e3)


@st.composite
def scenes(draw: st.DrawFn) -> Scene:
    ids = draw(
        st.lists(
            st.text(min_size=1, max_size=8, alphabet=st.characters(exclude_categories=["Cs"])), unique=True, max_size=4
        )
    )
    ids = [i for i in ids if i.strip() and not is_element_name(i)]
    targets = st.sampled_from([*ids, *ELEMENTS])
    objects = []
    for object_id in ids:
        relations = draw(st.lists(st.tuples(st.sampled_from(PREPOSITIONS), targets, st.booleans()), max_size=3))
        objects.append(
            SceneObject(
                object_id,
                draw(st.text(max_size=5)),
                draw(st.tuples(sizes, sizes, sizes)),
                yaw=draw(st.none() | st.floats(-10, 10)),
                on_floor=draw(st.booleans()),
                facing=draw(st.none() | targets),
                relations=tuple(
                    Relation(object_id, *row) for row in relations if row[1] != object_id and takes_target(*row[:2])
                ),
            )
        )
    witness = {
        i: draw(st.tuples(numbers, numbers, numbers) | st.tuples(numbers, numbers, numbers, numbers)) for i in ids
    }
    return Scene(
        Room.rectangle(*draw(st.tuples(sizes, sizes, sizes))),
        tuple(objects),
        draw(st.text(max_size=10)),
        draw(st.none() | st.just(Layout.from_mapping(witness))),
    )


@given(scenes())
def test_any_scene_comes_back_to_the_last_bit(tmp_path_factory: pytest.TempPathFactory, scene: Scene) -> None:
    path = tmp_path_factory.getbasetemp() / "any_scene.json"
    write_scene(path, scene, scene.witness)
    assert read_any(path) == [(scene, scene.witness)]
