"""The arms of the study: what is compared, each as a row of one table.

An arm is run once a seed and played on every suite of the study. It starts from another arm's model
(`Arm.start`), differs from the study's base settings in `Arm.settings` alone, and is kept when it fails.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from spatialenv.errors import unknown_name

How = Literal["policy", "warm_start", "train", "probe"]
"""``"policy"``: a policy without weights, or one that samples `Arm.start`. ``"warm_start"``: a tiny model is built
and shown demonstrations. ``"train"``: the model of `Arm.start` is trained on. ``"probe"``: it is only shown something
else."""

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm.

    Attributes:
        name: Its name in results and on the command line.
        title: What tables call it.
        group: The section of the page that shows it.
        how: What kind of arm it is.
        start: The arm whose model it starts from or probes, of the same seed; None builds one or needs none.
        settings: What differs from the study's base settings, by dotted name.
        control: What is done to the rewards, the pictures or the feedback (`benchmarks.learning.controls`).
        suites: The suites that it is played on; None for the first of the study alone, which the study trains for.
            An empty tuple stands for all.
        policy: The policy of an arm that is one: ``"random"``, ``"constant"``, ``"solver"``, ``"witness"``,
            ``"best_of_8"``, ``"redraw"``.
        question: What it answers, in a line of the page.
    """

    name: str
    title: str
    group: str
    how: How
    start: str | None = None
    settings: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)
    control: str | None = None
    policy: str | None = None
    question: str = ""
    suites: tuple[str, ...] | None = None


EVERYWHERE = ()
"""All suites of the study."""

BEST = "parts_credit"
"""The arm whose model the probes look at, named before the study is run."""


def _policy(name: str, title: str, question: str = "", start: str | None = None) -> Arm:
    return Arm(
        name,
        title,
        "references",
        "policy",
        start=start,
        policy=name,
        question=question,
        suites=EVERYWHERE if start is None else None,
    )


def _train(name: str, title: str, group: str, question: str, settings: Mapping[str, Any], **fields: Any) -> Arm:
    start = fields.pop("start", "warm_start")
    return Arm(name, title, group, "train", start=start, settings=settings, question=question, **fields)


def _algorithm(name: str, title: str) -> Arm:
    return _train(name, title, "algorithms", "Does the algorithm matter?", {"algorithm": name})


def _probe(name: str, title: str, control: str, question: str, start: str = BEST) -> Arm:
    return Arm(name, title, "probes", "probe", start=start, control=control, question=question)


_CREDIT = "Does credit by turn or by object help at equal samples?"
_FEEDBACK = "Which words after a turn help most?"
_PICTURE = "Does the trained model look?"
_WORDS = "Does the trained model read what it is told after a turn?"

_TWO_OBJECTS: Mapping[str, Any] = {"name": "demo", "split": "train", "count": [2, 2]}

_ROWS = (
    _policy("random", "places at random", "What is reached without skill?"),
    _policy("constant", "best constant layout", "What is reached without looking at the room?"),
    _policy("solver", "solver", "What is possible?"),
    _policy("witness", "witness", "What is possible?"),
    Arm(
        "warm_start",
        "warm start",
        "references",
        "warm_start",
        question="What do the unskilled demonstrations teach?",
        suites=EVERYWHERE,
    ),
    _policy("best_of_8", "best of 8 answers of the warm start", "What does choosing alone give?", "warm_start"),
    _policy("redraw", "warm start, answering anew", "How much of a second turn is a second try?", "warm_start"),
    _train(
        "more_supervision",
        "more supervised training",
        "references",
        "What do as many more demonstrations give?",
        {"algorithm": "sft", "rl.demonstrator": "unskilled"},
    ),
    _train(
        "grpo",
        "GRPO, several turns",
        "turns",
        "Do rewards teach more than demonstrations?",
        {},
    ),
    _train(
        "single_turn",
        "GRPO, one turn",
        "turns",
        "Does training on several turns matter?",
        {"env.max_turns": 1, "evaluate.max_turns": 2, "rl.batch_size": 64},
    ),
    _train(
        "score_reward",
        "GRPO, several turns, each paid its whole score",
        "turns",
        "Pay the gain of a turn, or its score?",
        {"env.reward_mode": "score"},
    ),
    _train(
        "first_turn_only",
        "GRPO, several turns, the first trained",
        "turns",
        "Must later turns be trained on?",
        {"rl.credit": {"level": "trajectory", "train_turns": "first"}},
    ),
    _train("turn_credit", "GRPO, credit by turn", "credit", _CREDIT, {"rl.credit": {"level": "turn"}}),
    _train("object_credit", "GRPO, credit by object", "credit", _CREDIT, {"rl.credit": {"level": "object"}}),
    _train(
        "parts_credit",
        "Dr. GRPO, credit by parts",
        "credit",
        _CREDIT,
        {"algorithm": "dr_grpo", "rl.credit": {"level": "parts"}},
        suites=EVERYWHERE,
    ),
    _algorithm("dr_grpo", "Dr. GRPO"),
    _algorithm("dapo", "DAPO"),
    _algorithm("rloo", "RLOO"),
    _algorithm("reinforce_pp", "REINFORCE++"),
    _train(
        "curriculum",
        "GRPO, rooms of two objects first",
        "tasks",
        "Does a ladder of harder rooms help?",
        {"tasks": {"name": "curriculum", "of": [_TWO_OBJECTS, "demo/train"], "window": 32, "raise_at": 0.3}},
    ),
    Arm("warm_names", "warm start, told names", "feedback", "warm_start", settings={"env.feedback": "names"}),
    Arm("warm_moves", "warm start, told moves", "feedback", "warm_start", settings={"env.feedback": "moves"}),
    _train(
        "feedback_names",
        "GRPO, told names",
        "feedback",
        _FEEDBACK,
        {"env.feedback": "names"},
        start="warm_names",
    ),
    _train(
        "feedback_moves",
        "GRPO, told moves",
        "feedback",
        _FEEDBACK,
        {"env.feedback": "moves"},
        start="warm_moves",
    ),
    _train(
        "shuffled_rewards",
        "GRPO, rewards shuffled within groups",
        "controls",
        "Is it the rewards?",
        {},
        control="shuffled_rewards",
    ),
    _train(
        "blank_training",
        "GRPO, never shown a picture that shows anything",
        "controls",
        "Do pictures help to learn?",
        {},
        control="blank_pictures",
    ),
    _probe("probe_blank", "grey pictures", "blank_pictures", _PICTURE),
    _probe("probe_other_room", "pictures of another room", "other_room", _PICTURE),
    _probe("probe_empty_later", "the empty room in later turns", "empty_later", _PICTURE),
    _probe("probe_no_words", "no words after a turn", "no_words", _WORDS, "feedback_names"),
    _probe("probe_false_words", "as many words, of other objects", "false_words", _WORDS, "feedback_names"),
)

ARMS: Mapping[str, Arm] = MappingProxyType({arm.name: arm for arm in _ROWS})


def find_arm(name: str) -> Arm:
    """Return the arm of a name.

    Raises:
        UnknownNameError: If there is none.

    Example:
        >>> find_arm("warm_start").how
        'warm_start'
    """
    if name not in ARMS:
        raise unknown_name("arm", name, list(ARMS))
    return ARMS[name]
