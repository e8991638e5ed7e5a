"""An object's private database: SQLite, with rules for what it may run and a way to tell what a turn changed.

Small ones live in memory and are compared with what they were before. Large ones are a file of their own
(large.py). Both give the changes of a turn as bytes, which the object shard's log keeps.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Protocol

from ...core.errors import Conflict, Corrupt, Error, Invalid, Unavailable
from .delta import Change, difference
from .sql_rules import Verb, authorize, verb

PAGE = 1_024
"""Bytes: small pages keep small objects small, and changes short."""

Bindings = Sequence[Any] | Mapping[str, Any]


class PrivateStore(Protocol):
    """One connection, used by one turn at a time."""

    size: int
    """Bytes, as of the last turn."""

    def execute(self, sql: str, bindings: Bindings = ()) -> sqlite3.Cursor: ...

    def savepoint(self, work: Callable[[], Any]) -> Any: ...

    def rollback(self) -> None:
        """Takes back what the turn wrote."""
        ...

    def changes(self) -> list[Change] | None:
        """Ends the turn's transaction; `None` if it wrote nothing."""
        ...

    def dump(self) -> bytes:
        """All of it, as of the last turn."""
        ...

    def close(self) -> None: ...


class Connection:
    """What both kinds share: guarded statements within one lazily begun transaction."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._guard(db)

    def _guard(self, db: sqlite3.Connection) -> None:
        db.execute("PRAGMA temp_store=MEMORY")
        db.set_authorizer(authorize)
        self._db = db

    def execute(self, sql: str, bindings: Bindings = ()) -> sqlite3.Cursor:
        """Runs one statement; raises `Invalid`, or `Conflict` where a constraint forbids the write."""
        if verb(sql) is Verb.WRITE:
            self._begin()
        try:
            return self._db.execute(sql, bindings)
        except (sqlite3.Error, sqlite3.Warning, OverflowError, ValueError, TypeError) as error:
            raise as_error(error) from error

    def savepoint(self, work: Callable[[], Any]) -> Any:
        """Runs `work`; what it wrote is taken back if it raises."""
        self._begin()
        self._db.execute("SAVEPOINT thermocline_part")
        try:
            result = work()
        except BaseException:
            # A statement that failed badly may have taken the whole transaction back with it.
            if self._db.in_transaction:
                self._db.execute("ROLLBACK TO thermocline_part")
                self._db.execute("RELEASE thermocline_part")
            raise
        self._db.execute("RELEASE thermocline_part")
        return result

    def rollback(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def close(self) -> None:
        with suppress(sqlite3.Error):
            self._db.close()

    def _begin(self) -> None:
        if not self._db.in_transaction:
            self._db.execute("BEGIN")


@contextmanager
def reading() -> Iterator[None]:
    """Rows are computed as they are fetched: what SQLite says of one is among our kinds too."""
    try:
        yield
    except sqlite3.Error as error:
        raise as_error(error) from error


class MemoryStore(Connection):
    """`image`: the database's bytes; none for a new object."""

    def __init__(self, image: bytes) -> None:
        self._image, db = _in_memory(image)
        super().__init__(db)
        self._replaced = False
        self.size = len(image)

    def changes(self) -> list[Change] | None:
        if not self._db.in_transaction and not self._replaced:
            return None
        try:
            if self._db.in_transaction:
                self._db.execute("COMMIT")  # a deferred constraint may refuse it
        except sqlite3.Error as error:
            raise as_error(error) from error
        # SQLite does not serialize a database in which nothing was ever created.
        known = self._image and not self._replaced
        empty = not known and self._db.execute("PRAGMA page_count").fetchone()[0] == 0
        after = b"" if empty else self._db.serialize()
        self._replaced = False
        changes = difference(self._image, after)
        if not changes and len(after) == len(self._image):
            return None
        self._image, self.size = after, len(after)
        return changes

    def replace(self, image: bytes) -> None:
        """The turn makes the database what `image` is; `rollback` takes that back too."""
        self._reopen(image)
        self._replaced = True

    def rollback(self) -> None:
        if self._replaced:
            self._reopen(self._image)
            self._replaced = False
        super().rollback()

    def dump(self) -> bytes:
        return self._image

    def _reopen(self, image: bytes) -> None:
        self.close()
        _, db = _in_memory(image)
        self._guard(db)


def _in_memory(image: bytes) -> tuple[bytes, sqlite3.Connection]:
    """The image as memory can have it, and a connection to a copy of it."""
    db = sqlite3.connect(
        ":memory:", isolation_level=None, check_same_thread=False, cached_statements=CACHED_STATEMENTS
    )
    if not image:
        db.execute(f"PRAGMA page_size={PAGE}")
        return image, db
    if image[18] != 1:
        # A database that was a file of its own says that it has a -wal, which memory can't have.
        image = image[:18] + b"\1\1" + image[20:]
    db.deserialize(image)
    return image, db


CACHED_STATEMENTS = 16
"""Per object: each costs some kilobytes."""


def as_error(error: Exception) -> Error:
    """What SQLite says of an object's own statement, as one of our kinds."""
    text = str(error)
    if isinstance(error, sqlite3.IntegrityError):
        return Conflict(text, hint="a constraint of the object's own table refuses it")
    if "not authorized" in text or "prohibited" in text:
        return Invalid(
            f"not for an object's storage: {text}",
            hint="no ATTACH, no temporary tables, no PRAGMA that changes how the database is kept",
        )
    if "disk" in text or "unable to open" in text:
        return Unavailable(text, hint="free some disk space; the turn was taken back")
    if isinstance(error, sqlite3.DatabaseError) and ("malformed" in text or "not a database" in text):
        return Corrupt(f"an object's storage is damaged: {text}", hint="restore it to an earlier bookmark")
    return Invalid(text, hint="the statement runs in the object's private SQLite database")
