"""One turn: what it did becomes one commit, or nothing. And which turn this thread runs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Self

from ...core.errors import Invalid
from ...core.objects import Dispatch, ObjectCall, ObjectId
from ...tiers.objects.shard import CommitTicket, Loaded, ObjectShard

if TYPE_CHECKING:
    from .storage import Storage


@dataclass(slots=True)
class CurrentTurn:
    """`before_output`: makes durable what the turn did so far. `chain`: with this object itself, innermost
    last."""

    id: ObjectId
    chain: tuple[bytes, ...]
    operation: str | None
    dispatch: Dispatch
    before_output: Callable[[], None]
    outgoing: int = 0

    def next_operation(self) -> str | None:
        """A name for the turn's next call: the same one when the turn is run again."""
        self.outgoing += 1
        return f"{self.operation}/{self.outgoing}" if self.operation is not None else None


class _Here(threading.local):
    turn: CurrentTurn | None = None


_here = _Here()


def current_turn() -> CurrentTurn | None:
    return _here.turn


def enter_turn(turn: CurrentTurn | None) -> CurrentTurn | None:
    """Makes it the thread's turn; returns the one before, to be entered again afterwards."""
    before = _here.turn
    _here.turn = turn
    return before


def check_turn(object_id: ObjectId) -> None:
    """Raises `Invalid` unless this thread runs a turn of the object."""
    turn = _here.turn
    if turn is None or turn.id.digest != object_id.digest:
        raise Invalid(
            f"storage of {object_id} is used outside of its turn",
            hint="use it in an ordinary method, in the thread that runs it; concurrent methods have none",
        )


@contextmanager
def calls_named(operation: str) -> Iterator[None]:
    """The calls that this turn makes meanwhile are done once under names that begin so, in whichever turn."""
    turn = _here.turn
    assert turn is not None
    before = turn.operation, turn.outgoing
    turn.operation, turn.outgoing = operation, 0
    try:
        yield
    finally:
        turn.operation, turn.outgoing = before


def confirm_before_output() -> None:
    """Whatever leaves the turn that this thread runs, if it runs one, must not tell what could be lost."""
    if _here.turn is not None:
        _here.turn.before_output()


def make_durable() -> None:
    """What this turn did so far stays, even if it raises later."""
    assert _here.turn is not None
    _here.turn.before_output()


class Turn:
    """`with Turn(...) as turn: ...; turn.end(reply)`. What raises, or does not get to its end, is taken back.

    `ticket`: of the commit, if there was anything to commit.
    """

    def __init__(
        self,
        object_id: ObjectId,
        storage: Storage,
        shard: ObjectShard,
        loaded: Loaded,
        dispatch: Dispatch,
        message: ObjectCall | None,
    ) -> None:
        self.storage = storage
        self.loaded = loaded
        self.ticket: CommitTicket | None = None
        self._shard = shard
        self._operation = message.operation if message else None
        self._before_seq = loaded.seq
        chain = (*(message.chain if message else ()), object_id.digest)
        self._current = CurrentTurn(object_id, chain, self._operation, dispatch, self.flush)
        self._outer: CurrentTurn | None = None

    def __enter__(self) -> Self:
        self._outer = enter_turn(self._current)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        enter_turn(self._outer)
        if error is not None:
            self.storage.turn_failed()

    def end(self, reply: bytes | None) -> None:
        """Puts what the turn did into the next commit; `reply`: kept with it if the call has a name."""
        self.storage.close_cursors()
        self._put(reply)

    def flush(self) -> None:
        """Makes durable what the turn did so far, and what it rests on. Raises `Unavailable`, `Fenced`."""
        self.storage.detach_cursors()
        if self._put(None) is None and self.loaded.seq != self.loaded.durable_seq:
            self.ticket = self._shard.put(self._shard.turn(self.loaded, None, {}, None))
        ticket, self.ticket = self.ticket, None
        if ticket is not None:
            self._shard.wait(ticket)

    def _put(self, reply: bytes | None) -> CommitTicket | None:
        changes = self.loaded.store.changes()
        try:
            alarms = self.storage.turn_alarms()
            kept = None
            # A call that did nothing may as well be made again: keeping its reply would cost a commit.
            did = changes is not None or alarms or self.loaded.seq > self._before_seq
            if self._operation is not None and (did or (reply is not None and self._current.outgoing)):
                kept = (self._operation, self._before_seq, reply)
            commit = self._shard.turn(self.loaded, changes, alarms, kept)
        except BaseException:
            # Memory has what the log will never have.
            self.loaded.broken = True
            raise
        self.ticket = self._shard.put(commit) if commit.seq != commit.base_seq else None
        return self.ticket
