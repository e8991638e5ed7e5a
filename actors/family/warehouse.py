"""A named warehouse: lets queries in, as many at a time as it may, and counts what they use.

enter(ticket) --> admitted, or so many are ahead --> run on its compute --> leave(ticket, what it took)
none in it for a while --> suspended: its compute ends; the next query has it resumed
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ...core.clock import SECOND_US, now_us
from ...core.errors import NotFound
from ...core.objects import AlarmInfo
from ..objects.base import DurableObject
from .compute import WarehouseSettings
from .tickets import LEASE_S, Tickets

_USED = """CREATE TABLE IF NOT EXISTS used
    (queries INT, failed INT, seconds REAL, queued_seconds REAL, bytes INT, resumed INT)"""


class WarehouseDO(DurableObject):
    def start(self) -> None:
        self._tickets = Tickets(self.storage)
        self.storage.exec(_USED)
        self.storage.exec("INSERT INTO used SELECT 0, 0, 0, 0, 0, 0 WHERE NOT EXISTS (SELECT 1 FROM used)")

    def configure(self, settings: WarehouseSettings) -> None:
        """From the next query on."""
        self.storage.put("settings", asdict(settings))

    def enter(self, ticket: str) -> tuple[int, WarehouseSettings]:
        """How many are ahead of the ticket, 0 if it is admitted; called again, it renews the ticket.

        Raises `Overloaded` if too many wait, `NotFound` if the warehouse was never configured.
        """
        settings = self._settings()
        ahead, waited = self._tickets.enter(
            ticket,
            now_us(self.ctx.clock),
            at_once=settings.concurrency,
            queue=settings.queue,
            what=f"warehouse `{self.ctx.id.name}`",
        )
        if waited is not None:
            resumed = not self.storage.get("up", False)
            values = (waited / SECOND_US, int(resumed))
            self.storage.exec(
                "UPDATE used SET queued_seconds = queued_seconds + ?, resumed = resumed + ?", *values
            )
            self.storage.put("up", True)
            self.storage.delete_alarm("suspend")
        return ahead, settings

    def leave(self, ticket: str, seconds: float, scanned: int, failed: bool) -> None:
        """The query is over, or was given up while it waited."""
        if self._tickets.leave(ticket):
            values = (int(failed), seconds, scanned)
            self.storage.exec(
                "UPDATE used SET queries = queries + 1, failed = failed + ?, seconds = seconds + ?,"
                " bytes = bytes + ?",
                *values,
            )
        if self._empty():
            self.storage.set_alarm("suspend", self._settings().auto_suspend_s)

    def suspend(self) -> bool:
        """Ends its compute unless a query is in it; False if one is."""
        if not self._empty():
            return False
        self.ctx.lake.suspend_compute(self.ctx.id.name)
        self.storage.put("up", False)
        self.storage.delete_alarm("suspend")
        return True

    def facts(self) -> dict[str, Any]:
        """Settings, state, queries in it, and the usage counters since it was made."""
        counters = self.storage.exec("SELECT * FROM used").dicts()[0]
        running, waiting = self._tickets.counts(now_us(self.ctx.clock))
        state = "running" if self.storage.get("up", False) else "suspended"
        shown = {"name": self.ctx.id.name, "state": state, "running": running, "waiting": waiting}
        return {**shown, **asdict(self._settings()), **counters}

    def forget(self) -> None:
        """Ends it for good, its counters included."""
        self.ctx.lake.suspend_compute(self.ctx.id.name)
        self.storage.delete_all()
        self.start()

    def alarm(self, name: str, info: AlarmInfo) -> None:  # noqa: ARG002
        if not self.suspend():
            # Whoever holds a ticket leaves, or its lease runs out.
            self.storage.set_alarm("suspend", max(LEASE_S, self._settings().auto_suspend_s))

    def _empty(self) -> bool:
        return self._tickets.counts(now_us(self.ctx.clock)) == (0, 0)

    def _settings(self) -> WarehouseSettings:
        kept = self.storage.get("settings")
        if kept is None:
            raise NotFound(f"no warehouse `{self.ctx.id.name}`", hint="lake.warehouse(name) makes one")
        return WarehouseSettings(**kept)
