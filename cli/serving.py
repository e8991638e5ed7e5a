"""The verb that serves: HTTP over the same lake."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from ..core.errors import NotFound
from .options import RUNTIME_VARIABLE, Lake, Runtime
from .session import API_KEY_VARIABLE


def register(app: typer.Typer) -> None:
    app.command(epilog=_EXAMPLES)(serve)


_EXAMPLES = """\b
Examples:
  thermocline serve
  thermocline serve --objects shop.carts
  thermocline serve --runtime ray
  thermocline serve --lake ray://head:10001
  THERMOCLINE_API_KEY=... thermocline serve --host 0.0.0.0 --lake /data/lake
"""


def serve(
    lake: Lake = "./lake",
    host: Annotated[str, typer.Option("--host", help="Any but loopback needs an API key.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0 takes a free one.")] = 8380,
    api_key_file: Annotated[
        Path | None,
        typer.Option(
            "--api-key-file",
            metavar="FILE",
            help=f"Holds the key that clients must show; or set {API_KEY_VARIABLE}.",
        ),
    ] = None,
    runtime: Annotated[
        Runtime,
        typer.Option(
            "--runtime",
            envvar=RUNTIME_VARIABLE,
            help="Where shards and objects live: in this process, or in hosts on a Ray head of this machine.",
        ),
    ] = Runtime.local,
    objects: Annotated[
        list[str] | None,
        typer.Option(
            "--objects",
            metavar="MODULE",
            help="Offer the durable objects of this module, or module:Class. Repeatable.",
        ),
    ] = None,
) -> None:
    """Serve the lake over HTTP; its /docs explains the calls."""
    from .. import connect
    from ..actors.objects.base import classes_of
    from ..server.run import serve as run

    key = _read_key(api_key_file) if api_key_file else os.environ.get(API_KEY_VARIABLE)
    with connect(lake, runtime=runtime.value) as opened:
        run(opened, host, port, key, classes_of(objects or []))


def _read_key(file: Path) -> str:
    try:
        key = file.read_text().strip()
    except OSError as error:
        raise NotFound(f"cannot read {file}: {error.strerror}", hint="put the key there") from error
    if not key:
        raise NotFound(f"{file} is empty", hint="put the key there")
    return key
