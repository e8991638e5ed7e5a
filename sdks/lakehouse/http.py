"""A lake that is served elsewhere, with the calls of one that is here."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

from ...core.access import checked_name
from ...core.agents import NamedAgent
from ...core.answers import MOST_ROWS
from ...core.clock import Clock, now_us, system_clock
from ...core.errors import Invalid
from ...core.ids import Entropy, check_name, uuid7s
from ...core.policy_file import given_text
from ...core.protocols import Lakehouse
from ...core.wire import dump
from .agents import HttpAgent
from .database import HttpDatabase
from .objects import HttpObjects, HttpStub
from .transport import Request, Transport, segment


def connect_http(
    url: str,
    *,
    api_key: str | None = None,
    timeout: float = 60.0,
    clock: Clock = system_clock,
    entropy: Entropy = os.urandom,
) -> Lakehouse:
    """The lake served at `url`. `timeout`: seconds of silence after which a call is given up.

    A query waits as long as its own `timeout` says, or endlessly. Nothing is sent before the first call.
    Raises `Invalid` if `url` is no http address.
    """
    return HttpLake(Transport(url, api_key=api_key, timeout=timeout), clock, entropy)


class HttpLake:
    """Implements `core.protocols.Lakehouse`. Safe to use from many threads and event loops."""

    def __init__(self, transport: Transport, clock: Clock, entropy: Entropy) -> None:
        self._transport = transport
        self._clock = clock
        self._entropy = entropy

    def database(
        self,
        name: str,
        *,
        principal: str | None = None,
        settings: Mapping[str, str] | None = None,
        door: str = "http",  # noqa: ARG002 - the server knows
    ) -> HttpDatabase:
        """`principal`, `settings`: for the owner, who may call as somebody else; a token says who it is."""
        transport = self._transport.calling_as(principal, settings)
        return HttpDatabase(check_name("database", name), transport, self._new_ids)

    def agent(
        self,
        name: str,
        *,
        database: str = "main",
        tables: Sequence[str] | None = None,
        roles: Sequence[str] = (),
        settings: Mapping[str, str] | None = None,
        limit: int = MOST_ROWS,
        max_query_runtime_s: float | None = None,
    ) -> NamedAgent:
        """See `core.protocols.Lakehouse`. With a token of its own, an agent is opened with nothing given."""
        who = checked_name(name)
        mine = self.database(database, principal=who, settings=settings)
        path = f"/v1/{quote(database)}/agents/{segment(who)}"
        if tables or roles or max_query_runtime_s is not None:
            given = {"tables": list(tables or ()), "roles": list(roles)}
            content = dump(given | {"max_query_runtime_s": max_query_runtime_s})
            self._transport.send(Request("PUT", path, content=content))
        calls = HttpAgent(path, self._transport.calling_as(who, settings))
        return NamedAgent(who, mine, calls, limit)

    def principal_of(self, token: str) -> str | None:  # noqa: ARG002 - asked of the server's own lake
        raise Invalid("tokens are known where the lake is", hint="serve the lake itself")

    def has_tokens(self) -> bool:
        raise Invalid("tokens are known where the lake is", hint="serve the lake itself")

    def policy_text(self) -> str:
        return str(self._transport.send(Request("GET", "/v1/policy"))["policy"])

    def check_policy(self, source: str | Path) -> list[str]:
        problems: list[str] = self._put_policy(source, check=True)["problems"]
        return problems

    def apply_policy(self, source: str | Path) -> int:
        return int(self._put_policy(source, check=False)["version"])

    def _put_policy(self, source: str | Path, *, check: bool) -> Any:
        content, kind = given_text(source).encode(), "application/yaml"
        params = {"check": "true"} if check else {}
        return self._transport.send(
            Request("PUT", "/v1/policy", params=params, content=content, content_type=kind)
        )

    def databases(self) -> list[str]:
        names: list[str] = self._transport.send(Request("GET", "/v1/databases"))["databases"]
        return names

    def create_database(
        self,
        name: str,
        *,
        shards: int = 1,
        shard_by: str | None = None,
        key: str | None = None,
        regions: Mapping[str, str] | None = None,
        durability: str = "local",
        region: str | None = None,
    ) -> HttpDatabase:
        database = self.database(name)
        wanted = {"shards": shards, "shard_by": shard_by, "key": key, "regions": dict(regions or {}) or None}
        content = dump(wanted | {"durability": durability, "region": region})
        self._transport.send(Request("PUT", f"/v1/{name}", content=content))
        return database

    def object(self, kind: type, name: str | None = None) -> HttpStub:
        return self.objects().stub(kind, name)

    def objects(self) -> HttpObjects:
        return HttpObjects(self._transport, self._new_ids)

    def top(self) -> dict[str, Any]:
        """Hosts, shards with their queues, and lags of what is served."""
        found: dict[str, Any] = self._transport.send(Request("GET", "/v1/top"))
        return found

    def close(self) -> None:
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.close()

    def _new_ids(self, count: int) -> list[str]:
        return uuid7s(count, now_us(self._clock), self._entropy)
