"""Verbs that change where events lie, or bring them in: import, flush, compact, archive, expire, embed."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .options import AsJson, Db, Lake, OnError, TableName, UpTo
from .printing import show_json
from .session import open_database, progress_bar

if TYPE_CHECKING:
    from ..core.results import Imported, Moved


def register(app: typer.Typer) -> None:
    app.command("import", epilog=_IMPORT_EXAMPLES)(import_)
    app.command(epilog=_examples("flush", up_to=True))(flush)
    app.command(epilog=_examples("compact"))(compact)
    app.command(epilog=_examples("archive", up_to=True))(archive)
    app.command(epilog=_examples("embed"))(embed)
    app.command(epilog=_examples("expire"))(expire)


_IMPORT_EXAMPLES = """\b
Examples:
  thermocline import flights.json --table flights --event-time date
  thermocline import 2026-*.csv.gz --table orders --id order_no --db acme
  thermocline import messy.ndjson --table events --on-error quarantine
  thermocline import shop.sqlite --db shop
  thermocline import shop.sqlite --table orders --table customers
"""


def import_(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...", help="CSV, NDJSON, JSON, Parquet, Arrow or SQLite; gzipped or not."
        ),
    ],
    tables: Annotated[
        list[str] | None,
        typer.Option(
            "--table",
            metavar="T",
            help="The table, made if it is new; which of a SQLite file, else all.",
        ),
    ] = None,
    lake: Lake = "./lake",
    db: Db = "main",
    event_time: Annotated[
        str | None, typer.Option("--event-time", metavar="COL", help="The column that says when it happened.")
    ] = None,
    id: Annotated[
        str | None, typer.Option("--id", metavar="COL", help="The column that identifies an event.")
    ] = None,
    on_error: Annotated[
        OnError, typer.Option("--on-error", help="Rows that do not fit: stop, or put them aside.")
    ] = OnError.stop,
    as_json: AsJson = False,
) -> None:
    """Bring in files of events; a rerun resumes, doubling nothing."""
    table = tables[0] if tables and len(tables) == 1 else tables or None
    done = []
    with (
        open_database(lake, db, create=True, own=True) as database,
        progress_bar(show=not as_json) as progress,
    ):
        for file in files:
            imported = database.import_file(
                file, table, event_time=event_time, id=id, on_error=on_error.value, progress=progress
            )
            done.append({"file": str(file), **asdict(imported)})
            if not as_json:
                print(f"{file}: {_imported(imported)}")
    if as_json:
        show_json(done)


def flush(
    table: TableName = None,
    lake: Lake = "./lake",
    db: Db = "main",
    up_to: UpTo = None,
    as_json: AsJson = False,
) -> None:
    """Move events from hot (SQLite) to warm (Parquet)."""
    with open_database(lake, db, own=True) as database, progress_bar(show=not as_json) as progress:
        moved = database.flush(table, up_to=up_to, progress=progress)
    _show("flushed", moved, as_json)


def compact(table: TableName = None, lake: Lake = "./lake", db: Db = "main", as_json: AsJson = False) -> None:
    """Make large warm segments of small ones."""
    with open_database(lake, db, own=True) as database, progress_bar(show=not as_json) as progress:
        moved = database.compact(table, progress=progress)
    _show("compacted", moved, as_json)


def embed(table: TableName = None, lake: Lake = "./lake", db: Db = "main", as_json: AsJson = False) -> None:
    """Compute the vectors that are still missing, of columns that are GENERATED."""
    with open_database(lake, db, own=True) as database, progress_bar(show=not as_json) as progress:
        moved = database.embed(table, progress=progress)
    _show("computed", moved, as_json)


def archive(
    table: TableName = None,
    lake: Lake = "./lake",
    db: Db = "main",
    up_to: UpTo = None,
    as_json: AsJson = False,
) -> None:
    """Move events from warm (Parquet) to cold (Iceberg)."""
    with open_database(lake, db, own=True) as database, progress_bar(show=not as_json) as progress:
        moved = database.archive(table, up_to=up_to, progress=progress)
    _show("archived", moved, as_json)


def expire(table: TableName = None, lake: Lake = "./lake", db: Db = "main", as_json: AsJson = False) -> None:
    """Remove what retention, TTL and history no longer keep."""
    with open_database(lake, db, own=True) as database, progress_bar(show=not as_json) as progress:
        moved = database.expire(table, progress=progress)
    _show("expired", moved, as_json)


def _examples(verb: str, *, up_to: bool = False) -> str:
    lines = ["\b", "Examples:", f"  thermocline {verb}", f"  thermocline {verb} sales --db acme"]
    if up_to:
        lines.append(f"  thermocline {verb} sales --up-to 700000")
    return "\n".join(lines) + "\n"


def _show(what: str, moved: Moved, as_json: bool) -> None:
    if as_json:
        show_json(asdict(moved))
    else:
        print(f"{what} {moved.rows:,} rows, {moved.files:,} files, {moved.bytes:,} bytes")


def _imported(imported: Imported) -> str:
    if imported.parts:
        lines = [f"  {_imported(part)}".replace("\n", "\n  ") for part in imported.parts]
        lines += [f"  table {label!r} is called `{name}`" for name, label in imported.renamed.items()]
        return "\n".join([f"{imported.rows:,} rows into {len(imported.parts)} tables", *lines])
    text = f"{imported.rows:,} rows into `{imported.table}`"
    if imported.duplicates:
        text += f", {imported.duplicates:,} were there already"
    if imported.quarantined:
        text += f", {imported.quarantined:,} put aside in {imported.quarantine_file}"
    for name, label in imported.renamed.items():
        text += f"\n  column {label!r} is called `{name}`"
    return text
