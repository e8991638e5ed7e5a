"""Writes docs/objects-conformance.md: runs all cases, also on Ray, and says how each went.

python -m tests.objects.conformance.table > docs/objects-conformance.md
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from .cases import Case, cases, groups, title
from .promises import PROMISES

IN_PROCESS = Path(__file__).with_name("test_in_process.py")
ON_RAY = Path(__file__).parents[2] / "cluster/test_objects_conformance_on_ray.py"

Outcomes = Mapping[tuple[str, str], str]
"""(file, `class.function`) -> passed, failed or skipped."""


class Observer:
    """A pytest plugin: how each test function went; failed if it did with any of its parameters."""

    def __init__(self) -> None:
        self.outcomes: dict[tuple[str, str], str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when != "call" and report.passed:
            return
        file, kind, function = report.nodeid.split("::", 2)
        key = Path(file).name, f"{kind}.{function.partition('[')[0]}"
        if self.outcomes.get(key, "passed") == "passed":
            self.outcomes[key] = report.outcome


def observe() -> Outcomes:
    """Runs the cases; what pytest says goes to standard error."""
    observer = Observer()
    with contextlib.redirect_stdout(sys.stderr):
        pytest.main(
            ["-q", "-n", "0", "-m", "ray or not ray", str(IN_PROCESS), str(ON_RAY)], plugins=[observer]
        )
    return observer.outcomes


def render(outcomes: Outcomes) -> str:
    return "\n".join(_lines(outcomes)) + "\n"


def _lines(outcomes: Outcomes) -> Iterator[str]:
    known = list(cases())
    on_ray = sum(case.on_ray for case in known)
    yield "# Durable objects: conformance"
    yield ""
    yield f"{len(known)} cases, {on_ray} of them on Ray too. Made by `make conformance`, which runs them all."
    yield "Where there is a dash the case looks inside a host, or ends it, and runs in one process only."
    yield ""
    yield "## What is promised, and the cases that hold us to it"
    yield ""
    yield "| promise | cases |"
    yield "|---|---|"
    for promise, functions in PROMISES.items():
        yield f"| {promise} | {'; '.join(_name(known, function) for function in functions)} |"
    for group, about in groups().items():
        yield from [
            "",
            f"## {title(group)}",
            "",
            about,
            "",
            "| case | in process | on Ray |",
            "|---|---|---|",
        ]
        for case in known:
            if case.group == group:
                here = outcomes.get((IN_PROCESS.name, case.tested_as), "not run")
                there = outcomes.get((ON_RAY.name, case.tested_as), "not run") if case.on_ray else "-"
                yield f"| {case.name} | {here} | {there} |"


def _name(known: list[Case], function: str) -> str:
    (case,) = [case for case in known if case.function == f"test_{function}"]
    return f"*{case.name}* ({title(case.group).lower()})"


if __name__ == "__main__":
    print(render(observe()), end="")
