"""The door for AI agents over HTTP: the server of `agent/mcp` behind uvicorn, until it is told to stop."""

from __future__ import annotations

import socket

import uvicorn

from ..agent.mcp.callers import Tokens, by_token
from ..agent.mcp.doors import Doors, Settings
from ..agent.mcp.server import PATH, create_server, http_app
from ..core.clock import Clock, system_clock
from ..core.errors import Invalid
from ..core.protocols import Lakehouse
from .run import address, is_loopback, listen, run_until_told

_GRACE_S = 2


def serve_agents(lake: Lakehouse, database: str, host: str, port: int, settings: Settings) -> None:
    """Serves until SIGINT or SIGTERM, and prints the address once. Port 0 takes a free one.

    Raises `Invalid` for an address other than loopback while nobody has a token, `Unavailable` if the port is
    taken.
    """
    server, listening = prepare_agents(lake, database, host, port, settings)
    run_until_told(server, listening, f"Thermocline listens for agents on {address(listening)}{PATH}")


def prepare_agents(
    lake: Lakehouse,
    database: str,
    host: str,
    port: int,
    settings: Settings,
    clock: Clock = system_clock,
) -> tuple[uvicorn.Server, socket.socket]:
    """A server and the socket it shall run on."""
    here = is_loopback(host)
    if not lake.has_tokens() and not here:
        raise Invalid(
            f"{host} can be reached from other machines, and nobody has a token",
            hint="CREATE TOKEN FOR somebody, or serve on 127.0.0.1",
        )
    doors = Doors(lake, database, by_token, settings, clock)
    app = http_app(create_server(doors), Tokens(lake), lambda: here and not lake.has_tokens(), host)
    config = uvicorn.Config(
        app,
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_S,
    )
    return uvicorn.Server(config), listen(host, port, config.backlog)
