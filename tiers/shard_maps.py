"""How each database is spread, as documents in the object store: `databases/<name>/shards/<version>.json`.

Written once each, by a create-only put, so two that change it at once can't both succeed. A database without
a document is one local shard.
"""

from __future__ import annotations

import orjson

from ..core.errors import Conflict, Corrupt, Invalid
from ..core.sharding import ShardMap
from .object_store import ObjectStore

_ROOT = "databases/"


class ShardMaps:
    """The documents of one database."""

    def __init__(self, store: ObjectStore, database: str) -> None:
        self._store = store
        self._database = database
        self._prefix = f"{_ROOT}{database}/shards/"

    def latest(self) -> ShardMap | None:
        """`None` if it never was created with a map of its own. Raises `Corrupt`."""
        keys = [info.key for info in self._store.list(self._prefix)]
        if not keys:
            return None
        try:
            return ShardMap.from_dict(orjson.loads(self._store.get(max(keys))))
        except (ValueError, TypeError, KeyError) as error:
            raise Corrupt(f"damaged file: {max(keys)}: {error}", hint="restore it from a backup") from error

    def publish(self, shard_map: ShardMap) -> None:
        """Puts the map into force. Raises `Conflict` if another one of its version is."""
        key = f"{self._prefix}{shard_map.version:08d}.json"
        try:
            self._store.put(key, orjson.dumps(shard_map.to_dict()), create_only=True)
        except Conflict:
            raise Conflict(
                f"the shards of `{self._database}` were changed by another call at the same time",
                hint="look at them again, then decide",
            ) from None

    def create(self, shard_map: ShardMap, *, exists: bool) -> None:
        """The first map; nothing happens if the database has the same. Raises `Invalid` if it is another."""
        present = self.latest() or (ShardMap() if exists else None)
        if present is None:
            self.publish(shard_map)
        elif _choices(present) != _choices(shard_map):
            raise Invalid(
                f"database `{self._database}` exists with other shards",
                hint="its way of sharding is chosen once; split a shard to have more of them",
            )


def databases_with_maps(store: ObjectStore) -> set[str]:
    return {info.key.removeprefix(_ROOT).split("/")[0] for info in store.list(_ROOT)}


def _choices(shard_map: ShardMap) -> tuple[object, ...]:
    """What was chosen when the database was created: splits don't change it."""
    first = tuple(shard for shard in shard_map.shards if shard.parent is None)
    names = tuple((shard.name, shard.lo, shard.hi, shard.region, shard.value) for shard in first)
    return (shard_map.by, shard_map.key, shard_map.durability, shard_map.region, names)
