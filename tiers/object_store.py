"""Bytes under keys: the one interface to where segments, manifests and Iceberg files lie.

    LocalObjects   a directory: durable when `put` returns, files readable in place
    RemoteObjects  S3 and what else obstore speaks, or memory: files come through a cache of immutable copies

A key is `a/b/c`. Nothing is overwritten by accident: what must exist once is put with `create_only`.
"""

from __future__ import annotations

import contextlib
import errno
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlparse

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import LocalStore, MemoryStore, from_url

from ..core.errors import Conflict, Invalid, NotFound, Unavailable
from .local_cache import LocalCache

Data = bytes | memoryview | Any
"""Anything with a buffer: bytes, a memoryview, a `pyarrow.Buffer`."""


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    key: str
    size: int
    modified: datetime


class ObjectStore(Protocol):
    """`url` is the base of every location: `file:///...`, `s3://bucket/prefix`, `memory://name`."""

    url: str

    def put(self, key: str, data: Data, *, create_only: bool = False) -> None:
        """Durable when it returns, and never half there. `Conflict`: the key exists; `Unavailable`: full."""
        ...

    def get(self, key: str) -> bytes:
        """Raises `NotFound`."""
        ...

    def get_range(self, key: str, start: int, length: int) -> bytes: ...

    def size(self, key: str) -> int:
        """Bytes. Raises `NotFound`."""
        ...

    def list(self, prefix: str) -> list[ObjectInfo]:
        """All objects below a folder, by key."""
        ...

    def delete(self, keys: Iterable[str]) -> None:
        """Missing ones are fine."""
        ...

    def local_path(self, key: str) -> Path:
        """A file that other libraries can read. Raises `NotFound`."""
        ...

    def location(self, key: str) -> str:
        """The location of a key, below `url`."""
        ...

    def key_of(self, location: str) -> str:
        """The key of a location below `url`. Raises `Invalid` for any other."""
        ...


@dataclass(frozen=True, slots=True)
class LocalFiles:
    """How a directory is made durable, as calls that a power-loss test can watch or leave out."""

    fsync: Callable[[int], None] = os.fsync
    fsync_folder: Callable[[int], None] = os.fsync


class _Objects:
    """What every store does the same way, by obstore."""

    def __init__(self, store: Any, url: str) -> None:
        self._store = store
        self.url = url.rstrip("/")

    def get(self, key: str) -> bytes:
        with _reporting(key):
            return bytes(obstore.get(self._store, key).bytes())

    def get_range(self, key: str, start: int, length: int) -> bytes:
        with _reporting(key):
            return bytes(obstore.get_range(self._store, key, start=start, length=length))

    def size(self, key: str) -> int:
        with _reporting(key):
            return int(obstore.head(self._store, key)["size"])

    def list(self, prefix: str) -> list[ObjectInfo]:
        with _reporting(prefix):
            found = [item for page in obstore.list(self._store, prefix=prefix.rstrip("/")) for item in page]
        infos = [ObjectInfo(item["path"], item["size"], item["last_modified"]) for item in found]
        return sorted(infos, key=lambda info: info.key)

    def delete(self, keys: Iterable[str]) -> None:
        for key in keys:
            with contextlib.suppress(NotFound), _reporting(key):
                obstore.delete(self._store, key)

    def location(self, key: str) -> str:
        return f"{self.url}/{key}"

    def key_of(self, location: str) -> str:
        text = location if "://" in location else f"file://{location}"
        if not text.startswith(self.url + "/"):
            raise Invalid(f"{location} lies outside the lake", hint=f"its files are below {self.url}")
        return text[len(self.url) + 1 :]


class RemoteObjects(_Objects):
    """S3 and its kind, or memory. `cache`: where copies for local readers are kept."""

    def __init__(self, store: Any, url: str, cache: LocalCache) -> None:
        super().__init__(store, url)
        self._cache = cache

    def put(self, key: str, data: Data, *, create_only: bool = False) -> None:
        with _reporting(key):
            obstore.put(self._store, key, data, mode="create" if create_only else "overwrite")

    def local_path(self, key: str) -> Path:
        return self._cache.path(key, lambda: self.get(key))


class LocalObjects(_Objects):
    """A directory. obstore's own local put issues no fsync, so writing is done here."""

    def __init__(self, root: Path, files: LocalFiles | None = None) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self.root = root.resolve()
        self._files = files or LocalFiles()
        super().__init__(LocalStore(prefix=str(self.root)), f"file://{self.root}")

    def put(self, key: str, data: Data, *, create_only: bool = False) -> None:
        """Written beside its place, fsynced, then given its name in one step, and the folder fsynced."""
        path = self._path(key)
        with _reporting(key):
            made = _make_folders(path.parent)
            part = path.parent / f".{path.name}.{os.getpid()}-{threading.get_ident()}.part"
            try:
                with open(part, "wb") as file:
                    file.write(data)
                    file.flush()
                    self._files.fsync(file.fileno())
                if create_only:
                    os.link(part, path)  # fails if the name is taken, also against other processes
                else:
                    os.replace(part, path)
            finally:
                part.unlink(missing_ok=True)
            for folder in (path.parent, *made):
                self._sync_folder(folder)

    def list(self, prefix: str) -> list[ObjectInfo]:
        return [info for info in super().list(prefix) if not info.key.endswith(".part")]

    def local_path(self, key: str) -> Path:
        path = self._path(key)
        if not path.is_file():
            raise NotFound(f"no object {key}", hint="it may have expired")
        return path

    def _path(self, key: str) -> Path:
        if not key or key.startswith("/") or ".." in key.split("/"):
            raise Invalid(f"not a key: {key!r}", hint="keys are relative: a/b/c")
        return self.root / key

    def _sync_folder(self, folder: Path) -> None:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            self._files.fsync_folder(descriptor)
        finally:
            os.close(descriptor)


def open_store(
    where: str | Path, *, cache: Path | None = None, cache_bytes: int = 8 << 30, **options: str
) -> ObjectStore:
    """A directory, `file://`, `memory://name`, `s3://bucket/prefix` or another URL that obstore knows.

    `options`: obstore's configuration (`aws_endpoint`, `aws_region`, ...); credentials also come from the
    environment. `cache`: folder for copies of remote files (needed for those), at most `cache_bytes`.
    """
    text = str(where)
    if "://" not in text:
        return LocalObjects(Path(where))
    scheme = urlparse(text).scheme
    if scheme == "file":
        return LocalObjects(Path(unquote(urlparse(text).path)))
    if cache is None:
        raise Invalid("a remote object store needs a cache folder", hint="open_store(url, cache=folder)")
    copies = LocalCache(cache, cache_bytes)
    if scheme == "memory":
        return RemoteObjects(MemoryStore(), text, copies)
    try:
        return RemoteObjects(from_url(text, **options), text, copies)
    except (BaseError, ValueError) as error:
        raise Invalid(f"can't use {text}: {error}", hint="for example s3://bucket/prefix") from None


def _make_folders(folder: Path) -> list[Path]:
    """Creates what is missing; gives the folders whose entries changed, innermost first."""
    missing = []
    while not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        each.mkdir(exist_ok=True)
    return [each.parent for each in missing]


@contextlib.contextmanager
def _reporting(key: str) -> Iterator[None]:
    try:
        yield
    except (AlreadyExistsError, FileExistsError):
        raise Conflict(f"{key} exists", hint="it was written once and is never replaced") from None
    except FileNotFoundError:
        raise NotFound(f"no object {key}", hint="it may have expired") from None
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        hint = "free some disk space; nothing was lost" if full else "check the disk and its permissions"
        raise Unavailable(f"can't write {key}: {error.strerror or error}", hint=hint) from error
    except BaseError as error:
        raise Unavailable(
            f"the object store failed at {key}: {error}", hint="try again; check network and credentials"
        ) from error
