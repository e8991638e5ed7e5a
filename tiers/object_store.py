"""Bytes under keys such as `tables/shop/orders/warm/1-99.parquet`: in a directory, on S3, in memory.

A lake needs of its store only that a put is whole and durable when it returns, and that of two who create the
same key one wins. obstore gives both on S3 and in memory; its local
store does not (see `local_objects.py`).
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from ..core.errors import Conflict, Error, Invalid, NotFound, Unavailable
from ..core.ids import checksum
from .local_cache import DEFAULT_LIMIT_BYTES, PARTS, Data, LocalCache

if TYPE_CHECKING:
    from obstore.store import ObjectStore as Remote

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """One object of a listing. `size` in bytes; `modified` in UTC, as the store's clock has it."""

    key: str
    size: int
    modified: datetime


@runtime_checkable
class ObjectStore(Protocol):
    """Every method raises `Invalid` for what cannot be a key, `Unavailable` if the store does not answer."""

    url: str
    """`file:///lake/objects`, `s3://bucket/prefix`, `memory://name`: the base of Iceberg's locations."""
    folder: Path
    """What `local_path` gives lies below it."""

    def put(self, key: str, data: Data, *, create_only: bool = False) -> None:
        """Durable when it returns, and never seen half. Replaces what is there, unless `create_only`.

        Raises `Conflict` if `create_only` and the key exists, `Unavailable` if the disk is full. After
        `Unavailable` the object may be there, whole: the reply was lost. A retry then reads as `Conflict`.
        """

    def get(self, key: str) -> bytes:
        """Raises `NotFound`."""

    def get_range(self, key: str, start: int, length: int) -> bytes:
        """Up to `length` bytes from `start`, fewer where the object ends. Raises `NotFound`."""

    def size(self, key: str) -> int:
        """In bytes. Raises `NotFound`."""

    def list(self, prefix: str) -> list[ObjectInfo]:
        """All objects in the folder `prefix` and its folders, sorted by key; all there are for `""`.

        With or without a slash at its end, a prefix is a folder: `a/b` does not list `a/bc`.
        """

    def delete(self, keys: Iterable[str]) -> None:
        """Those that are missing are fine. They stay deleted after a power loss."""

    def local_path(self, key: str) -> Path:
        """A file for libraries that read files; treat it as read-only. Raises `NotFound`.

        A remote object is copied first and taken to be immutable. The copy stays for ten minutes after the
        last call at least.
        """

    def location(self, key: str) -> str:
        """The name by which Iceberg refers to the object: `url`, a slash, the key."""

    def key_of(self, location: str) -> str:
        """The inverse of `location`. Raises `Invalid` for one outside this store."""


class Located:
    """Between keys and the locations that Iceberg's metadata holds."""

    def __init__(self, url: str, folder: Path) -> None:
        self.folder = folder
        self.url = url

    def location(self, key: str) -> str:
        return f"{self.url}/{check_key(key)}"

    def key_of(self, location: str) -> str:
        if not location.startswith(self.url + "/"):
            raise Invalid(f"{location} is not in {self.url}", hint="only files of this lake can be used")
        return check_key(location[len(self.url) + 1 :])


class RemoteObjects(Located):
    """Any store of obstore. `url`: the place of its root, without a slash at the end."""

    def __init__(self, remote: Remote, url: str, cache: LocalCache) -> None:
        super().__init__(url, cache.folder)
        self._remote = remote
        self._cache = cache

    def put(self, key: str, data: Data, *, create_only: bool = False) -> None:
        import obstore

        # A copy of what may change: obstore's memory store keeps the caller's buffer. It refuses pyarrow's.
        payload = data if isinstance(data, bytes) else bytes(memoryview(data))
        with _asking(key, self.url):
            obstore.put(self._remote, check_key(key), payload, mode="create" if create_only else "overwrite")
        self._cache.forget(key)

    def get(self, key: str) -> bytes:
        import obstore

        with _asking(key, self.url):
            return bytes(obstore.get(self._remote, check_key(key)).bytes())

    def get_range(self, key: str, start: int, length: int) -> bytes:
        import obstore

        check_range(start, length)
        length = min(length, self.size(key) - start)  # stores refuse ranges that begin past the end
        if length <= 0:
            return b""
        with _asking(key, self.url):
            return bytes(obstore.get_range(self._remote, key, start=start, length=length))

    def size(self, key: str) -> int:
        import obstore

        with _asking(key, self.url):
            return int(obstore.head(self._remote, check_key(key))["size"])

    def list(self, prefix: str) -> list[ObjectInfo]:
        import obstore

        folder = prefix.rstrip("/")
        with _asking(prefix, self.url):
            found = obstore.list(self._remote, prefix=check_key(folder) if folder else None).collect()
        infos = (ObjectInfo(one["path"], one["size"], one["last_modified"]) for one in found)
        return sorted(infos, key=lambda info: info.key)

    def delete(self, keys: Iterable[str]) -> None:
        import obstore

        names = [check_key(key) for key in keys]
        if names:
            with _asking(names[0], self.url):
                obstore.delete(self._remote, names)
        for key in names:
            self._cache.forget(key)

    def local_path(self, key: str) -> Path:
        with reading(key, self.url):
            return self._cache.path(check_key(key), lambda: self.get(key))


_memories: dict[str, Remote] = {}
"""Memory stores by name: opened twice in a process, a name is one store."""

_ENDPOINTS = ("AWS_ENDPOINT", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3")


def open_store(
    where: str | Path,
    *,
    cache: Path | None = None,
    cache_bytes: int = DEFAULT_LIMIT_BYTES,
    **options: Any,
) -> ObjectStore:
    """The store at a path, `file:///path`, `memory://name`, `s3://bucket/prefix`, or another URL of obstore.

    `cache`: the folder for copies of remote objects (default: a temporary one), `cache_bytes`: their bound.
    `options`: `endpoint`, `region`, `access_key_id`, `secret_access_key` and what else obstore's store takes;
    what is missing comes from the environment (`AWS_REGION`, ...). Raises `Invalid` for what obstore refuses.
    """
    scheme, separator, rest = str(where).partition("://")
    local = not separator or scheme == "file"
    if options and (local or scheme == "memory"):
        raise Invalid(
            f"{where} takes no option `{next(iter(options))}`", hint="options are for S3 and its kind"
        )
    if local:
        from .local_objects import LocalObjects

        return LocalObjects(Path(rest if separator else where))
    url = f"{scheme}://{rest.strip('/')}"
    if scheme == "memory":
        from obstore.store import MemoryStore

        # What is in memory ends with the process; its copies, in a folder of their own, do so too.
        copies = LocalCache(None, cache_bytes, inside=cache)
        return RemoteObjects(_memories.setdefault(url, MemoryStore()), url, copies)
    folder = cache / checksum(url.encode()) if cache else None
    return RemoteObjects(_connected(url, options), url, LocalCache(folder, cache_bytes))


def is_remote(where: str) -> bool:
    """Whether its files are reached over a network, from any machine.

    >>> is_remote("s3://lake/a"), is_remote("/data/lake"), is_remote("file:///data/lake")
    (True, False, False)
    """
    return "://" in where and not where.startswith(("file://", "memory://"))


def _connected(url: str, options: dict[str, Any]) -> Remote:
    from obstore.exceptions import BaseError
    from obstore.store import from_url

    named = (*options.values(), *(os.environ.get(name) for name in _ENDPOINTS))
    insecure = any(str(value).startswith("http://") for value in named)
    try:
        remote: Remote = from_url(url, **{"client_options": {"allow_http": insecure}, **options})
    except (BaseError, ValueError) as error:
        text = f"cannot use {url}: {_first_line(error)}"
        raise Invalid(text, hint="a path, memory://name or s3://bucket/prefix") from error
    return remote


def check_key(key: str) -> str:
    """`key` if every store can hold it under just this name; `Invalid` otherwise."""
    parts = key.split("/")
    if (
        not all(parts)
        or not {".", ".."}.isdisjoint(parts)
        or parts[0] == PARTS
        or _CONTROL.search(key)
        or any(len(part.encode(errors="replace")) > 255 for part in parts)
    ):
        raise Invalid(
            f"not a key: {key!r}",
            hint=f"names joined by single slashes, none `.`, `..` or over 255 bytes, the first not `{PARTS}`",
        )
    return key


def check_range(start: int, length: int) -> None:
    if start < 0 or length < 0:
        raise Invalid(f"not a range of bytes: {length} from {start}", hint="neither may be negative")


def missing(key: str, url: str) -> NotFound:
    return NotFound(f"no object `{key}` in {url}", hint="list its folder to see what is there")


def _first_line(error: Exception) -> str:
    """obstore appends pages of debug output."""
    return str(error).partition("\n")[0]


def exists(key: str, url: str) -> Conflict:
    return Conflict(f"`{key}` already exists in {url}", hint="somebody else created it first")


def disk_error(error: OSError, key: str, url: str) -> Error:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Unavailable(f"disk full: `{key}` in {url}", hint="free some space, then try again")
    return Unavailable(
        f"`{key}` in {url}: {error.strerror or error}", hint="check the disk and its permissions"
    )


@contextmanager
def reading(key: str, url: str) -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise missing(key, url) from error
    except OSError as error:
        raise disk_error(error, key, url) from error


@contextmanager
def _asking(key: str, url: str) -> Iterator[None]:
    """Gives obstore's errors the kinds that users know."""
    from obstore.exceptions import AlreadyExistsError, BaseError

    try:
        yield
    except FileNotFoundError as error:
        raise missing(key, url) from error
    except AlreadyExistsError as error:
        raise exists(key, url) from error
    except (BaseError, OSError) as error:
        raise Unavailable(
            f"{url} does not answer for `{key}`: {_first_line(error)}",
            hint="check the network, the endpoint and the credentials, then try again",
        ) from error
