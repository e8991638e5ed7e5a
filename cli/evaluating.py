"""The verb that measures answers: eval."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..core.errors import Error, NotFound
from .options import AsJson, Db, Lake, Model, Verbose
from .printing import show_json, show_rows
from .session import open_lake, progress_bar

if TYPE_CHECKING:
    from ..agent.evaluate import Case, Outcome, Summary
    from ..core.protocols import Database, Lakehouse, Progress

MOST_ROWS = 100_000


def register(app: typer.Typer) -> None:
    app.command("eval", epilog=_EXAMPLES)(evaluate)


_EXAMPLES = """\b
Examples:
  thermocline eval questions.jsonl --db acme
  thermocline eval questions.jsonl --databases sqlite-files/
  thermocline eval questions.jsonl --failures wrong.jsonl --json
  thermocline eval questions.jsonl --db acme --model openai:gpt-5-mini
"""


def evaluate(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Questions with the rows they should give.")],
    lake: Lake = "./lake",
    db: Db = "main",
    databases: Annotated[
        Path | None,
        typer.Option("--databases", metavar="DIR", help="Imports DIR/<db>.sqlite first, what is missing."),
    ] = None,
    failures: Annotated[
        Path | None, typer.Option("--failures", metavar="FILE", help="Writes what was not right there.")
    ] = None,
    model: Model = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Measure the answers to questions whose rows are known: accuracy, coverage, precision.

    FILE has one JSON object a line: question, gold_rows, and if need be db, ordered, kinds, id.
    """
    from ..agent.evaluate import read_cases, summed

    if not file.is_file():
        raise NotFound(f"no file {file}", hint="check the path")
    cases = read_cases(file.read_text(), db)
    with (
        open_lake(lake, create=databases is not None, verbose=verbose, model=model) as opened,
        progress_bar(show=not as_json) as progress,
    ):
        if databases is not None:
            _import(opened, databases, sorted({case.database for case in cases}), progress)
        outcomes = []
        for at, case in enumerate(cases):
            if progress is not None:
                progress("ask", at, len(cases))
            outcomes.append(_asked(opened.database(case.database, door="cli"), case))
    if failures is not None:
        wrong = [_told(o) for o in outcomes if o.case.rows is not None and not o.best_right]
        failures.write_text("".join(json.dumps(line, default=str) + "\n" for line in wrong))
    if as_json:
        show_json(summed(outcomes).to_dict())
    else:
        _show(summed(outcomes))


def _import(lake: Lakehouse, folder: Path, names: list[str], progress: Progress | None) -> None:
    for at, name in enumerate(names):
        if progress is not None:
            progress("import", at, len(names))
        database = lake.database(name)
        if database.tables():
            continue
        found = [folder / f"{name}.sqlite", folder / name / f"{name}.sqlite"]
        path = next((path for path in found if path.is_file()), None)
        if path is None:
            raise NotFound(f"no {name}.sqlite in {folder}", hint="--databases names the folder of the files")
        database.import_file(path)


def _asked(database: Database, case: Case) -> Outcome:
    """Asked as anybody would, and where that gave no answer, for the best guess."""
    from ..agent.evaluate import Outcome, judged

    started = time.perf_counter()
    try:
        answer = database.ask(case.question, limit=MOST_ROWS)
        seconds = time.perf_counter() - started
        guess = (
            answer if answer.kind == "answer" else database.ask(case.question, limit=MOST_ROWS, guess=True)
        )
    except Error as error:
        return Outcome(case, "error", False, False, 0.0, None, time.perf_counter() - started, error.message)
    right = judged(case, answer)
    return Outcome(
        case, answer.kind, right, right or judged(case, guess), answer.confidence, guess.sql, seconds
    )


def _told(outcome: Outcome) -> dict[str, object]:
    case = outcome.case
    return {
        "id": case.id,
        "db": case.database,
        "question": case.question,
        "kind": outcome.kind,
        "sql": outcome.sql,
        "confidence": outcome.confidence,
        "error": outcome.error,
        "kinds": case.kinds,
    }


def _show(summary: Summary) -> None:
    print(f"{summary.asked:,} questions")
    print(f"accuracy   {summary.accuracy:7.1%}  right, the best meaning counted whether sure or not")
    print(f"coverage   {summary.coverage:7.1%}  answered")
    print(f"precision  {summary.precision:7.1%}  right of the answered")
    print(f"{summary.clarified:,} clarified, {summary.refused:,} refused, {summary.failed:,} failed")
    print(f"answered in {summary.p50_s * 1000:.0f} ms (p50), {summary.p95_s * 1000:.0f} ms (p95)")
    if summary.by_kind:
        rows = [
            [kind, f"{right:,}", f"{of:,}", f"{right / of:.0%}"]
            for kind, (right, of) in summary.by_kind.items()
        ]
        show_rows(["kind", "right", "asked", ""], rows)
