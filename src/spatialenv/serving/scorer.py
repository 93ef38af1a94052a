"""What is done with a request: read, checked, scored, put into JSON. Knows no HTTP."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from spatialenv.core.answer import Issue, ParsedAnswer
from spatialenv.core.layout import Layout
from spatialenv.core.parse import parse_answer
from spatialenv.core.per_scene import forget_scenes
from spatialenv.core.placed import PlacedScene
from spatialenv.core.scene import Scene
from spatialenv.core.schema import validate
from spatialenv.core.score import Score, Transition
from spatialenv.errors import BackendError, FileFormatError, InputError, SceneError, nearest
from spatialenv.formats.json_file import parse_json
from spatialenv.formats.native import poses_from_json, scene_and_layout_from_json
from spatialenv.rewards.adapters.openrlhf import response_of
from spatialenv.rewards.adapters.texts import TextScorer
from spatialenv.rewards.base import Reward, violations_of
from spatialenv.serving.models import ItemJson, OpenRLHFRequest, ReadAnswer, ScoreRequest
from spatialenv.serving.offer import Offer, open_rewards
from spatialenv.serving.refusal import Answer, Job, RefusalError
from spatialenv.serving.settings import ServerSettings

CHUNK = 64
"""Items scored together; the time limit is looked at between chunks."""

MAX_ANSWER = 64 * 2**20
"""Bytes of an answer: each item names all objects of its scene, so a short request may ask for a very long one."""


class Scorer:
    """Answers the requests of a server.

    Args:
        settings: What is offered, and the limits.

    Example:
        >>> scorer = Scorer(ServerSettings(rewards={"boundary": "boundary"}))
        >>> scorer.answer(Job("score", {}, b'{"items": []}'), seconds=1.0).body
        b'{"reward": "boundary", "version": "boundary-1", "items": []}'
    """

    def __init__(self, settings: ServerSettings) -> None:
        self.offer = Offer(open_rewards(settings.rewards))
        self._settings = settings

    def answer(self, job: Job, seconds: float) -> Answer:
        """Return the answer to a request; nothing that a request says raises.

        Args:
            job: The request.
            seconds: Time that is left for it.
        """
        until = time.monotonic() + seconds
        try:
            data = read_body(job.body)
            if job.form == "openrlhf":
                return self._openrlhf(data, job.options, until)
            return self._score(data, until)
        except RefusalError as refusal:
            return Answer(refusal.status, refusal.body())
        except BackendError as error:
            failed = RefusalError(502, "backend", f"{type(error).__name__}: {error}; nothing was scored, try again")
            return Answer(failed.status, failed.body())
        except InputError as error:
            return Answer(422, RefusalError(422, "invalid", str(error)).body())
        except RecursionError:
            return Answer(
                422, RefusalError(422, "invalid", "the request is nested too deeply; nothing needs that").body()
            )
        finally:
            forget_scenes()  # no request has the scene objects of another, and a thousand scenes may be large

    def _score(self, data: Any, until: float) -> Answer:
        self._check_count(data, "items")
        request = validate(ScoreRequest, data, "the request")
        reward = self.offer.reward(request.reward)
        scenes = {key: self._scene(scene, f"`scenes[{key!r}]`") for key, scene in request.scenes.items()}
        transitions = [
            self._transition(item, self._scene_of(item, scenes, f"`items[{i}]`"), request, f"`items[{i}]`")
            for i, item in enumerate(request.items)
        ]
        scores = self._scores(reward, transitions, until)
        items: list[str] = []
        size = 0
        for transition, score in zip(transitions, scores, strict=True):
            item = _item(transition, score, reward.version)
            if "violations" in request.include:
                item["violations"] = _violations(reward, transition.placed, score)
            if "details" in request.include:
                item["details"] = None if isinstance(score, BackendError) else score.details
            items.append(json.dumps(_plain(item), allow_nan=False))
            size += len(items[-1])
            if size > MAX_ANSWER:
                raise RefusalError(
                    413,
                    "too-large",
                    f"the answer to {len(items)} of {len(transitions)} items has {size} bytes; at most {MAX_ANSWER} "
                    "are given: send fewer items, or give the objects shorter ids",
                )
            _check_time(until, self._settings)
        return _answer(reward, items, scores)

    def _openrlhf(self, data: Any, options: Mapping[str, str], until: float) -> Answer:
        self._check_count(data, "query")
        request = validate(OpenRLHFRequest, data, "the request")
        unknown = sorted(set(options) - {"reward", "yaw"})
        if unknown:
            raise InputError(f"the query string has {unknown[0][:60]!r}; allowed: reward, yaw")
        reward, yaw = self.offer.reward(options.get("reward")), options.get("yaw", "fixed")
        if yaw not in ("fixed", "free"):
            raise InputError(f"`yaw` is {yaw[:60]!r}; allowed: fixed, free")
        for name, values in (("labels", request.labels), ("prompts", request.prompts)):
            if len(values) != len(request.query) and (values or name == "labels"):
                raise InputError(
                    f"`{name}` has {len(values)} entries and `query` {len(request.query)}; give one for each"
                )
        known: dict[str, Scene] = {}
        transitions = []
        scorer = TextScorer(reward, "free" if yaw == "free" else "fixed")
        for i, (query, label) in enumerate(zip(request.query, request.labels, strict=True)):
            where = f"`labels[{i}]`"
            key = label if isinstance(label, str) else json.dumps(label)
            if key not in known:
                known[key] = self._scene(parse_json(label, where) if isinstance(label, str) else label, where)
            response = response_of(query, request.prompts[i] if request.prompts else "")
            transitions.append(scorer.transition(response, known[key]))
        rows: list[dict[str, float]] = []
        for chunk in self._chunks(transitions, until):
            # A failure raises: this form has no word for a missing score, and a number would be taken for one.
            rows += scorer.figures(chunk, "rewards")
        rewards = [row.pop("rewards") for row in rows]
        names = [name for name in (rows[0] if rows else ()) if all(math.isfinite(row[name]) for row in rows)]
        logs = {name: [row[name] for row in rows] for name in names}
        if not all(map(math.isfinite, rewards)):
            raise BackendError("the reward gave what is no finite number")
        record = {"rewards": rewards, "scores": rewards, "extra_logs": logs}
        return Answer(200, json.dumps(record, allow_nan=False).encode(), len(rewards), 0)

    def _check_count(self, data: Any, name: str) -> None:
        """Refuse too many items before each of them is looked at."""
        given = data.get(name) if isinstance(data, Mapping) else None
        if isinstance(given, list) and len(given) > self._settings.max_items:
            raise RefusalError(
                413,
                "too-many-items",
                f"`{name}` has {len(given)} entries; {self._settings.max_items} are allowed: send several requests",
            )

    def _scene_of(self, item: ItemJson, scenes: Mapping[str, Scene], where: str) -> Scene:
        if set(item.scene) != {"ref"}:
            return self._scene(item.scene, f"{where}: `scene`")
        key = item.scene["ref"]
        if not isinstance(key, str) or key not in scenes:
            hint = nearest(key, scenes) if isinstance(key, str) else ""
            raise InputError(f"{where}: `scene` refers to {key!r}, which `scenes` does not hold;{hint} add it there")
        return scenes[key]

    def _scene(self, data: Any, where: str) -> Scene:
        if isinstance(data, Mapping):
            objects = data.get("objects")
            if isinstance(objects, list):
                if len(objects) > self._settings.max_objects:
                    raise RefusalError(
                        413,
                        "too-many-objects",
                        f"{where} has {len(objects)} objects; at most {self._settings.max_objects} are taken",
                    )
                if not self._settings.rewards:  # whoever chose rewards, chose what they do with the names of meshes
                    data = {**data, "objects": [_without_asset(item) for item in objects]}
        return scene_and_layout_from_json(data, where)[0]

    def _transition(self, item: ItemJson, scene: Scene, request: ScoreRequest, where: str) -> Transition:
        previous = None if item.previous is None else _place(scene, item.previous, f"{where}: `previous`")
        if item.layout is not None:
            if item.text is not None:
                raise InputError(f"{where} has both `text` and `layout`; give one of them")
            placed = _place(scene, item.layout, f"{where}: `layout`")
            parsed = Transition.of(placed).parsed if item.answer is None else _parsed(item.answer, placed)
            return Transition(placed, parsed, previous, item.turn)
        if item.text is None:
            raise InputError(f"{where} has neither `text` nor `layout`; give one of them")
        if item.answer is not None:
            raise InputError(f"{where} has `answer` beside `text`; it belongs beside `layout`")
        parsed = parse_answer(item.text, scene, request.mode, request.yaw)
        return Transition(scene.place(parsed.layout or Layout()), parsed, previous, item.turn)

    def _scores(self, reward: Reward, transitions: Sequence[Transition], until: float) -> list[Score | BackendError]:
        scorer = TextScorer(reward)
        scores: list[Score | BackendError] = []
        for chunk in self._chunks(transitions, until):
            scores += scorer.scores(chunk)
        return [_checked(score) for score in scores]

    def _chunks(self, transitions: Sequence[Transition], until: float) -> Iterator[Sequence[Transition]]:
        for start in range(0, len(transitions), CHUNK):
            _check_time(until, self._settings)
            yield transitions[start : start + CHUNK]


def read_body(body: bytes) -> Any:
    """Return what the JSON of a body says.

    Raises:
        RefusalError: If it is no JSON.
    """
    try:
        return parse_json(body.decode("utf-8-sig"), "the body")
    except UnicodeDecodeError as error:
        raise RefusalError(400, "not-json", f"the body is not UTF-8 (byte {error.start}); send JSON") from error
    except FileFormatError as error:
        raise RefusalError(400, "not-json", f"{error}; send JSON as GET /schema describes it") from error


def _item(transition: Transition, score: Score | BackendError, version: str) -> dict[str, Any]:
    item: dict[str, Any] = {
        "score": None,
        "components": {},
        "per_object": None,
        "issues": [issue.to_dict() for issue in transition.parsed.issues],
        "version": version,
        "failure": None,
    }
    if isinstance(score, BackendError):
        item["failure"] = {"type": type(score).__name__, "message": str(score)}
        return item
    item["score"], item["version"] = score.value, score.version
    item["components"] = score.details.get("components", {})
    if score.per_object is not None:
        item["per_object"] = dict(zip(transition.placed.scene.ids, score.per_object.tolist(), strict=True))
    return item


def _violations(reward: Reward, placed: PlacedScene, score: Score | BackendError) -> list[dict[str, Any]] | None:
    if isinstance(score, BackendError):
        return None
    try:
        return [violation.to_dict() for violation in violations_of(reward, placed)]
    except BackendError:  # the score was had, what lowers it was not
        return None


def _checked(score: Score | BackendError) -> Score | BackendError:
    if isinstance(score, Score) and not math.isfinite(score.value):
        return BackendError(f"the reward gave {score.value}, which is no score")
    return score


def _answer(reward: Reward, items: Sequence[str], scores: Sequence[Score | BackendError]) -> Answer:
    failures = sum(isinstance(score, BackendError) for score in scores)
    head = json.dumps({"reward": reward.name, "version": reward.version})[:-1]
    return Answer(200, f'{head}, "items": [{", ".join(items)}]}}'.encode(), len(scores), failures)


def _parsed(answer: ReadAnswer, placed: PlacedScene) -> ParsedAnswer:
    issues = tuple(Issue(issue.code, issue.message, issue.object_id) for issue in answer.issues)
    layout = placed.layout if len(placed.layout) else None
    return ParsedAnswer(layout, answer.format_level, issues, is_complete=answer.is_complete)


def _place(scene: Scene, poses: Any, where: str) -> PlacedScene:
    try:
        return scene.place(poses_from_json(poses, where))
    except FileFormatError:
        raise
    except SceneError as error:
        raise InputError(f"{where}: {error}") from error


def _without_asset(item: Any) -> Any:
    return {**item, "asset": None} if isinstance(item, Mapping) and isinstance(item.get("asset"), str) else item


def _check_time(until: float, settings: ServerSettings) -> None:
    if time.monotonic() > until:
        raise RefusalError(
            504,
            "too-slow",
            f"the request took longer than {settings.seconds:g} seconds; send fewer items, or start the server with a "
            "longer --seconds",
        )


def _plain(value: Any) -> Any:
    """Return the same in JSON types; numbers that are not finite become null."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
