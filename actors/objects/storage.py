"""`self.storage`: an object's private SQL database and key-value store, its history, its alarms.

Nothing is written until the turn ends well; then all of it is, as one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar
from weakref import WeakSet

from ...core.clock import Clock, from_micros, now_us, parse_instant
from ...core.errors import Invalid
from ...core.objects import Alarm, Bookmark
from ...tiers.objects.shard import Loaded, ObjectShard
from .cursor import Cursor
from .keyvalue import KeyValue
from .turn import check_turn, current_turn

T = TypeVar("T")


class Storage(KeyValue):
    """Used by one turn at a time. The host calls what begins with `turn_`."""

    def __init__(
        self, shard: ObjectShard, loaded: Loaded, clock: Clock, fork: Callable[[Bookmark, str], None]
    ) -> None:
        self._shard = shard
        self._loaded = loaded
        self._clock = clock
        self._fork = fork
        self._cursors: WeakSet[Cursor] = WeakSet()
        """Of the turn under way. One that nobody holds any more has closed itself."""
        self._alarms: dict[str, Alarm | None] = {}
        self._parts = 0
        self.turn_restored = False

    # -- SQL --------------------------------------------------------------------------------------

    def exec(self, sql: str, *bindings: Any) -> Cursor:
        """Runs one statement of SQLite; `bindings` are its `?`, or one mapping for its `:names`.

        Raises `Invalid` for what is not for an object's storage, `Conflict` where a constraint forbids.
        """
        self._check()
        named = len(bindings) == 1 and isinstance(bindings[0], dict)
        cursor = Cursor(self._loaded.store.execute(sql, bindings[0] if named else bindings), self._check)
        self._cursors.add(cursor)
        return cursor

    def transaction_sync(self, work: Callable[[], T]) -> T:
        """What `work` writes is taken back if it raises, and the rest of the turn stays."""
        self._check()
        alarms = dict(self._alarms)
        self._parts += 1
        try:
            result: T = self._loaded.store.savepoint(work)
        except BaseException:
            self._alarms = alarms
            self._kv_known = False
            raise
        finally:
            self._parts -= 1
        return result

    @property
    def size(self) -> int:
        """Bytes of the database, as of the last turn."""
        return self._loaded.store.size

    def delete_all(self) -> None:
        """Empties the storage: tables, keys and alarms. Its history stays, so that it can be undone."""
        self._check()
        for name in self.alarms():
            self.delete_alarm(name)
        self._kv_known = False
        # Triggers and views first, or dropping what they use could fail; shadow tables go with their owners.
        for kind in ("trigger", "view", "table"):
            while found := self._first_of(kind):
                self._loaded.store.execute(f'DROP {kind} "{found.replace(chr(34), chr(34) * 2)}"')

    def _first_of(self, kind: str) -> str | None:
        rows = self._loaded.store.execute(
            "SELECT name FROM sqlite_master WHERE type = ? AND name NOT LIKE 'sqlite~_%' ESCAPE '~'"
            " ORDER BY sql NOT LIKE 'CREATE VIRTUAL%', rowid LIMIT 1",
            (kind,),
        ).fetchall()
        return str(rows[0][0]) if rows else None

    # -- history ----------------------------------------------------------------------------------

    def bookmark(self) -> str:
        """The state before this turn; later bookmarks of the object are greater texts."""
        self._check()
        return str(Bookmark(self._loaded.seq, self._epoch()))

    def bookmark_at(self, instant: datetime | str) -> str:
        """The state as of an instant. Raises `NotFound` before what is kept, `Invalid` for the future."""
        self._check()
        micros = parse_instant(instant)
        if micros > now_us(self._clock):
            raise Invalid(f"{instant} is still to come", hint="bookmarks lie in the past")
        self._settled()
        return str(self._shard.bookmark_at(self._loaded, micros))

    def restore(self, bookmark: str) -> str:
        """The storage becomes what it was; the object starts anew after this turn, which can't use it again.

        Returns the bookmark that undoes it. Alarms stay as they are. Raises `NotFound`.
        """
        self._check()
        found = Bookmark.parse(bookmark)
        self._settled()
        undo = str(Bookmark(self._loaded.seq, self._epoch()))
        self.close_cursors()
        self._shard.restore(self._loaded, found)
        self.turn_restored = True
        return undo

    def fork(self, bookmark: str, name: str) -> None:
        """A new object of the same class whose storage begins as this one's was; alarms are not copied.

        Raises `Conflict` if the object exists already, `NotFound` for an unknown bookmark.
        """
        self._check()
        found = Bookmark.parse(bookmark)
        self._settled()
        self._fork(found, name)

    def _settled(self) -> None:
        turn = current_turn()
        assert turn is not None
        turn.before_output()

    def _epoch(self) -> int:
        loaded = self._loaded
        if loaded.seq == 0:
            return 0
        return loaded.epoch if loaded.seq == loaded.durable_seq else self._shard.epoch

    # -- alarms -----------------------------------------------------------------------------------

    def set_alarm(self, name: str, at: datetime | timedelta | float | str) -> None:
        """`self.alarm(name, info)` is called at the instant, or so long from now (seconds, timedelta)."""
        self._check()
        if not isinstance(name, str) or not 0 < len(name) <= 200:
            raise Invalid(f"not an alarm's name: {name!r}", hint="a text of 1 to 200 characters")
        self._alarms[name] = Alarm(name, _instant(at, self._clock))

    def get_alarm(self, name: str) -> datetime | None:
        """When it is due; `None` if it is not set, or was given up."""
        alarm = self._known().get(name)
        return from_micros(alarm.due_us) if alarm is not None and not alarm.failed else None

    def alarms(self) -> dict[str, Alarm]:
        """By name, those that were given up too."""
        return dict(sorted(self._known().items()))

    def delete_alarm(self, name: str) -> None:
        self._check()
        self._alarms[name] = None

    def _known(self) -> dict[str, Alarm]:
        self._check()
        merged = {**self._loaded.alarms, **self._alarms}
        return {name: alarm for name, alarm in merged.items() if alarm is not None}

    # -- for the host -----------------------------------------------------------------------------

    def turn_alarm(self, name: str, alarm: Alarm | None) -> None:
        """Sets an alarm's fate unless the turn itself has."""
        self._alarms.setdefault(name, alarm)

    def turn_alarms(self) -> dict[str, Alarm | None]:
        """What the turn did to alarms, now taken for done."""
        done, self._alarms = self._alarms, {}
        for name, alarm in done.items():
            if alarm is None:
                self._loaded.alarms.pop(name, None)
            else:
                self._loaded.alarms[name] = alarm
        return done

    def turn_failed(self) -> None:
        """Takes back what the turn did."""
        self.close_cursors()
        self._alarms = {}
        self._kv_known = False
        self._loaded.store.rollback()
        if self.turn_restored:
            self._loaded.broken = True

    def detach_cursors(self) -> None:
        """The turn's transaction ends, though the turn goes on: what is being read stays readable.

        Raises `Invalid` within `transaction_sync`, as its part could no longer be taken back.
        """
        if self._parts:
            raise Invalid("a call from within transaction_sync", hint="make it before or after")
        for cursor in self._cursors:
            cursor.detach()

    def close_cursors(self) -> None:
        for cursor in self._cursors:
            cursor.close()
        self._cursors.clear()

    def _check(self) -> None:
        check_turn(self._loaded.id)
        if self.turn_restored:
            raise Invalid("the storage was restored", hint="end the turn: the object then starts with it")

    def _execute(self, sql: str, bindings: tuple[Any, ...]) -> Any:
        self._check()
        return self._loaded.store.execute(sql, bindings)


def _instant(at: datetime | timedelta | float | str, clock: Clock) -> int:
    if isinstance(at, timedelta):
        return now_us(clock) + at // timedelta(microseconds=1)
    if isinstance(at, int | float) and not isinstance(at, bool):
        return now_us(clock) + int(at * 1_000_000)
    return parse_instant(at)
