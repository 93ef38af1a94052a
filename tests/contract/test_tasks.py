"""Every source of scenes keeps the same promises."""

from __future__ import annotations

from itertools import product

import pytest

from spatialenv.core.violations import find_violations, layout_status
from spatialenv.tasks import PRESETS, SPLITS, SUITES, TaskSource, make_tasks, scene_key

NAMES = [f"{name}/{split}" for name, split in product(PRESETS, SPLITS)]
NAMES += [f"{name}/endless/{split}" for name, split in product(SUITES, SPLITS)]


@pytest.mark.parametrize("name", NAMES)
def test_source(name: str) -> None:
    source = make_tasks(name)
    assert isinstance(source, TaskSource)
    assert source.name == name
    seeds = (0, 1, 2**31 - 1, 2**63 - 6)
    scenes = [source.sample(seed) for seed in seeds]
    assert scenes == [make_tasks(name).sample(seed) for seed in seeds], "a pure function"
    assert len({scene_key(scene) for scene in scenes}) == len(scenes), "seeds give different rooms"
    for scene in scenes:
        assert scene.description
        assert scene.witness is not None
        assert scene.witness.ids == scene.ids
        assert layout_status(scene.place(scene.witness), is_complete=True).clean
        assert not find_violations(scene.place(scene.witness))
        assert "Pose" not in repr(scene), "the witness is not shown"
