"""A client's side of its compute actor: calls that are sent again where that is harmless, streams of rows."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from queue import SimpleQueue
from typing import Any

import pyarrow as pa
import ray
from ray.exceptions import RayError, RayTaskError

from ...core.access import OWNER, Caller
from ...core.clock import Clock
from ...core.errors import Unavailable
from ...core.ids import Entropy
from ...core.manifest import DataFile
from ...core.policy import TierPolicy
from ...core.protocols import Cancel
from ...core.results import Result
from .compute import ComputeActor
from .options import ClusterOptions, LakePlace
from .replies import proven_by

PAUSE_S = 0.1
_READING = ("select", "from", "values", "explain", "show", "describe", "table")
"""First words of statements that change nothing."""


class FarCompute:
    """Safe to use from many threads. Raises what the calls raise in the cluster, and `Unavailable`."""

    def __init__(self, actor: Any, options: ClusterOptions, entropy: Entropy) -> None:
        self._actor = actor
        self._options = options
        self._entropy = entropy
        self._left: SimpleQueue[tuple[str, Any] | None] = SimpleQueue()
        self._leaving = threading.Thread(target=self._end_streams, name="thermocline-streams", daemon=True)
        self._leaving.start()

    def lake(self, method: str, *args: Any, **kwargs: Any) -> Any:
        return self._ask(lambda: self._actor.lake.remote(method, args, kwargs))

    def database(
        self,
        name: str,
        method: str,
        *args: Any,
        caller: Caller = OWNER,
        cancel: Cancel | None = None,
        **kwargs: Any,
    ) -> Any:
        id = None if cancel is None else self._entropy(16).hex()
        with self._cancelled_by(cancel, id):
            found = self._ask(lambda: self._actor.database.remote(name, caller, method, args, kwargs, id))
        return proven_by(found, self._footer_rows)

    def tenancy(self, name: str, method: str) -> Any:
        return self._ask(lambda: self._actor.tenancy.remote(name, method))

    def create_database(self, name: str, settings: Mapping[str, Any]) -> None:
        self._ask(lambda: self._actor.create_database.remote(name, settings))

    def warehouse(self, name: str, settings: Mapping[str, Any]) -> None:
        self._ask(lambda: self._actor.warehouse.remote(name, settings))

    def open_agent(self, name: str, options: Mapping[str, Any]) -> None:
        self._ask(lambda: self._actor.open_agent.remote(name, options))

    def agent(self, name: str, options: Mapping[str, Any], method: str, *args: Any, again: bool) -> Any:
        found = self._ask(lambda: self._actor.agent.remote(name, options, method, args), again=again)
        return proven_by(found, self._footer_rows)

    def keep_class(self, ref: str, pickled: bytes) -> None:
        self._ask(lambda: self._actor.keep_class.remote(ref, pickled))

    def sql(
        self,
        database: str,
        sql: str,
        params: Any,
        limits: Mapping[str, Any],
        cancel: Cancel | None,
        caller: Caller = OWNER,
    ) -> Result:
        id = self._entropy(16).hex()

        with self._cancelled_by(cancel, id):
            rows, certificate, engine = self._ask(
                lambda: self._actor.sql.remote(id, database, caller, sql, params, limits),
                again=only_reads(sql),
            )
        if isinstance(rows, pa.Schema):
            rows = pa.RecordBatchReader.from_batches(rows, self._rows(id, cancel))
        return Result(rows, replace(certificate, footer_rows=self._footer_rows), engine=engine)

    def _footer_rows(self, file: DataFile) -> int:
        return int(self._ask(lambda: self._actor.footer_rows.remote(file)))

    def _rows(self, id: str, cancel: Cancel | None) -> Iterator[pa.RecordBatch]:
        """While a piece is looked at, the next one is on its way."""
        coming = None
        with self._cancelled_by(cancel, id):
            try:
                coming = self._actor.more.remote(id)
                while (piece := self._ask(partial(_as_it_is, coming), again=False)) is not None:
                    coming = self._actor.more.remote(id)
                    yield from piece.to_batches()
            finally:
                self._left.put((id, coming))

    def _end_streams(self) -> None:
        """Has a thread of its own: whoever lets go of a stream may be the garbage collector, in the very
        thread that brings Ray's replies, and to let go of a reply to come is to wait for it."""
        while (left := self._left.get()) is not None:
            self._actor.end.remote(left[0])
            del left  # and with it, here, the reply to come

    @contextmanager
    def _cancelled_by(self, cancel: Cancel | None, id: str | None) -> Iterator[None]:
        def stop() -> None:
            self._actor.cancel.remote(id)

        if cancel is None:
            yield
            return
        cancel.watch(stop)
        try:
            yield
        finally:
            cancel.unwatch(stop)

    def close(self) -> None:
        """What still runs for this client ends."""
        self._left.put(None)
        self._leaving.join()
        ray.kill(self._actor)

    def _ask(self, send: Callable[[], Any], *, again: bool = True) -> Any:
        """`again`: whether what may have been done before the actor died can be done once more."""
        deadline = time.monotonic() + self._options.call_s
        while True:
            try:
                well, value = ray.get(send())
            except RayTaskError:
                raise
            except (RayError, ConnectionError) as error:
                if not again or time.monotonic() > deadline:
                    raise Unavailable(
                        f"the compute actor did not answer: {error}",
                        hint="ask again; if it writes, look first whether it was done",
                    ) from error
                time.sleep(PAUSE_S)
                continue
            if well:
                return value
            raise value


def _as_it_is(ref: Any) -> Any:
    return ref


def only_reads(sql: str) -> bool:
    """
    >>> only_reads(" Select 1"), only_reads("with a as (select 1) insert into t from a")
    (True, False)
    """
    return sql.lstrip(" \t\n(").lower().startswith(_READING)


def start_compute(
    place: LakePlace, options: ClusterOptions, policy: TierPolicy, clock: Clock, entropy: Entropy
) -> FarCompute:
    """It takes a place where cores are; a head that has none to give hosts no queries."""
    kind: Any = ray.remote(ComputeActor)
    handle = kind.options(
        max_restarts=-1, max_task_retries=0, max_concurrency=options.threads, scheduling_strategy="SPREAD"
    ).remote(place, options, policy, clock)
    return FarCompute(handle, options, entropy)
