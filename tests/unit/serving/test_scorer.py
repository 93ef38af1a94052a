from __future__ import annotations

import gc
import json
import math
from collections.abc import Sequence
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatialenv.core.scene import Scene
from spatialenv.core.score import Score, Transition
from spatialenv.errors import SimulationError
from spatialenv.rewards import make_reward
from spatialenv.rewards.base import violations_of
from spatialenv.serving.models import message_schemas
from spatialenv.serving.offer import Offer
from spatialenv.serving.refusal import Answer, Job
from spatialenv.serving.scorer import Scorer
from spatialenv.serving.settings import ServerSettings

SCHEMAS = message_schemas()


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return Scorer(ServerSettings(max_items=5, max_objects=3))


def _ask(scorer: Scorer, request: Any, form: str = "score", **options: str) -> Answer:
    return scorer.answer(Job(form, options, json.dumps(request).encode()), seconds=20.0)


def _items(scorer: Scorer, request: dict[str, Any]) -> list[dict[str, Any]]:
    jsonschema.validate(request, SCHEMAS["/score"]["request"])
    answer = _ask(scorer, request)
    answered = json.loads(answer.body)
    assert answer.status == 200, answered
    jsonschema.validate(answered, SCHEMAS["/score"]["response"])
    assert answer.items == len(answered["items"]) == len(request["items"])
    items: list[dict[str, Any]] = answered["items"]
    return items


def _error(answer: Answer) -> str:
    error = json.loads(answer.body)
    jsonschema.validate(error, SCHEMAS["error"])
    return f"{answer.status} {error['error']['code']} {error['error']['message']}"


def test_items_are_answered_in_order(scorer: Scorer, record: dict[str, Any], apart: str, overlapping: str) -> None:
    items = _items(scorer, {"items": [{"scene": record, "text": text} for text in (overlapping, apart, "no")]})
    # Each cube keeps 3/4 of its volume to itself: 0.1 + 0.9 * 0.75.
    assert [item["score"] for item in items] == [pytest.approx(0.775), 1.0, 0.0]
    assert items[0]["components"]["collision"] == pytest.approx(0.75)
    assert items[0]["per_object"] == {"cube_1": pytest.approx(0.75), "cube_2": pytest.approx(0.75)}
    assert items[2]["per_object"] == {"cube_1": None, "cube_2": None}
    assert [issue["code"] for issue in items[2]["issues"]] == ["tags"]
    assert all(item["version"].startswith("physics-1") and item["failure"] is None for item in items)
    assert "violations" not in items[0]
    assert "details" not in items[0]


def test_scenes_may_be_sent_once(scorer: Scorer, record: dict[str, Any], apart: str) -> None:
    by_key = {"scenes": {"a": record}, "items": [{"scene": {"ref": "a"}, "text": apart}] * 2}
    in_place = {"items": [{"scene": record, "text": apart}] * 2}
    assert _items(scorer, by_key) == _items(scorer, in_place)


def test_layouts_are_scored_without_text(scorer: Scorer, scene: Scene, record: dict[str, Any]) -> None:
    poses = [{"id": "cube_1", "x": 1, "y": 1, "z": 0.5}, {"id": "cube_2", "x": 3, "y": 1, "z": 0.5, "yaw": 45}]
    whole, part = _items(
        scorer, {"items": [{"scene": record, "layout": poses}, {"scene": record, "layout": poses[:1]}]}
    )
    physics = make_reward("physics")
    both = scene.place({"cube_1": (1, 1, 0.5), "cube_2": (3, 1, 0.5, math.radians(45))})
    assert whole["score"] == physics(Transition.of(both)).value == 1.0
    assert part["score"] == 0.0
    assert part["per_object"] == {"cube_1": 1.0, "cube_2": None}


def test_what_was_read_may_stand_beside_a_layout(scorer: Scorer, record: dict[str, Any]) -> None:
    poses = [{"id": f"cube_{i}", "x": 2 * i, "y": 1, "z": 0.5} for i in (1, 2)]
    answer = {"format_level": 0.5, "is_complete": False, "issues": [{"code": "tags", "message": "m"}]}
    request = {"reward": "format", "items": [{"scene": record, "layout": poses, "answer": answer}]}
    (item,) = _items(scorer, request)
    assert item["score"] == 0.5
    assert item["issues"] == [{"code": "tags", "message": "m", "object_id": None}]


def test_yaws_are_read_where_the_request_says_so(scorer: Scorer, record: dict[str, Any], apart: str) -> None:
    turned = apart.replace('"z": 0.5}]', '"z": 0.5, "yaw": 45}]').replace('"x": 3', '"x": 0.5')
    scores = [
        _items(scorer, {"reward": "boundary", "yaw": yaw, "items": [{"scene": record, "text": turned}]})[0]["score"]
        for yaw in ("fixed", "free")
    ]
    assert scores[0] == 1.0
    assert scores[1] < 1.0


def test_strict_reading(scorer: Scorer, record: dict[str, Any], apart: str) -> None:
    fenced = apart.replace("<answer>", "<answer>```json\n").replace("</answer>", "```</answer>")
    scores = [
        _items(scorer, {"mode": mode, "items": [{"scene": record, "text": fenced}]})[0]["score"]
        for mode in ("lenient", "strict")
    ]
    assert scores == [1.0, 0.0]


def test_violations_and_details_are_told_when_asked_for(
    scorer: Scorer, scene: Scene, record: dict[str, Any], overlapping: str
) -> None:
    request = {"include": ["violations", "details"], "items": [{"scene": record, "text": overlapping}]}
    (item,) = _items(scorer, request)
    placed = scene.place({"cube_1": (1, 1, 0.5), "cube_2": (1.75, 1, 0.5)})
    physics = make_reward("physics")
    assert item["violations"] == [violation.to_dict() for violation in violations_of(physics, placed)]
    assert item["details"]["gate_closed"] is False


@pytest.mark.parametrize(
    "spec",
    [
        None,
        "metaspatial",
        {"name": "collision"},
        {"weighted_sum": {"collision": 0.5, "boundary": 0.5}},
        {"weighted_sum": [{"reward": {"clip": {"reward": "metaspatial", "low": 0.0}}, "weight": 2}]},
        {"gate": {"condition": "format", "reward": {"weighted_sum": {"support": 1.0}}, "at_least": 0.5}},
    ],
)
def test_rewards_are_those_of_make_reward(
    scorer: Scorer, scene: Scene, record: dict[str, Any], overlapping: str, spec: Any
) -> None:
    (item,) = _items(scorer, {"reward": spec, "items": [{"scene": record, "text": overlapping}]})
    placed = scene.place({"cube_1": (1, 1, 0.5), "cube_2": (1.75, 1, 0.5)})
    expected = make_reward("physics" if spec is None else spec)(Transition.of(placed))
    assert (item["score"], item["version"]) == (expected.value, expected.version)
    assert item["components"] == expected.details.get("components", {})


SCENE = {"format": "spatialenv/scene", "version": 1, "room": {"floor": [[0, 0], [3, 0], [3, 3], [0, 3]], "height": 2}}
CUBE = {"id": "cube_1", "category": "cube", "size": [1, 1, 1]}
GOOD = {**SCENE, "objects": [CUBE]}


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ([], "422 invalid the request: the file is a list of 0"),
        ({}, "422 invalid the request: `items` is missing"),
        ({"itemss": []}, "did you mean 'items'?"),
        ({"items": [{"scene": GOOD}]}, "422 invalid `items[0]` has neither `text` nor `layout`"),
        ({"items": [{"scene": GOOD, "text": "", "layout": []}]}, "422 invalid `items[0]` has both"),
        ({"items": [{"scene": GOOD, "text": "", "answer": {"format_level": 1, "is_complete": True}}]}, "beside"),
        ({"items": [{"scene": {"ref": "b"}, "text": ""}], "scenes": {"a": GOOD}}, "refers to 'b'"),
        ({"items": [{"scene": {"ref": 1}, "text": ""}]}, "refers to 1"),
        ({"items": [{"scene": {**GOOD, "version": 2}, "text": ""}]}, "422 invalid `items[0]`: `scene`: `version` is 2"),
        ({"items": [], "scenes": {"a": {**GOOD, "objects": [CUBE, CUBE]}}}, "422 invalid `scenes['a']`"),
        ({"items": [{"scene": GOOD, "layout": [{"id": "cube_2", "x": 1, "y": 1, "z": 1}]}]}, "not in the scene"),
        (
            {"items": [{"scene": GOOD, "layout": [{"id": "cube_1", "x": "1", "y": 1, "z": 1}]}]},
            "`items[0].layout[0].x`",
        ),
        ({"items": [{"scene": GOOD, "text": ""}] * 6}, "413 too-many-items `items` has 6 entries; 5 are allowed"),
        ({"items": [], "scenes": {"a": {**GOOD, "objects": [CUBE] * 4}}}, "413 too-many-objects"),
        ({"items": [], "yaw": "both"}, "`yaw`"),
        ({"items": [], "reward": "colision"}, "did you mean 'collision'"),
        ({"items": [], "reward": "mine.yaml"}, "unknown reward 'mine.yaml'"),
        ({"items": [], "reward": {"name": "/etc/passwd.yaml"}}, "unknown reward"),
        ({"items": [], "reward": {"name": "metaspatial", "on_failure": "published"}}, "cannot set any"),
        ({"items": [], "reward": {"weighted_sum": {"a.yaml": 1}}}, "unknown reward 'a.yaml'"),
        ({"items": [], "reward": {"gate": {"condition": "a.yaml", "reward": "format"}}}, "unknown reward 'a.yaml'"),
        ({"items": [], "reward": {"clip": {"reward": {"name": "format", "x": 1}, "high": 1}}}, "cannot set any"),
        ({"items": [], "reward": {"clip": {"reward": "format"}}}, "422 invalid"),
        ({"items": [], "reward": {"weighted_sum": [3]}}, "422 invalid `weighted_sum` is [3]"),
        ({"items": [], "reward": {"weighted_sum": 3}}, "422 invalid reward description"),
        ({"items": [], "reward": {"weighted_sum": {"format": "much"}}}, "the weight of 'format'"),
        ({"items": [], "reward": {}}, "422 invalid reward description"),
        ({"items": [], "reward": {"weighted_sum": [{"reward": "format", "weight": 1}] * 70}}, "more than 64 parts"),
    ],
)
def test_mistakes_are_refused_and_named(scorer: Scorer, request_: Any, message: str) -> None:
    found = _error(_ask(scorer, request_))
    assert message in found
    assert "\n" not in found


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "400 not-json the body is not JSON"),
        (b'{"items": [', "400 not-json"),
        (b"\xff\xfe", "400 not-json the body is not UTF-8 (byte 0)"),
        (b'{"items": NaN}', "400 not-json the body: NaN is not JSON"),
        (b"[" * 100_000, "400 not-json"),
        (b'{"items": ' + b"9" * 5000 + b"}", "400 not-json"),
        (b'{"items": [], "reward": ' + b'{"clip": {"reward": ' * 200 + b'"format"' + b"}}" * 200 + b"}", "64 parts"),
        (b'{"items": [], "reward": {"weighted_sum": {"format": ' + b"[" * 900 + b"]" * 900 + b"}}}", "422 invalid"),
    ],
)
def test_bodies_that_say_nothing(scorer: Scorer, body: bytes, message: str) -> None:
    found = _error(scorer.answer(Job("score", {}, body), seconds=5.0))
    assert message in found
    assert len(found) < 700


@given(st.binary(max_size=60) | st.text(max_size=60).map(lambda text: json.dumps({"items": text}).encode()))
def test_no_body_raises(body: bytes) -> None:
    answer = Scorer(ServerSettings(rewards={"format": "format"})).answer(Job("score", {}, body), seconds=5.0)
    assert answer.status in (400, 413, 422) or json.loads(body) == {"items": []}


def test_a_model_may_write_what_it_likes(scorer: Scorer, record: dict[str, Any]) -> None:
    texts = ["\ud800", "\x00", "[" * 20_000, '{"reward": "mine.yaml"}', "<answer>" * 5000]
    items = _items(scorer, {"items": [{"scene": record, "text": text} for text in texts]})
    assert [item["score"] for item in items] == [0.0] * 5


class Looks:
    """Notes the meshes that it sees."""

    name = version = "looks"

    def __init__(self) -> None:
        self.seen: list[str | None] = []

    def __call__(self, transition: Transition) -> Score:
        self.seen.extend(item.asset for item in transition.placed.scene.objects)
        return Score(1.0, version=self.version)

    def batch(self, transitions: Sequence[Transition]) -> list[Score]:
        return [self(transition) for transition in transitions]


@pytest.mark.parametrize(("rewards", "kept"), [({}, None), ({"format": "format"}, "/etc/passwd")])
def test_names_of_meshes_reach_only_rewards_that_were_chosen(
    record: dict[str, Any], monkeypatch: pytest.MonkeyPatch, rewards: dict[str, str], kept: str | None
) -> None:
    scorer = Scorer(ServerSettings(rewards=rewards))
    looks = Looks()
    monkeypatch.setattr(scorer, "offer", Offer({"looks": looks}))
    objects = [{**item, "asset": "/etc/passwd"} for item in record["objects"]]
    _items(scorer, {"items": [{"scene": {**record, "objects": objects}, "text": ""}]})
    assert looks.seen == [kept, kept]


class Fails:
    """Fails for a text that says so, and for every batch that holds one."""

    name = "fails"
    version = "fails-1"

    def __call__(self, transition: Transition) -> Score:
        if not transition.parsed.is_complete:
            raise SimulationError("the engine stopped")
        return Score(math.inf if transition.turn else 0.5, version=self.version)

    def batch(self, transitions: Sequence[Transition]) -> list[Score]:
        return [self(transition) for transition in transitions]


def test_a_failure_is_no_score(record: dict[str, Any], apart: str, monkeypatch: pytest.MonkeyPatch) -> None:
    scorer = Scorer(ServerSettings(rewards={"format": "format"}))
    monkeypatch.setattr(scorer, "offer", Offer({"fails": Fails()}))
    item = {"scene": record, "text": apart}
    request = {"include": ["violations", "details"], "items": [item, {**item, "text": "no"}, {**item, "turn": 1}]}
    good, failed, infinite = _items(scorer, request)
    assert (good["score"], good["failure"]) == (0.5, None)
    assert failed["score"] is failed["violations"] is failed["details"] is None
    assert failed["failure"] == {"type": "SimulationError", "message": "the engine stopped"}
    assert failed["version"] == "fails-1"
    assert infinite["score"] is None
    assert "which is no score" in infinite["failure"]["message"]
    assert _ask(scorer, request).failures == 2
    remote = {"query": [apart, "no"], "prompts": [], "labels": [record, record]}
    assert "502 backend SimulationError: the engine stopped" in _error(_ask(scorer, remote, "openrlhf"))


def test_time_is_looked_at_between_chunks(scorer: Scorer, record: dict[str, Any], apart: str) -> None:
    body = json.dumps({"items": [{"scene": record, "text": apart}]}).encode()
    assert "504 too-slow" in _error(scorer.answer(Job("score", {}, body), seconds=-1.0))


def test_openrlhf(scorer: Scorer, record: dict[str, Any], apart: str, overlapping: str) -> None:
    request = {
        "query": ["Furnish this." + overlapping, "<s>Furnish this." + apart + "<|im_end|>", "no"],
        "prompts": ["Furnish this.", "Furnish this.", ""],
        "labels": [record, json.dumps(record), record],
        "more": 1,
    }
    answer = _ask(scorer, request, "openrlhf")
    answered = json.loads(answer.body)
    jsonschema.validate(answered, SCHEMAS["/openrlhf"]["response"])
    assert answered["rewards"] == answered["scores"] == [pytest.approx(0.775), 1.0, 0.0]
    assert answered["extra_logs"]["collision"] == [pytest.approx(0.75), 1.0, 0.0]
    assert answered["extra_logs"]["format"] == [1.0, 1.0, 0.0]
    assert answered["extra_logs"]["valid"] == [0.0, 1.0, 0.0]
    assert json.loads(_ask(scorer, request, "openrlhf", reward="format").body)["rewards"] == [1.0, 1.0, 0.0]


@pytest.mark.parametrize(
    ("changes", "options", "message"),
    [
        ({"labels": []}, {}, "`labels` has 0 entries and `query` 1"),
        ({"prompts": ["", ""]}, {}, "`prompts` has 2 entries"),
        ({"labels": ["x"]}, {}, "`labels[0]` is not JSON"),
        ({"labels": [3]}, {}, "`labels[0]`"),
        ({"query": 3}, {}, "`query`"),
        ({"query": [""] * 6}, {}, "413 too-many-items"),
        ({}, {"reward": "mine.yaml"}, "unknown reward"),
        ({}, {"yaw": "x"}, "`yaw` is 'x'"),
        ({}, {"reword": "format"}, "the query string has 'reword'"),
    ],
)
def test_mistakes_in_openrlhfs_form(
    scorer: Scorer, record: dict[str, Any], changes: dict[str, Any], options: dict[str, str], message: str
) -> None:
    request = {"query": [""], "prompts": [""], "labels": [record]} | changes
    assert message in _error(_ask(scorer, request, "openrlhf", **options))


def test_an_answer_that_would_be_too_long_is_refused(
    scorer: Scorer, record: dict[str, Any], apart: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spatialenv.serving.scorer.MAX_ANSWER", 400)
    request = {"scenes": {"a": record}, "items": [{"scene": {"ref": "a"}, "text": apart}] * 2}
    whole = json.loads(_ask(scorer, {**request, "items": request["items"][:1]}).body)
    assert whole["items"][0]["score"] == 1.0
    assert _error(_ask(scorer, request)).startswith("413 too-large the answer to 2 of 2 items has ")


def test_scenes_are_not_kept_after_the_request(scorer: Scorer, record: dict[str, Any], apart: str) -> None:
    name = f"only_{id(record)}_here"
    record["id"] = name
    assert _items(scorer, {"items": [{"scene": record, "text": apart}]})[0]["score"] == 1.0
    gc.collect()
    assert not [item for item in gc.get_objects() if type(item) is Scene and item.id == name]
