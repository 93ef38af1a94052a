"""What travels between processes arrives as it was sent."""

from __future__ import annotations

import sys
from functools import partial
from typing import Any

import numpy as np
import pytest

from spatialenv.envs.room_layout import RoomLayoutEnv
from spatialenv.errors import BackendError, InputError
from spatialenv.trainers.executors.packing import pack, pack_call, pack_recipe, unpack, unpack_call
from spatialenv.trainers.executors.player import EnvRecipe


def test_arrays_travel_beside_the_pickle() -> None:
    picture = np.arange(30_000, dtype=np.uint8).reshape(100, 100, 3)
    picture.flags.writeable = False
    parts = pack({"picture": picture, "n": 1})
    assert len(parts) == 2
    assert len(parts[0]) < 500
    got = unpack([bytearray(part) for part in parts])
    assert got["n"] == 1
    assert (got["picture"] == picture).all()


def test_an_episode_travels() -> None:
    env = RoomLayoutEnv(tasks="easy", views=("top",), size=(16, 16), renderer="blank")
    env.reset(seed=0)
    env.step("no")
    got = unpack(pack(env.episode()))
    assert got.scene == env.scene
    assert got.turns[0].violations == env.episode().turns[0].violations


def fail(error: Exception) -> None:
    raise error


class AwkwardError(Exception):
    """Cannot be unpickled: its arguments are not those of its constructor."""

    def __init__(self, one: int, other: int) -> None:
        super().__init__(f"{one} and {other}")


def test_a_call_gives_its_result_or_its_error() -> None:
    assert unpack_call(pack_call(lambda: [1, 2])) == [1, 2]
    with pytest.raises(InputError, match="of mine") as caught:
        unpack_call(pack_call(partial(fail, InputError("of mine"))))
    assert "in fail" in caught.value.__notes__[0]


def test_an_error_that_cannot_travel_is_told() -> None:
    with pytest.raises(BackendError, match="AwkwardError: 1 and 2"):
        unpack_call(pack_call(partial(fail, AwkwardError(1, 2))))


def test_a_result_that_cannot_travel_is_an_error() -> None:
    with pytest.raises(Exception, match=r"pickle|lambda"):
        unpack_call(pack_call(lambda: lambda: 0))


def at_main() -> Any:
    return RoomLayoutEnv()


def test_recipes_that_can_be_sent() -> None:
    assert unpack([pack_recipe(EnvRecipe({"max_turns": 2}))]).arguments == {"max_turns": 2}
    assert unpack([pack_recipe(RoomLayoutEnv)]) is RoomLayoutEnv


@pytest.mark.parametrize("make", [lambda: RoomLayoutEnv(), EnvRecipe({"reward": lambda: 0})])
def test_recipes_that_cannot_be_sent_are_refused(make: Any) -> None:
    with pytest.raises(InputError, match=r"cannot be sent to workers \(.*\); define it in a module"):
        pack_recipe(make)


def test_what_the_started_script_defines_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(at_main, "__module__", "__main__")
    monkeypatch.setattr(sys.modules["__main__"], "at_main", at_main, raising=False)
    with pytest.raises(InputError, match="made by the script that was started"):
        pack_recipe(at_main)
