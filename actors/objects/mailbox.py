"""Whose turn it is: one message at a time, first come first served, and each stub's in its own order.

A message with a number waits until the ones before it from the same stub have had their turn, as transports
may overtake; after a moment it no longer does, as a message may also be lost.
"""

from __future__ import annotations

import threading
from collections import deque

from ...core.errors import Overloaded, Unavailable
from ...core.objects import ObjectCall, ObjectPolicy

_MOST_STUBS = 64
"""Whose numbers are remembered, per object."""


class _Waiter:
    __slots__ = ("forced", "lock", "number", "stub", "turn")

    def __init__(self, stub: str, number: int) -> None:
        self.stub = stub
        self.number = number
        self.forced = False
        self.turn = False
        self.lock = threading.Lock()
        self.lock.acquire()


class Mailbox:
    __slots__ = ("_busy", "_lock", "_next", "_waiting")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._busy = False
        self._waiting: deque[_Waiter] = deque()
        self._next: dict[str, int] = {}

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def enter(self, message: ObjectCall, policy: ObjectPolicy) -> None:
        """Returns when it is the message's turn; `leave` ends it.

        Raises `Overloaded` if too many wait already, `Unavailable` if it takes too long.
        """
        with self._lock:
            waiter = _Waiter(message.stub, message.number) if self._must_wait(message) else None
            if waiter is None:
                self._grant(message.stub, message.number)
                return
            if len(self._waiting) >= policy.mailbox:
                raise Overloaded(
                    f"{len(self._waiting)} calls wait for {message.id}",
                    hint="call again later, or less often",
                )
            self._waiting.append(waiter)
            early = not self._in_order(waiter)
        if early and not waiter.lock.acquire(timeout=policy.order_wait_s):
            with self._lock:
                waiter.forced = True
                self._pass_on()
            early = False
        if waiter.turn:
            return
        if not waiter.lock.acquire(timeout=policy.wait_s):
            with self._lock:
                if waiter.turn:
                    return
                self._waiting.remove(waiter)
            raise Unavailable(
                f"{message.id} was busy for {policy.wait_s:g} s", hint="call again; shorten its methods"
            )

    def try_enter(self) -> bool:
        """Takes a turn if nobody has it or waits for it."""
        with self._lock:
            if self._busy or self._waiting:
                return False
            self._busy = True
            return True

    def leave(self) -> None:
        with self._lock:
            self._busy = False
            self._pass_on()

    def _must_wait(self, message: ObjectCall) -> bool:
        # While nobody is busy, all that wait are early.
        return self._busy or (message.stub != "" and message.number > self._expected(message.stub, message))

    def _expected(self, stub: str, message: ObjectCall | _Waiter) -> int:
        return self._next.get(stub, message.number)

    def _in_order(self, waiter: _Waiter) -> bool:
        return waiter.forced or not waiter.stub or waiter.number <= self._expected(waiter.stub, waiter)

    def _pass_on(self) -> None:
        if self._busy:
            return
        for waiter in self._waiting:
            if self._in_order(waiter):
                self._waiting.remove(waiter)
                self._grant(waiter.stub, waiter.number)
                waiter.turn = True
                waiter.lock.release()
                return

    def _grant(self, stub: str, number: int) -> None:
        self._busy = True
        if stub:
            self._next[stub] = max(self._next.pop(stub, 0), number + 1)
            if len(self._next) > _MOST_STUBS:
                del self._next[next(iter(self._next))]
