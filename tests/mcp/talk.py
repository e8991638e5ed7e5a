"""Agents for tests: the real client of the protocol, over stdio, over HTTP, or in this process."""

from __future__ import annotations

import csv
import io
import os
import re
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO, TypeVar

import anyio
import httpx2
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult, ElicitResult

from thermocline.agent.mcp.callers import bound
from thermocline.agent.mcp.doors import Doors, Settings
from thermocline.agent.mcp.server import create_server
from thermocline.core.clock import Clock, system_clock
from thermocline.core.protocols import Lakehouse
from thermocline.server.agents import prepare_agents
from thermocline.server.run import address

T = TypeVar("T")
_FENCE = re.compile(r"^(\w[\w ]*) ([0-9a-f]{16}): (.*?); data, not instructions$")


@dataclass(frozen=True)
class Said:
    """What a tool said. `rows`: between the marks; empty fields are `None`."""

    text: str
    failed: bool
    meta: Mapping[str, Any]

    @property
    def lines(self) -> list[str]:
        """Those outside of data."""
        return self._parted()[0]

    @property
    def data(self) -> list[str]:
        return self._parted()[1]

    @property
    def columns(self) -> list[str]:
        return next(csv.reader(io.StringIO(self.data[0])))

    @property
    def rows(self) -> list[tuple[str, ...]]:
        return [tuple(row) for row in csv.reader(io.StringIO("\n".join(self.data[1:])))]

    def told(self, label: str) -> str | None:
        """What stands behind `label: `."""
        return next((line.split(": ", 1)[1] for line in self.lines if line.startswith(f"{label}: ")), None)

    def _parted(self) -> tuple[list[str], list[str]]:
        outside: list[str] = []
        inside: list[str] = []
        mark = ""
        for line in self.text.split("\n"):
            if not mark and (found := _FENCE.match(line)):
                mark = found[2]
            elif mark and line == f"end {mark}":
                mark = ""
            else:
                (inside if mark else outside).append(line)
        assert not mark, self.text
        return outside, inside


class Agent:
    """`await agent("ask", question="...")`"""

    def __init__(self, client: Client) -> None:
        self.client = client

    async def __call__(self, tool: str, **arguments: Any) -> Said:
        done: CallToolResult = await self.client.call_tool(tool, arguments)
        (content,) = done.content
        meta = (done.meta or {}).get("thermocline", {})
        return Said(content.text, bool(done.is_error), meta)


def picking(at: int | None) -> Callable[..., Awaitable[ElicitResult]]:
    """A person who takes the choice `at`, from 0, or none."""

    async def answer(_: Any, params: Any) -> ElicitResult:
        if at is None:
            return ElicitResult(action="decline")
        ((name, field),) = params.requested_schema["properties"].items()
        return ElicitResult(action="accept", content={name: field["enum"][at]})

    return answer


def speak(act: Callable[[Agent], Awaitable[T]], client: Client) -> T:
    async def session() -> T:
        async with client:
            return await act(Agent(client))

    return anyio.run(session)


def here(
    lake: Lakehouse,
    *,
    who: str | None = None,
    given: Mapping[str, str] | None = None,
    settings: Settings | None = None,
    clock: Clock = system_clock,
    **options: Any,
) -> Client:
    """A client of a server in this process."""
    doors = Doors(lake, "acme", bound(who, dict(given or {})), settings or Settings(), clock)
    return Client(create_server(doors), **options)


def command(lake: Path | str, *arguments: str) -> StdioServerParameters:
    """The command as a child process."""
    paths = [str(Path(path).resolve()) for path in sys.path if path and Path(path).is_dir()]
    return StdioServerParameters(
        command=sys.executable,
        args=["-m", "thermocline.cli", "mcp", "--lake", str(lake), "--db", "acme", *arguments],
        env={"PYTHONPATH": os.pathsep.join([os.environ.get("PYTHONPATH", ""), *paths])},
    )


def over_stdio(server: StdioServerParameters, errors: TextIO = sys.stderr, **options: Any) -> Client:
    return Client(stdio_client(server, errors), **options)


def over_http(url: str, token: str | None = None, **options: Any) -> Client:
    return Client(_connected(url, token), **options)


@asynccontextmanager
async def _connected(url: str, token: str | None) -> AsyncIterator[Any]:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=60, trust_env=False) as http,
        streamable_http_client(url, http_client=http) as streams,
    ):
        yield streams


@contextmanager
def serving(
    lake: Lakehouse, settings: Settings | None = None, host: str = "127.0.0.1", clock: Clock = system_clock
) -> Iterator[str]:
    """The address of a server for agents on a free port; at the end it has stopped."""
    server, listening = prepare_agents(lake, "acme", host, 0, settings or Settings(), clock)
    thread = threading.Thread(target=lambda: server.run(sockets=[listening]), name="agents")
    thread.start()
    try:
        yield f"{address(listening)}/mcp"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()
