"""The committed table is that of the cases there are, and all of them hold."""

from __future__ import annotations

from collections import Counter

from ...conftest import ROOT
from . import test_in_process
from .cases import cases, part_classes
from .table import IN_PROCESS, ON_RAY, render

TABLE = ROOT / "docs/objects-conformance.md"


def test_there_are_at_least_120_cases() -> None:
    assert len(list(cases())) >= 120


def test_no_two_cases_of_a_group_have_one_name() -> None:
    counts = Counter(case.tested_as for case in cases())
    assert [name for name, count in counts.items() if count > 1] == []


def test_every_part_runs_in_this_process() -> None:
    tested = {
        base for kind in vars(test_in_process).values() if isinstance(kind, type) for base in kind.mro()
    }
    missing = [kind for kinds in part_classes().values() for kind in kinds if kind not in tested]
    assert missing == []


def test_the_table_is_current_and_all_cases_passed() -> None:
    passed = {(file, case.tested_as): "passed" for case in cases() for file in (IN_PROCESS.name, ON_RAY.name)}
    assert TABLE.read_text() == render(passed), "run `make conformance`"
