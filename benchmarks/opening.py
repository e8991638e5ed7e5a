"""Starting: the import in a fresh interpreter, and opening a large lake."""

from __future__ import annotations

import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import thermocline

from .harness import Line, Scale, duration, seconds, within


def measure(scale: Scale, lake: Path) -> Iterator[Line]:
    importing = [_interpreter("import thermocline") - _interpreter("pass") for _ in range(scale.rounds)]
    yield within("`import thermocline`", statistics.median(importing), at_most=0.2)
    opening, first = [], []
    for _ in range(scale.rounds):
        opening.append(seconds(lambda: _open(lake, "")))
        first.append(seconds(lambda: _open(lake, "SELECT count(*), max(revenue) FROM sales")))
    yield within(f"opening a lake of {scale.events:,} events", statistics.median(opening), at_most=0.2)
    path = "the same, until its first answer over all tiers"
    yield Line(path, duration(statistics.median(first)), "-", "-", "-", None)


def _interpreter(code: str) -> float:
    return seconds(lambda: subprocess.run([sys.executable, "-c", code], check=True))


def _open(lake: Path, question: str) -> None:
    with thermocline.connect(lake) as opened:
        db = opened.database("main")
        assert db.tables() == ["sales"]
        if question:
            db.sql(question).rows()
