"""Runs what is asked for, one measurement at a time, and prints one table."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
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
    queries,
    replication,
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
    "replication": replication.measure,
}
LARGE = {"queries": "the ten queries", "opening": "import and opening", "daft": "groups by Daft"}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m thermocline.benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the events")
    parser.add_argument(
        "--only", nargs="*", choices=[*SMALL, *LARGE], help="some of them, and no page written"
    )
    asked = parser.parse_args()
    lines = []
    with tempfile.TemporaryDirectory(prefix="thermocline-bench-") as folder:
        for line in _measure(QUICK if asked.quick else FULL, Path(folder), asked.only or [*SMALL, *LARGE]):
            lines.append(line)
            print(text_row(line), flush=True)
    missed = [line.path for line in lines if line.passed is False]
    print(f"\n{sum(line.passed is True for line in lines)} targets met, {len(missed)} missed")
    if not asked.only:
        command = "python -m thermocline.benchmarks --quick" if asked.quick else "make bench"
        PAGE.write_text(page(lines, command, (QUICK if asked.quick else FULL).events))
        print(f"kept in {PAGE.name}")


def _measure(scale: Scale, folder: Path, wanted: list[str]) -> Iterator[Line]:
    for name, measure in SMALL.items():
        if name in wanted:
            yield from measure(scale, folder)
    if set(LARGE) & set(wanted):
        path, copy = folder / "large", folder / "copy.parquet"
        lake.build(scale, path, copy)
        if "queries" in wanted:
            yield from queries.measure(scale, path, copy)
        if "opening" in wanted:
            yield from opening.measure(scale, path)
        if "daft" in wanted:
            yield from daft.measure(scale, path)


if __name__ == "__main__":
    main()
