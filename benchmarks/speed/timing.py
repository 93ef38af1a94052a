"""Fair timings on a machine that does other things too."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping


def interleave(
    calls: Mapping[str, Callable[[], object]],
    turns: int,
    warm_up: int = 1,
    clock: Callable[[], float] = time.perf_counter,
    untimed: int = 0,
) -> dict[str, float]:
    """Return the median seconds of each call.

    The calls take turns, so that a change of the machine's load meets all of them.

    Args:
        calls: What to time, by name.
        turns: How often each is timed.
        warm_up: How many turns before that do not count (kernels are compiled and caches filled).
        clock: What tells seconds. ``time.thread_time`` leaves out the time in which others ran, and fits work that is
            done in this thread.
        untimed: How many calls of the same kind go before each timed one, so that the processor's caches hold what a
            call like that left there, as where it is done again and again, and not what another left.
    """
    times: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(turns + warm_up):
        for name, call in calls.items():
            for _ in range(untimed):
                call()
            start = clock()
            call()
            if turn >= warm_up:
                times[name].append(clock() - start)
    return {name: statistics.median(values) for name, values in times.items()}
