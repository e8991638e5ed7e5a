"""Hosts any number of objects over the object shards that it owns; how messages reach it is not its concern.

    call --> resident (made at need) --> its mailbox --> one turn --> group commit of its shard --> reply

Every reply is a value: errors are in it. Idle objects leave memory, alarms are delivered, old history goes:
one thread looks after that (caretaker.py).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from ...core.clock import Clock, now_us
from ...core.errors import Error, NotFound, Unavailable
from ...core.objects import (
    Alarm,
    Bookmark,
    Dispatch,
    ObjectCall,
    ObjectFacts,
    ObjectId,
    ObjectPolicy,
    ObjectReply,
    failure,
)
from ...core.placement import Misplaced
from ...tiers.objects.shard import ObjectShard, ObjectSurroundings
from .context import ObjectContext
from .resident import Pending, Resident

_FINISHERS = 4
"""Commits of one batch that are on their way to disk at a time."""


class ObjectHost:
    """`lake`: what the objects' contexts offer them. `dispatch`: how they reach each other; by default here.
    `guard`: raises `Fenced` if this host may not act for a slot now, such as when its lease has run out.
    `owns_all`: takes a slot when it is first asked for; otherwise `own` does.
    """

    def __init__(
        self,
        around: ObjectSurroundings,
        *,
        lake: Any,
        dispatch: Dispatch | None = None,
        guard: Callable[[int], None] | None = None,
        owns_all: bool = True,
    ) -> None:
        self.policy: ObjectPolicy = around.policy
        self.clock: Clock = around.clock
        self.dispatch: Dispatch = dispatch or self
        self._around = around
        self._lake = lake
        self._guard = guard
        self._owns_all = owns_all
        self._lock = threading.RLock()
        self._shards: dict[int, ObjectShard] = {}
        self._leaving: set[int] = set()
        """Slots that are being closed: no call of theirs begins."""
        self._residents: dict[bytes, Resident] = {}
        self._waits: dict[bytes, bytes] = {}
        self.wake = threading.Event()
        """Set when an alarm may be due earlier than was known."""
        self._closed = False

    # -- messages ---------------------------------------------------------------------------------

    def call(self, message: ObjectCall) -> ObjectReply:
        """Delivers one message; returns when its reply may leave."""
        return self._begin(message).finish()

    def call_many(self, messages: Sequence[ObjectCall]) -> list[ObjectReply]:
        """Delivers messages, those of one object in their order, and has those of one slot share a commit.

        While one slot's commit is on its way to disk, the next slot's turns run.
        """
        by_slot: dict[int, list[int]] = {}
        for at, message in enumerate(messages):
            by_slot.setdefault(message.id.slot, []).append(at)
        replies: dict[int, ObjectReply] = {}

        def finish(pending: dict[int, Pending]) -> None:
            for at, one in pending.items():
                replies[at] = one.finish()

        with ThreadPoolExecutor(_FINISHERS, thread_name_prefix="thermocline-batch") as finishers:
            ended = [
                finishers.submit(finish, {at: self._begin(messages[at]) for at in group})
                for group in by_slot.values()
            ]
            for one in ended:
                one.result()
        return [replies[at] for at in range(len(messages))]

    def _begin(self, message: ObjectCall) -> Pending:
        try:
            while True:
                resident = self._resident(message.id)
                if resident.runs_beside(message):
                    if (pending := self._beside(resident, message)) is not None:
                        return pending
                    continue
                with self._turn_of(resident, message):
                    if not resident.gone:
                        return resident.run(message)
        except Error as error:
            return Pending(failure(error))

    @contextmanager
    def _turn_of(self, resident: Resident, message: ObjectCall) -> Iterator[None]:
        caller = message.chain[-1] if message.chain else None
        if caller is not None:
            self._waits[caller] = message.id.digest
        try:
            self._check_deadlock(message)
            resident.mailbox.enter(message, self.policy)
            try:
                yield
            finally:
                resident.mailbox.leave()
        finally:
            if caller is not None:
                self._waits.pop(caller, None)

    def _check_deadlock(self, message: ObjectCall) -> None:
        """Two chains of calls that wait for each other would wait for ever: the one that sees it gives up."""
        at: bytes | None = message.id.digest
        seen: set[bytes] = set()
        while message.chain and (at := self._waits.get(at or b"")) is not None and at not in seen:
            seen.add(at)
            if at in message.chain:
                raise Unavailable(
                    f"{message.id} waits for its own caller", hint="call again; or call one way"
                )

    def _beside(self, resident: Resident, message: ObjectCall) -> Pending | None:
        """Runs a concurrent method; `None` if the object has just left memory."""
        with resident.staying():
            while not resident.active or resident.gone:
                with self._turn_of(resident, message):
                    if resident.gone:
                        return None
                    resident.activate()
            return Pending(resident.run_beside(message))

    def _resident(self, identity: ObjectId) -> Resident:
        resident = self._residents.get(identity.digest)
        if resident is not None and not resident.gone and identity.slot not in self._leaving:
            return resident
        with self._lock:
            if self._closed:
                raise _closed()
            if identity.slot in self._leaving:
                raise _not_here(identity.slot)
            resident = self._residents.get(identity.digest)
            if resident is None or resident.gone:
                resident = self._residents[identity.digest] = Resident(identity, self)
            return resident

    # -- slots ------------------------------------------------------------------------------------

    def own(self, slot: int) -> None:
        """Claims a slot; its former owner is fenced. Raises `Fenced` if another claims it just now."""
        with self._lock:
            if slot not in self._shards:
                self._shards[slot] = ObjectShard(slot, self._around, self.wake.set)

    def disown(self, slot: int) -> None:
        """Lets the turns under way end, takes no more, and closes the slot's file."""
        with self._lock:
            self._leaving.add(slot)
            residents = [resident for resident in self._residents.values() if resident.id.slot == slot]
        try:
            for resident in residents:
                self._evict(resident, wait=True)
            with self._lock:
                shard = self._shards.pop(slot, None)
            if shard is not None:
                shard.close()
        finally:
            with self._lock:
                self._leaving.discard(slot)

    @property
    def owned(self) -> list[int]:
        return sorted(self._shards)

    def shard(self, slot: int) -> ObjectShard:
        shard = self._shards.get(slot)
        if shard is None:
            if self._closed:
                raise _closed()
            if not self._owns_all:
                raise _not_here(slot)
            self.own(slot)
            shard = self._shards[slot]
        return shard

    def close(self) -> None:
        with self._lock:
            self._closed = True
        for slot in self.owned:
            self.disown(slot)

    # -- for residents ----------------------------------------------------------------------------

    def check(self, slot: int) -> None:
        if self._guard is not None:
            self._guard(slot)

    def context(self, identity: ObjectId) -> ObjectContext:
        return ObjectContext(identity, self._lake, self.clock, self.policy.block_s)

    # -- leaving memory ---------------------------------------------------------------------------

    def _evict(self, resident: Resident, *, wait: bool = False) -> bool:
        """Has an object leave memory if nobody needs it just now."""
        while not resident.mailbox.try_enter():
            if not wait:
                return False
            time.sleep(0.001)
        try:
            resident.flush()
            while not resident.hibernate():
                if not wait:
                    return False
                time.sleep(0.001)
            with self._lock:
                if self._residents.get(resident.id.digest) is resident:
                    del self._residents[resident.id.digest]
            return True
        finally:
            resident.mailbox.leave()

    def leave_memory(self, *, idle_s: float, at_most: int) -> None:
        """Objects unused for so long, and the longest unused beyond so many."""
        now = time.monotonic()
        residents = sorted(self._residents.values(), key=lambda resident: resident.used_at)
        surplus = len(residents) - at_most
        for number, resident in enumerate(residents):
            if number < surplus or now - resident.used_at >= idle_s:
                self._evict(resident)
            elif resident.is_large and resident.mailbox.try_enter():
                try:
                    resident.settle()
                finally:
                    resident.mailbox.leave()

    @property
    def resident(self) -> int:
        """Objects in memory."""
        return len(self._residents)

    def longest_turn_s(self) -> float:
        """How long the longest turn under way has taken."""
        now = time.monotonic()
        since = [r.running_since for r in list(self._residents.values())]
        return max((now - at for at in since if at is not None), default=0.0)

    # -- alarms and history -----------------------------------------------------------------------

    def next_due(self) -> int | None:
        """When the next alarm is due in the slots that are here."""
        dues = [shard.next_due for shard in list(self._shards.values())]
        return min((due for due in dues if due is not None), default=None)

    def due_alarms(self) -> list[tuple[ObjectId, Alarm]]:
        """The alarms due now in the slots that are here."""
        now = now_us(self.clock)
        shards = [s for s in list(self._shards.values()) if s.next_due is not None and s.next_due <= now]
        return [due for shard in shards for due in shard.due(now)]

    def expire(self) -> None:
        """Removes history, and kept results of named calls, beyond what the policy keeps."""
        for shard in list(self._shards.values()):
            shard.expire()

    # -- the system table -------------------------------------------------------------------------

    def stored_slots(self) -> list[int]:
        """Slots that have a file here."""
        return sorted(int(path.stem) for path in self._around.folder.glob("[0-9][0-9][0-9].sqlite"))

    def unopened(self) -> list[int]:
        """Slots with a file that are this host's and have not been asked for."""
        return [s for s in self.stored_slots() if s not in self._shards] if self._owns_all else []

    def listing(self, slot: int) -> list[ObjectFacts]:
        """The objects of a slot, deleted ones excepted."""
        return [
            replace(facts, state="active") if facts.id.digest in self._residents else facts
            for facts in self.shard(slot).listing()
            if facts.state != "deleted"
        ]

    def facts(self, identity: ObjectId) -> ObjectFacts:
        """Raises `NotFound` if the object never wrote, or was deleted."""
        for facts in self.listing(identity.slot):
            if facts.id.digest == identity.digest:
                return facts
        raise NotFound(f"{identity} has stored nothing", hint="an object exists from its first write")

    def export(self, identity: ObjectId, bookmark: str | None = None) -> bytes:
        """The object's private storage as an SQLite database; by default as of its last turn."""
        with self._held(identity) as resident:
            return resident.export(Bookmark.parse(bookmark) if bookmark else None)

    def delete(self, identity: ObjectId) -> None:
        """Removes an object with its history and alarms, for good."""
        with self._held(identity) as resident:
            resident.forget()

    @contextmanager
    def _held(self, identity: ObjectId) -> Iterator[Resident]:
        """The object in memory, not started, while nothing is delivered to it."""
        call = ObjectCall(identity, "$held", b"")
        while True:
            resident = self._resident(identity)
            with self._turn_of(resident, call):
                if not resident.gone:
                    yield resident
                    return


def _closed() -> Unavailable:
    return Unavailable("the lake is closed", hint="open it again")


def _not_here(slot: int) -> Misplaced:
    return Misplaced(f"slot {slot} is not here", hint="look up its host again")
