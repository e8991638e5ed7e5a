"""Runs what is asked for, one measurement at a time, and prints one table."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from . import (
    append,
    cluster,
    concurrency,
    daft,
    hot,
    lake,
    moving,
    objects,
    opening,
    planning,
    policy,
    queries,
    replication,
    vectors,
)
from .harness import FULL, QUICK, Line, Scale
from .report import page, text_row

PAGE = Path(__file__).resolve().parent.parent / "docs" / "benchmarks.md"
SMALL = {
    "append": append.measure,
    "cluster": cluster.measure,
    "concurrency": concurrency.measure,
    "hot": hot.measure,
    "moving": moving.measure,
    "objects": objects.measure,
    "planning": planning.measure,
    "policy": policy.measure,
    "replication": replication.measure,
    "vectors": vectors.measure,
}
ALONE = {"million": vectors.large}
"""Only if it is asked for: it takes half an hour, and 10 GB of disk."""
LARGE = {"queries": "the ten queries", "opening": "import and opening", "daft": "groups by Daft"}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m thermocline.benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the events, and no page written")
    parser.add_argument("--only", nargs="*", choices=[*SMALL, *ALONE, *LARGE], help="some of them")
    asked = parser.parse_args()
    scale = QUICK if asked.quick else FULL
    sections: dict[str, list[Line]] = {}
    with tempfile.TemporaryDirectory(prefix="thermocline-bench-") as folder:
        for name, line in _measure(scale, Path(folder), asked.only or [*SMALL, *LARGE]):
            sections.setdefault(name, []).append(line)
            print(text_row(line), flush=True)
    lines = [line for section in sections.values() for line in section]
    missed = [line.path for line in lines if line.passed is False]
    print(f"\n{sum(line.passed is True for line in lines)} targets met, {len(missed)} missed")
    if not asked.quick:
        PAGE.write_text(page(PAGE.read_text(), sections, scale.events))
        print(f"kept in {PAGE.name}")


def _measure(scale: Scale, folder: Path, wanted: list[str]) -> Iterator[tuple[str, Line]]:
    """(section, line)"""
    for name, measure in SMALL.items():
        if name in wanted:
            for line in measure(scale, folder):
                yield name, line
    for name, alone in ALONE.items():
        if name in wanted:
            for line in alone(folder):
                yield name, line
    if set(LARGE) & set(wanted):
        path, copy = folder / "large", folder / "copy.parquet"
        lake.build(scale, path, copy)
        parts: dict[str, Callable[[], Iterator[Line]]] = {
            "queries": lambda: queries.measure(scale, path, copy),
            "opening": lambda: opening.measure(scale, path),
            "daft": lambda: daft.measure(scale, path),
        }
        for name, measured in parts.items():
            if name in wanted:
                for line in measured():
                    yield name, line


if __name__ == "__main__":
    main()
