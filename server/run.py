"""Runs the server until it is told to stop."""

from __future__ import annotations

import asyncio
import ipaddress
import signal
import socket
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace

import uvicorn

from ..core.errors import Invalid, Unavailable
from ..core.protocols import Lakehouse
from .app import create_app
from .settings import LOOPBACK_HOSTS, Settings

_GRACE_S = 10
"""How long queries may go on after the signal to stop, before they are cancelled."""
_LAST_S = 5
"""How long after that a connection may stay."""
_KEEP_ALIVE_S = 75


def serve(
    lake: Lakehouse,
    host: str = "127.0.0.1",
    port: int = 8380,
    api_key: str | None = None,
    objects: Sequence[type] = (),
) -> None:
    """Serves `lake` until SIGINT or SIGTERM, and prints the address once. Port 0 takes a free one.

    `objects`: the classes of durable objects that may be called from outside. `lake` stays the caller's to
    close. Raises `Invalid` for an address other than loopback without a key,
    `Unavailable` if the port is taken.
    """
    server, listening = prepare(lake, host, port, api_key, objects=objects)
    run_until_told(server, listening, f"Thermocline listens on {address(listening)}")


def run_until_told(server: uvicorn.Server, listening: socket.socket, said: str) -> None:
    """Until SIGINT or SIGTERM. `said`: printed once it can be reached."""
    print(said, flush=True)
    # The server passes the signal on once it has stopped; the lake still has to be closed then.
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with suppress(KeyboardInterrupt):
            server.run(sockets=[listening])
    finally:
        signal.signal(signal.SIGTERM, before)
        listening.close()


def prepare(
    lake: Lakehouse,
    host: str,
    port: int,
    api_key: str | None,
    settings: Settings | None = None,
    objects: Sequence[type] = (),
) -> tuple[uvicorn.Server, socket.socket]:
    """A server and the socket it shall run on."""
    if not is_loopback(host) and not api_key:
        raise Invalid(
            f"{host} can be reached from other machines, and there is no API key",
            hint="set THERMOCLINE_API_KEY or --api-key-file, or serve on 127.0.0.1",
        )
    hosts = tuple(dict.fromkeys((*LOOPBACK_HOSTS, host))) if is_loopback(host) else None
    settings = replace(settings or Settings(), hosts=hosts)
    app = create_app(lake, api_key=api_key or None, settings=settings, objects=objects)
    config = uvicorn.Config(
        app,
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_GRACE_S + _LAST_S,
    )
    return _Server(config, app.state.cancel_queries), listen(host, port, config.backlog)


class _Server(uvicorn.Server):
    """Lets queries finish when it stops, for a while; then they are told that they were cancelled."""

    def __init__(self, config: uvicorn.Config, cancel_queries: Callable[[], None]) -> None:
        super().__init__(config)
        self._cancel_queries = cancel_queries

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        waiting = asyncio.get_running_loop().call_later(_GRACE_S, self._cancel_queries)
        await super().shutdown(sockets)
        waiting.cancel()


def address(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def listen(host: str, port: int, backlog: int) -> socket.socket:
    """Raises `Unavailable` if the port is taken."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        # The protocol must be named, or asyncio leaves Nagle's algorithm on: 40 ms a request.
        listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        # Taken from now on: what is only bound, another may bind too.
        listening.listen(backlog)
        return listening
    except OSError as problem:
        raise Unavailable(
            f"can't listen on {host} port {port}: {problem.strerror}", hint="choose another with --port"
        ) from None
