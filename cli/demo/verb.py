"""The verb that shows the system at work."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..options import AsJson
from ..printing import show_json

_EXAMPLES = """\b
Examples:
  thermocline demo --events 50000
  thermocline demo --data flights.json --lake flights-lake
"""


def register(app: typer.Typer) -> None:
    app.command(epilog=_EXAMPLES)(demo)


def demo(
    events: Annotated[
        int, typer.Option("--events", metavar="N", help="Orders of the made-up shop.")
    ] = 1_000_000,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data", metavar="FILE", help="Your events instead: CSV, NDJSON, JSON, Parquet, also gzipped."
        ),
    ] = None,
    lake: Annotated[
        Path, typer.Option("--lake", envvar="THERMOCLINE_LAKE", metavar="DIR", help="Made anew at each run.")
    ] = Path("lake"),
    as_json: AsJson = False,
) -> None:
    """Show events sinking through three tiers, each answer checked."""
    from .main import run_demo
    from .show import Page

    shown = run_demo(lake, events, data, Page(quiet=as_json))
    if as_json:
        show_json(shown)
