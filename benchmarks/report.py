"""The tables: on the terminal as they come, and in docs/benchmarks.md at the end."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from .harness import Line

HEADING = """# Benchmarks

Each path beside the same work done directly, in turns in one run: medians of at least five.
Times depend on the machine, ratios hardly. Answers are compared before they are timed.

`make bench` makes this page; `python -m thermocline.benchmarks --only append hot` those sections of it."""
HEAD = ("path", "ours", "reference", "ratio", "target", "")


def row(line: Line) -> tuple[str, ...]:
    verdict = {None: "", True: "pass", False: "MISS"}[line.passed]
    return line.path, line.ours, line.reference, line.ratio, line.target, verdict


def text_row(line: Line) -> str:
    path, ours, reference, ratio, target, verdict = row(line)
    return f"{path:<82} {ours:>16} {reference:>16} {ratio:>13} {target:>13}  {verdict}"


def page(known: str, sections: Mapping[str, Sequence[Line]], events: int) -> str:
    """docs/benchmarks.md with these sections made anew; the others of the page as it is `known` stay."""
    kept = {name: text for name, _, text in (part.partition("\n\n") for part in known.split("\n## ")[1:])}
    made = {name: _section(lines, events) for name, lines in sections.items()}
    return (
        "\n\n".join([HEADING, *(f"## {name}\n\n{text.strip()}" for name, text in (kept | made).items())])
        + "\n"
    )


def _section(lines: Sequence[Line], events: int) -> str:
    table = ["| " + " | ".join(cells) + " |" for cells in (HEAD, ("---",) * len(HEAD), *map(row, lines))]
    return "\n".join([f"{datetime.now(UTC):%Y-%m-%d}, {_machine()}, scale {events:,}.", "", *table])


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.system()} {platform.machine()},"
        f" Python {platform.python_version()}"
    )
