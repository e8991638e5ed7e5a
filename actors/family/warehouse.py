"""A named warehouse: lets queries in, as many at a time as it may, and counts what they use.

    enter(ticket) --> admitted, or so many are ahead --> run on its compute --> leave(ticket, what it took)
    none in it for a while --> suspended: its compute ends; the next query has it resumed

Tickets are rows, first come first served. One that is not renewed belongs to a caller that is gone.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from ...core.clock import SECOND_US, iso, now_us
from ...core.errors import NotFound, Overloaded
from ...core.objects import AlarmInfo
from ..objects.base import DurableObject
from .compute import WarehouseSettings

LEASE_S = 30.0
"""How long a ticket holds unless it is renewed."""

_SCHEMA = (
    """CREATE TABLE IF NOT EXISTS tickets
       (number INTEGER PRIMARY KEY, ticket TEXT UNIQUE, running INT, since_us INT, until_us INT)""",
    """CREATE TABLE IF NOT EXISTS used
       (queries INT, failed INT, seconds REAL, queued_seconds REAL, bytes INT, resumed INT)""",
)


class WarehouseDO(DurableObject):
    def start(self) -> None:
        for statement in _SCHEMA:
            self.storage.exec(statement)
        self.storage.exec("INSERT INTO used SELECT 0, 0, 0, 0, 0, 0 WHERE NOT EXISTS (SELECT 1 FROM used)")

    def configure(self, settings: WarehouseSettings) -> None:
        """From the next query on."""
        self.storage.put("settings", asdict(settings))

    def enter(self, ticket: str) -> tuple[int, WarehouseSettings]:
        """How many are ahead of the ticket, 0 if it is admitted; called again, it renews the ticket.

        Raises `Overloaded` if too many wait, `NotFound` if the warehouse was never configured.
        """
        settings, now = self._settings(), now_us(self.ctx.clock)
        self.storage.exec("DELETE FROM tickets WHERE until_us < ?", now)
        until = now + int(LEASE_S * SECOND_US)
        known = self.storage.exec("SELECT running, until_us FROM tickets WHERE ticket = ?", ticket).all()
        running, ahead = self._counts(ticket)
        admitted = bool(known and known[0][0]) or running + ahead < settings.concurrency
        if not known:
            if not admitted and ahead >= settings.queue:
                raise Overloaded(
                    f"{ahead} queries wait for warehouse `{self.ctx.id.name}`",
                    hint="try again later, or give it more concurrency",
                )
            self.storage.exec(
                "INSERT INTO tickets (ticket, running, since_us, until_us) VALUES (?, ?, ?, ?)",
                ticket, admitted, now, until,
            )  # fmt: skip
        elif (admitted and not known[0][0]) or known[0][1] - now < LEASE_S * SECOND_US / 2:
            self.storage.exec(
                "UPDATE tickets SET running = ?, until_us = ? WHERE ticket = ?", admitted, until, ticket
            )
        if admitted and (not known or not known[0][0]):
            self._admitted(ticket, now)
        return (0 if admitted else ahead + running - settings.concurrency + 1), settings

    def leave(self, ticket: str, seconds: float, scanned: int, failed: bool) -> None:
        """The query is over, or was given up while it waited."""
        rows = self.storage.exec("DELETE FROM tickets WHERE ticket = ? RETURNING running", ticket).all()
        if rows == [(1,)]:
            self.storage.exec(
                "UPDATE used SET queries = queries + 1, failed = failed + ?, seconds = seconds + ?,"
                " bytes = bytes + ?",
                int(failed), seconds, scanned,
            )  # fmt: skip
        if not self.storage.exec("SELECT count(*) FROM tickets").one()[0]:
            self.storage.set_alarm("suspend", self._settings().auto_suspend_s)

    def suspend(self) -> bool:
        """Ends its compute unless a query is in it; False if one is."""
        now = now_us(self.ctx.clock)
        self.storage.exec("DELETE FROM tickets WHERE until_us < ?", now)
        if self.storage.exec("SELECT count(*) FROM tickets").one()[0]:
            return False
        self.ctx.lake.suspend_compute(self.ctx.id.name)
        self.storage.put("up", False)
        self.storage.delete_alarm("suspend")
        return True

    def facts(self) -> dict[str, Any]:
        """Settings, state, queries in it, and the usage counters since it was made."""
        counters = self.storage.exec("SELECT * FROM used").dicts()[0]
        (running, waiting) = self.storage.exec(
            "SELECT count(*) FILTER (WHERE running), count(*) FILTER (WHERE NOT running) FROM tickets"
        ).one()
        state = "running" if self.storage.get("up", False) else "suspended"
        shown = {"name": self.ctx.id.name, "state": state, "running": running, "waiting": waiting}
        return {**shown, **asdict(self._settings()), **counters}

    def forget(self) -> None:
        """Ends it for good, its counters included."""
        self.ctx.lake.suspend_compute(self.ctx.id.name)
        self.storage.delete_all()

    def alarm(self, name: str, info: AlarmInfo) -> None:  # noqa: ARG002
        if not self.suspend():
            # Whoever holds a ticket leaves, or its lease runs out.
            self.storage.set_alarm("suspend", max(LEASE_S, self._settings().auto_suspend_s))

    def _admitted(self, ticket: str, now: int) -> None:
        since = self.storage.exec("SELECT since_us FROM tickets WHERE ticket = ?", ticket).one()[0]
        resumed = not self.storage.get("up", False)
        self.storage.exec(
            "UPDATE used SET queued_seconds = queued_seconds + ?, resumed = resumed + ?",
            (now - since) / SECOND_US, int(resumed),
        )  # fmt: skip
        if resumed:
            self.storage.put({"up": True, "resumed_at": iso(now)})
        self.storage.delete_alarm("suspend")

    def _counts(self, ticket: str) -> tuple[int, int]:
        """(queries running, queries that wait and came before this one)."""
        running = self.storage.exec("SELECT count(*) FROM tickets WHERE running").one()[0]
        ahead = self.storage.exec(
            "SELECT count(*) FROM tickets WHERE NOT running AND number <"
            " coalesce((SELECT number FROM tickets WHERE ticket = ?), 9223372036854775807)",
            ticket,
        ).one()[0]
        return running, ahead

    def _settings(self) -> WarehouseSettings:
        kept = self.storage.get("settings")
        if kept is None:
            raise NotFound(f"no warehouse `{self.ctx.id.name}`", hint="lake.warehouse(name) makes one")
        return WarehouseSettings(**kept)
