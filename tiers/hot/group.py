"""Group commit: whoever is queued shares the commit, and nobody waits for company.

    caller --> queue --> nobody leads? lead: commit all that is queued --> results
                         else sleep until the result is there, or until it is this one's turn to lead

A thread that leads commits itself, so a single append pays no hand-over. For asyncio callers one helper
thread leads.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Operation = TypeVar("Operation")
Outcome = TypeVar("Outcome")

MOST_OPERATIONS = 1_024
"""In one commit: enough to spread an fsync thin, few enough to keep the first one's wait short."""


class Ticket(Generic[Operation, Outcome]):
    """One queued operation and, later, what came of it."""

    __slots__ = ("_loop", "_waiter", "_woken", "done", "error", "operation", "outcome")

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        self.outcome: Outcome | None = None
        self.error: Exception | None = None
        self.done = False
        self._woken: threading.Lock | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._waiter: asyncio.Future[Outcome] | None = None

    def sleep(self) -> None:
        """Until `wake`: a bare lock, as an event was measured three times dearer."""
        assert self._woken is not None
        self._woken.acquire()

    def will_sleep(self) -> None:
        self._woken = threading.Lock()
        self._woken.acquire()

    @property
    def waits(self) -> bool:
        """Somebody waits for it and can be told to lead."""
        return self._woken is not None or self._waiter is not None

    def wake(self) -> None:
        if self._woken is not None:
            self._woken.release()

    def attach(self, loop: asyncio.AbstractEventLoop) -> asyncio.Future[Outcome]:
        self._loop, self._waiter = loop, loop.create_future()
        return self._waiter

    def result(self) -> Outcome:
        if self.error is not None:
            raise self.error
        return self.outcome  # type: ignore[return-value]  # set together with `done`


class GroupCommit(Generic[Operation, Outcome]):
    """`commit` takes operations in order and gives one outcome or error for each, all of them durable."""

    def __init__(
        self, commit: Callable[[Sequence[Operation]], Sequence[Outcome | Exception]], lock: threading.RLock
    ) -> None:
        self._commit = commit
        self._lock = lock
        self._queue: deque[Ticket[Operation, Outcome]] = deque()
        self._led = False
        self._turn = threading.Lock()
        self._arrived = threading.Semaphore(0)
        self._helper: threading.Thread | None = None
        self._closed = False

    def run(self, operation: Operation) -> Outcome:
        """Blocks until the operation is durable; raises its error."""
        return self.wait(self.put(operation))

    def put(self, operation: Operation) -> Ticket[Operation, Outcome]:
        """Takes its place in the order; whoever puts must also `wait`, or nobody may commit it."""
        ticket: Ticket[Operation, Outcome] = Ticket(operation)
        self._queue.append(ticket)
        return ticket

    def wait(self, ticket: Ticket[Operation, Outcome]) -> Outcome:
        """Blocks until what was put is durable; raises its error. Only once for each ticket."""
        with self._turn:
            lead = not ticket.done and not self._led
            if lead:
                self._led = True
            elif not ticket.done:
                ticket.will_sleep()
        # The leader sets `done` before it looks for a sleeper: one of the two sees the other.
        if not lead and not ticket.done:
            ticket.sleep()
        if not ticket.done:
            self._lead()
        return ticket.result()

    def run_async(self, operation: Operation) -> asyncio.Future[Outcome]:
        """The same for a running event loop."""
        ticket: Ticket[Operation, Outcome] = Ticket(operation)
        waiter = ticket.attach(asyncio.get_running_loop())
        with self._turn:
            self._queue.append(ticket)
            lead = not self._led
            self._led = True
        if lead:
            self._ask_helper()
        return waiter

    @property
    def waiting(self) -> int:
        """Operations that are queued."""
        return len(self._queue)

    def close(self) -> None:
        self._closed = True
        if self._helper is not None:
            self._arrived.release()
            self._helper.join()
            self._helper = None

    def _ask_helper(self) -> None:
        if self._helper is None:
            self._helper = threading.Thread(target=self._help, name="thermocline-commit", daemon=True)
            self._helper.start()
        self._arrived.release()

    def _help(self) -> None:
        while True:
            self._arrived.acquire()
            if self._closed:
                return
            self._lead()

    def _lead(self) -> None:
        """Commits what is queued, then hands the lead to the first that came meanwhile."""
        with self._lock:
            self._commit_queued()
        with self._turn:
            # One that was put and is not waited for yet will lead when it is.
            following = next((ticket for ticket in list(self._queue) if ticket.waits), None)
            self._led = following is not None
        if following is None:
            return
        if following._waiter is not None:
            self._ask_helper()
        else:
            following.wake()

    def _commit_queued(self) -> None:
        tickets: list[Ticket[Operation, Outcome]] = []
        while self._queue and len(tickets) < MOST_OPERATIONS:
            tickets.append(self._queue.popleft())
        try:
            outcomes = self._commit([ticket.operation for ticket in tickets])
        except Exception as error:  # noqa: BLE001 - what fails for all is told to all
            outcomes = [error] * len(tickets)
        for ticket, outcome in zip(tickets, outcomes, strict=True):
            if isinstance(outcome, Exception):
                ticket.error = outcome
            else:
                ticket.outcome = outcome
            ticket.done = True
        _wake(tickets)


def _wake(tickets: Sequence[Ticket[Operation, Outcome]]) -> None:
    """One call into each event loop for all of its waiters: a call for each was measured slower."""
    by_loop: dict[asyncio.AbstractEventLoop, list[Ticket[Operation, Outcome]]] = {}
    for ticket in tickets:
        if ticket._loop is not None:
            by_loop.setdefault(ticket._loop, []).append(ticket)
        else:
            ticket.wake()
    for loop, waiting in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(_settle, waiting)


def _settle(tickets: Sequence[Ticket[Operation, Outcome]]) -> None:
    for ticket in tickets:
        waiter = ticket._waiter
        if waiter is None or waiter.done():
            continue
        if ticket.error is not None:
            waiter.set_exception(ticket.error)
        else:
            waiter.set_result(ticket.outcome)  # type: ignore[arg-type]  # set together with `done`
