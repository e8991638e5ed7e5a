"""Who owns what, and who is alive, as documents in the object store: no memory of a cluster is needed.

cluster/assignment/<version>.json   written once each, by a create-only put
cluster/beats/<seat>.json           the last sign of life of the seat's host
cluster/classes/<name>              durable objects' classes that hosts can't import
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from urllib.parse import quote

import orjson

from ..core.errors import Conflict, Corrupt, NotFound
from ..core.placement import Assignment, Beat
from .object_store import ObjectStore

_ASSIGNMENTS = "cluster/assignment/"
_BEATS = "cluster/beats/"
_CLASSES = "cluster/classes/"
_KEPT = 16


class Assignments:
    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def latest(self) -> Assignment:
        """Version 0, without seats, before the first. Raises `Corrupt`."""
        keys = sorted(info.key for info in self._store.list(_ASSIGNMENTS))
        while keys:
            try:
                return Assignment.from_dict(orjson.loads(self._store.get(keys[-1])))
            except NotFound:  # an old one, just deleted by the writer of a newer one
                keys = sorted(info.key for info in self._store.list(_ASSIGNMENTS))
            except (ValueError, TypeError, KeyError) as error:
                hint = "restore it from a backup"
                raise Corrupt(f"damaged file: {keys[-1]}: {error}", hint=hint) from error
        return Assignment()

    def newest(self) -> int:
        """Its version, without a look at it; 0 before the first."""
        keys = [info.key for info in self._store.list(_ASSIGNMENTS)]
        return int(max(keys).removeprefix(_ASSIGNMENTS).removesuffix(".json")) if keys else 0

    def publish(self, assignment: Assignment) -> bool:
        """Puts it into force; False if another one of its version is."""
        key = f"{_ASSIGNMENTS}{assignment.version:08d}.json"
        try:
            self._store.put(key, orjson.dumps(assignment.to_dict()), create_only=True)
        except Conflict:
            return False
        old = sorted(info.key for info in self._store.list(_ASSIGNMENTS))[:-_KEPT]
        self._store.delete(old)
        return True

    def beat(self, beat: Beat) -> None:
        self._store.put(f"{_BEATS}{beat.seat}.json", orjson.dumps(asdict(beat)))

    def beats(self, seats: Iterable[str]) -> list[Beat]:
        """Of those that have ever said something."""
        found = []
        for seat in seats:
            try:
                found.append(Beat(**orjson.loads(self._store.get(f"{_BEATS}{seat}.json"))))
            except (NotFound, ValueError):  # none yet, or just being written
                continue
        return found

    def keep_class(self, ref: str, pickled: bytes) -> None:
        self._store.put(_CLASSES + quote(ref, safe=""), pickled)

    def kept_class(self, ref: str) -> bytes | None:
        try:
            return self._store.get(_CLASSES + quote(ref, safe=""))
        except NotFound:
            return None
