"""The spaces of the environment: text that holds JSON and any language, and observations."""

from __future__ import annotations

import multiprocessing
import string
from collections.abc import Sequence
from ctypes import c_uint8
from typing import Any, overload

import numpy as np
import numpy.typing as npt
from gymnasium import spaces
from gymnasium.vector.utils import create_shared_memory, read_from_shared_memory, write_to_shared_memory

from spatialenv.errors import InputError

MAX_TEXT = 1_000_000
"""Longest text of an observation or an answer."""

MAX_SAMPLE = 256
"""Longest string that `UnicodeText.sample` draws unless a mask says otherwise."""

SHARED_BYTES = 2**20
"""Longest text, in bytes of UTF-8, that `AsyncVectorEnv` shares between processes."""

_HEADER = 8  # bytes before each shared text that tell its length


class UnicodeText(spaces.Text):
    """Strings of any Unicode characters up to a length, the empty one included.

    Gymnasium's own `Text` accepts letters and digits unless told otherwise, which refuses JSON.

    Args:
        max_length: Longest string that is contained.
        seed: Seed of `sample`, which draws at most `MAX_SAMPLE` printable ASCII characters.

    Example:
        >>> UnicodeText(20).contains('[{"x": 1.5}] été')
        True
    """

    def __init__(self, max_length: int, seed: int | None = None) -> None:
        super().__init__(max_length, min_length=0, charset=string.printable, seed=seed)

    def sample(self, mask: Any = None, probability: Any = None) -> str:
        """Return a random string; see gymnasium's `Text.sample` for `mask` and `probability`."""
        if mask is None and probability is None:
            mask = (int(self.np_random.integers(min(self.max_length, MAX_SAMPLE) + 1)), None)
        return str(super().sample(mask, probability))

    def contains(self, x: Any) -> bool:
        """Return whether `x` is a string that is not too long."""
        return isinstance(x, str) and len(x) <= self.max_length

    def __repr__(self) -> str:
        return f"UnicodeText({self.max_length})"


def make_observation_space(size: tuple[int, int], views: int, max_turns: int) -> spaces.Dict:
    """Return the space of observations: pictures of `size` (width, height), `views` of them side by side."""
    return spaces.Dict(
        {
            "image": spaces.Box(0, 255, (size[1], size[0] * views, 3), np.uint8),
            "prompt": UnicodeText(MAX_TEXT),
            "feedback": UnicodeText(MAX_TEXT),
            "turn": spaces.Discrete(max_turns + 1),
        }
    )


class SharedTexts(Sequence[str]):
    """The texts of the observations of `AsyncVectorEnv` as they stand in shared memory.

    Gymnasium reads shared memory once and then hands out copies of what it read, which is right for arrays alone.
    So this looks anew each time, and its copy is a plain tuple of the texts of the moment.

    Args:
        memory: Bytes, shape ``(n, room)``.
    """

    def __init__(self, memory: npt.NDArray[np.uint8]) -> None:
        self._memory = memory

    def __len__(self) -> int:
        return len(self._memory)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[str, ...]: ...
    def __getitem__(self, index: int | slice) -> str | tuple[str, ...]:
        if isinstance(index, slice):
            return tuple(self)[index]
        row = self._memory[index]
        length = int.from_bytes(row[:_HEADER].tobytes(), "little")
        text: str = row[_HEADER : _HEADER + length].tobytes().decode("utf-8", "surrogatepass")
        return text

    def __deepcopy__(self, memo: dict[int, Any]) -> tuple[str, ...]:
        return tuple(self)

    def __repr__(self) -> str:
        return f"SharedTexts({tuple(self)!r})"


def _room(space: UnicodeText) -> int:
    """Return the bytes that a text of `space` is given."""
    return _HEADER + min(4 * space.max_length, SHARED_BYTES)


@create_shared_memory.register(UnicodeText)
def _create_shared_texts(space: UnicodeText, n: int = 1, ctx: Any = multiprocessing) -> Any:
    return ctx.Array(c_uint8, n * _room(space))


@read_from_shared_memory.register(UnicodeText)
def _read_shared_texts(space: UnicodeText, shared_memory: Any, n: int = 1) -> SharedTexts:
    return SharedTexts(np.frombuffer(shared_memory.get_obj(), np.uint8).reshape(n, _room(space)))


@write_to_shared_memory.register(UnicodeText)
def _write_shared_text(space: UnicodeText, index: int, value: str, shared_memory: Any) -> None:
    text = value.encode("utf-8", "surrogatepass")
    room = _room(space)
    if _HEADER + len(text) > room:
        raise InputError(
            f"a text of {len(text)} bytes does not fit the {room - _HEADER} that processes share; make the envs with "
            "vector_kwargs={'shared_memory': False}"
        )
    row = np.frombuffer(shared_memory.get_obj(), np.uint8)[index * room : (index + 1) * room]
    written = len(text).to_bytes(_HEADER, "little") + text
    row[: len(written)] = np.frombuffer(written, np.uint8)
