"""What is compared with what, as one table, and the differences on the same rooms."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from benchmarks.learning.arms import BEST, Arm
from benchmarks.learning.intervals import difference, rate
from benchmarks.learning.records import Record, share_of

MAIN = "grpo"
"""The arm that the others differ from in one thing."""

FIRST, FINAL = 0, -1

_VALID = "valid_layout_rate"
_COLLIDES = "collision_rate_of_well_formed"
_GAIN = "second_minus_first"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two arms, one number and the question that their difference answers.

    Attributes:
        before: The arm that is compared with.
        after: The arm whose number less that of `before` is the difference.
        metric: A rate, ``"mean_score"`` or ``"second_minus_first"``, the rise of the valid rate between the answers.
        turn: After which answer: 0 the first, -1 the last.
        question: Answered with yes where the difference has the sign of `yes`.
        section: The section of the page.
        yes: 1 where a rise is a yes, -1 where a fall is.
        everywhere: Whether they are compared on each suite of the study, rather than on its first alone.
    """

    before: str
    after: str
    metric: str
    turn: int
    question: str
    section: str
    yes: Literal[1, -1] = 1
    everywhere: bool = False


def _each(
    before: str, after: str, section: str, question: str, *turns: int, metric: str = _VALID, yes: Literal[1, -1] = 1
) -> Iterator[Comparison]:
    """Yield a comparison a turn; ``{answers}`` in the question names it."""
    for turn in turns:
        told = question.format(answers="first answers" if turn == FIRST else "last answers")
        yield Comparison(before, after, metric, turn, told, section, yes)


def _teaching(arm: str, title: str) -> Iterator[Comparison]:
    for before, than in (
        ("warm_start", "before"),
        ("more_supervision", "after as many more demonstrations"),
        ("constant", "of the best layout learnt by heart"),
    ):
        yield from _each(before, arm, "teaching", f"{title}: are more {{answers}} valid than {than}?", FIRST, FINAL)
    for before, than in (("warm_start", "before"), ("more_supervision", "after as many more demonstrations")):
        question = f"{title}: do fewer well-formed {{answers}} collide than {than}?"
        yield from _each(before, arm, "teaching", question, FIRST, FINAL, metric=_COLLIDES, yes=-1)
    question = f"{title}: are more {{answers}} valid than the best of 8 answers of the warm start?"
    yield from _each("best_of_8", arm, "teaching", question, FINAL)
    question = f"{title}: do later answers gain more than new tries of the warm start do?"
    yield from _each("redraw", arm, "repair", question, FINAL, metric=_GAIN)


_ABLATIONS = {
    "turns": (
        ("single_turn", MAIN, "Does training on several turns give more valid {answers} than on one?"),
        ("first_turn_only", MAIN, "Does training later turns too give more valid {answers}?"),
        ("score_reward", MAIN, "Does paying what a turn adds give more valid {answers} than paying its score?"),
    ),
    "credit": (
        (MAIN, "turn_credit", "Does credit by turn give more valid {answers} than credit by episode?"),
        (MAIN, "object_credit", "Does credit by object give more valid {answers} than credit by episode?"),
        ("turn_credit", "object_credit", "Does credit by object give more valid {answers} than credit by turn?"),
        ("dr_grpo", "parts_credit", "Does credit by parts give more valid {answers} than credit by episode?"),
        (MAIN, "parts_credit", "Does Dr. GRPO with credit by parts give more valid {answers} than plain GRPO?"),
    ),
    "algorithms": (
        (MAIN, "dr_grpo", "Does Dr. GRPO give more valid {answers} than GRPO?"),
        (MAIN, "dapo", "Does DAPO give more valid {answers} than GRPO?"),
        (MAIN, "rloo", "Does RLOO give more valid {answers} than GRPO?"),
        (MAIN, "reinforce_pp", "Does the loss of REINFORCE++ give more valid {answers} than GRPO's?"),
        (MAIN, "curriculum", "Does a curriculum give more valid {answers}?"),
    ),
    "feedback": (
        (MAIN, "feedback_names", "Do the names of what is wrong give more valid {answers} than no words?"),
        ("feedback_names", "feedback_moves", "Do moves give more valid {answers} than the names of what is wrong?"),
    ),
    "controls": (
        ("shuffled_rewards", MAIN, "Do true rewards give more valid {answers} than shuffled ones?"),
        ("warm_start", "shuffled_rewards", "Do shuffled rewards give more valid {answers} than the warm start?"),
        ("blank_training", MAIN, "Does training on pictures give more valid {answers} than on blank ones?"),
    ),
}

_PROBES = {
    "probe_blank": ("seeing a blank picture", (FIRST, FINAL)),
    "probe_other_room": ("seeing another room", (FIRST, FINAL)),
    "probe_empty_later": ("seeing the empty room in later turns", (FINAL,)),
    "probe_no_words": ("hearing no words after a turn", (FINAL,)),
    "probe_false_words": ("hearing false words of the same shape", (FINAL,)),
}


def comparisons(arms: Mapping[str, Arm]) -> list[Comparison]:
    """Return all comparisons of a table of arms; some may name arms that it lacks.

    Every probe is compared with the arm that it probes, and every trained arm with the one that it starts from.
    """
    best = best_arm(arms)
    found = list(_teaching(MAIN, _title(arms, MAIN)))
    if best != MAIN:
        found += _teaching(best, _title(arms, best))
    for section, rows in _ABLATIONS.items():
        for before, after, question in rows:
            found += _each(before, after, section, question, FIRST, FINAL)
    for name, arm in arms.items():
        if arm.how == "probe" and arm.start is not None:
            shown, turns = _PROBES.get(name, (f"the probe {arm.title}", (FIRST, FINAL)))
            question = f"Does {shown} make {{answers}} less often valid?"
            found += _each(arm.start, name, "pictures", question, *turns, yes=-1)
    for after in dict.fromkeys((MAIN, best)):
        for before in ("warm_start", "more_supervision", "constant"):
            question = f"{_title(arms, after)}: are more last answers valid than of {_title(arms, before)}?"
            found.append(Comparison(before, after, _VALID, FINAL, question, "generalisation", everywhere=True))
    known = {(row.before, row.after) for row in found}
    for name, arm in arms.items():
        if arm.how == "train" and arm.start is not None and (arm.start, name) not in known:
            question = f"{arm.title}: are more {{answers}} valid than of {_title(arms, arm.start)}?"
            found += _each(arm.start, name, "starts", question, FIRST, FINAL)
    return found


def best_arm(arms: Mapping[str, Arm]) -> str:
    """Return the arm that was named as the best beforehand, and is probed; `MAIN` where the table lacks it."""
    return BEST if BEST in arms else MAIN


def compare(
    table: Sequence[Comparison], records: Mapping[str, Sequence[Record]], suites: Sequence[str]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the differences as JSON types, and what could not be compared, with the reason.

    Args:
        table: What is compared.
        records: By arm, what its jobs left. Two arms are compared over the seeds that both have.
        suites: The study's suites, the first the one that is trained for.
    """
    found: list[dict[str, Any]] = []
    missing: list[dict[str, Any]] = []
    for row in table:
        for suite in suites if row.everywhere else suites[:1]:
            head = {"from": row.before, "to": row.after, "suite": suite, "metric": row.metric, "turn": row.turn}
            head |= {"question": row.question, "section": row.section, "yes": row.yes}
            sides = [
                {one.seed: one for one in records.get(arm, ()) if suite in one.played}
                for arm in (row.before, row.after)
            ]
            seeds = sorted(set(sides[0]) & set(sides[1]))
            if not seeds:
                empty = [arm for arm, side in zip((row.before, row.after), sides, strict=True) if not side]
                missing.append(head | {"reason": f"no results of {', '.join(empty)}" if empty else "no seed in common"})
                continue
            numbers = _difference([[side[seed] for seed in seeds] for side in sides], seeds, suite, row)
            if numbers["difference"] is None:
                missing.append(head | {"reason": "nothing to share in one of them"})
            else:
                found.append(head | numbers)
    return found, missing


def _difference(sides: Sequence[Sequence[Record]], seeds: Sequence[int], suite: str, row: Comparison) -> dict[str, Any]:
    both = [*sides[0], *sides[1]]
    half = len(seeds)
    share, played = share_of(both, suite, row.metric, row.turn), share_of(both, suite, "mean_score", row.turn).base
    counts = played[:half] * played[half:]
    before = share.seeds(range(half)).only(counts)
    after = share.seeds(range(half, 2 * half)).only(counts)
    whole = difference(before, after)
    each = {}
    for index, seed in enumerate(seeds):
        one = difference(before.seeds([index]), after.seeds([index]))
        each[str(seed)] = {"difference": one.value, "interval": one.interval and list(one.interval)}
    return {
        "difference": whole.value,
        "interval": whole.interval and list(whole.interval),
        "before": rate(before).value,
        "after": rate(after).value,
        "seeds": each,
    }


def _title(arms: Mapping[str, Arm], name: str) -> str:
    return arms[name].title if name in arms else name.replace("_", " ")
