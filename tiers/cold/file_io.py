"""pyiceberg's files, read and written through the lake's object store.

So data, manifest and metadata files are durable before the catalog names them, and S3 needs no second set of
credentials. pyiceberg takes its FileIO by class name and text properties, hence the registry; a store stays
in it as long as somebody holds the store.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Mapping
from typing import cast
from weakref import WeakValueDictionary

import pyarrow as pa
from pyiceberg.io import FileIO, InputFile, InputStream, OutputFile, OutputStream
from pyiceberg.typedef import EMPTY_DICT, Properties

from ...core.errors import Conflict, NotFound, Unavailable
from ..object_store import ObjectStore

_KEY = "thermocline.store"
_stores: WeakValueDictionary[str, ObjectStore] = WeakValueDictionary()
_numbers = itertools.count(1)


def register_store(store: ObjectStore) -> str:
    """The text by which a `StoreFileIO` of this process finds the store; one for each store."""
    for key, known in _stores.items():
        if known is store:
            return key
    key = str(next(_numbers))
    _stores[key] = store
    return key


def forget_store(key: str) -> None:
    """No new `StoreFileIO` finds it; those there are keep it."""
    _stores.pop(key, None)


class StoreFileIO(FileIO):
    """Found by pyiceberg through the properties that `properties` gives."""

    def __init__(self, properties: Properties = EMPTY_DICT) -> None:
        """Raises `NotFound` if this process has no such store, as after unpickling in another one."""
        super().__init__(properties)
        key = str(properties.get(_KEY))
        try:
            self._store = _stores[key]
        except KeyError:
            raise NotFound(
                f"no object store is registered as {_KEY}={key}",
                hint="open the catalog through the lake, or without py-io-impl to use pyiceberg's own",
            ) from None

    @staticmethod
    def properties(store: ObjectStore) -> Mapping[str, str]:  # type: ignore[override]
        """What a catalog needs to be told to use `store`."""
        return {"py-io-impl": f"{__name__}.{StoreFileIO.__name__}", _KEY: register_store(store)}

    def new_input(self, location: str) -> InputFile:
        return _Input(self._store, location)

    def new_output(self, location: str) -> OutputFile:
        return _Output(self._store, location)

    def delete(self, location: str | InputFile | OutputFile) -> None:
        """A missing file is fine. Raises `OSError`: pyiceberg clears up after a commit, which then stands."""
        text = location if isinstance(location, str) else location.location
        try:
            self._store.delete([self._store.key_of(text)])
        except Unavailable as error:
            raise OSError(error.message) from error


class _Input(InputFile):
    def __init__(self, store: ObjectStore, location: str) -> None:
        super().__init__(location)
        self._store = store
        self._key = store.key_of(location)

    def __len__(self) -> int:
        try:
            return self._store.size(self._key)
        except NotFound as error:
            raise FileNotFoundError(self.location) from error

    def exists(self) -> bool:
        try:
            self._store.size(self._key)
        except NotFound:
            return False
        return True

    def open(self, seekable: bool = True) -> InputStream:  # noqa: ARG002 - pyiceberg's signature
        # Ranges, since adding a file or scanning some of its columns needs a fraction of it.
        return cast(InputStream, pa.PythonFile(_Ranges(self._store, self._key, len(self)), mode="r"))


class _Ranges(io.RawIOBase):
    """An object of `size` bytes as a file, each read a request of its own."""

    def __init__(self, store: ObjectStore, key: str, size: int) -> None:
        self._store, self._key, self._size = store, key, size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        return self._at

    def read(self, size: int | None = -1) -> bytes:
        left = max(0, self._size - self._at)
        wanted = left if size is None or size < 0 else min(size, left)
        data = self._store.get_range(self._key, self._at, wanted) if wanted else b""
        self._at += len(data)
        return data


class _Output(OutputFile):
    def __init__(self, store: ObjectStore, location: str) -> None:
        super().__init__(location)
        self._store = store
        self._key = store.key_of(location)

    def __len__(self) -> int:
        return len(self.to_input_file())

    def exists(self) -> bool:
        return self.to_input_file().exists()

    def to_input_file(self) -> InputFile:
        return _Input(self._store, self.location)

    def create(self, overwrite: bool = False) -> OutputStream:
        """Raises `FileExistsError` here, or when the stream is closed if the file appeared meanwhile."""
        if not overwrite and self.exists():
            raise FileExistsError(self.location)
        return _Upload(self._store, self._key, create_only=not overwrite)


class _Upload(io.BytesIO):
    """Gathers a file and puts it when it is closed; one whose `with` block failed is never put."""

    def __init__(self, store: ObjectStore, key: str, *, create_only: bool) -> None:
        super().__init__()
        self._store, self._key, self._create_only = store, key, create_only
        self._failed = False

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        self._failed = kind is not None
        self.close()

    def close(self) -> None:
        if self.closed:
            return
        try:
            if not self._failed:
                self._store.put(self._key, self.getvalue(), create_only=self._create_only)
        except Conflict as error:
            raise FileExistsError(self._key) from error
        finally:
            super().close()
