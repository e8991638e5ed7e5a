"""Scripts that read aloud: `> command`, then what it prints. REWRITE=1 writes down what they print now.

> write sales 5          appends five days of sales
> flush sales            and `> archive sales [column]`: a cold file for each value of the column
> explain [@point] SQL   the plan
> sql [@point] SQL       the rows, then what each tier answered for
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from thermocline.core.errors import Error
from thermocline.router.engine import Engine
from thermocline.router.one_shard import OneShard
from thermocline.router.query import Router

from .owner import START, MemoryOwner

SCRIPTS = sorted((Path(__file__).parent / "scripts").glob("*.txt"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_a_script_prints_what_is_written(script: Path, tmp_path: Path) -> None:
    text = script.read_text()
    printed = "\n".join(_play(text, Stage(tmp_path))) + "\n"
    if os.environ.get("REWRITE"):
        script.write_text(printed)
    assert printed == text


class Stage:
    def __init__(self, folder: Path) -> None:
        self.owner = MemoryOwner(folder)
        self.router = Router(OneShard(self.owner), Engine(folder), lambda: self.owner.now, "acme")
        self.days = 0

    def run(self, command: str) -> str:
        verb, _, rest = command.partition(" ")
        point: Any = None
        if rest.startswith("@"):
            point, _, rest = rest[1:].partition(" ")
        try:
            match verb:
                case "write":
                    return self.write(*rest.split())
                case "flush":
                    self.owner.flush(rest)
                    return "ok"
                case "archive":
                    name, _, by = rest.partition(" ")
                    self.owner.archive(name, by=by or None)
                    return "ok"
                case "explain":
                    # Sizes differ with the version of the Parquet writer.
                    return re.sub(
                        r", [\d.]+ k?B$", "", self.router.explain(rest, as_of=point), flags=re.MULTILINE
                    )
                case "sql":
                    return self.sql(rest, point)
        except Error as error:
            return f"{error.kind}: {error}\n{error.hint}"
        raise ValueError(command)

    def write(self, table: str, days: str, column: str = "") -> str:
        rows = [self.sale(self.days + n, column) for n in range(int(days))]
        self.days += len(rows)
        return f"up to {self.owner.write(table, rows)}"

    def sale(self, day: int, column: str) -> dict[str, Any]:
        sale = {
            "product": "tea" if day % 2 else "milk",
            "qty": day,
            "day": date(2026, 1, 1) + timedelta(days=day),
        }
        return {**sale, "_time": START + timedelta(days=day), **({column: day} if column else {})}

    def sql(self, sql: str, point: Any) -> str:
        result = self.router.sql(sql, as_of=point)
        result.certificate.verify()
        lines = [" | ".join(result.columns), *(" | ".join(map(str, row)) for row in result.rows())]
        for table, shards in result.certificate.tables.items():
            for tier in (tier for part in shards.values() for tier in part.tiers):
                spans = ", ".join(f"{first}-{last}" for first, last in tier.ranges)
                files = "" if tier.tier == "hot" else f", {tier.files_read} read, {tier.files_pruned} pruned"
                lines.append(f"-- {table} {tier.tier}: {spans}{files}")
        return "\n".join(lines)


def _play(text: str, stage: Stage) -> Iterator[str]:
    """The script's own lines, with what its commands print now."""
    for line in text.splitlines():
        if line.startswith("> "):
            yield line
            yield from (f"    {part}".rstrip() for part in stage.run(line[2:]).splitlines())
        elif not line.startswith("    "):
            yield line
