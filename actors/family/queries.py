"""A query that was asked, as its caller holds it: `db.query(sql)`, then progress, pages, the result."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import pyarrow as pa

from ...core.certificate import Certificate
from ...core.errors import Invalid, Unavailable
from ...core.results import Result

KEEP_S = 3_600.0


@dataclass(frozen=True, slots=True)
class QueryProgress:
    """`state`: running, done, failed, cancelled, lost (its host ended), unknown (dropped). `rows`: so far."""

    state: str
    rows: int
    seconds: float

    @property
    def over(self) -> bool:
        return self.state != "running"


class QueryHandle:
    """`id`: with it, `db.query_by_id(id)` finds the query again, also from elsewhere."""

    def __init__(self, id: str, stub: Any) -> None:
        self.id = id
        self._stub = stub
        self._ended: dict[str, Any] | None = None

    def begin(self, database: str, sql: str, params: Any, limits: Any, keep_s: float) -> None:
        """Asks it; see `Database.query`."""
        self._stub.begin(database, sql, params, limits, keep_s)

    def progress(self) -> QueryProgress:
        found = self._stub.progress()
        return QueryProgress(found["state"], found["rows"], found["seconds"])

    def cancel(self) -> bool:
        """False if it was over."""
        cancelled: bool = self._stub.cancel()
        return cancelled

    def wait(self, timeout: float | None = None) -> QueryProgress:
        """Returns when it is over. Raises `Unavailable` after `timeout` seconds; the query goes on."""
        began, pause = time.monotonic(), 0.002
        while not (found := self.progress()).over:
            if timeout is not None and time.monotonic() - began > timeout:
                raise Unavailable(
                    f"the query still runs after {timeout:g} s", hint="wait longer, or cancel()"
                )
            time.sleep(pause)
            pause = min(pause * 1.5, 0.25)
        return found

    def result(self, timeout: float | None = None) -> Result:
        """All rows, once there are all. Raises what the query raised; `NotFound` once they were dropped."""
        self.wait(timeout)
        ended = self._outcome()
        parts = [self._page(number) for number in range(len(ended["pages"]))]
        return Result(pa.concat_tables(parts) if parts else self._empty(), self.certificate())

    def page(self, number: int, size: int = 1_000) -> Result:
        """Rows `number * size` and on, at most `size`; `number` starts at 0. Waits until it is over."""
        if number < 0 or size < 1:
            raise Invalid(
                f"no page {number} of {size} rows", hint="pages start at 0, and have at least a row"
            )
        self.wait()
        ends = list(accumulate(rows for _, rows in self._outcome()["pages"]))
        first, behind = number * size, number * size + size
        parts = []
        for stored, end in enumerate(ends):
            begin = ends[stored - 1] if stored else 0
            if begin < behind and end > first:
                at = max(first - begin, 0)
                parts.append(self._page(stored).slice(at, behind - begin - at))
        return Result(pa.concat_tables(parts) if parts else self._empty(), self.certificate())

    def pages(self, size: int = 1_000) -> Iterator[Result]:
        rows = self.wait().rows
        for number in range(-(-rows // size)):
            yield self.page(number, size)

    def certificate(self) -> Certificate:
        """Raises `Unavailable` while it runs."""
        return Certificate.from_dict(self._outcome()["certificate"])

    def drop(self) -> None:
        """Cancels it, and has its rows go now instead of later."""
        self._stub.drop()
        self._ended = None

    def _outcome(self) -> dict[str, Any]:
        if self._ended is None:
            found = self._stub.outcome()
            if found["error"] is not None:
                raise found["error"]
            self._ended = found
        return self._ended

    def _page(self, number: int) -> pa.Table:
        return pa.ipc.open_stream(self._stub.read(number)).read_all()

    def _empty(self) -> pa.Table:
        return pa.ipc.read_schema(pa.py_buffer(self._outcome()["schema"])).empty_table()

    def __repr__(self) -> str:
        return f"QueryHandle({self.id})"
