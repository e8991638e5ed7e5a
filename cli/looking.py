"""Verbs that look: tables, tiers, verify."""

from __future__ import annotations

from typing import Annotated

import typer

from ..core.errors import NotFound
from ..core.keys import NO_KEYS, Keys
from .options import As, AsJson, Db, Lake, Setting, TableName, Verbose, who
from .printing import show_json, show_table
from .session import database_as, databases_hint, open_database, open_lake, progress_bar


def register(app: typer.Typer) -> None:
    app.command(epilog=_TABLES_EXAMPLES)(tables)
    app.command(epilog=_TIERS_EXAMPLES)(tiers)
    app.command(epilog=_VERIFY_EXAMPLES)(verify)


_TABLES_EXAMPLES = """\b
Examples:
  thermocline tables --db acme
  thermocline tables --json
  thermocline tables --keys
  thermocline tables --db acme --as priya
"""


def tables(
    lake: Lake = "./lake",
    db: Db = "main",
    with_keys: Annotated[bool, typer.Option("--keys", help="Tell the keys too: not enforced.")] = False,
    as_who: As = None,
    setting: Setting = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Name the tables of a database."""
    asking = who(as_who, setting)
    with open_lake(lake, verbose=verbose) as opened:
        database = database_as(opened, db, asking)
        names = database.tables()
        keys = {name: database.keys(name) for name in names} if with_keys else {}
        others = [] if names or asking.principal else opened.databases()
    if not names and others:
        raise NotFound(f"no tables in database `{db}`", hint=databases_hint(others))
    if as_json:
        show_json([{"table": name, **keys[name].to_dict()} for name in names] if with_keys else names)
    elif names:
        print("\n".join(line for name in names for line in (name, *_key_lines(keys.get(name, NO_KEYS)))))


def _key_lines(keys: Keys) -> list[str]:
    lines = [f"  primary key ({', '.join(keys.primary_key)})"] if keys.primary_key else []
    for reference in keys.references:
        to = f" ({', '.join(reference.to)})" if reference.to else ""
        lines.append(f"  ({', '.join(reference.columns)}) references {reference.table}{to}")
    return lines


_TIERS_EXAMPLES = """\b
Examples:
  thermocline tiers
  thermocline tiers sales --db acme --json
"""


def tiers(
    table: TableName = None,
    lake: Lake = "./lake",
    db: Db = "main",
    as_who: As = None,
    setting: Setting = None,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Show rows, files and bytes of each table by tier."""
    with open_database(lake, db, who=who(as_who, setting), verbose=verbose) as database:
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
