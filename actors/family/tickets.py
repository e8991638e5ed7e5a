"""Who may go ahead, first come first served: tickets as rows of an object, and the wait for one's own.

A ticket that is not renewed belongs to a caller that is gone. Turns only enter and leave: what is done with a
ticket in hand may take as long as it likes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from ...core.clock import SECOND_US
from ...core.errors import Error, Overloaded

if TYPE_CHECKING:
    from ..objects.storage import Storage

LEASE_S = 30.0
"""How long a ticket holds unless it is renewed."""

_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.002, 0.2
_TABLE = """CREATE TABLE IF NOT EXISTS tickets
    (number INTEGER PRIMARY KEY, ticket TEXT UNIQUE, running INT, since_us INT, until_us INT)"""


class Tickets:
    """Those of one object, within its turns."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        storage.exec(_TABLE)

    def enter(self, ticket: str, now: int, *, at_once: int, queue: int, what: str) -> tuple[int, int | None]:
        """(tickets ahead, 0 if this one is admitted; microseconds it waited, if it is admitted only now).

        Renews it if it was known. Raises `Overloaded` if `queue` tickets wait already.
        """
        storage = self._storage
        storage.exec("DELETE FROM tickets WHERE until_us < ?", now)
        until = now + int(LEASE_S * SECOND_US)
        known = storage.exec(
            "SELECT running, until_us, since_us, number FROM tickets WHERE ticket = ?", ticket
        ).all()
        was_running, held_until, since, number = known[0] if known else (0, 0, now, (1 << 63) - 1)
        running = storage.exec("SELECT count(*) FROM tickets WHERE running").one()[0]
        ahead = storage.exec("SELECT count(*) FROM tickets WHERE NOT running AND number < ?", number).one()[0]
        admitted = bool(was_running) or running + ahead < at_once
        if not known:
            if not admitted and ahead >= queue:
                raise Overloaded(f"{ahead} wait for {what} already", hint="try again later")
            storage.exec(
                "INSERT INTO tickets (ticket, running, since_us, until_us) VALUES (?, ?, ?, ?)",
                *(ticket, admitted, now, until),
            )
        elif admitted != bool(was_running) or held_until - now < LEASE_S * SECOND_US / 2:
            values = (admitted, until, ticket)
            storage.exec("UPDATE tickets SET running = ?, until_us = ? WHERE ticket = ?", *values)
        waited = now - since if admitted and not was_running else None
        return (0 if admitted else running + ahead - at_once + 1), waited

    def leave(self, ticket: str) -> bool:
        """Whether it had been admitted."""
        return self._storage.exec("DELETE FROM tickets WHERE ticket = ? RETURNING running", ticket).all() == [
            (1,)
        ]

    def counts(self, now: int) -> tuple[int, int]:
        """(admitted, waiting)."""
        running, waiting = self._storage.exec(
            "SELECT count(*) FILTER (WHERE running), count(*) FILTER (WHERE NOT running) FROM tickets"
            " WHERE until_us >= ?",
            now,
        ).one()
        return running, waiting


def wait_to_enter(enter: Callable[[], int], check: Callable[[int], None]) -> None:
    """Calls `enter` until nobody is ahead. `check` is told how many are, and raises to give up."""
    pause = _FIRST_WAIT_S
    while ahead := enter():
        check(ahead)
        time.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_WAIT_S)


@contextmanager
def renewing(enter: Callable[[], Any]) -> Iterator[None]:
    """Renews a ticket in hand now and then."""
    over = threading.Event()

    def renew() -> None:
        while not over.wait(LEASE_S / 3):
            with suppress(Error):  # the next one may get through
                enter()

    timer = threading.Timer(LEASE_S / 3, renew)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        over.set()
        timer.cancel()
