"""What all tests share: no network, one thread a process, the shared data, the golden option."""

from __future__ import annotations

import os
from pathlib import Path

import hypothesis
import pytest

# Before numpy and torch are imported: they read these once. On a small machine that other work
# shares, threads of one process mostly wait for each other.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
for _name in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_DATASETS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY"):
    os.environ[_name] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["COLUMNS"] = "120"  # tables and help texts are wrapped alike everywhere

# The same examples every time, so that a failure is never a matter of luck; `--hypothesis-profile
# explore` draws new ones. No deadline: the first call of a kernel compiles it.
hypothesis.settings.register_profile("repeatable", deadline=None, derandomize=True)
hypothesis.settings.register_profile("explore", deadline=None, print_blob=True)
hypothesis.settings.load_profile("repeatable")

ROOT = Path(__file__).resolve().parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--update-golden`."""
    parser.addoption("--update-golden", action="store_true", help="redraw the pictures that golden tests compare with")


@pytest.fixture(scope="session")
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Whether golden pictures are to be redrawn rather than compared with."""
    return bool(request.config.getoption("--update-golden"))


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout."""
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of reference data beside the checkout; the test is skipped where there is none."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the reference data beside the checkout (../shared/data) is not on this machine")
    return folder


@pytest.fixture(scope="session")
def tiny_vlm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a vision-language model with some fifty thousand random weights."""
    pytest.importorskip("torch")
    import random

    from spatialenv.envs.room_layout import RoomLayoutEnv
    from spatialenv.trainers.demonstrate import UnskilledDemonstrator
    from spatialenv.trainers.tiny_vlm import TinyVLMConfig, build_tiny_vlm, sample_texts

    env = RoomLayoutEnv(tasks="easy", max_turns=2, views=("top",), size=(32, 32), labels=False)
    texts = sample_texts(env, UnskilledDemonstrator(), range(30), random.Random(0))
    folder = tmp_path_factory.mktemp("tiny_vlm")
    sizes = {"hidden_size": 32, "layers": 1, "heads": 2, "vision_hidden_size": 32, "vision_layers": 1, "image_size": 32}
    build_tiny_vlm(folder, texts, TinyVLMConfig(**sizes, vocabulary=200))
    return folder
