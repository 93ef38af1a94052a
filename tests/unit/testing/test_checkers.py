"""Each checker passes sound parts and names the fault of each unsound one."""

from __future__ import annotations

import itertools
import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from spatialenv.core.placed import PlacedScene
from spatialenv.core.room import Room
from spatialenv.core.scene import Scene, SceneObject
from spatialenv.core.score import Score, Transition
from spatialenv.errors import InputError
from spatialenv.renderers import Frames, Renderer, make_renderer
from spatialenv.rewards import make_reward
from spatialenv.tasks import make_tasks
from spatialenv.testing import CheckError, check_renderer, check_reward, check_tasks, reward_checks

calls = itertools.count()


class Tidiness:
    """A sound reward: how near the middle of the room's height everything is."""

    name = "tidiness"
    version = "tidiness-1"

    def __call__(self, transition: Transition) -> Score:
        return self.batch([transition])[0]

    def batch(self, transitions: Sequence[Transition]) -> list[Score]:
        return [self.judge(transition) for transition in transitions]

    def judge(self, transition: Transition) -> Score:
        inner = make_reward("physics")(transition)
        return Score(inner.value, inner.per_object, {"note": "tidy"}, self.version)


class Named(Tidiness):
    version = "1"


class Unbounded(Tidiness):
    def judge(self, transition: Transition) -> Score:
        return Score(1.0 + super().judge(transition).value, version=self.version)


class Unfinite(Tidiness):
    def judge(self, transition: Transition) -> Score:
        return Score(float("nan"), version=self.version)


class Plain(Tidiness):
    def judge(self, transition: Transition) -> Score:
        return super().judge(transition).value  # type: ignore[return-value]


class Misshapen(Tidiness):
    def judge(self, transition: Transition) -> Score:
        score = super().judge(transition)
        return replace(score, per_object=np.zeros(1 + len(transition.placed.scene.objects)))


class Filled(Tidiness):
    def judge(self, transition: Transition) -> Score:
        score = super().judge(transition)
        assert score.per_object is not None
        return replace(score, per_object=np.nan_to_num(score.per_object))


class Arrays(Tidiness):
    def judge(self, transition: Transition) -> Score:
        return replace(super().judge(transition), details={"sizes": transition.placed.sizes})


class Fickle(Tidiness):
    def judge(self, transition: Transition) -> Score:
        return Score(super().judge(transition).value / (2 + next(calls) % 7), version=self.version)


class Ranked(Tidiness):
    """Its batch is not what single calls give."""

    def batch(self, transitions: Sequence[Transition]) -> list[Score]:
        scores = super().batch(transitions)
        return [replace(score, value=score.value / (i + 1), per_object=None) for i, score in enumerate(scores)]


class Sharing(Tidiness):
    held = np.zeros(1000)

    def judge(self, transition: Transition) -> Score:
        score = super().judge(transition)
        assert score.per_object is not None
        part = self.held[: len(score.per_object)]
        part[:] = score.per_object
        return replace(score, per_object=part)


class FirstCounts(Tidiness):
    def judge(self, transition: Transition) -> Score:
        score = super().judge(transition)
        assert score.per_object is not None
        return Score(float(np.nan_to_num(score.per_object)[:1].sum() / 2), version=self.version)


class Literate(Tidiness):
    def judge(self, transition: Transition) -> Score:
        names = "".join(transition.placed.ids)
        return Score(super().judge(transition).value * (0.5 if "thing" in names else 1.0), version=self.version)


class Generous(Tidiness):
    def judge(self, transition: Transition) -> Score:
        return Score(1.0, version=self.version)


class Contrary(Tidiness):
    def judge(self, transition: Transition) -> Score:
        return Score(1.0 - super().judge(transition).value, version=self.version)


class Broken(Tidiness):
    def judge(self, transition: Transition) -> Score:
        raise RuntimeError("out of\n order")


class Listed(Tidiness):
    def judge(self, transition: Transition) -> Score:
        score = super().judge(transition)
        assert score.per_object is not None
        return replace(score, per_object=score.per_object.tolist())  # type: ignore[arg-type]


class Forgetful(Tidiness):
    def batch(self, transitions: Sequence[Transition]) -> list[Score]:
        return super().batch(transitions)[:-1]


def test_sound_parts_pass() -> None:
    check_reward(Tidiness())
    check_renderer(make_renderer("fast"))
    check_tasks(make_tasks("easy"))
    assert all(result.is_passed for result in reward_checks(make_reward("format"), is_about_format=True))


@pytest.mark.parametrize(
    ("reward", "problem"),
    [
        (Named(), "`version` is '1'; it must be the name and a number"),
        (Unbounded(), r"outside \[0, 1\]"),
        (Unfinite(), "every value must be finite"),
        (Plain(), "returned a float; it must return a Score"),
        (Misshapen(), r"`per_object` has the shape"),
        (Listed(), "`per_object` is a list; give a NumPy array"),
        (Forgetful(), r"a batch of \d+ gave \d+ scores; give one for each"),
        (Filled(), "NaN for the others"),
        (Arrays(), "details are plain JSON"),
        (Fickle(), "scored twice"),
        (Ranked(), "in a batch and alone"),
        (Sharing(), "two scores share the memory"),
        (FirstCounts(), "the order of objects does not matter"),
        (Literate(), "under other ids"),
        (Generous(), "an unread answer scores 1, a sound layout 1"),
        (Contrary(), "sound layouts score 0 on average"),
        (Broken(), "raised RuntimeError: out of order"),
        ("collision", "lacks `name`"),
    ],
)
def test_the_fault_of_a_reward_is_named(reward: Any, problem: str) -> None:
    with pytest.raises(CheckError, match=problem):
        check_reward(reward)


def test_a_wide_range_may_be_stated() -> None:
    faults = [result.name for result in reward_checks(Unbounded(), bounds=(0, 2)) if not result.is_passed]
    assert faults == []


class Drawer(Renderer):
    """A sound renderer: another one under a name of its own."""

    name = "drawer"
    version = "drawer-1"

    def render(self, placed: PlacedScene, *request: Any, **options: Any) -> Frames:
        return make_renderer("fast").render(placed, *request, **options)


class Grey(Drawer):
    def render(self, placed: PlacedScene, *request: Any, **options: Any) -> Frames:
        frames = super().render(placed, *request, **options)
        return replace(frames, views={name: np.full_like(view, 128) for name, view in frames.views.items()})


class Upright(Drawer):
    def render(self, placed: PlacedScene, *request: Any, **options: Any) -> Frames:
        frames = super().render(placed, *request, **options)
        return replace(frames, views={name: view.swapaxes(0, 1).copy() for name, view in frames.views.items()})


class Noisy(Drawer):
    def render(self, placed: PlacedScene, *request: Any, **options: Any) -> Frames:
        frames = super().render(placed, *request, **options)
        noise = np.uint8(next(calls) % 3)
        return replace(frames, views={name: view + noise for name, view in frames.views.items()})


class Deep(Drawer):
    def render(self, placed: PlacedScene, *request: Any, **options: Any) -> Frames:
        frames = super().render(placed, *request, **options)
        return replace(frames, depth={name: depth.astype(np.float64) for name, depth in frames.depth.items()})


class Endless(Drawer):
    def render(self, placed: PlacedScene, *request: Any, **options: Any) -> Frames:
        frames = super().render(placed, *request, **options)
        return replace(frames, depth={name: np.ones_like(depth) for name, depth in frames.depth.items()})


class Slanted(Drawer):
    def render(self, placed: PlacedScene, *request: Any, **options: Any) -> Frames:
        frames = super().render(placed, *request, **options)
        return replace(frames, normals={name: 2 * normals for name, normals in frames.normals.items()})


class Haunted(Drawer):
    def render(self, placed: PlacedScene, *request: Any, **options: Any) -> Frames:
        frames = super().render(placed, *request, **options)
        return replace(frames, ids={name: ids + 1 for name, ids in frames.ids.items()})


class Generous(Drawer):
    def render(self, placed: PlacedScene, cameras: Any = ("corner", "top"), size: Any = (256, 256), **_: Any) -> Frames:
        return super().render(placed, cameras, size, channels=("ids", "depth", "normals"))


class Shuffled(Drawer):
    def render_batch(self, placed: Sequence[PlacedScene], *request: Any, **options: Any) -> list[Frames]:
        return super().render_batch(placed, *request, **options)[::-1]


class Lenient(Drawer):
    def render(
        self, placed: PlacedScene, cameras: Any = ("corner", "top"), size: Any = (256, 256), *, channels: Any = ()
    ) -> Frames:
        known = [camera for camera in cameras if camera != "inside"] or ["top"]
        wanted = [name for name in channels if name != "smell"]
        return super().render(placed, known, (max(size[0], 16), max(size[1], 16)), channels=wanted)


class Exhausted(Drawer):
    is_closed = False

    def render(self, placed: PlacedScene, *request: Any, **options: Any) -> Frames:
        if self.is_closed:
            raise RuntimeError("its process has ended")
        return super().render(placed, *request, **options)

    def close(self) -> None:
        self.is_closed = True


class Stuck(Drawer):
    def close(self) -> None:
        raise RuntimeError("it is busy")


@pytest.mark.parametrize(
    ("renderer", "problem"),
    [
        (Exhausted(), "closed twice it draws again, and the same: raised RuntimeError: its process has ended"),
        (Stuck(), "could not be closed: RuntimeError: it is busy"),
        (Grey(), "looks the same as the sofa elsewhere"),
        (Upright(), "the top view is uint8"),
        (Noisy(), "two pictures of one layout differ"),
        (Deep(), "`depth` is float64"),
        (Endless(), "`depth` must be above 0, finite where `ids` shows something"),
        (Slanted(), "`normals` must be unit vectors"),
        (Haunted(), "`ids` holds"),
        (Generous(), "it gave depth, ids, normals unasked"),
        (Shuffled(), "a picture of a batch differs"),
        (Lenient(), "it took {'size': "),
        (object(), "lacks `name`"),
    ],
)
def test_the_fault_of_a_renderer_is_named(renderer: Any, problem: str) -> None:
    check_renderer(Drawer())
    with pytest.raises(CheckError, match=problem):
        check_renderer(renderer)
    if isinstance(renderer, Grey):
        check_renderer(renderer, draws=False)


BOX = SceneObject("box_1", "box", (0.5, 0.5, 0.5))


class Boxes:
    """A sound source: a box in rooms of growing length."""

    name = "boxes"

    def sample(self, seed: int) -> Scene:
        if seed < 0:
            raise ValueError("seed")
        return self.scene(seed)

    def scene(self, seed: int) -> Scene:
        return Scene(Room.rectangle(2 + seed % 100 / 100, 2, 2.5), (BOX,), "A box.")


class Silent(Boxes):
    def scene(self, seed: int) -> Scene:
        return replace(super().scene(seed), description=" ")


class Random(Boxes):
    def scene(self, seed: int) -> Scene:
        return super().scene(next(calls))


class Greedy(Boxes):
    def scene(self, seed: int) -> Scene:
        random.random()
        return super().scene(seed)


class GreedyNumpy(Boxes):
    def scene(self, seed: int) -> Scene:
        np.random.rand()  # noqa: NPY002  # the fault
        return super().scene(seed)


class Same(Boxes):
    def scene(self, seed: int) -> Scene:
        return super().scene(0)


class Mistaken(Boxes):
    def scene(self, seed: int) -> Scene:
        from spatialenv import Layout

        return super().scene(seed).with_witness(Layout.of({"box_1": (0, 0, 0)}))


class Careless(Boxes):
    def sample(self, seed: int) -> Scene:
        return self.scene(abs(seed))


class Empty(Boxes):
    def scene(self, seed: int) -> Scene:
        return None  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("tasks", "problem"),
    [
        (Silent(), "has no description"),
        (Random(), "another scene the second time"),
        (Greedy(), "uses Python's global generator"),
        (GreedyNumpy(), "uses NumPy's global generator"),
        (Same(), "gave one and the same scene"),
        (Mistaken(), "the witness of seed 0 is not clean"),
        (Careless(), "took the seed -1"),
        (Empty(), "gave a NoneType"),
        (object(), "lacks `name`"),
    ],
)
def test_the_fault_of_a_task_source_is_named(tasks: Any, problem: str) -> None:
    check_tasks(Boxes())
    with pytest.raises(CheckError, match=problem):
        check_tasks(tasks)


def test_every_fault_is_listed_in_one_message() -> None:
    with pytest.raises(CheckError, match=r"reward 'tidiness' fails \d+ of 11 checks:(\n- .*){2,}"):
        check_reward(Contrary())


@pytest.mark.parametrize("seeds", [(), [3]])
def test_one_seed_is_too_few(seeds: Sequence[int]) -> None:
    with pytest.raises(InputError, match=f"`seeds` holds {len(seeds)}; give at least two"):
        check_tasks(Boxes(), seeds=seeds)


@pytest.mark.parametrize("bounds", [(1.0, 0.0), None, (0.0,)])
def test_bounds_that_are_none_are_refused(bounds: Any) -> None:
    with pytest.raises(InputError, match="`bounds` is"):
        check_reward(Tidiness(), bounds=bounds)
