"""Files on this machine: written so that they survive a power loss, and copies of remote ones.

    write to .parts/<unique>  ->  fsync the file  ->  link or rename to its name  ->  fsync the folder

A reader sees the name only once the bytes are on the disk, so never half a file. A link fails if the name
exists, in whichever process: that makes `create_only` free of races.
"""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
import threading
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core.clock import Clock, system_clock
from ..core.ids import checksum

Data = bytes | memoryview | Any
"""Anything with a buffer; `Any` stands for `pyarrow.Buffer`, whose library has no types."""

PARTS = ".parts"
"""Below a root, where files are until they are whole."""

DEFAULT_LIMIT_BYTES = 10 * 2**30
KEPT_S = 600
"""A copy handed out this recently may be about to be opened, so it stays."""

_ABANDONED_S = 3600
"""A part this old was left by a process that died."""


@dataclass(frozen=True, slots=True)
class LocalFiles:
    """How files and folders are made durable, by descriptor: calls that a power-loss test sees or fails."""

    fsync: Callable[[int], None] = os.fsync
    fsync_folder: Callable[[int], None] = os.fsync


class DurableFiles:
    """Files below `root`. Safe for several threads and processes."""

    def __init__(self, root: Path, files: LocalFiles, *, clock: Clock = system_clock) -> None:
        self._root = root
        self._sync = files
        self._clock = clock
        self._durable: set[Path] = set()
        self._numbers = itertools.count()

    def write(self, path: Path, data: Data, *, create_only: bool = False) -> None:
        """Durable, with every folder it needed, when it returns.

        Raises `FileExistsError` if `create_only` and the name is taken, or another `OSError`; then nothing
        is there under the name, unless the very last fsync failed.
        """
        self._make(path.parent)
        part = self._part()
        try:
            with open(part, "xb") as file:
                file.write(data)
                file.flush()
                self._sync.fsync(file.fileno())
            if create_only:
                os.link(part, path)
            else:
                os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)
        self.sync_folder(path.parent)

    def sync_folder(self, folder: Path) -> None:
        """Makes it durable which names are in the folder."""
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            self._sync.fsync_folder(descriptor)
        finally:
            os.close(descriptor)

    def _make(self, folder: Path) -> None:
        """Has the folder exist after a power loss.

        Below the root an existing one may have been made, and not yet fsynced, by another process: the
        first use of each fsyncs its name in any case.
        """
        exists = folder.is_dir()
        if exists and (folder in self._durable or self._root not in folder.parents):
            return
        self._make(folder.parent)
        try:
            folder.mkdir(exist_ok=True)
        except FileExistsError as error:
            raise NotADirectoryError(f"{folder} is a file") from error
        self.sync_folder(folder.parent)
        self._durable.add(folder)

    def _part(self) -> Path:
        folder = self._root / PARTS
        number = next(self._numbers)
        if number == 0 or not folder.is_dir():
            folder.mkdir(exist_ok=True)
            self._sweep(folder)
        # The name of a process that was frozen until its part was swept must not come again: hence the time.
        return folder / f"{os.getpid()}-{time.monotonic_ns()}-{number}"

    def _sweep(self, folder: Path) -> None:
        oldest = self._clock().timestamp() - _ABANDONED_S
        for part in folder.iterdir():
            try:
                if part.stat().st_mtime < oldest:
                    part.unlink()
            except FileNotFoundError:
                continue  # its writer was faster


class LocalCache:
    """Copies of immutable objects, at most about `limit_bytes`, the longest unused out first.

    Safe for several threads and processes. The limit gives way to files used in the last ten minutes.
    """

    def __init__(
        self,
        folder: Path | None,
        limit_bytes: int = DEFAULT_LIMIT_BYTES,
        *,
        inside: Path | None = None,
        clock: Clock = system_clock,
    ) -> None:
        """`folder` `None`: one of its own, `inside` that one, gone with this object."""
        if folder is None:
            if inside is not None:
                inside.mkdir(parents=True, exist_ok=True)
            folder = Path(tempfile.mkdtemp(prefix="thermocline-", dir=inside))
            weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self.folder = folder.absolute()
        self._files = DurableFiles(self.folder, LocalFiles(), clock=clock)
        self._limit_bytes = limit_bytes
        self._clock = clock
        self._locks = [threading.Lock() for _ in range(16)]

    def path(self, key: str, fetch: Callable[[], bytes]) -> Path:
        """The copy of `key`, fetched if it is not here. Raises what `fetch` raises, and `OSError`."""
        path = self._path(key)
        with self._locks[hash(key) % len(self._locks)]:  # two who want one object fetch it once
            try:
                self._use(path)
            except FileNotFoundError:
                self._files.write(path, fetch())
                self._use(path)
                self._make_room()
        return path

    def forget(self, key: str) -> None:
        """The object was replaced or deleted."""
        self._path(key).unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        # Not the key itself: libraries take `*` and `[` in paths for patterns.
        return self.folder / checksum(key.encode())

    def _use(self, path: Path) -> None:
        """Notes the use as access time. The modification time stays: by it others know a file again."""
        now_ns = int(self._clock().timestamp() * 1e9)
        os.utime(path, ns=(now_ns, path.stat().st_mtime_ns))

    def _make_room(self) -> None:
        with os.scandir(self.folder) as entries:
            states = [(entry.path, entry.stat()) for entry in entries if entry.is_file()]
        used = sum(state.st_size for _, state in states)
        newest = self._clock().timestamp() - KEPT_S
        for path, state in sorted(states, key=lambda pair: pair[1].st_atime_ns):
            if used <= self._limit_bytes or state.st_atime > newest:
                return
            Path(path).unlink(missing_ok=True)
            used -= state.st_size
