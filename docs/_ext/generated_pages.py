"""Writes the reference pages before each build: one an env, reward, renderer and suite, from docstrings and data."""

from __future__ import annotations

import importlib
import json
import shutil
from pathlib import Path
from typing import Any

import gymnasium as gym
from docstring_markdown import to_markdown
from furniture_page import furniture_page
from PIL import Image
from sphinx.application import Sphinx
from sphinx.util import logging

import spatialenv
from spatialenv.core.scene import Scene
from spatialenv.evaluation.policy import POLICIES
from spatialenv.renderers.registry import RENDERERS
from spatialenv.rewards.registry import REWARDS, make_reward
from spatialenv.tasks.datasheet import datasheet_markdown
from spatialenv.tasks.suite import SUITES, Suite, load_suite

SCENES_SHOWN = 6
VIEW = (320, 240)

log = logging.getLogger(__name__)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the step with Sphinx."""
    app.connect("config-inited", lambda app, _: write_pages(Path(app.srcdir)))
    app.connect("autodoc-process-docstring", _keep_colons, priority=400)  # before napoleon
    return {"parallel_read_safe": True}


def _keep_colons(_app: Sphinx, what: str, _name: str, _part: Any, _options: Any, lines: list[str]) -> None:
    """Keep napoleon from reading what stands before a colon as the type of a constant."""
    if what in ("data", "attribute") and lines:
        lines[0] = lines[0].replace(": ", " – ", 1)


def write_pages(source: Path) -> None:
    """Write `reference/` anew."""
    folder = source / "reference"
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "pictures").mkdir(parents=True)
    sections = {
        "envs": ("Environments", _env_pages()),
        "rewards": ("Rewards", _reward_pages()),
        "renderers": ("Renderers", _part_pages(RENDERERS)),
        "policies": ("Policies", {name: _page(name, policy) for name, policy in POLICIES.items()}),
        "suites": ("Suites", {name: _suite_page(load_suite(name), folder) for name in SUITES}),
    }
    for name, (title, pages) in sections.items():
        (folder / name).mkdir()
        for page, text in pages.items():
            (folder / name / f"{page}.md").write_text(text, encoding="utf-8")
        toctree = "\n".join(["```{toctree}", ":maxdepth: 1", "", *pages, "```"])
        (folder / name / "index.md").write_text(f"# {title}\n\n{_INTRODUCTIONS[name]}\n\n{toctree}\n", encoding="utf-8")
    _write_api(folder / "api")
    (source / "reference" / "gallery.md").write_text(_gallery(), encoding="utf-8")
    (source / "reference" / "furniture.md").write_text(furniture_page(), encoding="utf-8")
    log.info("wrote the reference pages to %s", folder)


API = {
    "spatialenv": ("spatialenv.api", "spatialenv.errors"),
    "nouns": (
        "spatialenv.core.room",
        "spatialenv.core.scene",
        "spatialenv.core.layout",
        "spatialenv.core.placed",
        "spatialenv.core.answer",
        "spatialenv.core.score",
        "spatialenv.core.episode",
        "spatialenv.core.history",
    ),
    "reading and writing answers": ("spatialenv.core.parse", "spatialenv.core.edits", "spatialenv.core.write"),
    "geometry": (
        "spatialenv.core.geometry",
        "spatialenv.core.packed",
        "spatialenv.core.relations",
        "spatialenv.core.support",
        "spatialenv.core.openings",
        "spatialenv.core.violations",
    ),
    "use of the room": (
        "spatialenv.core.usability.access",
        "spatialenv.core.usability.functions",
        "spatialenv.core.usability.alignment",
        "spatialenv.core.usability.walking",
        "spatialenv.core.usability.balance",
    ),
    "files": ("spatialenv.formats.idesign", "spatialenv.formats.native", "spatialenv.formats.episode"),
    "tasks": (
        "spatialenv.tasks.source",
        "spatialenv.tasks.suite",
        "spatialenv.tasks.procedural",
        "spatialenv.tasks.config",
        "spatialenv.tasks.keys",
        "spatialenv.tasks.mixture",
        "spatialenv.tasks.curriculum",
        "spatialenv.tasks.solver",
    ),
    "environments in batches and in arrays": ("spatialenv.envs.vector", "spatialenv.envs.arrays"),
    "evaluation": ("spatialenv.evaluation.runner", "spatialenv.evaluation.policy", "spatialenv.evaluation.metrics"),
    "composing rewards": (
        "spatialenv.rewards.compose",
        "spatialenv.rewards.registry",
    ),
    "rewards in other trainers": (
        "spatialenv.rewards.adapters.trl",
        "spatialenv.rewards.adapters.verl",
        "spatialenv.rewards.adapters.easyr1",
        "spatialenv.rewards.adapters.openrlhf",
        "spatialenv.rewards.adapters.verifiers",
        "spatialenv.rewards.adapters.texts",
    ),
    "serving": (
        "spatialenv.serving.client",
        "spatialenv.serving.remote",
        "spatialenv.serving.server",
        "spatialenv.serving.settings",
    ),
    "renderers": (
        "spatialenv.renderers.base",
        "spatialenv.renderers.registry",
        "spatialenv.renderers.auto",
        "spatialenv.renderers.probe",
        "spatialenv.renderers.annotated",
        "spatialenv.renderers.camera",
        "spatialenv.renderers.models",
        "spatialenv.renderers.room.style",
    ),
    "meshes, furniture, assets": (
        "spatialenv.core.mesh",
        "spatialenv.core.furniture_sizes",
        "spatialenv.renderers.furniture.registry",
        "spatialenv.renderers.surfaces",
        "spatialenv.assets.read",
        "spatialenv.assets.fit",
        "spatialenv.assets.base",
        "spatialenv.assets.registry",
        "spatialenv.assets.library",
        "spatialenv.assets.folder",
        "spatialenv.assets.objaverse",
        "spatialenv.assets.index",
        "spatialenv.assets.words",
    ),
    "films, sheets, viewer": (
        "spatialenv.report.film",
        "spatialenv.report.sheet",
        "spatialenv.report.viewer",
    ),
    "exports": ("spatialenv.export.write", "spatialenv.export.base", "spatialenv.export.contents"),
    "training": ("spatialenv.trainers.settings", "spatialenv.trainers.grpo", "spatialenv.trainers.credit"),
    "testing": ("spatialenv.testing.reward", "spatialenv.testing.renderer", "spatialenv.testing.tasks"),
}
"""Modules of the reference by page."""


def _write_api(folder: Path) -> None:
    folder.mkdir()
    pages = []
    for title, modules in API.items():
        page = title.replace(" ", "_")
        pages.append(page)
        parts = [f"# {title}"]
        parts += [f"## {module}\n\n```{{eval-rst}}\n.. automodule:: {module}\n```" for module in modules]
        (folder / f"{page}.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    toctree = "\n".join(["```{toctree}", ":maxdepth: 1", "", *pages, "```"])
    text = "Modules, classes and functions, from their docstrings."
    (folder / "index.md").write_text(f"# Python reference\n\n{text}\n\n{toctree}\n", encoding="utf-8")


_INTRODUCTIONS = {
    "envs": "Each is made by `gym.make(id, ...)`, and in batches by `gym.make_vec(id, num_envs=...)`.",
    "rewards": "Each is made by `make_reward(name)`, alone or as a part of a sum or a gate; "
    "[Definitions](../../definitions.md) has the formulas side by side.",
    "renderers": "Each is made by `make_renderer(name)`; `spatialenv doctor` says which of them work on a machine.",
    "policies": "What `make_policy` and `spatialenv eval` know by name, beside model folders, hub names, endpoints "
    "(`openai:MODEL@URL`) and `best-of-N:POLICY`.",
    "suites": "Frozen scenes to compare with. Each has a training, a validation and a test split that share no room; "
    "their hashes are pinned by a test. `spatialenv suite` lists them.",
}


def _env_pages() -> dict[str, str]:
    pages = {}
    for env_id in sorted(spec for spec in gym.registry if spec.startswith("spatialenv/")):
        module, _, name = str(gym.registry[env_id].entry_point).partition(":")
        env = getattr(importlib.import_module(module), name)
        options = json.dumps(gym.registry[env_id].kwargs)
        note = f"\n\nThe id stands for `{name}` with `{options}`." if options != "{}" else ""
        make = f'```python\nimport gymnasium as gym, spatialenv\n\nenv = gym.make("{env_id}")\n```'
        pages[env_id.rpartition("/")[2]] = f"# {env_id}\n\n{make}{note}\n\n{to_markdown(env)}"
    return pages


def _reward_pages() -> dict[str, str]:
    pages = {}
    for name, place in REWARDS.items():
        module, _, attribute = place.partition(":")
        version = make_reward(name).version
        text = to_markdown(getattr(importlib.import_module(module), attribute))
        pages[name] = f"# {name}\n\n`{place.partition(':')[2]}`, version `{version}`\n\n{text}"
    return pages


def _part_pages(table: dict[str, str]) -> dict[str, str]:
    pages = {}
    for name, place in table.items():
        module, _, attribute = place.partition(":")
        pages[name] = _page(name, getattr(importlib.import_module(module), attribute))
    return pages


def _page(name: str, part: Any) -> str:
    return f"# {name}\n\n{to_markdown(part)}"


def _suite_page(suite: Suite, folder: Path) -> str:
    for number in range(SCENES_SHOWN):
        scene = suite.tasks("validation").sample(number)
        _draw(scene, folder / "pictures" / f"{suite.name}_{number}.png")
    title, _, datasheet = datasheet_markdown(suite).partition("\n## ")
    about = title.partition("\n")[2].strip()
    parts = [f"# {suite.name}", about, _grid(suite.name, "../pictures")]
    results = _baselines(suite)
    if results:
        parts += ["## Reference results", results]
    parts.append(f"## {datasheet}")
    return "\n\n".join(parts) + "\n"


def _baselines(suite: Suite) -> str:
    """Return the results of the baselines on every split as a table, with 95 % intervals."""
    rows = []
    for split, policies in suite.baselines.items():
        for policy, rates in policies.items():
            cells = [_rate(rates, name) for name in ("valid_layout_rate", "clean_rate", "mean_score")]
            rows.append(f"| {split} | {policy} | {' | '.join(cells)} |")
    head = ["| split | policy | valid | clean | mean score |", "| --- | --- | --- | --- | --- |"]
    note = (
        "Shares of rooms, one answer each, with 95 % intervals (Wilson's for rates, bootstrap over rooms for means). "
        "`random` rests objects at random places, `solver` searches, `witness` gives the generator's own layout."
    )
    return "\n".join([note, "", *head, *rows]) if rows else ""


def _rate(rates: dict[str, Any], name: str) -> str:
    low, high = rates["interval"][name]
    return f"{rates[name]:.3f} [{low:.3f}, {high:.3f}]"


def _gallery() -> str:
    parts = [
        "# Gallery",
        "The first rooms of every suite's validation split, with the layout that proves each solvable.",
    ]
    for name in SUITES:
        parts += [f"## {name}", f"[About this suite](suites/{name}.md)", _grid(name, "pictures")]
    return "\n\n".join(parts) + "\n"


def _grid(suite: str, pictures: str) -> str:
    cells = []
    for number in range(SCENES_SHOWN):
        scene = load_suite(suite).tasks("validation").sample(number)
        cells.append(
            f"```{{figure}} {pictures}/{suite}_{number}.png\n:alt: {scene.id}\n\n{len(scene.objects)} objects\n```"
        )
    inner = "\n".join(cells)
    return f"::::{{div}} room-grid\n{inner}\n::::"


def _draw(scene: Scene, path: Path) -> None:
    if scene.witness is None:
        raise ValueError(f"{scene.id} has no witness to draw")
    picture = spatialenv.render(scene.place(scene.witness), size=VIEW, labels=False)
    Image.fromarray(picture).save(path, optimize=True)
