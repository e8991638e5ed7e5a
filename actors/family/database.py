"""A database as one thing over its shards: definitions of tables that reach every shard, the catalog.

begin: the definition noted, durable -> finish: the home shard, then the others follow -> note gone
       killed in between: an alarm finishes it
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...core.errors import Error
from ...core.objects import AlarmInfo
from ...core.types import type_name
from ..objects.base import DurableObject

_AGAIN_S = 5.0


class DatabaseDO(DurableObject):
    """Its name is the database's."""

    # -- definitions ------------------------------------------------------------------------------

    def begin(self, kind: str, arguments: Mapping[str, Any]) -> int:
        """Notes a definition that is to reach all shards; returns its number. `kind`: create or drop."""
        number: int = self.storage.get("steps", 0) + 1
        self.storage.put({"steps": number, f"step/{number:012d}": (kind, dict(arguments))})
        self.storage.set_alarm(f"step/{number:012d}", _AGAIN_S)
        return number

    def finish(self, number: int) -> tuple[bool, Error | None]:
        """Carries it out; (what the home shard said, the error if it refused). Done once, done for good."""
        key = f"step/{number:012d}"
        noted = self.storage.get(key)
        if noted is None:
            return False, None
        kind, arguments = noted
        shards = self.ctx.database(str(self.ctx.id.name)).shards
        outcome: tuple[bool, Error | None]
        try:
            act = shards.create_in_all if kind == "create" else shards.drop_in_all
            outcome = act(**arguments), None
        except Error as error:
            if error.retryable:
                raise
            outcome = False, error
        self.storage.delete(key)
        self.storage.delete_alarm(key)
        return outcome

    def open_steps(self) -> list[dict[str, Any]]:
        """Those that have not reached all shards yet."""
        noted = self.storage.list(prefix="step/")
        return [{"kind": kind, "table": arguments["name"]} for kind, arguments in noted.values()]

    def alarm(self, name: str, info: AlarmInfo) -> None:  # noqa: ARG002
        noted = self.storage.get(name)
        if noted is not None:
            # The home shard may have done it when it was cut short: then the others only follow.
            kind, arguments = noted
            known = {"create": "if_not_exists", "drop": "if_exists"}[kind]
            self.storage.put(name, (kind, {**arguments, known: True}))
            self.finish(int(name.partition("/")[2]))

    # -- catalog ----------------------------------------------------------------------------------

    def facts(self) -> dict[str, Any]:
        """Tables with their columns, shards, grants, and definitions under way."""
        database = self.ctx.database(str(self.ctx.id.name))
        tables = [database.shards.table(name) for name in database.tables()]
        return {
            "name": self.ctx.id.name,
            "tables": [
                {"name": t.name, "columns": {f.name: type_name(f.type) for f in t.schema.fields}}
                for t in tables
            ],
            "shards": database.shard_map().to_dict(),
            "grants": database.grants(),
            "open_steps": self.open_steps(),
        }
