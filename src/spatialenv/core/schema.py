"""What files hold: pydantic models of our own JSON and of IDesign scene graphs.

Angles in files are degrees, lengths metres. Every kind of file of ours names its ``format`` and
``version``; a field that is not listed here is an error in them, so that a misspelt one is found.
Files of others may hold more than is read.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from spatialenv.core.scene import PREPOSITIONS
from spatialenv.errors import FileFormatError

VERSION = 1
"""Version of every kind of file that this package writes."""

Number = Annotated[float, Field(allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Json = dict[str, Any]


def _check_text(value: Any) -> str:
    if not isinstance(value, str):
        raise PydanticCustomError("string_type", "Input should be a string")
    return value


# pydantic's own strings refuse lone surrogates, which a model's text may hold.
AnyText = Annotated[Any, AfterValidator(_check_text), WithJsonSchema({"type": "string"})]


class OwnModel(BaseModel):
    """Part of a file of ours: nothing but the fields listed, of exactly their types."""

    model_config = ConfigDict(extra="forbid", strict=True)

    @model_validator(mode="before")
    @classmethod
    def _no_unknown_field(cls, data: Any) -> Any:
        if isinstance(data, Mapping):
            for name in data:
                if name not in cls.model_fields:
                    raise PydanticCustomError("unknown_field", "{hint}", {"hint": _unknown(str(name), cls)})
        return data


class _Foreign(BaseModel):
    """Part of a file of others: what is not listed is not read."""

    model_config = ConfigDict(extra="ignore", strict=True)


class OpeningFile(OwnModel):
    """A door or window; metres."""

    kind: Literal["door", "window"]
    wall: str
    offset: NotNegative
    width: Positive
    height: Positive
    sill: NotNegative = 0.0
    swing: Literal["in", "out", "none"] = "none"


class RoomFile(OwnModel):
    """A room: corners of the floor, counter-clockwise, their bounding box at the origin, and the height; metres."""

    floor: Annotated[list[Annotated[list[Number], Field(min_length=2, max_length=2)]], Field(min_length=3)]
    height: Positive
    openings: list[OpeningFile] = []


class RelationFile(OwnModel):
    """Where its object stands: `preposition` another object or a room element."""

    preposition: Annotated[str, Field(json_schema_extra={"enum": list(PREPOSITIONS)})]
    target: str
    is_adjacent: bool = True


class ObjectFile(OwnModel):
    """An object to place: size is length, width, height in metres; yaw in degrees, counter-clockwise."""

    id: str
    category: str
    size: Annotated[list[Positive], Field(min_length=3, max_length=3)]
    yaw: Number | None = None
    yaw_radians: Annotated[
        Number | None, Field(description="The yaw to the last bit; written only where degrees cannot hold it.")
    ] = None
    style: str = ""
    material: str = ""
    on_floor: bool = True
    facing: str | None = None
    relations: list[RelationFile] = []
    is_rug: bool = False
    asset: str | None = None


class PoseFile(OwnModel):
    """Centre of an object's box in metres; yaw in degrees, null where the scene's own holds."""

    id: str
    x: Number
    y: Number
    z: Number
    yaw: Number | None = None
    yaw_radians: Annotated[
        Number | None, Field(description="The yaw to the last bit; written only where degrees cannot hold it.")
    ] = None


class SceneBody(OwnModel):
    """A scene; `witness` is a layout known to be sound, never shown to a policy.

    `start` is where objects stand when an episode begins; those of the ids in `fixed` must stay there.
    """

    id: str = ""
    description: str = ""
    room: RoomFile
    objects: list[ObjectFile]
    witness: list[PoseFile] | None = None
    start: list[PoseFile] | None = None
    fixed: list[str] = []


class SceneFile(SceneBody):
    """A scene file; `layout` is the layout to look at or score, where there is one."""

    name: ClassVar[str] = "spatialenv/scene"
    format: Literal["spatialenv/scene"]
    version: Literal[1]
    layout: list[PoseFile] | None = None


class LayoutFile(OwnModel):
    """A layout file: poses in order."""

    name: ClassVar[str] = "spatialenv/layout"
    format: Literal["spatialenv/layout"]
    version: Literal[1]
    scene_id: str = ""
    poses: list[PoseFile]


class TurnLine(OwnModel):
    """A turn of an episode; null stands for a number that is not finite, `image` names a PNG file."""

    text: AnyText
    layout: list[PoseFile]
    reward: Number | None
    score: Number | None
    components: dict[str, Number | None]
    per_object: dict[str, Number | None]
    violations: list[Json]
    issues: list[Json]
    feedback: AnyText
    status: dict[str, bool]
    image: str | None = None


class EpisodeLine(OwnModel):
    """A line of an episode file; pictures lie in the folder beside it that has the file's stem."""

    name: ClassVar[str] = "spatialenv/episode"
    format: Literal["spatialenv/episode"]
    version: Literal[1]
    scene: SceneBody
    prompt: AnyText
    turns: list[TurnLine]
    settings: Json
    seed: int | None = None
    image: str | None = None
    failure: str | None = None


class StepFile(OwnModel):
    """A step of a history; `edits` is the text that was read, null where the layout was given whole."""

    layout: list[PoseFile]
    edits: AnyText | None = None
    note: AnyText = ""


class HistoryFile(OwnModel):
    """A history file: a scene and what its layout went through; `position` steps stand, later ones were undone."""

    name: ClassVar[str] = "spatialenv/history"
    format: Literal["spatialenv/history"]
    version: Literal[1]
    scene: SceneBody
    steps: list[StepFile]
    position: Annotated[int, Field(ge=0)]


class IDesignSize(_Foreign):
    """Metres; a wall or floor has one extent of 0."""

    length: NotNegative
    width: NotNegative
    height: NotNegative


class IDesignPosition(_Foreign):
    """Centre of the box in metres."""

    x: Number
    y: Number
    z: Number


class IDesignRotation(_Foreign):
    """Compass bearing in degrees: clockwise from north."""

    z_angle: Number


class IDesignElementRelation(_Foreign):
    """A relation to a wall, the ceiling or the middle of the room."""

    layout_element_id: str
    preposition: str
    is_adjacent: bool = True


class IDesignObjectRelation(_Foreign):
    """A relation to another object; adjacent where it does not say."""

    object_id: str
    preposition: str
    is_adjacent: bool = True


class IDesignPlacement(_Foreign):
    """Both lists of relations."""

    room_layout_elements: list[IDesignElementRelation] = []
    objects_in_room: list[IDesignObjectRelation] = []


class IDesignEntry(_Foreign):
    """An object of a scene graph, or with an `itemType` a room element."""

    new_object_id: str
    itemType: str | None = None  # noqa: N815  # the files' own name
    style: str | None = None
    material: str | None = None
    size_in_meters: IDesignSize
    is_on_the_floor: bool = True
    facing: str | None = None
    placement: IDesignPlacement = IDesignPlacement()
    rotation: IDesignRotation | None = None
    position: IDesignPosition | None = None


class IDesignScene(_Foreign):
    """A scene graph, and the room's extents along x, y and z where the file states them."""

    scene_graph: list[IDesignEntry]
    room_dimensions: Annotated[list[Positive], Field(min_length=3, max_length=3)] | None = None


FILES: dict[str, type[SceneFile] | type[LayoutFile] | type[EpisodeLine] | type[HistoryFile]] = {
    "scene": SceneFile,
    "layout": LayoutFile,
    "episode": EpisodeLine,
    "history": HistoryFile,
}
"""Models of our own files by kind; an episode file has one such object a line."""

Model = TypeVar("Model", bound=BaseModel)


def validate(model: type[Model], data: Any, where: str) -> Model:
    """Return `data` as a `model`.

    Args:
        model: One of the models of this module.
        data: What the JSON holds.
        where: The file, and the line if it has several, for the message.

    Raises:
        FileFormatError: If it is not what the model allows: one line that names the field.
    """
    if "version" in model.model_fields and isinstance(data, Mapping):
        name = getattr(model, "name", "")
        if data.get("format") != name:
            raise FileFormatError(f"{where}: `format` is {_short(data.get('format'))}; it must be {name!r}")
        if data.get("version") != VERSION:
            raise FileFormatError(
                f"{where}: `version` is {_short(data.get('version'))}; this package reads version {VERSION}: "
                "use the release that wrote the file"
            )
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise FileFormatError(f"{where}: {_describe(error)}") from error


def build_json_schema(kind: str) -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a kind of file in `FILES`, made from its model."""
    model = FILES[kind]
    body = model.model_json_schema()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"{model.name}/{VERSION}",
        **body,
        "title": f"{model.name}, version {VERSION}",
    }


def _unknown(given: str, model: type[BaseModel]) -> str:
    close = difflib.get_close_matches(given, model.model_fields, n=1, cutoff=0.6)
    hint = f" did you mean {close[0]!r}?" if close else ""
    return f"has no field {given[:60]!r};{hint} Allowed: {', '.join(model.model_fields)}"


def _describe(error: ValidationError) -> str:
    """Return the first thing that is wrong, and how many more there are, in one line."""
    problems = error.errors(include_url=False)
    first = problems[0]
    place = _path(first["loc"])
    if first["type"] == "unknown_field":
        text = f"{place or 'the file'} {first['msg']}"
    elif first["type"] == "missing":
        text = f"{place} is missing; add it"
    else:
        message = first["msg"][0].lower() + first["msg"][1:]
        text = f"{place or 'the file'} is {_short(first['input'])}; {message.replace('input should', 'it must')}"
    more = f" ({len(problems) - 1} more)" if len(problems) > 1 else ""
    return text.replace("\n", " ") + more


def _path(place: Sequence[int | str]) -> str:
    text = ""
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return f"`{text}`" if text else ""


def _short(value: Any) -> str:
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
