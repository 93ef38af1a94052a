"""A model behind an endpoint that speaks OpenAI's chat completions, as a policy."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import random
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal
from urllib.parse import urlsplit

from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.errors import InputError, PolicyError, require
from spatialenv.evaluation.baselines import turns_of
from spatialenv.tasks.procedural import scene_key

_FIRST_WAIT = 1.0
_LONGEST_WAIT = 60.0
"""Seconds between two tries: doubled from the first to the longest, each times a random 0.5 to 1."""

ImageDetail = Literal["auto", "low", "high"]


class OpenAIPolicy:
    """Asks an endpoint for an answer, with the whole episode so far and its pictures.

    The API key is read from the environment when the policy is made, and kept nowhere else. A request that
    fails in a way that may pass (no connection, a time limit, status 408, 409, 429 or 5xx) is tried again.
    When the last try failed, or the endpoint refuses this one request, the episode ends as a failure that no
    rate counts: what was not answered is not scored 0. A key or model that the endpoint does not accept
    raises at once.

    Args:
        model: The model's name at the endpoint.
        base_url: ``"http://127.0.0.1:8000/v1"``; None for OpenAI's own, or ``OPENAI_BASE_URL`` where that is set.
        max_tokens: Longest answer in tokens.
        temperature: Of the sampling, 0 to 2; None leaves it to the endpoint.
        seed: With the room, turn and draw it makes the ``seed`` of each request; None sends none. Endpoints
            need not give equal answers for equal seeds.
        concurrency: Requests at a time.
        retries: Further tries of a request.
        timeout: Seconds that one try may take.
        image_detail: How closely OpenAI's models look at pictures; None sends nothing.
        key_variable: Name of the environment variable that holds the key. An endpoint with a `base_url` needs
            none unless it asks for one.

    Raises:
        InputError: If an argument is not allowed, or OpenAI's own endpoint is meant and there is no key.
        MissingExtraError: If the package openai is not installed.
    """

    def __init__(
        self,
        model: str,
        base_url: str | None = None,
        *,
        max_tokens: int = 2048,
        temperature: float | None = 1.0,
        seed: int | None = 0,
        concurrency: int = 8,
        retries: int = 5,
        timeout: float = 120.0,
        image_detail: ImageDetail | None = None,
        key_variable: str = "OPENAI_API_KEY",
    ) -> None:
        if not isinstance(model, str) or not model.strip():
            raise InputError(f"the endpoint's `model` is {model!r}; name one: 'openai:gpt-4o'")
        for name, value, least in (
            ("max_tokens", max_tokens, 1),
            ("concurrency", concurrency, 1),
            ("retries", retries, 0),
        ):
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise InputError(f"`{name}` is {value!r}; it must be a whole number of at least {least}")
        if temperature is not None and not 0 <= temperature <= 2:
            raise InputError(f"`temperature` is {temperature!r}; it must be from 0 to 2, or None")
        if not timeout > 0:
            raise InputError(f"`timeout` is {timeout!r}; it must be more than 0 seconds")
        if image_detail not in (None, "auto", "low", "high"):
            raise InputError(f"`image_detail` is {image_detail!r}; allowed: 'auto', 'low', 'high', None")
        self.model = model
        self.base_url = _checked_url(base_url or os.environ.get("OPENAI_BASE_URL") or None)
        self.name = f"openai:{model}"
        self.max_tokens = max_tokens
        self.temperature = temperature
        self.seed = seed
        self.concurrency = concurrency
        self.retries = retries
        self.image_detail = image_detail
        key = os.environ.get(key_variable)
        if not key and self.base_url is None:
            raise InputError(f"there is no API key: set the environment variable {key_variable}")
        self._openai = require("openai", "judge", "an endpoint as policy")
        self._client = self._openai.OpenAI(
            api_key=key or "none", base_url=self.base_url or "https://api.openai.com/v1", timeout=timeout, max_retries=0
        )
        self._sleep: Callable[[float], None] = time.sleep

    @property
    def settings(self) -> Mapping[str, Any]:
        """What its answers depend on; never the key."""
        return {
            "model": self.model,
            "base_url": self.base_url,
            "max_tokens": self.max_tokens,
            "temperature": self.temperature,
            "seed": self.seed,
            "image_detail": self.image_detail,
        }

    def respond(self, envs: Sequence[RoomLayoutEnv]) -> list[str | PolicyError]:
        """Return an answer for each env, or why there is none."""
        return self.sample(envs, 0)

    def sample(self, envs: Sequence[RoomLayoutEnv], draw: int) -> list[str | PolicyError]:
        """Return another answer for each env; draw 0 is what `respond` gives."""
        pool = ThreadPoolExecutor(max(1, min(self.concurrency, len(envs))))
        try:
            return list(pool.map(lambda env: self._answer(env, draw), envs))
        finally:
            pool.shutdown(cancel_futures=True)  # what was not yet asked is not asked after a mistake

    def request(self, env: RoomLayoutEnv, draw: int = 0) -> dict[str, Any]:
        """Return what the endpoint is asked about an env."""
        # OpenAI's newer models know the one name only, and other endpoints may know the other only.
        limit = "max_completion_tokens" if self.base_url is None else "max_tokens"
        asked: dict[str, Any] = {
            "model": self.model,
            "messages": [self._message(message) for message in env.to_messages()],
            limit: self.max_tokens,
        }
        if self.temperature is not None:
            asked["temperature"] = self.temperature
        if self.seed is not None:
            asked["seed"] = _seed(self.seed, env, draw)
        return asked

    def _message(self, message: Mapping[str, Any]) -> dict[str, Any]:
        if message["role"] == "assistant":
            return {"role": "assistant", "content": "".join(part["text"] for part in message["content"])}
        parts: list[dict[str, Any]] = []
        for part in message["content"]:
            if part["type"] == "text":
                parts.append({"type": "text", "text": part["text"]})
            else:
                url: dict[str, str] = {"url": _data_url(part["image"])}
                if self.image_detail is not None:
                    url["detail"] = self.image_detail
                parts.append({"type": "image_url", "image_url": url})
        return {"role": message["role"], "content": parts}

    def _answer(self, env: RoomLayoutEnv, draw: int) -> str | PolicyError:
        asked = self.request(env, draw)
        openai, jitter = self._openai, random.Random()
        tries, attempt = self.retries + 1, 0
        while True:
            attempt += 1
            try:
                return _text(self._client.chat.completions.create(**asked))
            except PolicyError as error:
                return error
            except (openai.AuthenticationError, openai.PermissionDeniedError, openai.NotFoundError) as error:
                raise InputError(
                    f"the endpoint {self._client.base_url} does not accept the key or the model {self.model!r}: "
                    f"{_reason(error)}"
                ) from error
            except (openai.OpenAIError, ValueError) as error:  # a body that is no JSON is a ValueError
                if not _may_pass(openai, error):
                    return PolicyError(f"the endpoint refused the request: {_reason(error)}")
                if attempt == tries:
                    return PolicyError(f"the endpoint gave no answer in {tries} tries; the last: {_reason(error)}")
                wait = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** (attempt - 1)) * (0.5 + 0.5 * jitter.random())
                self._sleep(max(wait, min(_LONGEST_WAIT, _asked_to_wait(error))))


def _text(completion: Any) -> str:
    """Return the answer of a completion.

    Raises:
        PolicyError: If it holds none.
    """
    choices = getattr(completion, "choices", None)
    if not choices:
        raise PolicyError("the endpoint's reply holds no choice")
    message = getattr(choices[0], "message", None)
    content = getattr(message, "content", None)
    if not content and getattr(choices[0], "finish_reason", None) == "content_filter":
        raise PolicyError("the endpoint's filter kept the answer back")
    # A refusal is an answer in words, and counts as what it is: one that places nothing.
    return str(content or getattr(message, "refusal", None) or "")


def _may_pass(openai: Any, error: Exception) -> bool:
    """Whether the same request may be answered later."""
    if isinstance(error, openai.APIStatusError):
        return error.status_code in (408, 409, 429) or error.status_code >= 500
    return isinstance(error, (openai.APIConnectionError, openai.APIResponseValidationError, ValueError))


def _asked_to_wait(error: Exception) -> float:
    """Return the seconds that the endpoint asked to wait, 0 where it did not."""
    response = getattr(error, "response", None)
    try:
        return max(0.0, float(response.headers["retry-after"])) if response is not None else 0.0
    except (KeyError, ValueError):
        return 0.0


def _reason(error: Exception) -> str:
    """Return an error in one line, cut to 300 characters."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]


def _seed(seed: int, env: RoomLayoutEnv, draw: int) -> int:
    text = f"{seed} {scene_key(env.scene)} {turns_of(env)} {draw}"
    return int.from_bytes(hashlib.sha256(text.encode("ascii")).digest()[:4], "big") >> 1


def _data_url(image: Any) -> str:
    held = io.BytesIO()
    image.save(held, format="PNG")
    return f"data:image/png;base64,{base64.b64encode(held.getvalue()).decode('ascii')}"


def _checked_url(url: str | None) -> str | None:
    if url is None:
        return None
    try:
        parts = urlsplit(url)
        has_host, has_user = bool(parts.hostname), "@" in parts.netloc
    except ValueError:
        has_host = has_user = False
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not has_host:
        raise InputError(f"the endpoint's address is {url!r}; give one like 'http://127.0.0.1:8000/v1'")
    if has_user:
        raise InputError("the endpoint's address holds a user or password; give keys by an environment variable")
    return url
