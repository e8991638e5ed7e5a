"""Warehouses as callers see them: a handle, and the way of a query through one."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ...core.certificate import Certificate
from ...core.errors import Unavailable
from ...core.results import Result
from .compute import Compute, WarehouseSettings
from .tickets import renewing, wait_to_enter

if TYPE_CHECKING:
    from ..database import LakeDatabase


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
    given: list[WarehouseSettings] = []

    def enter() -> int:
        ahead, settings = stub.enter(ticket)
        given[:] = [settings]
        return int(ahead)

    def check(ahead: int) -> None:
        if (problem := _given_up(limits, began, ahead)) is not None:
            stub.leave(ticket, 0.0, 0, True)
            raise problem

    wait_to_enter(enter, check)
    if limits["timeout"] is not None:
        limits = {**limits, "timeout": max(limits["timeout"] - (time.monotonic() - began), 0.001)}
    started, scanned, failed = time.monotonic(), 0, True
    try:
        with renewing(enter):
            result = compute(given[0]).run(database, sql, params, limits)
        scanned, failed = scanned_bytes(result.certificate), False
        return result
    finally:
        stub.leave(ticket, time.monotonic() - started, scanned, failed)


def scanned_bytes(certificate: Certificate) -> int:
    """Of the files that were read."""
    return sum(
        tier.bytes or 0
        for shards in certificate.tables.values()
        for part in shards.values()
        for tier in part.tiers
    )


def _given_up(limits: Mapping[str, Any], began: float, ahead: int) -> Unavailable | None:
    cancel, timeout = limits["cancel"], limits["timeout"]
    if cancel is not None and cancel.cancelled:
        return Unavailable("cancelled", hint="the query was cancelled by its caller")
    if timeout is not None and time.monotonic() - began > timeout:
        hint = "give a longer timeout, or try later"
        return Unavailable(f"{ahead} queries were ahead after {timeout:g} s", hint=hint)
    return None
