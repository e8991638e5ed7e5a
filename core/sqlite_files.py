"""SQLite databases as files that people bring: how one is known, and whether all of it is in the one file."""

from __future__ import annotations

from pathlib import Path

from .errors import Invalid

MAGIC = b"SQLite format 3\0"


def check_settled(path: Path) -> None:
    """Raises `Invalid` if changes of the database still stand in a file beside it."""
    for suffix in ("-wal", "-journal"):
        beside = path.with_name(path.name + suffix)
        if beside.exists() and beside.stat().st_size:
            raise Invalid(
                f"{path} is in use: {beside.name} beside it holds changes",
                hint="close what has it open, or copy it with: sqlite3 FILE \".backup 'copy.sqlite'\"",
            )
