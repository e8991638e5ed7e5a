"""One query that outlives its caller: it runs in a thread of its host, its rows are kept for a while.

    begin --> a thread reads the rows --> pages in the object store --> done, an alarm drops them later
    progress, cancel: at any moment, beside everything else

A query whose host died is lost, and says so: it can be asked again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import pyarrow as pa

from ...core.errors import Error, Invalid, NotFound, Unavailable
from ...core.objects import AlarmInfo
from ...core.protocols import Cancel
from ..objects.base import DurableObject, concurrent

PAGE_ROWS = 10_000
PAGE_BYTES = 8 << 20

_STOP_S = 10.0


@dataclass
class Running:
    """A query under way in this process. `rows`: read so far. `began`: monotonic seconds."""

    cancel: Cancel = field(default_factory=Cancel)
    rows: int = 0
    began: float = field(default_factory=time.monotonic)
    thread: threading.Thread | None = None


_running: WeakKeyDictionary[Any, dict[str, Running]] = WeakKeyDictionary()
"""Lake -> name of the object -> its query: an object may leave memory while its query goes on."""


def stop_queries(lake: Any) -> None:
    """Cancels all queries under way in a lake that is being closed, and waits for their threads."""
    running = list(_running.get(lake, {}).values())
    for one in running:
        one.cancel()
    for one in running:
        if one.thread is not None:
            one.thread.join(_STOP_S)


class QueryDO(DurableObject):
    """Its name is chosen by chance: whoever has it may look, read and cancel."""

    def start(self) -> None:
        self._outcome: dict[str, Any] | None = self.storage.get("outcome")
        self._begun = self.storage.get("begun") is not None
        if self._begun and self._outcome is None and self._here is None:
            lost = Unavailable("the host of the query ended", hint="ask again")
            self._end({"state": "lost", "error": lost, "rows": 0, "seconds": 0.0, "pages": []})

    def begin(self, database: str, sql: str, params: Any, limits: Mapping[str, Any], keep_s: float) -> None:
        """`limits`: keyword arguments of `Database.sql`. Returns at once."""
        name = self._key
        if self._begun:
            raise Invalid(f"query {name} has begun already", hint="a query is asked once")
        self._begun = True
        self.storage.put({"begun": True, "keep_s": keep_s})
        running = Running()
        running.thread = threading.Thread(
            target=_run,
            args=(self.ctx.lake, name, running, database, sql, params, dict(limits)),
            name=f"thermocline-query-{name[:8]}",
            daemon=True,
        )
        _running.setdefault(self.ctx.lake, {})[name] = running
        running.thread.start()

    def done(self, outcome: dict[str, Any]) -> None:
        """Called by the thread. `outcome`: state, rows, seconds, pages, schema, certificate, error."""
        self._end(outcome)

    @concurrent
    def progress(self) -> dict[str, Any]:
        """state: running, done, failed, cancelled, lost or unknown; rows so far; seconds; error, if any."""
        running, outcome = self._here, self._outcome
        if outcome is not None:
            return {key: outcome.get(key) for key in ("state", "rows", "seconds", "error")}
        if running is None:
            state = "running" if self._begun else "unknown"
            return {"state": state, "rows": 0, "seconds": 0.0, "error": None}
        seconds = time.monotonic() - running.began
        return {"state": "running", "rows": running.rows, "seconds": seconds, "error": None}

    @concurrent
    def cancel(self) -> bool:
        """False if it was over."""
        running = self._here
        if running is None or self._outcome is not None:
            return False
        running.cancel()
        return True

    def outcome(self) -> dict[str, Any]:
        """What `done` was told. Raises `Unavailable` while it runs, `NotFound` once it is dropped."""
        if not self._begun:
            raise NotFound(f"no query {self._key}, or no longer", hint="ask again")
        if self._outcome is None:
            raise Unavailable("the query is still running", hint="ask for its progress")
        return self._outcome

    def read(self, page: int) -> bytes:
        """One stored page as an Arrow stream."""
        data: bytes = self.ctx.lake.store.get(self.outcome()["pages"][page][0])
        return data

    def drop(self) -> None:
        """Its pages and itself go; it is cancelled before if need be."""
        self.cancel()
        if self._outcome is not None:
            self.ctx.lake.store.delete([key for key, _ in self._outcome["pages"]])
        self.storage.delete_all()
        self._outcome, self._begun = None, False

    def alarm(self, name: str, info: AlarmInfo) -> None:  # noqa: ARG002
        self.drop()

    def _end(self, outcome: dict[str, Any]) -> None:
        self.storage.put("outcome", outcome)
        self.storage.set_alarm("drop", self.storage.get("keep_s", 0.0))
        self._outcome = outcome

    @property
    def _key(self) -> str:
        return str(self.ctx.id.name)

    @property
    def _here(self) -> Running | None:
        return _running.get(self.ctx.lake, {}).get(self._key)


def _run(
    lake: Any, name: str, running: Running, database: str, sql: str, params: Any, limits: dict[str, Any]
) -> None:
    outcome: dict[str, Any] = {"state": "done", "pages": [], "error": None}
    try:
        result = lake.database(database).sql(sql, params, stream=True, cancel=running.cancel, **limits)
        outcome["schema"] = result.schema.serialize().to_pybytes()
        for page in _pages(result.batches()):
            key = f"results/{name}/{len(outcome['pages']):06d}.arrow"
            lake.store.put(key, stream_bytes(page))
            outcome["pages"].append((key, page.num_rows))
            running.rows += page.num_rows
        outcome["certificate"] = result.certificate.to_dict()
    except Error as error:
        outcome |= {"state": "cancelled" if running.cancel.cancelled else "failed", "error": error}
    except Exception as error:  # noqa: BLE001 - the thread has no caller who would hear of it
        outcome |= {
            "state": "failed",
            "error": Unavailable(f"{type(error).__name__}: {error}", hint="ask again"),
        }
    outcome |= {"rows": running.rows, "seconds": time.monotonic() - running.began}
    try:
        lake.object(QueryDO, name).done(outcome)
    except Error:
        pass  # the lake is being closed: the query is lost, and says so when it is opened again
    finally:
        _running.get(lake, {}).pop(name, None)


def _pages(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    """The same rows in tables of about `PAGE_ROWS` rows or `PAGE_BYTES` bytes."""
    held: list[pa.RecordBatch] = []
    for batch in batches:
        for start in range(0, batch.num_rows, PAGE_ROWS):
            held.append(batch.slice(start, PAGE_ROWS))
            if sum(b.num_rows for b in held) >= PAGE_ROWS or sum(b.nbytes for b in held) >= PAGE_BYTES:
                yield pa.Table.from_batches(held)
                held = []
    if held:
        yield pa.Table.from_batches(held)


def stream_bytes(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    data: bytes = sink.getvalue().to_pybytes()
    return data
