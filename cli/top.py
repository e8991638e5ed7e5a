"""The verb that watches: hosts, queues and lags, drawn anew every second."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import typer

from .options import AsJson, Lake, Verbose
from .printing import show_json, terminal
from .session import open_lake
from .table import draw


def register(app: typer.Typer) -> None:
    app.command(epilog=_EXAMPLES)(top)


_EXAMPLES = """\b
Examples:
  thermocline top
  thermocline top --once --lake http://lake:8380
  thermocline top --lake ray://head:10001
  thermocline top --json | jq '.lag[] | select(.flush_s > 60)'
"""


def top(
    lake: Lake = "./lake",
    once: Annotated[bool, typer.Option("--once", help="Print one table and exit.")] = False,
    every: Annotated[
        float, typer.Option("--every", metavar="SECONDS", min=0.1, help="How often it is drawn anew.")
    ] = 1.0,
    as_json: AsJson = False,
    verbose: Verbose = False,
) -> None:
    """Watch hosts, queues, hot bytes, and how far flushing and archiving lag behind; Ctrl-C ends it."""
    with open_lake(lake, verbose=verbose) as opened:
        if as_json:
            show_json(opened.top())
        elif once or not sys.stdout.isatty():
            print("\n".join(lines(opened.top(), terminal()[0])))
        else:
            _watch(opened.top, every)


def _watch(look: Callable[[], Mapping[str, Any]], every: float) -> None:
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    console = Console()
    with Live(console=console, screen=True, auto_refresh=False) as live:
        try:
            while True:
                live.update(Text("\n".join(lines(look(), console.width)), no_wrap=True), refresh=True)
                time.sleep(every)
        except KeyboardInterrupt:
            return


def lines(found: Mapping[str, Any], width: int | None) -> list[str]:
    """Three tables: hosts, shards, and what waits above each watermark; then what is wrong."""
    drawn = [found["at"], ""]
    for part, columns in _COLUMNS.items():
        if found[part]:
            names = [heading for heading, _, _ in columns]
            rows = [[show(row[key]) for _, key, show in columns] for row in found[part]]
            drawn += [
                *draw(names, rows, numbers=[show is not _text for _, _, show in columns], width=width),
                "",
            ]
    return drawn + [f"{database}: {problem}" for database, problem in found["problems"].items()]


def _text(value: str | None) -> str:
    return value or ""


def _count(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _size(value: int) -> str:
    """
    >>> _size(999), _size(4096), _size(5 * 2**30)
    ('999 B', '4.0 KiB', '5.0 GiB')
    """
    size, units = float(value), ["KiB", "MiB", "GiB", "TiB"]
    if size < 1000:
        return f"{value} B"
    for unit in units:
        size /= 1024
        if size < 1000 or unit == units[-1]:
            break
    return f"{size:.1f} {unit}"


def _age(seconds: float | None) -> str:
    """
    >>> _age(None), _age(0.25), _age(75), _age(7300), _age(200000)
    ('', '0.2 s', '1 min 15 s', '2 h 1 min', '2 d 7 h')
    """
    if seconds is None:
        return ""
    if seconds < 60:
        return f"{seconds:.1f} s"
    whole = int(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    if whole < 86_400:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 86_400} d {whole % 86_400 // 3600} h"


_COLUMNS: dict[str, list[tuple[str, str, Callable[[Any], str]]]] = {
    "hosts": [
        ("host", "host", _text),
        ("node", "node", _text),
        ("pid", "pid", str),
        ("state", "state", _text),
        ("shards", "shards", _count),
        ("objects", "objects", _count),
        ("turns", "turns", _count),
    ],
    "shards": [
        ("database", "database", _text),
        ("shard", "shard", _text),
        ("host", "host", _text),
        ("epoch", "epoch", _count),
        ("seq", "seq", _count),
        ("queue", "queue", _count),
        ("hot", "hot_bytes", _size),
    ],
    "lag": [
        ("database", "database", _text),
        ("shard", "shard", _text),
        ("table", "table", _text),
        ("to flush", "flush_events", _count),
        ("for", "flush_s", _age),
        ("to archive", "archive_events", _count),
        ("for", "archive_s", _age),
    ],
}
"""Of each table: heading, key of the row, how it is written."""
