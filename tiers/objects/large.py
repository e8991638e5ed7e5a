"""A large object's private database: a file of its own beside the shard's.

The shard's log stays the truth, as for small objects. The file is a state of some turn (`base_seq`) and is
brought up to date by redoing the log; what turns write goes to SQLite's -wal, which is never trusted again
after the process that wrote it. Only durable turns are ever moved from there into the file, so that redo
may begin at `base_seq` however a process died. No commit waits for this file's own fsync.

The -wal's format: https://sqlite.org/fileformat2.html#the_write_ahead_log
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import struct
from collections.abc import Iterable, Sequence
from pathlib import Path

import xxhash

from .delta import Change
from .private import CACHED_STATEMENTS, Connection, as_error
from .sql_rules import authorize

_WAL_HEAD = 32
_FRAME_HEAD = 24
_FRAME = struct.Struct(">II")
MOST_LOGGED = 64 << 20
"""Bytes of a -wal that are moved into the file at the next quiet moment."""


class FileStore(Connection):
    """Opens the file, which holds the state of the object's last durable turn."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._log_path = Path(f"{path}-wal")
        db = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, cached_statements=CACHED_STATEMENTS
        )
        # Alone with the file: no -shm, and nobody else moves the -wal.
        db.execute("PRAGMA locking_mode=EXCLUSIVE")
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=OFF")
        db.execute("PRAGMA wal_autocheckpoint=0")
        page = db.execute("PRAGMA page_size").fetchone()[0]
        super().__init__(db)
        self.size = path.stat().st_size
        self._page = int(page)
        self._read_to = _WAL_HEAD

    def changes(self) -> list[Change] | None:
        if not self._db.in_transaction:
            return None
        try:
            self._db.execute("COMMIT")
        except sqlite3.Error as error:
            raise as_error(error) from error
        if not self._log_path.exists() or self._log_path.stat().st_size <= self._read_to:
            return None
        pages: dict[int, bytes] = {}
        count = 0
        with open(self._log_path, "rb") as log:
            log.seek(self._read_to)
            while not count:  # the last frame of a transaction tells the database's new size
                head = log.read(_FRAME_HEAD)
                if len(head) < _FRAME_HEAD:
                    return None  # it wrote nothing; what may lie here is from one that was taken back
                number, count = _FRAME.unpack_from(head)
                pages[number] = log.read(self._page)
            self._read_to = log.tell()
        self.size = count * self._page
        return [
            ((number - 1) * self._page, data) for number, data in sorted(pages.items()) if number <= count
        ]

    def dump(self) -> bytes:
        raise NotImplementedError("a large object is copied as a file")

    @property
    def logged(self) -> int:
        """Bytes in the -wal."""
        return self._read_to - _WAL_HEAD

    def settle(self) -> None:
        """Moves what was written into the file and to disk: only when every turn is durable in the log."""
        self._db.set_authorizer(None)
        busy = self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
        self._db.set_authorizer(authorize)
        assert not busy, "a cursor of an ended turn is open"
        self._read_to = _WAL_HEAD
        sync(self.path)

    def close(self) -> None:
        """Closing moves the -wal into the file: if the log may not have its turns, the file must go."""
        unsettled = self.logged > 0 or self._db.in_transaction
        super().close()
        if unsettled:
            remove(self.path)


def build(path: Path, image: bytes | Path, records: Iterable[tuple[int, Sequence[Change]]]) -> None:
    """Writes the file anew: an image, and (size, changes) of the turns after it. Durable when it returns."""
    part = Path(f"{path}.part")
    if isinstance(image, Path):
        shutil.copyfile(image, part)
    else:
        part.write_bytes(image)
    redo_file(part, records)
    remove(path)
    rename(part, path)


def redo_file(path: Path, records: Iterable[tuple[int, Sequence[Change]]]) -> None:
    """Brings a closed file up to date, in place; a second time changes nothing."""
    Path(f"{path}-wal").unlink(missing_ok=True)
    with open(path, "r+b") as file:
        for size, changes in records:
            file.truncate(size)
            for offset, data in changes:
                file.seek(offset)
                file.write(data)
        file.flush()
        os.fsync(file.fileno())


def copy(path: Path, image: Path) -> None:
    """Of a settled file."""
    shutil.copyfile(path, image)
    sync(image)


def digest(path: Path) -> str:
    """32 hex digits of a file's content."""
    hashed = xxhash.xxh3_128()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            hashed.update(block)
    return hashed.hexdigest()


def rename(path: Path, to: Path) -> None:
    """Durable when it returns."""
    os.replace(path, to)
    sync(to.parent)


def write(path: Path, data: bytes) -> None:
    """Durable when it returns."""
    part = Path(f"{path}.part")
    part.write_bytes(data)
    sync(part)
    rename(part, path)


def remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    Path(f"{path}-wal").unlink(missing_ok=True)


def sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
