"""What the checkers share: a list of named checks, run one by one, and their results."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass


class CheckError(AssertionError):
    """A part does not keep what parts of its kind must keep; the message lists everything that was found."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What came of one check.

    Attributes:
        name: What must hold: ``"scores are finite and in [0, 1]"``.
        problem: What does not, in one line; empty when it holds.
    """

    name: str
    problem: str = ""

    @property
    def is_passed(self) -> bool:
        """Whether it holds."""
        return not self.problem


Check = tuple[str, Callable[[], None]]
"""What must hold, and a function that raises when it does not."""


def expect(condition: object, problem: str) -> None:
    """Raise CheckError with `problem` unless `condition` holds."""
    if not condition:
        raise CheckError(problem)


def run(checks: Iterable[Check]) -> list[CheckResult]:
    """Run every check, whatever came of those before it.

    Anything that a part raises is a problem of the check in which it was raised.
    """
    results = []
    for name, check in checks:
        try:
            check()
        except CheckError as error:
            results.append(CheckResult(name, str(error)))
        except Exception as error:  # the part is somebody else's: whatever it raises is its problem
            results.append(CheckResult(name, f"raised {type(error).__name__}: {' '.join(str(error).split())}"))
        else:
            results.append(CheckResult(name))
    return results


def insist(part: str, results: list[CheckResult]) -> None:
    """Raise CheckError that lists the problems of `part`, if there are any."""
    problems = [result for result in results if not result.is_passed]
    if problems:
        lines = "".join(f"\n- {result.name}: {result.problem}" for result in problems)
        raise CheckError(f"{part} fails {len(problems)} of {len(results)} checks:{lines}")
