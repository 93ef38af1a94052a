"""That the settings and the commands which the pages and the help texts show are allowed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
import typer
import yaml

from spatialenv.cli.app import COMMANDS, Command, make_app
from spatialenv.trainers.settings import load_settings

PAGES = (
    "README.md",
    "docs/assets.md",
    "docs/guide.md",
    "docs/evaluation.md",
    "docs/export.md",
    "docs/presets.md",
    "docs/report.md",
    "docs/serving.md",
    "docs/tasks.md",
)


def _commands(text: str) -> list[str]:
    return re.findall(r"^    (spatialenv [a-z].*)$", text, re.MULTILINE)


def _parse(line: str) -> None:
    """Read a command's arguments without running it."""
    _, name, *arguments = shlex.split(line.split(" > ")[0], comments=True)
    group = typer.main.get_command(make_app())
    command = group.commands[name]  # type: ignore[attr-defined]
    while arguments and arguments[0] in getattr(command, "commands", {}):
        command = command.commands[arguments.pop(0)]
    if "--help" not in arguments:
        command.make_context(name, arguments)


@pytest.mark.parametrize("page", PAGES)
def test_commands_of_the_pages(repository: Path, page: str) -> None:
    for line in _commands((repository / page).read_text()):
        _parse(line)


def _examples(commands: Mapping[str, Command]) -> Iterator[str]:
    for command in commands.values():
        yield from command.examples
        yield from _examples(command.subcommands)


@pytest.mark.parametrize("line", list(_examples(COMMANDS)))
def test_examples_of_the_help_texts(line: str) -> None:
    _parse(line)


def test_settings_of_the_guide(repository: Path) -> None:
    blocks = re.findall(r"^```yaml\n(.*?)^```", (repository / "docs/guide.md").read_text(), re.MULTILINE | re.DOTALL)
    assert blocks
    for block in blocks:
        settings = load_settings(yaml.safe_load(block))
        assert settings.rl.batch_size % settings.rl.group_size == 0


def test_a_wrong_option_would_be_found() -> None:
    with pytest.raises(typer.TyperException):
        _parse("spatialenv train demo --outptu runs/demo")
