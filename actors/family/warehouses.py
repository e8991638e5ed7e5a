"""Warehouses as callers see them: a handle, and the way of a query through one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...core.certificate import Certificate
from ...core.errors import Error, Unavailable
from ...core.results import Result
from .compute import Compute, WarehouseSettings
from .warehouse import LEASE_S

if TYPE_CHECKING:
    from ..database import LakeDatabase

_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.005, 0.2


class Warehouse:
    """`lake.warehouse("big")`. Nothing of it is up before its first query."""

    def __init__(self, name: str, stub: Any) -> None:
        self.name = name
        self._stub = stub

    def facts(self) -> dict[str, Any]:
        """Settings, state, queries running and waiting, and the counters: queries, failed, seconds,
        queued_seconds, bytes (read from files), resumed."""
        found: dict[str, Any] = self._stub.facts()
        return found

    def suspend(self) -> bool:
        """Ends its compute now; False if a query is in it. The next query resumes it."""
        suspended: bool = self._stub.suspend()
        return suspended

    def __repr__(self) -> str:
        return f"Warehouse({self.name!r})"


def run_in(
    stub: Any,
    ticket: str,
    compute: Callable[[WarehouseSettings], Compute],
    database: LakeDatabase,
    sql: str,
    params: Sequence[Any] | Mapping[str, Any] | None,
    limits: Mapping[str, Any],
) -> Result:
    """Waits for a place, runs, and gives the place back. `limits`: keyword arguments of `Router.sql`.

    Raises `Overloaded` if too many wait; `Unavailable` if it is cancelled or its time runs out in the queue.
    """
    began = time.monotonic()
    settings = _admitted(stub, ticket, limits, began)
    if limits["timeout"] is not None:
        limits = {**limits, "timeout": max(limits["timeout"] - (time.monotonic() - began), 0.001)}
    started, scanned, failed = time.monotonic(), 0, True
    renewal = _Renewal(stub, ticket)
    try:
        result = compute(settings).run(database, sql, params, limits)
        scanned, failed = scanned_bytes(result.certificate), False
        return result
    finally:
        renewal.end()
        stub.leave(ticket, time.monotonic() - started, scanned, failed)


def scanned_bytes(certificate: Certificate) -> int:
    """Of the files that were read."""
    return sum(
        tier.bytes
        for shards in certificate.tables.values()
        for part in shards.values()
        for tier in part.tiers
    )


def _admitted(stub: Any, ticket: str, limits: Mapping[str, Any], began: float) -> WarehouseSettings:
    wait = _FIRST_WAIT_S
    settings: WarehouseSettings
    ahead, settings = stub.enter(ticket)
    while ahead:
        cancel, timeout = limits["cancel"], limits["timeout"]
        problem = None
        if cancel is not None and cancel.cancelled:
            problem = Unavailable("cancelled", hint="the query was cancelled by its caller")
        elif timeout is not None and time.monotonic() - began > timeout:
            problem = Unavailable(
                f"{ahead} queries were ahead after {timeout:g} s", hint="give a longer timeout, or try later"
            )
        if problem is not None:
            stub.leave(ticket, 0.0, 0, True)
            raise problem
        time.sleep(wait)
        wait = min(wait * 1.5, _LONGEST_WAIT_S)
        ahead, settings = stub.enter(ticket)
    return settings


class _Renewal:
    """Renews a ticket while its query runs; a thread only for one that runs long."""

    def __init__(self, stub: Any, ticket: str) -> None:
        self._stub = stub
        self._ticket = ticket
        self._timer = self._next()

    def end(self) -> None:
        self._timer.cancel()

    def _next(self) -> threading.Timer:
        timer = threading.Timer(LEASE_S / 3, self._renew)
        timer.daemon = True
        timer.start()
        return timer

    def _renew(self) -> None:
        try:
            self._stub.enter(self._ticket)
        except Error:
            pass  # the next one may get through
        self._timer = self._next()
