"""The steps of a database: over its shards, one table after another."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ..core.errors import Invalid
from ..core.owners import Partition, Step
from ..core.protocols import Progress
from ..core.results import Moved
from .shards import DatabaseShards
from .tenancy import Tenancy


class DatabaseSteps:
    """`done`: called when a step is over in all shards."""

    def __init__(self, shards: DatabaseShards, tenancy: Tenancy, done: Callable[[], None]) -> None:
        self._shards = shards
        self._tenancy = tenancy
        self._done = done

    def run(self, step: Step, table: str | None, up_to: int | None, progress: Progress | None) -> Moved:
        """In every shard. `table`: `None` for all. Raises `Invalid` for `up_to` over several shards."""
        names = self._shards.table_names() if table is None else [self._shards.table(table).name]
        if not self._tenancy.exists():
            return Moved()
        self._tenancy.check_writable()
        if up_to is not None and not self._shards.shard_map().single:
            raise Invalid("a sequence belongs to one of several shards", hint="leave up_to out")
        moved = Moved()
        for done, name in enumerate(names):
            if progress is not None:
                progress(f"{step} {name}", done, len(names))
            for part in self._shards.each(partial(self.within, step=step, table=name, up_to=up_to)):
                moved += part
        self._done()
        if progress is not None:
            progress(step, len(names), len(names))
        return moved

    def expire(self, table: str | None, progress: Progress | None) -> Moved:
        """With the tables that were dropped, if it is of all."""
        moved = self.run("expire", table, None, progress)
        if table is None:
            for gone in self._shards.each(lambda shard: shard.expire_dropped()):
                moved += gone
        return moved

    def soon(self) -> None:
        """Has the pipeline look at what was appended, a little later."""
        tenancy = self._tenancy
        if tenancy.background:
            tenancy.notices.note(("pipeline", tenancy.name), tenancy.policy.every_s, self._wake_pipeline)

    def _wake_pipeline(self) -> None:
        from .family.pipeline import PipelineDO

        self._tenancy.object(PipelineDO, self._tenancy.name).wake()

    def within(self, shard: Partition, step: Step, table: str, up_to: int | None = None) -> Moved:
        """One step in one shard. What changes a cold tier that shards share, one at a time does."""
        if step not in ("archive", "expire") or self._shards.shard_map().single:
            return shard.step(step, table, up_to)
        from .family.table import TableDO, committing

        stub = self._tenancy.object(TableDO, f"{self._tenancy.name}/{table.lower()}")
        with committing(stub, self._tenancy.new_id()):
            return shard.step(step, table, up_to)
