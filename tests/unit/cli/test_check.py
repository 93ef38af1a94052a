from pathlib import Path

import pytest

from spatialenv.cli.app import run


def test_a_sound_part_passes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["check", "reward", "collision"]) == 0
    assert "11 of 11 checks passed" in capsys.readouterr().out


def test_what_does_not_hold_is_named_and_exits_with_1(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "doubled.yaml"
    file.write_text("weighted_sum: [{reward: collision, weight: 1.5}, {reward: boundary, weight: 1.5}]\n")
    assert run(["check", "reward", str(file)]) == 1
    out = capsys.readouterr().out
    assert "outside [0, 1]" in " ".join(out.split())
    assert "10 of 11 checks passed" in out
    assert run(["check", "reward", str(file), "--any-range"]) == 0


def test_options_say_what_a_part_is_not_for() -> None:
    assert run(["check", "reward", "format"]) == 1
    assert run(["check", "reward", "format", "--about-format"]) == 0
    assert run(["check", "renderer", "blank"]) == 1
    assert run(["check", "renderer", "blank", "--draws-nothing"]) == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["reward", "colision"], "did you mean 'collision'"),
        (["renderer", "fats"], "did you mean 'fast'"),
        (["tasks", "eazy"], "did you mean 'easy'"),
        (["judge", "x"], "'judge'"),
    ],
)
def test_mistakes_exit_with_2(capsys: pytest.CaptureFixture[str], arguments: list[str], message: str) -> None:
    assert run(["check", *arguments]) == 2
    assert message in capsys.readouterr().err
