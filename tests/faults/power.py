"""A disk that remembers what was made durable, and the tree that a power loss leaves.

    fsync of a file    -> its content as it is at that moment is kept
    fsync of a folder  -> the names in it, and which file each one is, are kept

Everything else may be gone. Our own files report through the seam of the object store and through `os.fsync`;
SQLite reports through a VFS that passes every call on to the ordinary one (`sqlite_vfs`).
"""

from __future__ import annotations

import json
import os
import random
import signal
import stat
from pathlib import Path

from .sqlite_vfs import watch

BLOCK = 4096


class Disk:
    """Keeps in the folder `shadow` what is durable. `die_after`: kills the process after so many syncs."""

    file_synced_by_us = True
    """A variant sets it to `False`: then only what SQLite syncs is kept."""

    def __init__(self, shadow: Path, *, die_after: int = 0) -> None:
        shadow.mkdir()
        self._shadow = shadow
        self._fsync = os.fsync
        self._die_after = die_after
        self._syncs = 0
        self._log = os.open(shadow / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def watch(self) -> None:
        """From now on every sync in this process is seen."""
        os.fsync = self.fsync  # type: ignore[assignment]  # we only give it descriptors
        watch(self)

    def fsync(self, descriptor: int) -> None:
        path = Path(os.readlink(f"/proc/self/fd/{descriptor}"))
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            self.folder_synced(path)
        elif self.file_synced_by_us:
            self.file_synced(path)

    def file_synced(self, path: Path) -> None:
        self._count()
        number = path.stat().st_ino
        kept = self._shadow / f"{self._syncs}-{number}"
        kept.write_bytes(path.read_bytes())
        held = self._shadow / f"held-{number}"
        if not held.exists():
            os.link(path, held)  # so that no later file gets the same inode number
        self._note({"file": number, "content": kept.name})

    def folder_synced(self, folder: Path) -> None:
        self._count()
        names = {entry.name: entry.inode() for entry in os.scandir(folder)}
        self._note({"folder": folder.stat().st_ino, "names": names})

    def _count(self) -> None:
        self._syncs += 1
        if self._syncs == self._die_after:
            os.kill(os.getpid(), signal.SIGKILL)

    def _note(self, what: dict[str, object]) -> None:
        os.write(self._log, json.dumps(what).encode() + b"\n")


def lose_power(lake: Path, shadow: Path, after: Path, torn: int | None = None) -> None:
    """Builds `after`: the lake as it is once power is back.

    Without `torn` nothing unsynced survives; with it, a seed, any part of it does: for each name either
    state, for each block of a file either content.
    """
    contents: dict[int, Path] = {}
    folders: dict[int, dict[str, int]] = {}
    for line in (shadow / "log").read_bytes().splitlines():
        noted = json.loads(line)
        if "file" in noted:
            contents[noted["file"]] = shadow / noted["content"]
        else:
            folders[noted["folder"]] = noted["names"]
    _Survivors(contents, folders, None if torn is None else random.Random(torn)).build(lake, after)


class _Survivors:
    def __init__(
        self, contents: dict[int, Path], folders: dict[int, dict[str, int]], rng: random.Random | None
    ) -> None:
        self._contents = contents
        self._folders = folders
        self._rng = rng

    def build(self, lake: Path, after: Path) -> None:
        """The lake's own folder is there; what is in it follows from the syncs."""
        found = {path.stat().st_ino: path for path in (lake, *lake.rglob("*"))}
        self._folder(lake.stat().st_ino, after, found)

    def _folder(self, number: int, after: Path, found: dict[int, Path]) -> None:
        after.mkdir()
        durable = self._folders.get(number, {})
        here = found.get(number)
        present = {e.name: e.inode() for e in os.scandir(here)} if here is not None else {}
        for name in sorted({*durable, *present}):
            of = durable.get(name)
            if self._rng is not None and present.get(name) != of and self._rng.random() < 0.5:
                of = present.get(name)
            if of is None:
                continue
            if of in self._folders or (of in found and found[of].is_dir()):
                self._folder(of, after / name, found)
            else:
                (after / name).write_bytes(self._content(of, found.get(of)))

    def _content(self, number: int, here: Path | None) -> bytes:
        kept = self._contents.get(number)
        durable = kept.read_bytes() if kept else b""
        if self._rng is None or here is None:
            return durable
        present = here.read_bytes()
        if present == durable:
            return durable
        length = self._rng.choice((len(durable), len(present)))
        blocks = []
        for start in range(0, length, BLOCK):
            source = self._rng.choice((durable, present))
            block = source[start : min(start + BLOCK, length)]
            blocks.append(block.ljust(min(BLOCK, length - start), b"\0"))
        return b"".join(blocks)
