"""The one coordinator of a lake: knows its databases, warehouses and hosts; databases are made one at a time.

create_database: intent noted, durable -> the shard map put (create-only) -> ready
                 killed in between: an alarm takes it up again
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...core.clock import iso, now_us
from ...core.errors import Invalid, NotFound, nearest
from ...core.objects import AlarmInfo
from ...core.sharding import ShardMap
from ..objects.base import DurableObject

NAME = "lake"
"""Of the only one that there is."""

_AGAIN_S = 5.0


class LakehouseCoordinator(DurableObject):
    def start(self) -> None:
        self.storage.exec(
            "CREATE TABLE IF NOT EXISTS databases (name TEXT PRIMARY KEY, state TEXT, since TEXT)"
        )
        self.storage.exec("CREATE TABLE IF NOT EXISTS warehouses (name TEXT PRIMARY KEY, since TEXT)")

    # -- databases --------------------------------------------------------------------------------

    def begin_database(self, name: str, shard_map: Mapping[str, Any]) -> bool:
        """Notes that the database is to be made; False if it was ready. Raises `Invalid` if it is other.

        What is noted is carried out by `finish_database`, at the latest by an alarm.
        """
        wanted = ShardMap.from_dict(shard_map)
        noted = self.storage.get(f"map/{name.lower()}")
        if noted is not None and ShardMap.from_dict(noted) != wanted:
            raise Invalid(f"`{name}` is being made with other shards", hint="drop what you don't want first")
        found = self.storage.exec("SELECT state FROM databases WHERE name = ?", name).all()
        if found == [("ready",)]:
            return False
        self.storage.put(f"map/{name.lower()}", dict(shard_map))
        self.storage.exec(
            "INSERT OR REPLACE INTO databases VALUES (?, 'making', ?)", name, iso(now_us(self.ctx.clock))
        )
        self.storage.set_alarm(f"database/{name}", _AGAIN_S)
        return True

    def finish_database(self, name: str) -> None:
        """Makes what was noted; nothing happens if that is done. `Invalid`: it exists with others."""
        noted = self.storage.get(f"map/{name.lower()}")
        if noted is None:
            return
        self.ctx.lake.make_database(name, ShardMap.from_dict(noted))
        self.storage.exec("UPDATE databases SET state = 'ready' WHERE name = ?", name)
        self.storage.delete(f"map/{name.lower()}")
        self.storage.delete_alarm(f"database/{name}")

    def forget_database(self, name: str) -> None:
        """Takes the note of a database back that could not be made."""
        self.storage.exec("DELETE FROM databases WHERE name = ?", name)
        self.storage.delete(f"map/{name.lower()}")
        self.storage.delete_alarm(f"database/{name}")

    # -- warehouses -------------------------------------------------------------------------------

    def add_warehouse(self, name: str) -> None:
        self.storage.exec("INSERT OR IGNORE INTO warehouses VALUES (?, ?)", name, iso(now_us(self.ctx.clock)))

    def drop_warehouse(self, name: str) -> None:
        self.storage.exec("DELETE FROM warehouses WHERE name = ?", name)

    def check_warehouse(self, name: str) -> None:
        """Raises `NotFound` with the nearest names."""
        known = self.warehouses()
        if name not in known:
            hint = nearest(name, known) if known else f'lake.warehouse("{name}") makes it'
            raise NotFound(f"no warehouse `{name}`", hint=hint)

    def warehouses(self) -> list[str]:
        return [name for (name,) in self.storage.exec("SELECT name FROM warehouses ORDER BY name")]

    # -- the whole --------------------------------------------------------------------------------

    def facts(self) -> dict[str, Any]:
        """Databases (name, state, spread), warehouses, hosts."""
        noted: dict[str, str] = dict(self.storage.exec("SELECT name, state FROM databases").all())
        databases = []
        for name in sorted({*noted, *self.ctx.lake.databases()}):
            shard_map = self.ctx.database(name).shard_map()
            databases.append(
                {
                    "name": name,
                    "state": noted.get(name, "ready"),
                    "spread": shard_map.by,
                    "shards": len(shard_map.names),
                    "durability": shard_map.durability,
                }
            )
        return {"databases": databases, "warehouses": self.warehouses(), "hosts": self.ctx.lake.hosts()}

    def alarm(self, name: str, info: AlarmInfo) -> None:  # noqa: ARG002
        database = name.partition("/")[2]
        try:
            self.finish_database(database)
        except Invalid:
            self.forget_database(database)


def make_database(coordinator: Any, lake: Any, name: str, shard_map: ShardMap) -> None:
    """Has a database made; nothing happens if it is there so. Raises `Invalid` if it is there with others."""
    if not coordinator.begin_database(name, shard_map.to_dict()):
        lake.make_database(name, shard_map)
        return
    try:
        coordinator.finish_database(name)
    except Invalid:
        coordinator.forget_database(name)
        raise
