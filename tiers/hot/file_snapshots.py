"""Copies of a replicated file as it was after a slot: `snapshots/<unit>/<slot>-e<epoch>/`.

    00000, 00001, ...   the file in parts
    manifest.json       put last: what has none was never finished

The epoch is in the name, as two owners may both copy the state after one slot.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, BinaryIO

import pyarrow as pa

from ...core.errors import Corrupt, NotFound
from ...core.ids import checksum
from ...core.manifest import seal, unseal
from ..crash import reach
from ..object_store import ObjectStore

PART_BYTES = 8 * 2**20
_MANIFEST = "/manifest.json"
_HINT = "restore the object store from a backup; nothing is read in its stead"


@dataclass(frozen=True, slots=True, order=True)
class Snapshot:
    """One that is complete."""

    slot: int
    epoch: int
    name: str


class FileSnapshots:
    def __init__(self, store: ObjectStore, unit: str) -> None:
        self._store = store
        self._prefix = f"snapshots/{unit}/"

    def list(self) -> list[Snapshot]:
        """The complete ones, ascending by slot."""
        names = [
            info.key.removeprefix(self._prefix).removesuffix(_MANIFEST)
            for info in self._store.list(self._prefix)
            if info.key.endswith(_MANIFEST)
        ]
        return sorted(_named(name) for name in names)

    def put(self, slot: int, epoch: int, at_us: int, file: int, size: int) -> None:
        """Copies `size` bytes of the open file, which must not change meanwhile.

        Complete and durable when it returns.
        """
        name = f"{slot:010d}-e{epoch}"
        parts: list[dict[str, Any]] = []
        for number, start in enumerate(range(0, size, PART_BYTES)):
            plain = os.pread(file, min(PART_BYTES, size - start), start)
            body = pa.compress(plain, codec="zstd", asbytes=True)
            self._store.put(self._part(name, number), body)
            parts.append({"plain": len(plain), "bytes": len(body), "checksum": checksum(body)})
            reach("snapshot.part_put")
        written = {"slot": slot, "epoch": epoch, "at_us": at_us, "size": size, "parts": parts}
        self._store.put(f"{self._prefix}{name}{_MANIFEST}", seal(written))
        reach("snapshot.complete")

    def at_us(self, snapshot: Snapshot) -> int:
        """When the slot after which it was taken was put."""
        return int(self._manifest(snapshot)["at_us"])

    def fetch(self, snapshot: Snapshot, into: BinaryIO) -> None:
        """Raises `Corrupt` if a part is missing or damaged."""
        for number, part in enumerate(self._manifest(snapshot)["parts"]):
            key = self._part(snapshot.name, number)
            body = self._get(key)
            if len(body) != part["bytes"] or checksum(body) != part["checksum"]:
                raise Corrupt(f"damaged file: {key} is not what was written", hint=_HINT)
            into.write(pa.decompress(body, part["plain"], codec="zstd"))

    def delete_before(self, slot: int) -> None:
        """Removes those of lower slots, unfinished ones included."""
        old = [
            info.key
            for info in self._store.list(self._prefix)
            if int(info.key.removeprefix(self._prefix).partition("-e")[0]) < slot
        ]
        # Manifests first: what is half deleted must not look complete.
        self._store.delete(key for key in old if key.endswith(_MANIFEST))
        self._store.delete(key for key in old if not key.endswith(_MANIFEST))

    def _manifest(self, snapshot: Snapshot) -> dict[str, Any]:
        key = f"{self._prefix}{snapshot.name}{_MANIFEST}"
        found: dict[str, Any] = unseal(self._get(key), key)
        return found

    def _get(self, key: str) -> bytes:
        try:
            return self._store.get(key)
        except NotFound:
            raise Corrupt(f"missing file: {key}", hint=_HINT) from None

    def _part(self, name: str, number: int) -> str:
        return f"{self._prefix}{name}/{number:05d}"


def _named(name: str) -> Snapshot:
    slot, _, epoch = name.partition("-e")
    return Snapshot(int(slot), int(epoch), name)
