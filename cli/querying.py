"""Verbs that ask: sql, explain, export."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..core.errors import Invalid
from .options import (
    As,
    AsJson,
    AsOf,
    Certificate,
    Db,
    Dialect,
    Engine,
    Format,
    Lake,
    Mode,
    Param,
    Setting,
    Sql,
    Timeout,
    Verbose,
    parse_params,
    who,
)
from .printing import show_json, show_result
from .session import database_as, interruptible, open_database, open_lake

if TYPE_CHECKING:
    from ..core.protocols import Cancel, Database
    from ..core.results import Result

_CREATES = re.compile(r"\s*(create|insert)\b", re.IGNORECASE)


def register(app: typer.Typer) -> None:
    app.command(epilog=_SQL_EXAMPLES)(sql)
    app.command(epilog=_SEARCH_EXAMPLES)(search)
    app.command(epilog=_EXPLAIN_EXAMPLES)(explain)
    app.command(epilog=_EXPORT_EXAMPLES)(export)


_SQL_EXAMPLES = """\b
Examples:
  thermocline sql "select product, sum(revenue) from sales group by product" --db acme
  thermocline sql "select count(*) from sales" --as-of 2026-11-01T12:00:00Z --certificate
  thermocline sql "select * from sales where product = ?" --param tea --format csv
  thermocline sql "select * from sales" --as priya --set app.customer_id=7
  thermocline sql < report.sql
  thermocline sql                     # the interactive shell
"""


def sql(
    statement: Annotated[
        str | None, typer.Argument(metavar="SQL", help="One statement; without it, a shell or stdin.")
    ] = None,
    lake: Lake = "./lake",
    db: Db = "main",
    as_of: AsOf = None,
    dialect: Dialect = None,
    engine: Engine = None,
    format: Annotated[Format, typer.Option("--format", help="How to print the rows.")] = Format.table,
    certificate: Certificate = False,
    param: Param = None,
    timeout: Timeout = None,
    as_who: As = None,
    setting: Setting = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Ask in SQL, over all three tiers; without SQL, interactively."""
    style = Format.json if as_json else format
    if statement is None and sys.stdin.isatty():
        from .shell.repl import run

        with open_lake(lake, create=True, verbose=verbose) as opened:
            asking = who(as_who, setting)
            run(opened, database_as(opened, db, asking), asking)
        return
    from .shell.statements import split

    statements = [statement] if statement is not None else split(sys.stdin.read())
    with open_database(
        lake, db, who=who(as_who, setting), create=_creates(statements), verbose=verbose
    ) as database:
        for text in statements:

            def ask(cancel: Cancel, text: str = text, database: Database = database) -> Result:
                return database.sql(
                    text,
                    parse_params(param, text),
                    as_of=as_of,
                    dialect=dialect,
                    engine=engine,
                    timeout=timeout,
                    cancel=cancel,
                    stream=style is not Format.table,
                )

            show_result(interruptible(ask), style, certificate=certificate)


_SEARCH_EXAMPLES = """\b
Examples:
  thermocline search "broken handle" --table reviews
  thermocline search "broken handle" --mode words --where "stars < 3" -k 5
  thermocline search "[0.1, 0.7, -0.2]" --table reviews --as-of 2026-11-01
"""


def search(
    query: Annotated[str, typer.Argument(metavar="TEXT", help="What to look for; or a vector, as JSON.")],
    lake: Lake = "./lake",
    db: Db = "main",
    table: Annotated[
        str | None, typer.Option("--table", metavar="NAME", help="Where; needed if there are several.")
    ] = None,
    column: Annotated[
        str | None, typer.Option("--column", metavar="NAME", help="The vectors; needed if there are several.")
    ] = None,
    k: Annotated[int, typer.Option("--k", "-k", metavar="N", help="So many events.")] = 10,
    mode: Annotated[Mode, typer.Option("--mode", help="By meaning, by words, or by both.")] = Mode.meaning,
    where: Annotated[
        str | None, typer.Option("--where", metavar="SQL", help="A condition on the events.")
    ] = None,
    as_of: AsOf = None,
    tier: Annotated[
        list[str] | None, typer.Option("--tier", metavar="NAME", help="hot, warm or cold. Repeatable.")
    ] = None,
    format: Annotated[Format, typer.Option("--format", help="How to print the rows.")] = Format.table,
    certificate: Certificate = False,
    timeout: Timeout = None,
    as_who: As = None,
    setting: Setting = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Find the events nearest to a text or a vector, over all three tiers."""
    style = Format.json if as_json else format
    with open_database(lake, db, who=who(as_who, setting), verbose=verbose) as database:
        result = interruptible(
            lambda cancel: database.search(
                _text_or_vector(query),
                table=table,
                column=column,
                k=k,
                mode=mode.value,
                where=where,
                as_of=as_of,
                tiers=tier,
                timeout=timeout,
                cancel=cancel,
            )
        )
        show_result(result, style, certificate=certificate)


def _text_or_vector(given: str) -> str | list[float]:
    if not given.lstrip().startswith("["):
        return given
    try:
        found = json.loads(given)
    except ValueError:
        return given
    return found if all(isinstance(number, int | float) for number in found) else given


_EXPLAIN_EXAMPLES = """\b
Examples:
  thermocline explain "select count(*) from sales where _time > '2026-11-01'"
  thermocline explain "select max(revenue) from sales" --analyze
  thermocline explain "select * from customers" --as priya
"""


def explain(
    statement: Sql,
    lake: Lake = "./lake",
    db: Db = "main",
    as_of: AsOf = None,
    dialect: Dialect = None,
    engine: Engine = None,
    analyze: Annotated[bool, typer.Option("--analyze", help="Run it, and show times and rows.")] = False,
    param: Param = None,
    as_who: As = None,
    setting: Setting = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Show what a statement reads: tiers, files, pruning."""
    with open_database(lake, db, who=who(as_who, setting), verbose=verbose) as database:
        params = parse_params(param, statement)
        plan = database.explain(
            statement, params, as_of=as_of, dialect=dialect, analyze=analyze, engine=engine
        )
    if as_json:
        show_json({"plan": plan})
    else:
        print(plan.rstrip("\n"))


_EXPORT_EXAMPLES = """\b
Examples:
  thermocline export "select * from sales" sales.parquet
  thermocline export "select * from sales" sales.csv --as-of 2026-11-01
"""


def export(
    statement: Sql,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Its ending tells: csv json ndjson parquet arrow")
    ],
    lake: Lake = "./lake",
    db: Db = "main",
    as_of: AsOf = None,
    dialect: Dialect = None,
    engine: Engine = None,
    param: Param = None,
    timeout: Timeout = None,
    as_who: As = None,
    setting: Setting = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Write an answer to a file, whole or not at all."""
    from .output import FILE_FORMATS, write_file

    ending = file.suffix.lower().lstrip(".")
    if ending not in FILE_FORMATS:
        raise Invalid(f"no format for the ending of {file}", hint=f"one of: {', '.join(FILE_FORMATS)}")
    with open_database(lake, db, who=who(as_who, setting), verbose=verbose) as database:
        result = interruptible(
            lambda cancel: database.sql(
                statement,
                parse_params(param, statement),
                as_of=as_of,
                dialect=dialect,
                engine=engine,
                timeout=timeout,
                cancel=cancel,
                stream=True,
            )
        )
        rows = write_file(result, file, FILE_FORMATS[ending])
    size = file.stat().st_size
    if as_json:
        show_json({"file": str(file), "rows": rows, "bytes": size})
    else:
        print(f"{file}: {rows:,} rows, {size:,} bytes")


def _creates(statements: list[str]) -> bool:
    """Whether a lake that is not there may be made: a question to a missing lake is a mistake."""
    return any(_CREATES.match(text) for text in statements)
