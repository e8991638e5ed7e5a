"""Measuring two ways of doing the same work in turns, so that both meet the same machine."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

ROUNDS = 7


@dataclass(frozen=True)
class Scale:
    """How much work a run does. `events`: in the lake of three tiers. `hot_rows`: where only the hot tier is
    measured. `commits`: archives in a row."""

    events: int
    hot_rows: int
    commits: int
    rounds: int = ROUNDS


FULL = Scale(events=10_000_000, hot_rows=1_000_000, commits=400)
QUICK = Scale(events=1_000_000, hot_rows=300_000, commits=60, rounds=5)


@dataclass(frozen=True)
class Line:
    """One row of the table. `passed` is `None` for a figure without a target."""

    path: str
    ours: str
    reference: str
    ratio: str
    target: str
    passed: bool | None


@dataclass(frozen=True)
class Pair:
    """Medians in seconds."""

    ours: float
    reference: float


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def in_turns(ours: Callable[[], object], reference: Callable[[], object], rounds: int) -> Pair:
    """The medians of `rounds` runs of each; who begins changes from round to round."""
    mine: list[float] = []
    theirs: list[float] = []
    for number in range(rounds):
        order = [(ours, mine), (reference, theirs)]
        for work, times in order if number % 2 else reversed(order):
            times.append(seconds(work))
    return Pair(statistics.median(mine), statistics.median(theirs))


def faster(path: str, pair: Pair, *, work: int, unit: str, at_least: float) -> Line:
    """A line for throughput: ours over the reference's, the more the better."""
    ratio = pair.reference / pair.ours
    return Line(
        path=path,
        ours=rate(work / pair.ours, unit),
        reference=rate(work / pair.reference, unit),
        ratio=f"{ratio:.2f}x",
        target=f">= {at_least:g}x",
        passed=ratio >= at_least,
    )


def slower(path: str, pair: Pair, *, at_most: float) -> Line:
    """A line for time taken: ours over the reference's, the less the better."""
    ratio = pair.ours / pair.reference
    return Line(
        path=path,
        ours=duration(pair.ours),
        reference=duration(pair.reference),
        ratio=f"{ratio:.2f}x",
        target=f"<= {at_most:g}x",
        passed=ratio <= at_most,
    )


def within(path: str, taken: float, *, at_most: float) -> Line:
    """A line without a reference: seconds taken against seconds allowed."""
    return Line(path, duration(taken), "-", "-", f"<= {duration(at_most)}", taken <= at_most)


def duration(taken: float) -> str:
    return f"{taken:.2f} s" if taken >= 1 else f"{taken * 1e3:.{2 if taken < 0.1 else 0}f} ms"


def rate(per_second: float, unit: str) -> str:
    if per_second >= 1e6:
        return f"{per_second / 1e6:.1f} M {unit}/s"
    return f"{per_second / 1e3:.1f} k {unit}/s" if per_second >= 1e3 else f"{per_second:.0f} {unit}/s"
