"""Copies of a replicated file as it was after a slot: `snapshots/<unit>/<slot>-e<epoch>-<microseconds>/`.

    00000, 00001, ...   the file in parts
    manifest.json       put last: what has none was never finished

The epoch is in the name, as two owners may both copy the state after one slot.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
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
    """One that is complete. `at_us`: when its slot was put."""

    slot: int
    epoch: int
    at_us: int

    @property
    def name(self) -> str:
        return f"{self.slot:010d}-e{self.epoch}-{self.at_us}"


def not_needed(snapshots: Sequence[Snapshot], horizon_us: int, spacing_us: int) -> list[Snapshot]:
    """Which of them, in order, may go: those before the last one up to the horizon, and the denser ones.

    What is left lies `spacing_us` apart, but for the newest: slots lead from each to the next.
    """
    kept: list[Snapshot] = []
    for snapshot in snapshots:
        if snapshot.at_us <= horizon_us:
            kept = [snapshot]
        elif not kept or snapshot.at_us >= kept[-1].at_us + spacing_us:
            kept.append(snapshot)
    return [snapshot for snapshot in snapshots[:-1] if snapshot not in kept]


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
        return sorted(map(_named, names))

    def put(self, snapshot: Snapshot, file: int, size: int) -> None:
        """Copies `size` bytes of the open file, which must not change meanwhile.

        Complete and durable when it returns.
        """
        name = snapshot.name
        parts: list[dict[str, Any]] = []
        for number, start in enumerate(range(0, size, PART_BYTES)):
            plain = os.pread(file, min(PART_BYTES, size - start), start)
            body = pa.compress(plain, codec="zstd", asbytes=True)
            self._store.put(self._part(name, number), body)
            parts.append({"plain": len(plain), "bytes": len(body), "checksum": checksum(body)})
            reach("snapshot.part_put")
        self._store.put(f"{self._prefix}{name}{_MANIFEST}", seal({"size": size, "parts": parts}))
        reach("snapshot.complete")

    def fetch(self, snapshot: Snapshot, into: BinaryIO) -> None:
        """Raises `Corrupt` if a part is missing or damaged."""
        for number, part in enumerate(self._manifest(snapshot)["parts"]):
            key = self._part(snapshot.name, number)
            body = self._get(key)
            if len(body) != part["bytes"] or checksum(body) != part["checksum"]:
                raise Corrupt(f"damaged file: {key} is not what was written", hint=_HINT)
            into.write(pa.decompress(body, part["plain"], codec="zstd"))

    def delete(self, snapshots: Sequence[Snapshot], *, unfinished_before: int) -> None:
        """Removes these, and what was never finished of lower slots."""
        keys = [info.key for info in self._store.list(self._prefix)]
        names = {snapshot.name for snapshot in snapshots}
        complete = {self._name_in(key) for key in keys if key.endswith(_MANIFEST)}
        for key in keys:
            name = self._name_in(key)
            if name not in complete and _named(name).slot < unfinished_before:
                names.add(name)
        # Manifests first: what is half deleted must not look complete.
        old = [key for key in keys if self._name_in(key) in names]
        self._store.delete(key for key in old if key.endswith(_MANIFEST))
        self._store.delete(key for key in old if not key.endswith(_MANIFEST))

    def _name_in(self, key: str) -> str:
        return key.removeprefix(self._prefix).partition("/")[0]

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
    slot, epoch, at_us = name.split("-")
    return Snapshot(int(slot), int(epoch[1:]), int(at_us))
