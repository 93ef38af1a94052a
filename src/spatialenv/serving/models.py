"""The JSON of requests and responses."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from spatialenv.core.schema import AnyText, Json, OwnModel, PoseFile, SceneFile


class IssueJson(OwnModel):
    """Something wrong, or repaired, in an answer."""

    code: str
    message: AnyText = ""
    object_id: str | None = None


class ReadAnswer(OwnModel):
    """What a parser found in the answer that a layout was read from."""

    format_level: Annotated[float, Field(ge=0, le=1)]
    is_complete: bool
    issues: Annotated[list[IssueJson], Field(default_factory=list)]


class ItemJson(OwnModel):
    """An answer to score: `text` as a model wrote it, or the `layout` that was read from it."""

    scene: Annotated[
        Json,
        Field(description="A scene file, or {'ref': key} for one of the request's `scenes`."),
        WithJsonSchema({"type": "object"}),
    ]
    text: AnyText | None = None
    layout: Annotated[list[PoseFile] | None, Field(description="Poses; objects may be missing.")] = None
    answer: Annotated[
        ReadAnswer | None, Field(description="Beside `layout`; without it a layout of every object is well-formed.")
    ] = None
    previous: Annotated[list[PoseFile] | None, Field(description="Where the objects stood before the turn.")] = None
    turn: Annotated[int, Field(ge=0)] = 0


class ScoreRequest(OwnModel):
    """The body of POST /score."""

    reward: Annotated[
        str | Json | None,
        Field(description="A name of /rewards, or a weighted sum or gate of such names; null is the server's first."),
    ] = None
    yaw: Literal["fixed", "free"] = "fixed"
    mode: Literal["lenient", "strict"] = "lenient"
    include: Annotated[
        list[Literal["violations", "details"]],
        Field(default_factory=list, description="What else each item's answer tells."),
    ]
    scenes: Annotated[
        dict[str, Json], Field(default_factory=dict, description="Scene files by key, for items that share them.")
    ]
    items: list[ItemJson]


class FailureJson(BaseModel):
    """Why there is no score: a backend failed, which is never a score of 0."""

    type: str
    message: str


class ItemScore(BaseModel):
    """The score of one item; `score` is null exactly where `failure` is not."""

    model_config = ConfigDict(json_schema_serialization_defaults_required=True)

    score: float | None
    components: dict[str, float | None]
    per_object: dict[str, float | None] | None
    issues: list[IssueJson]
    version: str
    failure: FailureJson | None
    violations: list[Json] | None = None
    details: Json | None = None


class ScoreResponse(BaseModel):
    """The answer to POST /score; `items` in the order of the request's."""

    reward: str
    version: str
    items: list[ItemScore]


class OpenRLHFRequest(BaseModel):
    """What OpenRLHF posts to a remote reward: `labels` hold the scenes, as JSON or as its text."""

    model_config = ConfigDict(extra="ignore", strict=True)

    query: list[AnyText]
    prompts: list[AnyText] = []
    labels: list[Any]


class OpenRLHFResponse(BaseModel):
    """What OpenRLHF reads: `rewards` and `scores` are the same, `extra_logs` the parts by name."""

    rewards: list[float]
    scores: list[float]
    extra_logs: dict[str, list[float]]


class ErrorJson(BaseModel):
    """What was given, what is allowed, what to do; `retry_after` in seconds where trying again may help."""

    code: str
    message: str
    retry_after: int | None = None


class ErrorResponse(BaseModel):
    """The body of every answer that is not 200."""

    error: ErrorJson


def message_schemas() -> dict[str, Any]:
    """Return the JSON Schemas of requests and responses by endpoint, and of scenes."""
    return {
        "/score": {"request": ScoreRequest.model_json_schema(), "response": ScoreResponse.model_json_schema()},
        "/openrlhf": {"request": OpenRLHFRequest.model_json_schema(), "response": OpenRLHFResponse.model_json_schema()},
        "error": ErrorResponse.model_json_schema(),
        "scene": SceneFile.model_json_schema(),
    }
