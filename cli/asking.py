"""The verb that asks in English: ask."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .options import As, AsJson, AsOf, Db, Lake, Model, Setting, Timeout, Verbose, who
from .printing import certificate_lines, show_json, show_table
from .session import interruptible, open_database

if TYPE_CHECKING:
    from ..core.answers import Answer, Option


def register(app: typer.Typer) -> None:
    app.command(epilog=_EXAMPLES)(ask)


_EXAMPLES = """\b
Examples:
  thermocline ask "top 10 products by revenue this quarter" --db acme
  thermocline ask "revenue by month in 2025" --plot -
  thermocline ask "revenue by month in 2025" --plot revenue.png
  thermocline ask "and by region?" --conversation monday
  thermocline ask "customers without orders" --dry-run
  thermocline ask "which customers came back?" --model ollama:llama3.1:8b
  thermocline ask "revenue by region" --db acme --as priya --set app.customer_id=7
"""


def ask(
    question: Annotated[str, typer.Argument(metavar="QUESTION", help="In English.")],
    lake: Lake = "./lake",
    db: Db = "main",
    as_who: As = None,
    setting: Setting = None,
    model: Model = None,
    conversation: Annotated[
        str | None,
        typer.Option("--conversation", metavar="NAME", help="Builds on what was asked under that name."),
    ] = None,
    choose: Annotated[
        int | None, typer.Option("--choose", metavar="N", help="Of the ways to understand it, the N-th.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="The SQL without its rows.")] = False,
    plot: Annotated[
        str | None, typer.Option("--plot", metavar="FILE", help="A PNG of the answer; - draws it here.")
    ] = None,
    as_of: AsOf = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", help="Rows at most.")] = 1_000,
    guess: Annotated[
        bool, typer.Option("--guess", help="Answer by the best meaning, however unsure.")
    ] = False,
    timeout: Timeout = None,
    certificate: Annotated[bool, typer.Option("--certificate", help="Show what it read, as proof.")] = False,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Ask in English: the answer, how it was understood, and its SQL."""
    with open_database(lake, db, who=who(as_who, setting), verbose=verbose, model=model) as database:

        def put(asked: str | Option) -> Answer:
            return interruptible(
                lambda cancel: database.ask(
                    asked,
                    conversation=conversation,
                    dry_run=dry_run,
                    as_of=as_of,
                    limit=limit,
                    guess=guess,
                    timeout=timeout,
                    cancel=cancel,
                )
            )

        answer = put(question)
        if answer.kind == "clarify" and choose is not None and 1 <= choose <= len(answer.options):
            answer = put(answer.options[choose - 1])
    if plot is not None:
        from .plotting import plot_answer

        plot_answer(answer, None if plot == "-" else Path(plot))
    if as_json:
        show_json(answer.to_dict())
    else:
        _show(answer, certificate=certificate)
    if answer.kind != "answer":
        raise typer.Exit(1)


def _show(answer: Answer, *, certificate: bool) -> None:
    if answer.kind == "clarify":
        print("Which of these is meant? Ask again with --choose N.")
        for at, option in enumerate(answer.options, 1):
            print(f"  {at}. {option.reading}")
        return
    if answer.data is not None:
        show_table(answer.data)
    print(answer.narrative or answer.reading)
    told = [f"understood as: {answer.reading}"] if answer.reading else []
    told += [f"assumed: {line}" for line in answer.assumptions]
    told += [f"sure to {answer.confidence:.0%}"] if answer.kind == "answer" else []
    if told:
        print("; ".join(told), file=sys.stderr)
    if answer.sql:
        print(answer.sql, file=sys.stderr)
    if certificate and answer.certificate is not None:
        print("\n".join(certificate_lines(answer.certificate)), file=sys.stderr)
