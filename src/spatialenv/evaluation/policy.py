"""What a policy is, and policies by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.errors import InputError, PolicyError, unknown_name
from spatialenv.evaluation.baselines import RandomPolicy, SolverPolicy, WitnessPolicy

Answer = str | PolicyError
"""What a policy gives for an env: a text, or why there is none."""


@runtime_checkable
class Policy(Protocol):
    """Anything that answers.

    A policy may also have ``settings``, a mapping of JSON types that its answers depend on: a record of an
    evaluation holds it, and a resumed one must have the same. An evaluation that was stopped and resumed
    is the same only where the answers depend on the rooms, and not on how often the policy was called.

    Attributes:
        name: For records.
    """

    name: str

    def respond(self, envs: Sequence[RoomLayoutEnv]) -> Sequence[Answer]:
        """Return one text for each env; every env awaits an answer.

        What it may look at is what a model sees: ``env.to_messages()``. The baselines of this
        package read ``env.scene`` and never its witness, but for `WitnessPolicy`.

        Where no answer could be had (an endpoint that does not respond), a `PolicyError` stands in the
        place of the text: that episode ends there as a failure and is left out of every rate.
        """
        ...


@runtime_checkable
class SamplingPolicy(Policy, Protocol):
    """A policy that can be asked for more than one answer to the same env."""

    def sample(self, envs: Sequence[RoomLayoutEnv], draw: int) -> Sequence[Answer]:
        """Return the answers of a draw, counted from 0; that of draw 0 is what `respond` gives."""
        ...


class TextPolicy:
    """Gives the text that a function of the env returns: for tests, scripts and people.

    Args:
        write: Called with each env that awaits an answer.
        name: Name for records.
    """

    def __init__(self, write: Callable[[RoomLayoutEnv], str], name: str = "text") -> None:
        self.write = write
        self.name = name

    def respond(self, envs: Sequence[RoomLayoutEnv]) -> list[str]:
        """Return an answer for each env."""
        return [self.write(env) for env in envs]


POLICIES: dict[str, Callable[..., Policy]] = {
    "random": RandomPolicy,
    "solver": SolverPolicy,
    "witness": WitnessPolicy,
}
"""Policies by name."""

OPTIONS: Mapping[str, tuple[str, ...]] = {"random": ("seed", "grid"), "solver": ("seed",), "witness": ()}
"""Options of each of `POLICIES`."""

MODEL_OPTIONS = ("max_new_tokens", "temperature", "seed", "batch_size", "pictures")
"""Options of a model as policy; see `spatialenv.evaluation.model_policy.ModelPolicy`."""

OPENAI_OPTIONS = (
    "max_tokens", "temperature", "seed", "concurrency", "retries", "timeout", "image_detail", "key_variable",
)  # fmt: skip
"""Options of an endpoint as policy; see `spatialenv.evaluation.openai_policy.OpenAIPolicy`."""

FORMS = ("a model folder", "a hub name 'owner/model'", "openai:MODEL", "openai:MODEL@URL", "best-of-N:POLICY")
"""Forms of a policy's spec beside the names of `POLICIES`."""

_BEST_OF = re.compile(r"best-of-([0-9]+):(.+)", re.DOTALL)


def make_policy(spec: str | Path | Policy, **options: Any) -> Policy:
    """Return a policy.

    Args:
        spec: One of

            - a name of `POLICIES`;
            - a model folder, or a hub name ``"owner/model"``;
            - ``"openai:gpt-4o"``, a model of OpenAI's API, or ``"openai:model@http://127.0.0.1:8000/v1"``, one of
              any endpoint that speaks it;
            - ``"best-of-8:random"``: the best of 8 answers of any policy, by the reward ``reward``;
            - a policy, which is returned as it is.
        options: Keyword arguments of the named policy (`OPTIONS`), of a model (`MODEL_OPTIONS`) or of an
            endpoint (`OPENAI_OPTIONS`); those of a best-of are ``reward`` and those of its policy.

    Raises:
        UnknownNameError: If the name or an option is unknown.
        InputError: If the folder or hub name holds no vision-language model, or an option is not allowed.
        MissingExtraError: If a model is asked for without the extra ``train``, or an endpoint without ``judge``.

    Example:
        >>> make_policy("random", seed=3).name, make_policy("best-of-4:random").name
        ('random', 'best-of-4:random')
    """
    if not isinstance(spec, (str, Path)):
        if not isinstance(spec, Policy):
            raise InputError(f"`policy` is a {type(spec).__name__}; give a name or an object with `name` and `respond`")
        return spec
    name = str(spec)
    best_of = _BEST_OF.fullmatch(name)
    if best_of is not None:
        return _best_of(int(best_of[1]), best_of[2], options)
    if name.startswith("openai:"):
        return _openai(name, options)
    is_model = isinstance(spec, Path) or (name not in POLICIES and _may_be_model(name))
    if name not in POLICIES and _looks_like_path(name) and not Path(name).is_dir():
        raise InputError(f"the folder {name!r} does not exist; give a model folder, or one of {', '.join(POLICIES)}")
    if name not in POLICIES and not is_model:
        raise unknown_name("policy", name, [*POLICIES, *FORMS])
    _check_options(name, options, MODEL_OPTIONS if is_model else OPTIONS[name])
    if is_model:
        from spatialenv.evaluation.model_policy import ModelPolicy

        return ModelPolicy.load(spec, **options)
    return POLICIES[name](**options)


def describe_policy(policy: Policy) -> dict[str, Any]:
    """Return what a record says of a policy: its name and, where it has them, its settings.

    Example:
        >>> describe_policy(RandomPolicy(seed=1))
        {'name': 'random', 'seed': 1, 'grid': None}
    """
    return {"name": policy.name, **getattr(policy, "settings", {})}


def _best_of(n: int, inner: str, options: dict[str, Any]) -> Policy:
    from spatialenv.evaluation.best_of import BestOf

    own = {key: value for key, value in options.items() if key == "reward"}
    passed = options if _BEST_OF.fullmatch(inner) else {k: v for k, v in options.items() if k != "reward"}
    return BestOf(make_policy(inner, **passed), n, **own)


def _openai(spec: str, options: dict[str, Any]) -> Policy:
    from spatialenv.evaluation.openai_policy import OpenAIPolicy

    _check_options(spec, options, OPENAI_OPTIONS)
    model, base_url = spec.removeprefix("openai:"), None
    found = re.fullmatch(r"(.*?)@(https?://.*)", model)
    if found is not None:
        model, base_url = found[1], found[2]
    return OpenAIPolicy(model, base_url, **options)


def _check_options(name: str, options: Mapping[str, Any], known: Sequence[str]) -> None:
    for key in options:
        if key not in known:
            raise unknown_name(f"option of the policy {name!r}", key, known)


def _looks_like_path(name: str) -> bool:
    """Whether `name` can only be meant as a folder: no hub name begins so, or its parent folder is here."""
    return name.startswith(("/", ".", "~")) or ("/" in name and Path(name.partition("/")[0]).is_dir())


def _may_be_model(name: str) -> bool:
    """Whether `name` is a folder or has the form of a hub name."""
    return name != "" and (Path(name).is_dir() or re.fullmatch(r"[\w.-]+/[\w.-]+", name) is not None)
