"""One object in a host's memory, and how its turns are run.

    mailbox --> (load, start) --> method --> changes --> put into the group commit --> next turn
                                                              |
                                                    wait: durable --> reply

The next turn may begin before this one is durable; its reply rests on both, and leaves after both.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Protocol

from ...core.clock import Clock, now_us
from ...core.errors import Conflict, Error, NotFound, nearest
from ...core.objects import (
    Alarm,
    AlarmInfo,
    Bookmark,
    Dispatch,
    ObjectCall,
    ObjectId,
    ObjectPolicy,
    ObjectReply,
    after_failure,
    failure,
    named_id,
    pack,
)
from ...tiers.objects.large import FileStore
from ...tiers.objects.records import Kept
from ...tiers.objects.shard import CommitTicket, Loaded, ObjectShard
from .base import DurableObject, callable_names, find_class, is_callable_name, is_concurrent
from .context import BlockFailed, ObjectContext
from .mailbox import Mailbox
from .storage import Storage
from .turn import Turn, current_turn

ALARM = "$alarm"
ALARM_FAILED = "$alarm_failed"
FORK = "$fork"
_REMEMBERED = 64
"""Methods that only hosts call."""


class Home(Protocol):
    """What a resident needs of its host."""

    policy: ObjectPolicy
    dispatch: Dispatch
    clock: Clock

    def context(self, identity: ObjectId) -> ObjectContext: ...
    def check(self, slot: int) -> None:
        """Raises `Fenced` if this host may not act for the slot now."""
        ...

    def shard(self, slot: int) -> ObjectShard: ...


@dataclass(frozen=True, slots=True)
class Pending:
    """A turn that has ended. `resident`: who says when the reply may leave; `None`: it may at once."""

    reply: ObjectReply
    resident: Resident | None = None
    loaded: Loaded | None = None
    ticket: CommitTicket | None = None

    def finish(self) -> ObjectReply:
        """The reply, once all that it rests on is durable; the error in its place if that fails."""
        if self.resident is None or self.loaded is None:
            return self.reply
        try:
            self.resident.gate(self.loaded, self.ticket)
        except Error as error:
            return failure(error)
        return self.reply


class Resident:
    """`used_at`: monotonic seconds. `running_since`: of the turn under way. `gone`: it has left memory."""

    def __init__(self, identity: ObjectId, home: Home) -> None:
        self.id = identity
        self.mailbox = Mailbox()
        self.used_at = time.monotonic()
        self.running_since: float | None = None
        self._beside = 0
        self._beside_lock = threading.Lock()
        self.gone = False
        self._home = home
        self._loaded: Loaded | None = None
        self._instance: DurableObject | None = None
        self._storage: Storage
        self._replies: dict[str, tuple[int, bytes]] = {}
        """Of named calls that may not be durable yet: after which turn, and the reply."""

    @property
    def kind(self) -> type[DurableObject]:
        """Raises `NotFound` if this process does not have it; to be listed or exported none is needed."""
        return find_class(self.id.class_ref)

    # -- one turn ---------------------------------------------------------------------------------

    def run(self, message: ObjectCall) -> Pending:
        """Runs a message; the caller has the turn. Errors are in the reply."""
        self.running_since = time.monotonic()
        try:
            return self._run(message)
        except Error as error:
            return Pending(failure(error))
        except BaseException:
            # The thread is being ended in the middle of something: only what is durable counts.
            self.reset()
            raise
        finally:
            self.used_at = time.monotonic()
            self.running_since = None

    def _run(self, message: ObjectCall) -> Pending:
        self._home.check(self.id.slot)
        if message.method == FORK:
            self._load()
        else:
            self.activate()
        if message.operation is not None and (kept := self._kept(message.operation)) is not None:
            return kept
        turn = self._turn(message)
        reply = self._deliver(turn, message)
        if not reply.failed and message.operation is not None:
            self._remember(message.operation, turn.loaded, reply.body)
        return self._pending(turn, reply)

    def _remember(self, operation: str, loaded: Loaded, body: bytes) -> None:
        """Until it is durable, as the shard then knows it."""
        if len(self._replies) > _REMEMBERED:
            durable = loaded.durable_seq
            self._replies = {name: kept for name, kept in self._replies.items() if kept[0] > durable}
        self._replies[operation] = loaded.seq, body

    def _deliver(self, turn: Turn, message: ObjectCall) -> ObjectReply:
        try:
            with turn:
                value = self._work(message)()
                body = pack(value, self._home.policy.message_bytes, f"the reply of {message.method}")
                turn.end(body)
                return ObjectReply(body)
        except BlockFailed as error:
            self._instance = None
            return failure(error.error)
        except Exception as error:  # noqa: BLE001 - whatever user code raises is the caller's
            return failure(error)

    def _pending(self, turn: Turn, reply: ObjectReply) -> Pending:
        loaded, ticket = turn.loaded, turn.ticket
        if turn.storage.turn_restored:
            # All before it is durable: if it failed, its error may be told at once.
            if ticket is not None and not reply.failed:
                self._shard.wait(ticket)
            else:
                self._shard.check_owner()
            self.reset()
            return Pending(reply)
        if ticket is None and loaded.seq != loaded.durable_seq:
            ticket = self._shard.put(self._shard.turn(loaded, None, {}, None))
        return Pending(reply, self, loaded, ticket)

    def gate(self, loaded: Loaded, ticket: CommitTicket | None) -> None:
        """Returns when what the object was at the end of its turn is durable, and still ours."""
        try:
            if ticket is not None:
                self._shard.wait(ticket)
            else:
                # What it read was durable when its turn ended, whatever has become of the object since.
                self._shard.check_owner()
            self._home.check(self.id.slot)
        except Error:
            loaded.broken = True
            raise

    # -- activation -------------------------------------------------------------------------------

    @property
    def active(self) -> bool:
        return self._instance is not None and self._loaded is not None and not self._loaded.broken

    @property
    def loaded(self) -> Loaded | None:
        return self._loaded

    @property
    def _shard(self) -> ObjectShard:
        return self._home.shard(self.id.slot)

    def activate(self) -> None:
        """Has the object in memory and started; the caller has the turn."""
        self._load()
        if self._instance is not None:
            return
        instance = self.kind.__new__(self.kind)
        instance.ctx, instance.storage = self._home.context(self.id), self._storage
        try:
            with self._turn(None) as turn:
                instance.__init__()  # type: ignore[misc]  # it has its context from the start
                instance.start()
                turn.end(None)
        except BlockFailed as error:
            raise error.error from error
        self._instance = instance

    def _load(self) -> None:
        if self._loaded is None or self._loaded.broken:
            self.reset()
            self._loaded = self._shard.load(self.id)
            self._storage = Storage(self._shard, self._loaded, self._home.clock, self._fork)

    def reset(self) -> None:
        """Forgets what is in memory; the caller has the turn."""
        self._instance = None
        self._replies.clear()
        loaded, self._loaded = self._loaded, None
        if loaded is not None:
            loaded.broken = True
            self._shard.unload(loaded)

    def hibernate(self) -> bool:
        """Leaves memory; the caller has the turn. False if something of it is still under way."""
        with self._beside_lock:
            if not self.quiet:
                return False
            self.gone = True
        self._instance = None
        loaded, self._loaded = self._loaded, None
        if loaded is not None:
            self._shard.unload(loaded)
        return True

    @property
    def is_large(self) -> bool:
        loaded = self._loaded
        return loaded is not None and isinstance(loaded.store, FileStore)

    def settle(self) -> None:
        """Has a large object's file take up what its log has grown by; the caller has the turn."""
        if self._loaded is not None and self.quiet and not self._loaded.broken:
            self._shard.settle(self._loaded, always=False)

    def export(self, bookmark: Bookmark | None) -> bytes:
        """The caller has the turn. Raises `NotFound` for an unknown bookmark."""
        loaded = self._settled()
        return self._shard.state_at(loaded, bookmark or self._shard.bookmark(loaded))

    def forget(self) -> None:
        """The caller has the turn; the object and its history are gone for good."""
        loaded = self._settled()
        self._shard.forget(loaded)
        self.hibernate()

    def _settled(self) -> Loaded:
        self._load()
        self.flush()
        loaded = self._loaded
        assert loaded is not None
        return loaded

    def flush(self) -> None:
        """Makes durable what nobody waits for; the caller has the turn. What can't be is lost."""
        loaded = self._loaded
        if loaded is None or loaded.seq == loaded.durable_seq or loaded.broken:
            return
        with suppress(Error):
            self._shard.wait(self._shard.put(self._shard.turn(loaded, None, {}, None)))

    @property
    def quiet(self) -> bool:
        """Nothing that it did is still on its way to disk."""
        loaded = self._loaded
        return not self._beside and (loaded is None or loaded.broken or loaded.seq == loaded.durable_seq)

    # -- what a message asks ----------------------------------------------------------------------

    def _work(self, message: ObjectCall) -> Callable[[], Any]:
        system: dict[str, Callable[..., Any]] = {
            ALARM: self._alarm,
            ALARM_FAILED: self._alarm_failed,
            FORK: self._become,
        }
        if message.method in system:
            return lambda: system[message.method](*message.arguments()[0])
        return self.method(message)

    def method(self, message: ObjectCall) -> Callable[[], Any]:
        """Raises `NotFound` if the class offers no such method."""
        if not is_callable_name(self.kind, message.method):
            raise NotFound(
                f"{self.kind.__name__} has no method `{message.method}` for callers",
                hint=nearest(message.method, callable_names(self.kind)),
            )
        bound = getattr(self._instance, message.method)

        def work() -> Any:
            args, kwargs = message.arguments()
            return bound(*args, **kwargs)

        return work

    def runs_beside(self, message: ObjectCall) -> bool:
        return is_concurrent(getattr(self.kind, message.method, None))

    def run_beside(self, message: ObjectCall) -> ObjectReply:
        """A concurrent method, while others may run."""
        try:
            body = pack(
                self.method(message)(), self._home.policy.message_bytes, f"the reply of {message.method}"
            )
            return ObjectReply(body)
        except Exception as error:  # noqa: BLE001 - whatever user code raises is the caller's
            return failure(error)

    @contextmanager
    def staying(self) -> Iterator[None]:
        """It does not leave memory meanwhile, unless it was about to: see `gone`."""
        with self._beside_lock:
            self._beside += 1
        try:
            yield
        finally:
            with self._beside_lock:
                self._beside -= 1

    def _kept(self, operation: str) -> Pending | None:
        """The reply of a named call that was made before; `None` if it is to be made."""
        loaded = self._loaded
        assert loaded is not None
        _, body = self._replies.get(operation, (0, None))
        if body is None and (kept := self._shard.operation(loaded, operation)) is not None:
            body = kept.reply
            if body is None:
                self._take_back(loaded, kept)
        if body is None:
            return None
        return self._pending(self._turn(None), ObjectReply(body))

    def _take_back(self, loaded: Loaded, kept: Kept) -> None:
        """The call was cut short after a part of it was kept: unless something followed, that part goes."""
        if loaded.seq != kept.seq or kept.before_seq == kept.seq:
            return
        self._shard.restore_seq(loaded, kept.before_seq)
        with self._turn(None) as turn:
            turn.end(None)
        if turn.ticket is not None:
            self._shard.wait(turn.ticket)
        self.reset()
        self.activate()

    # -- what only hosts call ---------------------------------------------------------------------

    def _alarm(self, alarm: Alarm) -> bool:
        """False if it is no longer what was due."""
        instance, loaded = self._instance, self._loaded
        assert instance is not None
        assert loaded is not None
        if loaded.alarms.get(alarm.name) != alarm:
            return False
        instance.alarm(alarm.name, AlarmInfo(alarm.due_us, alarm.tries))
        self._storage.turn_alarm(alarm.name, None)
        return True

    def _alarm_failed(self, alarm: Alarm, error: str) -> bool:
        """Sets the next try; false if it was the last."""
        instance, loaded = self._instance, self._loaded
        assert instance is not None
        assert loaded is not None
        if loaded.alarms.get(alarm.name) != alarm:
            return True
        following = after_failure(alarm, now_us(self._home.clock), error)
        self._storage.turn_alarm(alarm.name, following)
        if following.failed:
            instance.alarm_failed(alarm.name, error)
        return not following.failed

    def _become(self, state: bytes) -> None:
        loaded = self._loaded
        assert loaded is not None
        if loaded.number is not None:
            raise _exists(self.id)
        self._shard.replace(loaded, state)
        self._storage.turn_restored = True

    def _fork(self, bookmark: Bookmark, name: str) -> None:
        loaded = self._loaded
        assert loaded is not None
        limit = self._home.policy.message_bytes
        state = self._shard.state_at(loaded, bookmark)
        body = pack(((state,), {}), limit, "the storage to fork")
        turn = current_turn()
        assert turn is not None
        target = named_id(self.id.class_ref, name)
        if target.digest in turn.chain:
            raise _exists(target)
        call = ObjectCall(target, FORK, body, turn.next_operation(), chain=turn.chain)
        self._home.dispatch.call(call).value()

    def _turn(self, message: ObjectCall | None) -> Turn:
        assert self._loaded is not None
        return Turn(self.id, self._storage, self._shard, self._loaded, self._home.dispatch, message)


def _exists(identity: ObjectId) -> Conflict:
    return Conflict(f"{identity} exists already", hint="fork to another name, or delete it first")
