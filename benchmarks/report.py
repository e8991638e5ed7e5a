"""The table: on the terminal as it comes, and in docs/benchmarks.md at the end."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime

from .harness import Line

HEAD = ("path", "ours", "reference", "ratio", "target", "")


def row(line: Line) -> tuple[str, ...]:
    verdict = {None: "", True: "pass", False: "MISS"}[line.passed]
    return line.path, line.ours, line.reference, line.ratio, line.target, verdict


def text_row(line: Line) -> str:
    path, ours, reference, ratio, target, verdict = row(line)
    return f"{path:<82} {ours:>16} {reference:>16} {ratio:>13} {target:>13}  {verdict}"


def page(lines: Sequence[Line], command: str, events: int) -> str:
    """docs/benchmarks.md, made anew by every run."""
    table = ["| " + " | ".join(cells) + " |" for cells in (HEAD, ("---",) * len(HEAD), *map(row, lines))]
    return "\n".join(
        [
            "# Benchmarks",
            "",
            "Each path beside the same work done directly, in turns in one run: medians of at least five.",
            "Times depend on the machine, ratios hardly. Answers are compared before they are timed.",
            "",
            f"{datetime.now(UTC):%Y-%m-%d}, {_machine()}. Made by `{command}`, {events:,} events.",
            "",
            *table,
            "",
        ]
    )


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} {platform.machine()},"
        f" Python {platform.python_version()}"
    )
