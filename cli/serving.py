"""The verb that serves: HTTP over the same lake."""

from __future__ import annotations

from typing import Annotated

import typer

from .options import Lake
from .session import API_KEY_VARIABLE


def register(app: typer.Typer) -> None:
    app.command(epilog=_EXAMPLES)(serve)


_EXAMPLES = """\b
Examples:
  thermocline serve
  THERMOCLINE_API_KEY=... thermocline serve --host 0.0.0.0 --lake /data/lake
"""


def serve(
    lake: Lake = "./lake",
    host: Annotated[str, typer.Option("--host", help="Other than loopback asks for a key.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes a free one.")] = 8380,
    api_key: Annotated[
        str | None,
        typer.Option("--api-key", envvar=API_KEY_VARIABLE, help="The bearer key that clients must show."),
    ] = None,
) -> None:
    """Serve the lake over HTTP; its /docs explains the calls."""
    from ..server import serve as serve_lake

    serve_lake(lake, host=host, port=port, api_key=api_key)
