"""Publishing and finding manifests: `<table prefix>/manifest/00000041.json`, each written once.

A version is taken by a create-only put, so of two writers one wins and the other is `Fenced`. Readers take
the highest listed version: a writer that wakes up late may still create a low number that expiry freed.
"""

from __future__ import annotations

from ..core.errors import Conflict, Corrupt, Fenced, NotFound
from ..core.manifest import Manifest, decode_manifest, encode_manifest
from .object_store import ObjectStore


class Manifests:
    """The manifests of one table in one shard, below `prefix`."""

    def __init__(self, store: ObjectStore, prefix: str) -> None:
        self._store = store
        self._prefix = f"{prefix}/manifest/"

    def key(self, version: int) -> str:
        return f"{self._prefix}{version:08d}.json"

    def publish(self, manifest: Manifest) -> None:
        """Makes the version exist; durable when it returns. Raises `Fenced` if another writer made it."""
        try:
            self._store.put(self.key(manifest.version), encode_manifest(manifest), create_only=True)
        except Conflict:
            raise Fenced(
                f"manifest {manifest.version} of {manifest.table.name} was published by another writer",
                hint="this process is no longer the owner; open the lake again",
            ) from None

    def confirm(self, manifest: Manifest) -> None:
        """Makes one that is there durable: its writer may have died or failed before it knew that it is."""
        self._store.put(self.key(manifest.version), encode_manifest(manifest))

    def read(self, version: int) -> Manifest:
        """Raises `Corrupt` if it is missing or damaged."""
        key = self.key(version)
        try:
            data = self._store.get(key)
        except NotFound:
            raise Corrupt(f"missing file: {key}", hint="restore it from a backup") from None
        return decode_manifest(data, key)

    def versions(self) -> list[int]:
        """All that are there, ascending."""
        keys = [info.key for info in self._store.list(self._prefix)]
        return sorted(int(key.removeprefix(self._prefix).removesuffix(".json")) for key in keys)

    def exists(self, version: int) -> bool:
        try:
            self._store.size(self.key(version))
        except NotFound:
            return False
        return True

    def delete(self, versions: list[int]) -> None:
        self._store.delete(self.key(version) for version in versions)
