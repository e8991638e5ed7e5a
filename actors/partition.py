"""A shard in this process, as its database sees it."""

from __future__ import annotations

from collections.abc import Awaitable, Mapping, Sequence

import pyarrow as pa

from ..core.asof import AsOf
from ..core.keys import NO_KEYS, Keys
from ..core.owners import Append, Due, HotHeads, PartitionFacts, Step
from ..core.protocols import Progress
from ..core.results import Appended, Moved, Report
from ..core.schema import Field, Table
from ..core.snapshots import ShardSnapshot
from ..core.vectors import VectorIndex
from ..tiers.closing import begin, close_rows, closed_us, hot_heads, noted_heads
from ..tiers.report import table_facts, tier_report
from ..tiers.shard import Shard
from ..tiers.steps.archive import archive
from ..tiers.steps.compact import compact
from ..tiers.steps.expire import expire, expire_dropped
from ..tiers.steps.flush import flush
from ..tiers.steps.index import set_index
from ..tiers.steps.tick import tick
from ..tiers.steps.verify import verify
from .embedding import Embedding


class LocalPartition:
    """Implements `core.owners.Partition` over a shard that this process owns or reads."""

    def __init__(self, shard: Shard, *, background: bool) -> None:
        """`background`: whether vectors are computed without being asked for."""
        self.shard = shard
        self.name = shard.name
        self._embedding = Embedding(shard, background=background)
        self._embedding.nudge()

    def close(self) -> None:
        self._embedding.close()
        self.shard.close()

    def append(self, operations: Sequence[Append]) -> dict[str, Appended]:
        done = self.shard.append(operations)
        self._embedding.appended(operations)
        return done

    def append_async(self, operations: Sequence[Append]) -> Awaitable[dict[str, Appended]]:
        done = self.shard.append_async(operations)
        done.add_done_callback(lambda _: self._embedding.appended(operations))
        return done

    def snapshot(self, cuts: Mapping[str, AsOf]) -> ShardSnapshot:
        return self.shard.snapshot(cuts)

    def head(self, stream: str) -> int:
        return self.shard.head(stream)

    def bookmark_seq(self) -> int:
        return self.shard.bookmark_seq()

    def table_names(self) -> list[str]:
        return self.shard.table_names()

    def table(self, name: str) -> Table:
        return self.shard.table(name)

    def create_table(
        self,
        name: str,
        fields: Sequence[tuple[str, pa.DataType]],
        *,
        event_time: str | None = None,
        clustering: Sequence[str] = (),
        retention_s: int | None = None,
        if_not_exists: bool = False,
        keys: Keys = NO_KEYS,
    ) -> bool:
        return self.shard.create_table(
            name,
            fields,
            event_time=event_time,
            clustering=clustering,
            retention_s=retention_s,
            if_not_exists=if_not_exists,
            keys=keys,
        )

    def set_index(self, table: str, column: str, index: VectorIndex) -> Moved:
        return set_index(self.shard, table, column, index)

    def set_computed(self, table: str, column: Field, *, new: bool) -> bool:
        changed = self.shard.set_computed(table, column, new=new)
        self._embedding.nudge()
        return changed

    def tell_keys(self, table: str, keys: Keys) -> bool:
        return self.shard.tell_keys(table, keys)

    def drop_table(self, name: str, *, if_exists: bool = False) -> bool:
        return self.shard.drop_table(name, if_exists=if_exists)

    def follow(self, table: Table) -> None:
        self.shard.follow(table)
        self._embedding.nudge()

    def tier_report(self, tables: Sequence[str]) -> pa.Table:
        return tier_report(self.shard, tables)

    def step(self, step: Step, table: str, up_to: int | None = None) -> Moved:
        state = self.shard.state(table)
        match step:
            case "flush":
                return flush(self.shard, state, up_to)
            case "compact":
                return compact(self.shard, state)
            case "archive":
                # Everything up to there, what is still hot included.
                flush(self.shard, state, up_to)
                return archive(self.shard, state, up_to)
            case "expire":
                return expire(self.shard, state)
            case "embed":
                return self._embedding.run(table)

    def expire_dropped(self) -> Moved:
        return expire_dropped(self.shard)

    def tick(self) -> Due:
        return tick(self.shard)

    def facts(self) -> PartitionFacts:
        shard = self.shard
        tables = tuple(table_facts(shard, shard.state(name)) for name in shard.table_names())
        size = shard.log.path.stat().st_size
        return PartitionFacts(self.name, shard.bookmark_seq(), size, shard.waiting, tables)

    def closed_us(self) -> int:
        return closed_us(self.shard)

    def close_rows(self) -> int:
        return close_rows(self.shard)

    def hot_heads(self) -> HotHeads:
        return hot_heads(self.shard)

    def noted_heads(self, after: str, limit: int) -> list[tuple[str, int]]:
        return noted_heads(self.shard, after, limit)

    def begin(self, heads: Mapping[str, int], after_us: int) -> None:
        begin(self.shard, heads, after_us)

    def verify(self, progress: Progress | None = None) -> Report:
        done = 0

        def tick() -> None:
            nonlocal done
            done += 1
            if progress is not None:
                progress("verify", done, None)

        return verify(self.shard, tick)
