"""Model cards of runs: what the hub reads, the numbers, and what is missing."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
import yaml

from spatialenv.errors import InputError
from spatialenv.report import RunFolder, write_model_card
from spatialenv.report.model_card import front_matter

MakeRun = Callable[..., RunFolder]


def test_the_hub_reads_the_card(fake_run: MakeRun) -> None:
    hub = pytest.importorskip(
        "huggingface_hub", reason="huggingface_hub is not installed: pip install 'spatialenv[train]'"
    )
    run = fake_run()
    run.checkpoint("final").mkdir()
    card = hub.ModelCard.load(write_model_card(run))
    assert card.data.library_name == "transformers"
    assert card.data.pipeline_tag == "image-text-to-text"
    found = {result.metric_type: result.metric_value for result in card.data.eval_results}
    assert found["valid_layout_rate"] == 0.712
    assert found["mean_score"] == pytest.approx(0.712 * 0.83)
    assert "base_model" not in card.data.to_dict()


def test_numbers_intervals_and_limits_are_in_the_card(fake_run: MakeRun) -> None:
    run = fake_run()
    run.checkpoint("final").mkdir()
    (run.checkpoint("final") / "README.md").write_text("a card by someone else")
    text = write_model_card(run).read_text()
    assert "| After RL | 128 | 71.2% (67.2% – 75.2%) |" in text
    assert "128 held-out rooms were compared with all 11200 training scenes: none is among them." in text
    assert "- Rooms here are small & <rectangular>." in text
    assert "AutoModelForImageTextToText.from_pretrained" in text
    assert "Made by `spatialenv train fake.yaml`" in text
    assert "by someone else" not in text
    settings = yaml.safe_load(text.split("```yaml\n")[1].split("```")[0])
    assert settings == {"seed": 3, "rl": {"steps": 60, "learning_rate": 5e-4}}


def test_a_run_without_the_checkpoint_is_refused(fake_run: MakeRun) -> None:
    with pytest.raises(InputError, match="no checkpoint 'final'"):
        write_model_card(fake_run())


@pytest.mark.parametrize(
    ("model", "base"),
    [
        ("Qwen/Qwen2.5-VL-3B-Instruct", "Qwen/Qwen2.5-VL-3B-Instruct"),
        ("tiny", None),
        ("/models/mine", None),
        ("./a", None),
    ],
)
def test_only_models_of_the_hub_are_named_as_base(model: str, base: str | None) -> None:
    assert front_matter("run", {"model": model, "pictures": False}, {}).get("base_model") == base
    assert front_matter("run", {"pictures": False}, {})["pipeline_tag"] == "text-generation"


@pytest.mark.parametrize(
    "model", ["models/my best | model", "modèles/größe 3", "a/`quoted`", "C:\\\\models\\\\a", "a/b/c"]
)
def test_odd_names_break_no_table_and_name_no_model_of_the_hub(fake_run: MakeRun, model: str) -> None:
    run = fake_run()
    (run.path / "config.yaml").write_text(
        yaml.safe_dump({"model": model, "tasks": "my rooms|a.jsonl", "held_out": "rooms $(b).jsonl", "pictures": False})
    )
    run.checkpoint("final").mkdir()
    text = write_model_card(run).read_text()
    table = text.split("| what | |\n")[1].split("\n\n")[0]
    for line in table.splitlines():
        assert len(re.findall(r"(?<!\\)\|", line)) == 3, line
    assert "base_model" not in yaml.safe_load(text.split("---")[1])
    assert "--tasks 'rooms $(b).jsonl' --no-pictures" in text
    assert "AutoModelForCausalLM" in text
    assert "AutoProcessor" not in text


def test_runs_of_earlier_versions_have_a_card(fake_run: MakeRun) -> None:
    run = fake_run()
    (run.path / "config.yaml").write_text(yaml.safe_dump({"model": "tiny", "rl": {"credit": "parts"}}))
    run.checkpoint("final").mkdir()
    assert "| credit | `level: parts` |" in write_model_card(run).read_text()
