"""A table over all its shards: the history of its columns, and the only way into its Iceberg table.

Every shard archives into the same Iceberg table, one at a time: whoever does holds this object's ticket.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from ...core.clock import now_us
from ...core.errors import Unavailable
from ...core.types import quote, type_name
from ..objects.base import DurableObject
from .tickets import Tickets, renewing, wait_to_enter

_MOST_WAITING = 1_000


class TableDO(DurableObject):
    """Its name is `<database>/<table>`."""

    def start(self) -> None:
        self._tickets = Tickets(self.storage)

    def enter(self, ticket: str) -> int:
        """How many are ahead of the ticket, 0 if it may commit; called again, it renews the ticket."""
        ahead, _ = self._tickets.enter(
            ticket, now_us(self.ctx.clock), at_once=1, queue=_MOST_WAITING, what=str(self.ctx.id)
        )
        return ahead

    def leave(self, ticket: str) -> None:
        self._tickets.leave(ticket)

    def facts(self) -> dict[str, Any]:
        """Who commits, who waits, and the versions of the schema."""
        committing, waiting = self._tickets.counts(now_us(self.ctx.clock))
        database, _, table = (self.ctx.id.name or "").partition("/")
        versions = schema_history(self.ctx.database(database), table)
        return {"table": table, "committing": committing, "waiting": waiting, "versions": versions}


@contextmanager
def committing(stub: Any, ticket: str) -> Iterator[None]:
    """Holds the table's ticket: no other shard changes its Iceberg table meanwhile."""

    def check(ahead: int) -> None:
        """An archive waits as long as the ones ahead take; they hold leases, so that ends."""

    wait_to_enter(lambda: int(stub.enter(ticket)), check)
    try:
        with renewing(lambda: stub.enter(ticket)):
            yield
    finally:
        with suppress(Unavailable):  # then its lease runs out
            stub.leave(ticket)


def schema_history(database: Any, table: str) -> list[dict[str, Any]]:
    """Of each version: what it added, from which sequence on, and by which event (id, source, when).

    A version that no event has been written under yet tells of none.
    """
    found = database.shards.table(table)
    events = database.router.sql(
        "SELECT _schema_version, arg_min(_id, _recorded_at), arg_min(_source, _recorded_at),"
        f" min(_recorded_at) FROM {quote(found.name)} GROUP BY ALL"
    ).rows()
    first = {version: event for version, *event in events}
    history, known = [], set[int]()
    for schema in found.schemas:
        event_id, source, recorded = first.get(schema.version, (None, None, None))
        history.append(
            {
                "version": schema.version,
                "from_seq": schema.from_seq,
                "added": {f.name: type_name(f.type) for f in schema.fields if f.id not in known},
                "event": event_id,
                "source": source,
                "recorded_at": recorded,
            }
        )
        known |= {f.id for f in schema.fields}
    return history
