"""What a run's numbers say, in sentences that follow the numbers, and what each number means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from spatialenv.report.charts import percent

Result = Mapping[str, Any]
Summary = Mapping[str, Any]

POLICIES = {
    "random": ("Random", "places every object at random inside the room"),
    "constant": ("Best constant", "gives every room the one layout that did best on training rooms"),
    "solver": ("Solver", "a search that sees the scene as numbers, not as a picture"),
    "warm_start": ("Warm start", "the model after supervised training, before reinforcement learning"),
    "after": ("After RL", "the model after reinforcement learning"),
}
"""Label and description of each policy that a summary may hold, in the page's order."""

METRICS = {
    "valid_layout_rate": (
        "Valid layouts",
        "Share of all answers whose layout is valid: every object placed exactly once with finite numbers, no pair of "
        "objects shares more than 1e-6 m³ (flat rugs excepted), and at most 1e-6 m³ of any object lies outside the "
        "room. An answer that cannot be read counts as not valid.",
        "spatialenv.core.violations",
    ),
    "clean_rate": (
        "Clean layouts",
        "Share of all answers that are valid and in which every object is supported and every relation holds.",
        "spatialenv.core.violations",
    ),
    "mean_score": (
        "Mean score",
        "Mean of the reward's absolute score over all answers. The settings name the reward.",
        "spatialenv.rewards",
    ),
    "format_rate": (
        "Well-formed answers",
        "Share of all answers that name every object of the scene exactly once with finite coordinates.",
        "spatialenv.core.parse",
    ),
    "collision_rate_of_well_formed": (
        "Collision, of well-formed",
        "Among well-formed answers only: share of layouts in which at least one pair of objects overlaps.",
        "spatialenv.core.violations",
    ),
    "out_of_room_rate_of_well_formed": (
        "Out of room, of well-formed",
        "Among well-formed answers only: share of layouts in which at least one object sticks out of the room.",
        "spatialenv.core.violations",
    ),
    "commonest_layout_share": (
        "Commonest layout",
        "Share of well-formed answers that are the commonest layout for their number of objects. A high share means "
        "that the policy does not look at the room.",
        "spatialenv.evaluation.metrics",
    ),
}
"""Label, definition and source module of each number of a result."""

REPAIR = {
    "repaired": ("Repaired", "Of first answers that were not valid: share whose last answer is valid."),
    "kept": ("Kept", "Of first answers that were valid: share whose last answer is still valid."),
    "moves_followed": (
        "Moves followed",
        "Of objects that the feedback told to move: share that the next answer moved by just that, within 1 cm in "
        "each coordinate. An answer that is not well-formed follows nothing.",
    ),
    "right_objects_left_alone": (
        "Right objects left alone",
        "Of placed objects that had no move to make: share that the next answer left in place, within 1 cm in each "
        "coordinate. An answer that is not well-formed leaves nothing.",
    ),
}
"""Label and definition of each number on repair."""

ONE_LAYOUT = 0.1
"""Share of the commonest layout from which the page warns."""

COPYING = 0.9
"""Share of moves followed from which the page says that a later turn copies the feedback."""

Order = Literal["above", "below", "unclear", "equal"]


@dataclass(frozen=True, slots=True)
class Check:
    """A way in which a gain can be false, and what the numbers say about it.

    Attributes:
        question: The question.
        answer: The numbers in a sentence.
        mood: ``"good"``, ``"warn"`` or ``"plain"``.
    """

    question: str
    answer: str
    mood: Literal["good", "warn", "plain"]


def compare(now: Result, before: Result, metric: str) -> Order | None:
    """Return how `now` stands to `before`: ``unclear`` where the 95% intervals overlap.

    None when either has no value; ``unclear`` as well when they differ and an interval is missing.
    """
    a, b = now.get(metric), before.get(metric)
    if a is None or b is None:
        return None
    if a == b:
        return "equal"
    one, other = interval(now, metric), interval(before, metric)
    if one is None or other is None:
        return "unclear"
    if one[0] > other[1]:
        return "above"
    return "below" if one[1] < other[0] else "unclear"


def interval(result: Result, metric: str) -> tuple[float, float] | None:
    """Return the 95% interval of a number, or None where there is none."""
    found = (result.get("interval") or {}).get(metric)
    if not found or found[0] is None or found[1] is None:
        return None
    return float(found[0]), float(found[1])


def show(metric: str, value: float | None) -> str:
    """Return a number of a result as the page prints it: a share as ``34.4%``, a score as ``0.344``."""
    if value is None:
        return "–"
    return f"{value:.3f}" if metric == "mean_score" else percent(value)


def label_of(policy: str) -> str:
    """Return a policy's label: its own name where it is not one of `POLICIES`."""
    return POLICIES[policy][0] if policy in POLICIES else policy.replace("_", " ")


def policies_in(summary: Summary) -> list[str]:
    """Return the policies that the summary has results for: known ones first, in the page's order."""
    found = [name for name, entry in summary.items() if isinstance(entry, Mapping) and entry.get("final")]
    return [name for name in POLICIES if name in found] + [name for name in found if name not in POLICIES]


def headline(summary: Summary, *, is_checked: bool = False) -> str:
    """Return the outcome of the run in one or two sentences made from its numbers.

    Args:
        summary: What ``summary.json`` holds.
        is_checked: Whether the run made sure that no evaluated room was trained on.
    """
    found = policies_in(summary)
    metric = "valid_layout_rate"
    if "after" not in found:
        others = [name for name in found if name not in POLICIES]
        if others and "warm_start" not in found:
            parts = [f"{label_of(name)} {_rate(summary[name]['final'], metric)}" for name in others]
            return f"Share of valid layouts on {summary[others[0]].get('n', '?')} rooms: {', '.join(parts)}."
        if "warm_start" in found:
            rate = _rate(summary["warm_start"]["final"], metric)
            return f"This run has no results after training. Before it, {rate} of the layouts were valid."
        return "This run has no results after training."
    after = summary["after"]["final"]
    n = summary["after"].get("n", "?")
    rooms = f"{n} rooms that it never trained on" if is_checked else f"{n} held-out rooms"
    where = f"On {rooms}, the share of valid layouts"
    if "warm_start" not in found:
        first = f"{where} is {_rate(after, metric)} after reinforcement learning."
    else:
        before = summary["warm_start"]["final"]
        a, b = _rate(before, metric), _rate(after, metric)
        order = compare(after, before, metric)
        if order in ("above", "below"):
            verb = "rose" if order == "above" else "fell"
            first = f"{where} {verb} from {a} to {b} with reinforcement learning."
        elif order == "unclear":
            first = (
                f"{where} went from {a} to {b} with reinforcement learning; "
                "the 95% intervals do not tell the two apart, so this may be chance."
            )
        else:
            first = f"{where} is {b} after reinforcement learning, as before it."
    return f"{first} {_against_constant(summary)}".strip()


def checks(summary: Summary) -> list[Check]:
    """Return the known ways in which a gain can be false, each with what the numbers say."""
    if "after" not in policies_in(summary):
        return []
    after = summary["after"]
    before = summary.get("warm_start") or {}
    made = [
        _one_layout(summary),
        _first_answers(before.get("by_turn") or [], after.get("by_turn") or []),
        _repair(before.get("repair") or {}, after.get("repair") or {}, len(after.get("by_turn") or [])),
        _shifted(before.get("final") or {}, after["final"]),
    ]
    return [check for check in made if check is not None]


def _rate(result: Result, metric: str) -> str:
    value = result.get(metric)
    return "an unknown share" if value is None else f"{value:.0%}"


def _against_constant(summary: Summary) -> str:
    if "constant" not in policies_in(summary):
        return "It was not compared with the best constant layout."
    metric = "valid_layout_rate"
    constant = summary["constant"]["final"]
    rate = _rate(constant, metric)
    return {
        "above": f"That beats the best constant layout ({rate}), which answers every room alike.",
        "below": f"That is less than the best constant layout gets ({rate}), which answers every room alike.",
        "equal": f"The best constant layout, which answers every room alike, gets the same ({rate}).",
        "unclear": f"It is not clear that this beats the best constant layout ({rate}), which answers every room "
        "alike: the 95% intervals do not tell them apart.",
        None: "It could not be compared with the best constant layout.",
    }[compare(summary["after"]["final"], constant, metric)]


def _from_to(before: Result, after: Result, metric: str) -> str:
    new = show(metric, after.get(metric))
    return f"{show(metric, before[metric])} → {new}" if before.get(metric) is not None else new


def _one_layout(summary: Summary) -> Check | None:
    metric = "commonest_layout_share"
    after = summary["after"]["final"]
    share = after.get(metric)
    if share is None:
        return None
    change = _from_to((summary.get("warm_start") or {}).get("final") or {}, after, metric)
    text = f"Share of the commonest layout: {change}."
    constant = (summary.get("constant") or {}).get("final", {}).get("valid_layout_rate")
    if constant is not None:
        text += f" One fixed layout is valid in {percent(constant)} of these rooms."
    is_easy = constant is not None and constant > 0.5
    if is_easy:
        text += " More than half: these rooms can be solved without looking."
    return Check("Does it give every room the same answer?", text, "warn" if share >= ONE_LAYOUT or is_easy else "good")


def _first_answers(before: list[Result], after: list[Result]) -> Check | None:
    if not before or not after:
        return None
    metric = "valid_layout_rate"
    order = compare(after[0], before[0], metric)
    said = {
        "above": "It rose.",
        "below": "It fell: part of the later gain is taken from the first turn.",
        "unclear": "The 95% intervals do not tell the two apart.",
        "equal": "It did not change.",
        None: "It is not known.",
    }[order]
    text = f"Share of first answers that are valid: {_from_to(before[0], after[0], metric)}. {said}"
    return Check(
        "Did the first answer get worse, so that later ones look better?", text, "warn" if order == "below" else "good"
    )


def _repair(before: Result, after: Result, turns: int) -> Check | None:
    if turns < 2 or after.get("repaired") is None:
        return None
    shown = [f"{label.lower()} {_from_to(before, after, name)}" for name, (label, _) in REPAIR.items() if name in after]
    text = f"{'; '.join(shown).capitalize()}."
    followed = after.get("moves_followed")
    if followed is not None and followed >= COPYING:
        text += (
            " It does nearly every move that the feedback names. That is following the text; "
            "it does not show that the picture of its own layout is understood."
        )
    return Check("Is a better later answer a repair of the earlier one?", text, "plain")


def _shifted(before: Result, after: Result) -> Check | None:
    names = ("collision_rate_of_well_formed", "out_of_room_rate_of_well_formed", "format_rate")
    if any(after.get(name) is None for name in names):
        return None
    shown = "; ".join(f"{METRICS[name][0].lower()} {_from_to(before, after, name)}" for name in names)
    orders = [compare(after, before, name) for name in names]
    worse = orders[0] == "below" and (orders[1] == "above" or orders[2] == "below")
    text = f"{shown.capitalize()}."
    if worse:
        text += " Collisions fell while another of these got worse."
    return Check(
        "Do collisions fall because objects leave the room or answers cannot be read?",
        text,
        "warn" if worse else "good",
    )
