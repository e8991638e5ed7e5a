"""Queries in the cluster for clients that are not in it: a lake inside, whose answers go back as Arrow.

client (ray://) --> ComputeActor: routing, snapshots, DuckDB --> a table, or pieces of a stream

Each client has one of its own, which ends with the client's connection, whatever was still running there.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pyarrow as pa

from ...core.access import Caller
from ...core.clock import Clock
from ...core.errors import Unavailable
from ...core.manifest import DataFile
from ...core.policy import TierPolicy
from ...core.protocols import Cancel
from ...core.results import Result
from .lake import inside_lake
from .options import ClusterOptions, LakePlace
from .replies import Reply, proven_by, reply

PIECE_BYTES = 4 << 20
"""Rows of a stream cross in pieces of about this size."""


class ComputeActor:
    """Every method is given its arguments as values that pickle, and replies with such."""

    def __init__(self, place: LakePlace, options: ClusterOptions, policy: TierPolicy, clock: Clock) -> None:
        if options.prepare is not None:
            options.prepare()
        self._lake = inside_lake(place, options, policy, clock, None)
        self._lock = threading.Lock()
        self._cancels: dict[str, Cancel] = {}
        self._streams: dict[str, Iterator[pa.Table]] = {}

    def lake(self, method: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Reply:
        return reply(lambda: getattr(self._lake, method)(*args, **kwargs))

    def database(
        self,
        name: str,
        caller: Caller,
        method: str,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        id: str | None,
    ) -> Reply:
        """`id`: of a call that can be cancelled, for `cancel`."""
        return reply(lambda: self._database(name, caller, method, args, kwargs, id))

    def _database(
        self,
        name: str,
        caller: Caller,
        method: str,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        id: str | None,
    ) -> Any:
        call = getattr(self._lake.database(name).as_caller(caller), method)
        if id is None:
            return proven_by(call(*args, **kwargs), None)
        try:
            return proven_by(call(*args, **kwargs, cancel=self._cancel_of(id)), None)
        finally:
            self.end(id)

    def open_agent(self, name: str, options: Mapping[str, Any]) -> Reply:
        return reply(lambda: self._lake.agent(name, **options).name)

    def agent(self, name: str, options: Mapping[str, Any], method: str, args: tuple[Any, ...]) -> Reply:
        """`options`: as whom the agent asks; what it was granted is not granted again."""
        return reply(lambda: proven_by(getattr(self._lake.agent(name, **options).calls, method)(*args), None))

    def tenancy(self, name: str, method: str) -> Reply:
        """Whether a database exists, its shard map."""
        return reply(getattr(self._lake.database(name).shards.tenancy, method))

    def create_database(self, name: str, kwargs: Mapping[str, Any]) -> Reply:
        return reply(lambda: self._lake.create_database(name, **kwargs).shard_map())

    def warehouse(self, name: str, settings: Mapping[str, Any]) -> Reply:
        return reply(lambda: self._lake.warehouse(name, **settings).name)

    def keep_class(self, ref: str, data: bytes) -> Reply:
        return reply(lambda: self._lake.dispatch.classes.keep_class(ref, data))

    # -- queries ----------------------------------------------------------------------------------

    def sql(
        self, id: str, name: str, caller: Caller, sql: str, params: Any, limits: Mapping[str, Any]
    ) -> Reply:
        """(all rows or a stream's schema, certificate, engine). `id`: for `cancel`, `more` and `end`."""
        return reply(lambda: self._sql(id, name, caller, sql, params, limits))

    def _sql(
        self, id: str, name: str, caller: Caller, sql: str, params: Any, limits: Mapping[str, Any]
    ) -> tuple[Any, ...]:
        cancel = self._cancel_of(id)
        try:
            database = self._lake.database(name).as_caller(caller)
            result = database.sql(sql, params, cancel=cancel, **limits)
            if limits.get("stream"):
                with self._lock:
                    self._streams[id] = _pieces(result)
            rows = result.schema if limits.get("stream") else result.arrow()
            return rows, replace(result.certificate, footer_rows=None), result.engine
        finally:
            if id not in self._streams:
                self.end(id)

    def more(self, id: str) -> Reply:
        """The next rows of a stream as a table; `None` at its end."""
        return reply(lambda: self._more(id))

    def _more(self, id: str) -> pa.Table | None:
        with self._lock:
            stream = self._streams.get(id)
        if stream is None:
            raise Unavailable("the stream has ended with its process", hint="ask again")
        piece = next(stream, None)
        if piece is None:
            self.end(id)
        return piece

    def footer_rows(self, file: DataFile) -> Reply:
        """What the footer of a file says: a client without the object store verifies a certificate by it."""
        return reply(lambda: self._lake.files.footer_rows(file))

    def cancel(self, id: str) -> None:
        self._cancel_of(id)()

    def _cancel_of(self, id: str) -> Cancel:
        with self._lock:
            return self._cancels.setdefault(id, Cancel())

    def end(self, id: str) -> None:
        """The client wants no more of it."""
        with self._lock:
            self._cancels.pop(id, None)
            self._streams.pop(id, None)


def _pieces(result: Result) -> Iterator[pa.Table]:
    held: list[pa.RecordBatch] = []
    for batch in result.batches():
        held.append(batch)
        if sum(b.nbytes for b in held) >= PIECE_BYTES:
            yield pa.Table.from_batches(held)
            held = []
    if held:
        yield pa.Table.from_batches(held)
