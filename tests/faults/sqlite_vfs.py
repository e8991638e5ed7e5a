"""A SQLite VFS that tells of every sync and otherwise is the ordinary one of Unix.

Registered as the default, it is used by every connection that the process opens from then on. It opens files
with the ordinary VFS and then exchanges one pointer in their table of methods: that of `xSync`.
"""

from __future__ import annotations

import ctypes
import os
import sqlite3  # noqa: F401 - loads the library that is looked for
from ctypes import CFUNCTYPE, POINTER, Structure, byref, c_char_p, c_int, c_void_p
from pathlib import Path
from typing import Any, Protocol

JOURNALS = ("-wal", "-journal")


class Watcher(Protocol):
    def file_synced(self, path: Path) -> None: ...

    def folder_synced(self, folder: Path) -> None: ...


class _Methods(Structure):
    """`sqlite3_io_methods`, up to version 3."""

    _fields_ = (("version", c_int), *((f"before{n}", c_void_p) for n in range(4)), ("sync", c_void_p),
                *((f"after{n}", c_void_p) for n in range(13)))  # fmt: skip


class _File(Structure):
    """`sqlite3_file`, the part that every VFS has."""

    _fields_ = (("methods", POINTER(_Methods)),)


class _Vfs(Structure):
    """`sqlite3_vfs`, up to version 3."""

    _fields_ = (("version", c_int), ("file_bytes", c_int), ("path_bytes", c_int), ("next", c_void_p),
                ("name", c_char_p), ("data", c_void_p), ("open", c_void_p), ("delete", c_void_p),
                *((f"rest{n}", c_void_p) for n in range(16)))  # fmt: skip


_Sync = CFUNCTYPE(c_int, POINTER(_File), c_int)
_Open = CFUNCTYPE(c_int, c_void_p, c_void_p, POINTER(_File), c_int, POINTER(c_int))
_Delete = CFUNCTYPE(c_int, c_void_p, c_char_p, c_int)

_kept: list[Any] = []
"""What SQLite points to must outlive every connection."""


def library() -> Path | None:
    """The shared library that the module `sqlite3` uses; `None` if it is linked into Python itself."""
    for line in Path("/proc/self/maps").read_text().splitlines():
        if "libsqlite3" in line:
            return Path(line.split(maxsplit=5)[5])
    return None


def watch(watcher: Watcher) -> None:
    """Must be called before the first connection that is to be watched."""
    found = library()
    assert found is not None, "sqlite3 is linked statically"
    lib = ctypes.CDLL(str(found))
    lib.sqlite3_vfs_find.restype = POINTER(_Vfs)
    ordinary = lib.sqlite3_vfs_find(None)
    shim = _Vfs.from_buffer_copy(ordinary.contents)
    shim.name = b"watched"
    real_open = _Open(ordinary.contents.open)
    real_delete = _Delete(ordinary.contents.delete)
    address = ctypes.addressof(ordinary.contents)
    names: dict[int, Path] = {}
    new_journals: set[Path] = set()
    tables: dict[int, _Methods] = {}

    def opening(_vfs: int, name: int, file: Any, flags: int, out: Any) -> int:
        text = ctypes.string_at(name).decode() if name else None
        is_new = text is not None and not os.path.exists(text)
        code: int = real_open(address, name, file, flags, out)
        if code == 0 and text is not None and file.contents.methods:
            where = ctypes.addressof(file.contents)
            names[where] = Path(text)
            if is_new and text.endswith(JOURNALS):
                new_journals.add(Path(text))
            file.contents.methods = ctypes.pointer(_watched(file.contents.methods.contents))
        return code

    def _watched(methods: _Methods) -> _Methods:
        key = ctypes.addressof(methods)
        if key not in tables:
            real_sync = _Sync(methods.sync)

            def syncing(file: Any, flags: int) -> int:
                path = names[ctypes.addressof(file.contents)]
                watcher.file_synced(path)
                if path in new_journals:  # as the ordinary VFS does at a new journal's first sync
                    new_journals.discard(path)
                    watcher.folder_synced(path.parent)
                code: int = real_sync(file, flags)
                return code

            tables[key] = _Methods.from_buffer_copy(methods)
            callback = _Sync(syncing)
            _kept.append((real_sync, callback))
            tables[key].sync = ctypes.cast(callback, c_void_p).value
        return tables[key]

    def deleting(_vfs: int, name: bytes, sync_folder: int) -> int:
        code: int = real_delete(address, name, sync_folder)
        if code == 0 and sync_folder:
            watcher.folder_synced(Path(name.decode()).parent)
        return code

    callbacks = (_Open(opening), _Delete(deleting))
    shim.open = ctypes.cast(callbacks[0], c_void_p).value
    shim.delete = ctypes.cast(callbacks[1], c_void_p).value
    _kept.extend([shim, tables, names, callbacks, real_open, real_delete])
    assert lib.sqlite3_vfs_register(byref(shim), 1) == 0
