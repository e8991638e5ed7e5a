"""Verbs that look: tables, tiers, verify."""

from __future__ import annotations

import typer

from ..core.errors import NotFound
from .options import AsJson, Db, Lake, TableName, Verbose
from .printing import show_json, show_table
from .session import databases_hint, open_database, open_lake, progress_bar


def register(app: typer.Typer) -> None:
    app.command(epilog=_TABLES_EXAMPLES)(tables)
    app.command(epilog=_TIERS_EXAMPLES)(tiers)
    app.command(epilog=_VERIFY_EXAMPLES)(verify)


_TABLES_EXAMPLES = """\b
Examples:
  thermocline tables --db acme
  thermocline tables --json
"""


def tables(lake: Lake = "./lake", db: Db = "main", as_json: AsJson = False, verbose: Verbose = False) -> None:
    """Name the tables of a database."""
    with open_lake(lake, verbose=verbose) as opened:
        names = opened.database(db).tables()
        others = [] if names else opened.databases()
    if not names and others:
        raise NotFound(f"no tables in database `{db}`", hint=databases_hint(others))
    if as_json:
        show_json(names)
    elif names:
        print("\n".join(names))


_TIERS_EXAMPLES = """\b
Examples:
  thermocline tiers
  thermocline tiers sales --db acme --json
"""


def tiers(
    table: TableName = None,
    lake: Lake = "./lake",
    db: Db = "main",
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Show rows, files and bytes of each table by tier."""
    with open_database(lake, db, verbose=verbose) as database:
        result = database.tiers(table)
    if as_json:
        show_json(result.dicts())
    else:
        show_table(result)


_VERIFY_EXAMPLES = """\b
Examples:
  thermocline verify --db acme
"""


def verify(lake: Lake = "./lake", db: Db = "main", as_json: AsJson = False, verbose: Verbose = False) -> None:
    """Read every file; prove nothing missing, doubled or damaged."""
    with (
        open_database(lake, db, verbose=verbose) as database,
        progress_bar(show=not as_json) as progress,
    ):
        report = database.verify(progress=progress)
    if as_json:
        show_json({"tables": report.tables, "segments": report.segments, "rows": report.rows})
    else:
        print(f"sound: {report.tables} tables, {report.segments} segments, {report.rows:,} rows")
