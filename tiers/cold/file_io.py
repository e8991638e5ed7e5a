"""pyiceberg's files, read and written through the lake's object store.

So data, manifest and metadata files are durable before the catalog names them, and S3 needs no second set of
credentials. pyiceberg takes its FileIO by class name and text properties, hence the registry; a store stays
in it as long as somebody holds the store.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Mapping
from weakref import WeakValueDictionary

from pyiceberg.io import FileIO, InputFile, InputStream, OutputFile, OutputStream
from pyiceberg.typedef import EMPTY_DICT, Properties

from ...core.errors import Conflict, NotFound
from ..object_store import ObjectStore

_KEY = "thermocline.store"
_stores: WeakValueDictionary[str, ObjectStore] = WeakValueDictionary()
_numbers = itertools.count(1)


class StoreFileIO(FileIO):
    """Found by pyiceberg through the properties that `properties` gives."""

    def __init__(self, properties: Properties = EMPTY_DICT) -> None:
        super().__init__(properties)
        self._store = _stores[str(properties[_KEY])]

    @staticmethod
    def properties(store: ObjectStore) -> Mapping[str, str]:
        """What a catalog needs to be told to use `store`."""
        for number, known in _stores.items():
            if known is store:
                break
        else:
            number = str(next(_numbers))
            _stores[number] = store
        return {"py-io-impl": f"{__name__}.{StoreFileIO.__name__}", _KEY: number}

    def new_input(self, location: str) -> InputFile:
        return _Input(self._store, location)

    def new_output(self, location: str) -> OutputFile:
        return _Output(self._store, location)

    def delete(self, location: str | InputFile | OutputFile) -> None:
        text = location if isinstance(location, str) else location.location
        self._store.delete([self._store.key_of(text)])


class _Input(InputFile):
    def __init__(self, store: ObjectStore, location: str) -> None:
        super().__init__(location)
        self._store = store
        self._key = store.key_of(location)

    def __len__(self) -> int:
        return self._store.size(self._key)

    def exists(self) -> bool:
        try:
            self._store.size(self._key)
        except NotFound:
            return False
        return True

    def open(self, seekable: bool = True) -> InputStream:  # noqa: ARG002 - pyiceberg's signature
        try:
            return io.BytesIO(self._store.get(self._key))
        except NotFound as error:
            raise FileNotFoundError(self.location) from error


class _Output(OutputFile):
    def __init__(self, store: ObjectStore, location: str) -> None:
        super().__init__(location)
        self._store = store
        self._key = store.key_of(location)

    def __len__(self) -> int:
        return self._store.size(self._key)

    def exists(self) -> bool:
        return _Input(self._store, self.location).exists()

    def to_input_file(self) -> InputFile:
        return _Input(self._store, self.location)

    def create(self, overwrite: bool = False) -> OutputStream:
        if not overwrite and self.exists():
            raise FileExistsError(self.location)
        return _Upload(self._store, self._key, create_only=not overwrite)


class _Upload(io.BytesIO):
    """Gathers a file and puts it when it is closed; one that failed half-way is never put."""

    def __init__(self, store: ObjectStore, key: str, *, create_only: bool) -> None:
        super().__init__()
        self._store, self._key, self._create_only = store, key, create_only
        self._failed = False

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        self._failed = kind is not None
        self.close()

    def close(self) -> None:
        if not self.closed and not self._failed:
            try:
                self._store.put(self._key, self.getbuffer(), create_only=self._create_only)
            except Conflict as error:
                raise FileExistsError(self._key) from error
        super().close()
