"""The single writer of one object shard: loads objects, commits their turns, answers about their past.

    load --> the object's last durable state (image + the records after it) --> a private store
    turn --> put(TurnCommit) --> queue --> one SQLite commit for all that is queued --> wait returns

A commit is refused unless it continues the object's last durable turn: what was built on a turn that was lost
is lost with it. One lock guards the file; turns do not hold it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from ...core.clock import DAY_US, SECOND_US, Clock, now_us
from ...core.errors import Corrupt, Unavailable
from ...core.objects import Alarm, Bookmark, ObjectFacts, ObjectId, ObjectPolicy
from ..crash import reach
from ..epochs import Epochs, owned_shards
from ..hot.group import GroupCommit, Ticket
from ..hot.replica import Replica
from ..object_store import ObjectStore
from ..seal import check_and_break_seal, seal_file
from . import delta, large
from .delta import Change
from .history import History, salt
from .large import FileStore
from .private import MemoryStore, PrivateStore
from .records import Kept, ObjectRecords, Turn

LIGHT_LOG = 64 << 10
"""Bytes of records that are replayed at an activation before a new image is worth writing."""
MOST_RECORDS = 256
_DATABASE = "@objects"
"""Under which name the slots' epochs are kept."""


@dataclass(frozen=True, slots=True)
class ObjectSurroundings:
    """What object shards are given. `folder`: of their files."""

    folder: Path
    store: ObjectStore
    clock: Clock
    policy: ObjectPolicy
    replicated: bool = False


@dataclass(slots=True)
class Loaded:
    """An object in memory. `seq`: of its last turn, durable or not. `durable_seq`, `at_us`: of the last one
    that is. `weight`, `records`: of the log since the last image. `broken`: what it holds was not kept, so it
    must be loaded anew."""

    id: ObjectId
    number: int | None
    store: PrivateStore
    seq: int
    durable_seq: int
    at_us: int
    epoch: int
    weight: int
    records: int
    alarms: dict[str, Alarm] = field(default_factory=dict)
    broken: bool = False
    restored: tuple[str, int] | None = None
    """Name and bytes of the image file that the turn under way has made of an earlier state."""


@dataclass(frozen=True, slots=True)
class TurnCommit:
    """What one turn makes durable.

    `record`: what it changed, encoded. `image`: the whole state, if it is time for one; `image_file`: the
    name of one. `alarms`: by name, `None` where one goes. `operation`: a named call and what is kept of it.
    `base_file`: the object's own file is at this turn. `seq` is `base_seq` for a turn that changed nothing,
    but may rest on turns that are not durable yet.
    """

    object: Loaded
    base_seq: int
    seq: int
    size: int
    record: bytes
    image: bytes | None = None
    alarms: Mapping[str, Alarm | None] = field(default_factory=dict)
    operation: tuple[str, Kept] | None = None
    image_file: str | None = None
    base_file: bool = False


CommitTicket = Ticket[TurnCommit, None]


class ObjectShard:
    """One of the 256. Opening claims it; whoever had it is `Fenced` from then on."""

    def __init__(
        self, slot: int, around: ObjectSurroundings, alarm_set: Callable[[], None] = lambda: None
    ) -> None:
        """`alarm_set`: called after `next_due` has come nearer."""
        self._alarm_set = alarm_set
        name = f"{slot:03d}"
        self.slot = slot
        self.around = around
        self.path = around.folder / f"{name}.sqlite"
        self.lock = threading.RLock()
        self._loaded: dict[bytes, Loaded] = {}
        self._group: GroupCommit[TurnCommit, None] = GroupCommit(self._commit, self.lock)
        epochs = Epochs(around.store, _DATABASE, name)
        replica = (
            Replica(around.store, f"objects/{name}", self.path, around.clock) if around.replicated else None
        )
        if not self.path.exists() and epochs.settled() and not (replica and replica.exists()):
            raise Corrupt(f"missing file: {self.path}", hint="restore it from a backup")
        around.folder.mkdir(parents=True, exist_ok=True)
        check_and_break_seal(self.path, restorable=around.replicated)
        epoch = replica.take_over(epochs) if replica else None
        self.records = ObjectRecords(self.path, replica)
        with ExitStack() as undo:
            undo.callback(self.records.close)
            self.epoch = epochs.claim(self.records.epoch, self.path) if epoch is None else epoch
            self._history = History(
                self.records,
                around.folder / f"{name}-large",
                around.store if around.replicated else None,
                around.policy.history_days,
            )
            if around.replicated:
                self._history.forget_own_files()
            self.records.take_over(self.epoch)
            epochs.took_over(self.epoch)
            self.next_due = self.records.next_due()
            undo.pop_all()

    def close(self) -> None:
        """Ends all that is loaded and seals the file."""
        with self.lock:
            for loaded in list(self._loaded.values()):
                self.unload(loaded)
            self.records.close()
        if not self.around.replicated:
            seal_file(self.path)

    # -- objects in memory ------------------------------------------------------------------------

    def load(self, identity: ObjectId) -> Loaded:
        """The object as of its last durable turn. Whoever had loaded it before can commit no more."""
        with self.lock, self.records.reporting():
            self.records.catch_up()
            if earlier := self._loaded.pop(identity.digest, None):
                earlier.broken = True
                earlier.store.close()
            found = self.records.find(identity.digest)
            if found is None:
                loaded = Loaded(identity, None, MemoryStore(b""), 0, 0, 0, self.epoch, 0, 0)
            else:
                number, base_seq, known = found
                loaded = self._load(identity, number if known else None, number, base_seq)
            self._loaded[identity.digest] = loaded
            return loaded

    def _load(self, identity: ObjectId, number: int | None, stored_as: int, base_seq: int) -> Loaded:
        head = self.records.head(stored_as)
        store: PrivateStore
        if base_seq:
            store = FileStore(self._history.opened(identity, stored_as, base_seq, head.seq))
        else:
            store = MemoryStore(self._history.state(identity, stored_as, head.seq))
        image = self.records.image_at(stored_as, head.seq)
        weight, records = self.records.log_weight(stored_as, image.seq if image else 0)
        alarms = {alarm.name: alarm for alarm in self.records.alarms(stored_as)}
        return Loaded(
            identity, number, store, head.seq, head.seq, head.at_us, head.epoch, weight, records, alarms
        )

    def unload(self, loaded: Loaded) -> None:
        """Lets go of an object whose turns have all ended and been waited for."""
        with self.lock:
            if self._loaded.get(loaded.id.digest) is loaded:
                del self._loaded[loaded.id.digest]
            if isinstance(loaded.store, FileStore) and not loaded.broken:
                self.settle(loaded)
            loaded.broken = True
            loaded.store.close()

    def check_owner(self) -> None:
        """Raises `Fenced` if a later owner has written to the file."""
        with self.lock, self.records.reporting():
            self.records.check_owner()

    # -- turns ------------------------------------------------------------------------------------

    def turn(
        self,
        loaded: Loaded,
        changes: Sequence[Change] | None,
        alarms: Mapping[str, Alarm | None],
        operation: tuple[str, int, bytes | None] | None,
    ) -> TurnCommit:
        """The commit of what a turn did; the object's position moves on. `operation`: name, the sequence
        before the call, packed reply."""
        base = loaded.seq
        size = loaded.store.size if loaded.restored is None else loaded.restored[1]
        if changes is None and not alarms and operation is None and loaded.restored is None:
            return TurnCommit(loaded, base, base, size, b"")
        seq = loaded.seq = base + 1
        place = salt(loaded.id, seq)
        record = delta.encode(size, changes or (), place)
        loaded.weight += len(record)
        loaded.records += 1
        image = None
        moved = False
        if loaded.restored is None and isinstance(loaded.store, MemoryStore):
            if size > self.around.policy.large_bytes:
                self._move_out(loaded)
                moved = True
            elif loaded.weight > max(LIGHT_LOG, size) or loaded.records >= MOST_RECORDS:
                image = delta.encode(size, [(0, loaded.store.dump())], place)
                loaded.weight = loaded.records = 0
        kept = (operation[0], Kept(operation[1], seq, operation[2])) if operation else None
        return TurnCommit(
            loaded,
            base,
            seq,
            size,
            record,
            image,
            dict(alarms),
            kept,
            image_file=loaded.restored[0] if loaded.restored is not None else None,
            base_file=moved or loaded.restored is not None,
        )

    def put(self, commit: TurnCommit) -> CommitTicket:
        return self._group.put(commit)

    def wait(self, ticket: CommitTicket) -> None:
        """Returns when the turn, and all that it rests on, is durable; raises its error."""
        self._group.wait(ticket)

    def _commit(self, commits: Sequence[TurnCommit]) -> list[Exception | None]:
        outcomes: list[Exception | None] = []
        taken: list[TurnCommit] = []
        seqs: dict[bytes, int] = {}
        for commit in commits:
            loaded = commit.object
            base = seqs.get(loaded.id.digest, loaded.durable_seq)
            if loaded.broken or commit.base_seq != base:
                loaded.broken = True
                outcomes.append(_lost(loaded.id))
                continue
            outcomes.append(None)
            if commit.seq != base:
                seqs[loaded.id.digest] = commit.seq
                taken.append(commit)
        if taken:
            try:
                self.records.catch_up()
                self._write(taken)
            except BaseException:
                for commit in commits:
                    commit.object.broken = True
                raise
        return outcomes

    def _write(self, commits: Sequence[TurnCommit]) -> None:
        now = now_us(self.around.clock)
        instants: dict[bytes, int] = {}
        reach("object.commit.begun")
        with self.records.transaction():
            for commit in commits:
                loaded = commit.object
                at_us = max(now, instants.get(loaded.id.digest, loaded.at_us) + 1)
                instants[loaded.id.digest] = at_us
                self._write_one(commit, at_us)
            reach("object.commit.written")
        reach("object.commit.committed")
        for commit in commits:
            loaded = commit.object
            loaded.durable_seq, loaded.at_us = commit.seq, instants[loaded.id.digest]
            loaded.epoch = self.epoch
        if any(commit.alarms for commit in commits):
            before, self.next_due = self.next_due, self.records.next_due()
            if self.next_due is not None and (before is None or self.next_due < before):
                self._alarm_set()
        reach("object.commit.visible")

    def _write_one(self, commit: TurnCommit, at_us: int) -> None:
        loaded = commit.object
        if loaded.number is None:
            loaded.number = self.records.add(loaded.id)
        number = loaded.number
        self.records.put_turn(number, Turn(commit.seq, at_us, self.epoch, commit.size), commit.record)
        if commit.image is not None:
            self.records.put_image(number, commit.seq, commit.image)
        if commit.image_file is not None:
            self.records.put_image(number, commit.seq, file=commit.image_file)
        if commit.base_file:
            self.records.set_base(number, commit.seq)
        for name, alarm in commit.alarms.items():
            self.records.put_alarm(number, name, alarm)
        if commit.operation is not None:
            operation, kept = commit.operation
            self.records.put_operation(number, operation, at_us, kept)

    def operation(self, loaded: Loaded, operation: str) -> Kept | None:
        """What is kept of a named call."""
        if loaded.number is None:
            return None
        with self.lock, self.records.reporting():
            return self.records.operation(loaded.number, operation)

    # -- the past ---------------------------------------------------------------------------------

    def bookmark(self, loaded: Loaded) -> Bookmark:
        """Of the last durable turn."""
        return Bookmark(loaded.durable_seq, loaded.epoch if loaded.durable_seq else 0)

    def bookmark_at(self, loaded: Loaded, micros: int) -> Bookmark:
        """The last turn at or before the instant. Raises `NotFound` before the kept history."""
        with self.lock, self.records.reporting():
            return self._history.bookmark_at(loaded.id, loaded.number, micros)

    def state_at(self, loaded: Loaded, bookmark: Bookmark) -> bytes:
        """The object's bytes at a bookmark. Raises `NotFound` if that is not in its history."""
        with self.lock, self.records.reporting():
            self._history.check(loaded.id, loaded.number, bookmark)
            return self._history.state(loaded.id, loaded.number or 0, bookmark.seq)

    def restore(self, loaded: Loaded, bookmark: Bookmark) -> None:
        """Within a turn, all before which is durable: what the object holds becomes what it held then.

        A large one must be loaded anew after the turn.
        """
        with self.lock, self.records.reporting():
            self._history.check(loaded.id, loaded.number, bookmark)
            self.restore_seq(loaded, bookmark.seq)

    def restore_seq(self, loaded: Loaded, seq: int) -> None:
        """The same for a turn that is known to be in the history."""
        number = loaded.number or 0
        with self.lock, self.records.reporting():
            if isinstance(loaded.store, MemoryStore):
                loaded.store.replace(self._history.state(loaded.id, number, seq))
                return
            loaded.store.close()
            loaded.store = MemoryStore(b"")
            loaded.restored = self._history.restored(loaded.id, number, seq)

    def replace(self, loaded: Loaded, state: bytes) -> None:
        """Within the first turn of an object: it begins with the state of another."""
        assert isinstance(loaded.store, MemoryStore)
        loaded.store.replace(state)

    # -- large objects ----------------------------------------------------------------------------

    def _move_out(self, loaded: Loaded) -> None:
        """The object gets a file of its own, which holds what its memory held."""
        path = self._history.own_file(loaded.id)
        path.parent.mkdir(exist_ok=True)
        large.build(path, loaded.store.dump(), ())
        loaded.store.close()
        loaded.store = FileStore(path)

    def settle(self, loaded: Loaded, *, always: bool = True) -> None:
        """Between turns, when all are durable: a large object's file is brought up to date, and copied as an
        image if one is due."""
        store = loaded.store
        if not isinstance(store, FileStore) or loaded.number is None or loaded.seq != loaded.durable_seq:
            return
        due = loaded.weight > store.size
        if not (always and store.logged) and not due and store.logged < large.MOST_LOGGED:
            return
        store.settle()
        image = self._history.copied(loaded.id, store.path) if due else None
        with self.lock, self.records.transaction():
            self.records.set_base(loaded.number, loaded.seq)
            if image is not None:
                self.records.put_image(loaded.number, loaded.seq, file=image)
                loaded.weight = loaded.records = 0

    # -- the system table -------------------------------------------------------------------------

    def listing(self) -> list[ObjectFacts]:
        with self.lock:
            return self.records.listing()

    def due(self, micros: int) -> list[tuple[ObjectId, Alarm]]:
        """The alarms due at the instant."""
        with self.lock, self.records.reporting():
            found = [(self.records.identity(number), alarm) for number, alarm in self.records.due(micros)]
        return [(identity, alarm) for identity, alarm in found if identity is not None]

    def forget(self, loaded: Loaded) -> None:
        """Removes an object for good; it is loaded, and between turns."""
        if loaded.number is None:
            return
        seq = loaded.durable_seq + 1
        empty = delta.encode(0, (), salt(loaded.id, seq))
        with self.lock:
            loaded.broken = True
            images = self.records.image_files(loaded.number, before=seq)
            with self.records.transaction():
                self.records.forget(loaded.number)
                # The sequence goes on, so that no bookmark fits two lives.
                self.records.put_turn(loaded.number, Turn(seq, loaded.at_us + 1, self.epoch, 0), empty)
                self.records.put_image(loaded.number, seq, empty)
            loaded.store.close()
            self._history.remove_files(images)
            large.remove(self._history.own_file(loaded.id))
            self.next_due = self.records.next_due()

    def expire(self) -> None:
        """Removes history, and kept results of named calls, beyond what the policy keeps."""
        now, policy = now_us(self.around.clock), self.around.policy
        with self.lock:
            with self.records.transaction():
                self.records.expire_operations(now - int(policy.operations_s * SECOND_US))
            for number in self.records.numbers():
                self._expire(number, now - int(policy.history_days * DAY_US))

    def _expire(self, number: int, before_us: int) -> None:
        turn = self.records.turn_before(number, before_us)
        image = self.records.image_at(number, turn.seq) if turn else None
        if image is None:
            return
        gone = self.records.image_files(number, before=image.seq)
        with self.records.transaction():
            self.records.trim(number, image.seq)
        self._history.remove_files(set(gone) - set(self.records.image_files(number)))


def _lost(identity: ObjectId) -> Unavailable:
    return Unavailable(
        f"{identity} was reset: an earlier turn was not kept", hint="call again; it starts from what was kept"
    )


def used_slots(store: ObjectStore) -> list[int]:
    """The slots that ever had an owner: no other holds anything."""
    return [int(name) for name in owned_shards(store, _DATABASE)]
