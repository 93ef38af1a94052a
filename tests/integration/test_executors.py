"""Episodes are the same wherever they are played, and whatever happens to those who play them."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest

from spatialenv.core.scene import Scene
from spatialenv.errors import BackendError, InputError
from spatialenv.tasks import make_tasks
from spatialenv.trainers.executors import Executor, Seat, SerialExecutor, lanes
from spatialenv.trainers.executors.processes import ProcessExecutor

SENDABLE = Path(__file__).with_name("sendable")
CASES = 15
"""Of each language of actions."""


@pytest.fixture(autouse=True, scope="module")
def rooms() -> Iterator[Any]:
    """The module of environments, where worker processes find it, too."""
    sys.path.insert(0, str(SENDABLE))
    try:
        yield importlib.import_module("executor_rooms")
    finally:
        sys.path.remove(str(SENDABLE))


class Told:
    """Scenes of a suite, and what is told of how they ended."""

    name = "told"

    def __init__(self) -> None:
        self.tasks = make_tasks("easy")
        self.outcomes: list[tuple[int, bool]] = []

    def sample(self, seed: int) -> Scene:
        return self.tasks.sample(seed)

    def observe(self, seed: int, is_solved: bool) -> None:
        self.outcomes.append((seed, is_solved))


def write(seat: Seat, rng: random.Random, actions: str) -> str:
    """Return an answer: sound, faulty, partial, malformed, or the last one."""
    assert seat.scene.witness is not None
    records = seat.scene.witness.to_records()
    kind = rng.choice(["sound", "shifted", "shifted", "partial", "prose", "cut", "fenced", "numbers", "submit"])
    for record in records:
        if kind != "sound":
            record["x"] = round(record["x"] + rng.uniform(-1, 1), 2)
    if kind == "prose":
        return rng.choice(["I would rather not.", "", "<answer></answer>", "</think>" * 3, "日本語"])
    if kind == "partial":
        records = records[: rng.randint(0, len(records))]
    if kind == "numbers":
        records[0]["y"] = rng.choice([float("nan"), float("inf"), "1", None])
    said: list[Any] = records
    if actions == "edits":
        one, other = (rng.choice(seat.scene.ids) for _ in range(2))
        said = [{"op": "place", "id": record.pop("new_object_id"), **record} for record in records]
        said += rng.sample(
            [
                {"op": "move", "id": one, "dx": 0.25},
                {"op": "rotate", "id": other, "yaw": 90},
                {"op": "swap", "id": one, "with": other},
            ],
            rng.randint(0, 2) if kind != "sound" else 0,
        )
        said += [{"op": "submit"}] if kind == "submit" else []
    text = f"<think>{kind}</think><answer>{json.dumps(said)}</answer>"
    if kind == "cut":
        return text[: rng.randint(0, len(text))]
    return text.replace("<answer>", "<answer>```json\n") if kind == "fenced" else text


def plain(seat: Seat) -> dict[str, Any]:
    """Return all that a trainer reads of a seat, as plain values."""
    episode = seat.episode()
    image = episode.image
    assert image is not None
    assert not image.flags.writeable
    return {
        "scene": episode.scene,
        "prompt": episode.prompt,
        "seed": episode.seed,
        "settings": episode.settings,
        "failure": episode.failure,
        "is_over": seat.is_over,
        "image": image.tobytes(),
        "answers": seat.answers,
        "turns": [
            {name: getattr(turn, name) for name in type(turn).__dataclass_fields__ if name != "image"}
            for turn in episode.turns
        ],
        "pictures": [turn.image.tobytes() for turn in episode.turns if turn.image is not None],
        "messages": [
            [part["image"].tobytes() if part["type"] == "image" else part["text"] for part in message["content"]]
            for message in seat.to_messages()
        ],
    }


def play(
    executor: Executor, case: int, actions: str, *, n: int = 5, meanwhile: Callable[[], object] = lambda: None
) -> list[dict[str, Any]]:
    """Play a batch of a few turns, in one part or two, and return what is known of each seat."""
    rng = random.Random(case)
    seats = executor.reset([rng.randrange(40) for _ in range(n)])
    for _ in range(3):
        going = [seat for seat in seats if not seat.is_over]
        rng.shuffle(going)
        texts = [write(seat, rng, actions) for seat in going]
        half = rng.choice([0, len(going) // 2])
        waiting = [executor.step(going[:half], texts[:half]), executor.step(going[half:], texts[half:])]
        meanwhile()
        seconds = [part.wait() for part in waiting]
        assert all(set(part) == {"draw", "score"} and min(part.values()) >= 0 for part in seconds)
    return [plain(seat) for seat in seats]


def play_cases(executor: Executor, tasks: Told, actions: str) -> tuple[list[Any], list[Any]]:
    return [play(executor, case, actions) for case in range(CASES)], tasks.outcomes


@pytest.fixture(scope="module", params=["layouts", "edits"])
def expected(request: pytest.FixtureRequest, rooms: Any) -> tuple[str, Any, list[Any], list[Any]]:
    """What is played, and what comes of it in this process."""
    env, tasks = getattr(rooms, f"failing_{request.param}"), Told()
    return request.param, env, *play_cases(SerialExecutor(env, tasks), tasks, request.param)


def test_the_cases_are_mixed(expected: tuple[str, Any, list[Any], list[Any]]) -> None:
    seats = [seat for case in expected[2] for seat in case]
    assert len(seats) == 5 * CASES
    assert {len(seat["turns"]) for seat in seats} == {1, 2, 3}
    assert any(seat["failure"] for seat in seats)
    assert any(seat["turns"][-1]["status"]["clean"] for seat in seats)
    assert any(answer.is_submitted for seat in seats for answer in seat["answers"]) == (expected[0] == "edits")
    assert any(answer.spans for seat in seats for answer in seat["answers"])
    ended = [seat for seat in seats if seat["is_over"] and not seat["failure"]]
    assert len(expected[3]) == len(ended)  # each ended episode is told of once, and no failed one


def test_processes_play_the_same(expected: tuple[str, Any, list[Any], list[Any]]) -> None:
    actions, env, episodes, outcomes = expected
    tasks = Told()
    executor = ProcessExecutor(env, tasks, 2)
    try:
        assert play_cases(executor, tasks, actions) == (episodes, outcomes)
        pids = executor.pids
        assert len(pids) == 2
    finally:
        executor.close()
    assert not any(psutil.pid_exists(pid) for pid in pids)


def test_ray_plays_the_same(expected: tuple[str, Any, list[Any], list[Any]]) -> None:
    ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'spatialenv[ray]'")
    from spatialenv.trainers.executors.ray_actors import RayExecutor

    actions, env, episodes, outcomes = expected
    is_connected = actions == "edits"  # once to a cluster that was there before, once to its own
    before = set(psutil.Process().children(recursive=True))
    with contextlib.ExitStack() as stack:
        if is_connected:
            stack.enter_context(local_ray(ray))
        tasks = Told()
        executor = RayExecutor(env, tasks, 2, None if is_connected else "local")
        try:
            assert play_cases(executor, tasks, actions) == (episodes, outcomes)
            assert len(executor.pids) == 2
            os.kill(executor.pids[0], signal.SIGKILL)
            assert play(executor, 0, actions) == episodes[0]
        finally:
            executor.close()
        assert ray.is_initialized() == is_connected  # what was there before stays
    wait_gone(sorted(set(psutil.Process().children(recursive=True)) - before, key=lambda process: process.pid))
    assert not list(Path(tempfile.gettempdir()).glob("spatialenv-ray-*"))


@contextlib.contextmanager
def local_ray(ray: Any) -> Iterator[None]:
    """Connect to a Ray of this machine, as a program does that uses it for other things."""
    with tempfile.TemporaryDirectory(prefix="ray-") as folder:
        options = {"include_dashboard": False, "log_to_driver": False, "logging_level": "ERROR"}
        ray.init("local", num_cpus=2, object_store_memory=128 << 20, _temp_dir=folder, **options)
        yield
        ray.shutdown()


def test_killed_workers_change_nothing(rooms: Any) -> None:
    arguments = {**rooms.SMALL, "renderer": "blank"}
    rng, steps, killed = random.Random(1), 0, 0
    alone, told = SerialExecutor(arguments, Told()), Told()
    executor = ProcessExecutor(arguments, told, 2)

    def kill() -> None:
        nonlocal steps, killed
        steps += 2
        if rng.random() < 0.25:
            psutil.Process(rng.choice(executor.pids)).kill()
            killed += 1

    try:
        for case in range(10):
            assert play(executor, case, "layouts", n=6, meanwhile=kill) == play(alone, case, "layouts", n=6)
    finally:
        executor.close()
    assert steps == 60
    assert killed >= 5
    assert told.outcomes == alone.tasks.outcomes  # type: ignore[attr-defined]


# --- what goes wrong ----------------------------------------------------------------------------------


def sound(seat: Seat) -> str:
    assert seat.scene.witness is not None
    return f"<think></think><answer>{json.dumps(seat.scene.witness.to_records())}</answer>"


def at_one(seat: Seat) -> str:
    """Return an answer that puts the first object at x = 1, which is what `Crashing` does not bear."""
    assert seat.scene.witness is not None
    records = seat.scene.witness.to_records()
    records[0]["x"] = 1.0
    return f"<think></think><answer>{json.dumps(records)}</answer>"


def seeds_of(beginning: str, n: int, *, of: bool = True) -> list[int]:
    tasks = make_tasks("easy")
    return [seed for seed in range(200) if tasks.sample(seed).ids[0].startswith(beginning) is of][:n]


@pytest.fixture
def make(rooms: Any) -> Iterator[Callable[..., ProcessExecutor]]:
    """Makes executors of one worker, which are closed in the end."""
    made: list[ProcessExecutor] = []

    def make_one(name: str, **options: Any) -> ProcessExecutor:
        made.append(ProcessExecutor(getattr(rooms, name), None, 1, **options))
        return made[-1]

    yield make_one
    for executor in made:
        executor.close()


def test_a_renderer_that_ends_its_process_truncates_that_episode_alone(
    make: Callable[..., ProcessExecutor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "ATTEMPTS", 2)
    executor = make("crashing")
    [bed] = seeds_of("bed", 1)
    others = seeds_of("bed", 2, of=False)
    dark, crashed, fine = executor.reset([bed, *others])
    opening = dark.episode()
    assert opening.failure is not None
    assert "2 attempts" in opening.failure
    assert opening.prompt
    assert opening.image is not None
    assert not opening.image.any()
    executor.step([dark, crashed, fine], ["no", "no", "no"]).wait()
    assert dark.is_over
    before = crashed.episode().turns[0]
    executor.step([crashed, fine], [at_one(crashed), sound(fine)]).wait()
    truncated = crashed.episode()
    assert crashed.is_over
    assert truncated.failure is not None
    assert truncated.failure.startswith("EpisodeLostError")
    assert truncated.turns[1].reward == 0.0
    assert truncated.turns[1].score == before.score
    assert truncated.turns[1].layout == before.layout
    alone = SerialExecutor(make_fast, "easy")
    [same] = alone.reset([others[1]])
    for text in ("no", sound(same)):
        alone.step([same], [text]).wait()
    assert fine.episode().failure is None
    assert [turn.score for turn in fine.episode().turns] == [turn.score for turn in same.episode().turns]


def make_fast() -> Any:
    from spatialenv.envs.room_layout import RoomLayoutEnv

    return RoomLayoutEnv(tasks="easy", **importlib.import_module("executor_rooms").SMALL)


def test_a_fault_of_the_program_is_raised_where_it_is_waited_for(make: Callable[..., ProcessExecutor]) -> None:
    executor = make("careless")
    seats = executor.reset([0, 1])
    waiting = executor.step(seats, ["", "no"])
    for _ in range(2):
        with pytest.raises(ZeroDivisionError, match="a fault of the program") as caught:
            waiting.wait()
    assert "in a worker" in "".join(caught.value.__notes__)
    assert not seats[0].episode().turns


def test_a_worker_is_light_and_has_one_thread(make: Callable[..., ProcessExecutor]) -> None:
    executor = make("telling")
    [seat] = executor.reset([0])
    executor.step([seat], [sound(seat)]).wait()
    told = json.loads((seat.episode().failure or "").partition(": ")[2])
    assert told == {"pid": executor.pids[0], "heavy": [], "threads": ["1", "1"]}
    assert told["pid"] != os.getpid()


def test_a_step_returns_before_it_is_done(
    make: Callable[..., ProcessExecutor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATE", str(tmp_path / "gate"))
    executor = make("gated")
    seats = executor.reset([0, 1])
    first = executor.step([seats[0]], [sound(seats[0])])
    second = executor.step([seats[1]], ["no"])
    assert not seats[0].episode().turns
    for waiting in ([seats[0]], seats):
        with pytest.raises(InputError, match="was not waited for"):
            executor.step(waiting, ["once more"] * len(waiting))
    (tmp_path / "gate").touch()
    second.wait()  # and so for the first
    assert [len(seat.episode().turns) for seat in seats] == [1, 1]
    assert dict(first.wait()) == dict(first.wait())


def test_a_reset_gives_up_what_is_in_flight(
    make: Callable[..., ProcessExecutor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATE", str(tmp_path / "gate"))
    executor = make("gated")
    seats = executor.reset([0, 1])
    waiting = executor.step(seats, [sound(seat) for seat in seats])
    (tmp_path / "gate").touch()
    fresh = executor.reset([0, 1])
    with pytest.raises(InputError, match="given up"):
        waiting.wait()
    with pytest.raises(InputError, match="not of this batch"):
        executor.step([seats[0]], ["no"])
    executor.step(fresh, ["no", "no"]).wait()
    assert [len(seat.episode().turns) for seat in (*seats, *fresh)] == [0, 0, 1, 1]


def test_an_executor_may_be_closed_at_any_time_and_twice(
    make: Callable[..., ProcessExecutor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATE", str(tmp_path / "gate"))
    executor = make("gated")
    [seat] = executor.reset([0])
    pids = executor.pids
    waiting = executor.step([seat], [sound(seat)])  # for ever
    executor.close()
    executor.close()
    assert not any(psutil.pid_exists(pid) for pid in pids)
    with pytest.raises(InputError, match="given up"):
        waiting.wait()
    with pytest.raises(InputError, match="not of this batch"):
        executor.step([seat], ["no"])
    [seat] = executor.reset([0])  # it starts anew
    executor.step([seat], ["no"]).wait()
    assert len(seat.episode().turns) == 1


def test_what_cannot_be_sent_is_refused_at_once(rooms: Any) -> None:
    with pytest.raises(InputError, match=r"cannot be sent to workers.*'serial'"):
        ProcessExecutor(lambda: rooms.gated(), "easy", 2)


def test_workers_that_cannot_start_end_the_run(monkeypatch: pytest.MonkeyPatch, rooms: Any) -> None:
    executor = ProcessExecutor(rooms.gated, None, 1)
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(BackendError, match="no worker can be started"):
        executor.reset([0])
    executor.close()


# --- processes that end -------------------------------------------------------------------------------

START = """
import os, signal, sys, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # shells start jobs in the background without it
sys.path.insert(0, {folder!r})
import executor_rooms
from spatialenv.trainers.executors.processes import ProcessExecutor
os.environ["GATE"] = "/nowhere"
executor = ProcessExecutor(executor_rooms.gated, None, 1)
seats = executor.reset([0, 1])
print(*executor.pids, flush=True)
"""


def start(body: str) -> subprocess.Popen[str]:
    script = START.format(folder=str(SENDABLE)) + textwrap.dedent(body)
    return subprocess.Popen(
        [sys.executable, "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def read_pids(process: subprocess.Popen[str]) -> list[psutil.Process]:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, process.communicate()[1]
    return [psutil.Process(int(pid)) for pid in line.split()]


def wait_gone(workers: Sequence[psutil.Process]) -> None:
    _, left = psutil.wait_procs(workers, timeout=30)
    assert not left


WAIT = """
import json
texts = [json.dumps(seat.scene.witness.to_records()) for seat in seats]
waiting = executor.step(seats, [f"<think></think><answer>{text}</answer>" for text in texts])
print("waiting", flush=True)
"""


def test_workers_end_with_a_killed_parent() -> None:
    process = start(WAIT + "waiting.wait()")
    workers = read_pids(process)
    assert process.stdout is not None
    assert process.stdout.readline() == "waiting\n"
    process.kill()
    process.communicate()
    wait_gone(workers)


def test_an_interrupt_leaves_nothing_behind() -> None:
    process = start(WAIT + "waiting.wait()")
    workers = read_pids(process)
    assert process.stdout is not None
    assert process.stdout.readline() == "waiting\n"
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    _, errors = process.communicate(timeout=60)
    assert "KeyboardInterrupt" in errors
    wait_gone(workers)


def test_a_forked_process_leaves_the_workers_alone() -> None:
    process = start(
        """
        from spatialenv.errors import InputError
        child = os.fork()
        if child == 0:
            executor.close()
            try:
                executor.reset([0])
            except InputError as error:
                print(error, flush=True)
            sys.exit(0)
        assert os.waitpid(child, 0)[1] == 0
        executor.step(seats, ["no", "no"]).wait()
        print([len(seat.episode().turns) for seat in seats])
        """
    )
    workers = read_pids(process)
    output, errors = process.communicate(timeout=60)
    assert output.splitlines()[0].startswith("this executor was made before this process was forked")
    assert output.splitlines()[1] == "[1, 1]", errors
    wait_gone(workers)
