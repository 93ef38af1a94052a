"""Sources of scenes by name, from this package and from others."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from spatialenv.core import part
from spatialenv.core.scene import Scene
from spatialenv.errors import InputError, UnknownNameError
from spatialenv.tasks import make_tasks, task_names


class Reversed:
    """A stranger's source: the scenes of another one in reverse."""

    def __init__(self, of: str = "easy", split: str = "train") -> None:
        self.source = make_tasks(f"{of}/{split}")
        self.name = f"reversed({self.source.name})"

    def sample(self, seed: int) -> Scene:
        return self.source.sample(511 - seed)


def no_source() -> int:
    return 3


@pytest.fixture(autouse=True)
def theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    points = {name: EntryPoint(name, "nowhere:Thing", "spatialenv.tasks") for name in ("reversed", "nothing", "easy")}
    monkeypatch.setattr(
        part, "entry_points", lambda group: list(points.values()) if group == "spatialenv.tasks" else []
    )
    made = {"reversed": Reversed, "nothing": no_source}
    monkeypatch.setattr(EntryPoint, "load", lambda self: made[self.name])


def test_a_strangers_source_is_found_with_its_options_and_split() -> None:
    assert make_tasks("reversed").name == "reversed(easy/train)"
    assert make_tasks("reversed/test").name == "reversed(easy/test)"
    assert make_tasks({"name": "reversed", "of": "hard", "split": "validation"}).name == "reversed(hard/validation)"
    assert make_tasks("reversed").sample(0).id == "easy/train/511"
    assert "reversed" in task_names()


def test_names_of_this_package_cannot_be_taken() -> None:
    assert make_tasks("easy").sample(0).id == "easy/train/0"


def test_what_is_no_source_is_refused() -> None:
    with pytest.raises(InputError, match="made an object of type int"):
        make_tasks("nothing")
    with pytest.raises(InputError, match="no option 'off'"):
        make_tasks({"name": "reversed", "off": "hard"})
    with pytest.raises(UnknownNameError, match="did you mean 'reversed'"):
        make_tasks("reverse")


def test_an_option_that_is_needed_is_asked_for() -> None:
    with pytest.raises(InputError, match="tasks 'mixture' needs the option 'of'; give a dict"):
        make_tasks("mixture")


def test_sources_made_from_others_are_known() -> None:
    assert {"repair", "edit", "completion", "mixture", "curriculum", "rooms"} <= set(task_names())
