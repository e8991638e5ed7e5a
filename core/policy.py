"""When events sink: the ages, sizes and counts that the background follows. Sequence decides, age advises."""

from __future__ import annotations

from dataclasses import dataclass, replace

from .schema import Schema

HOUR_S = 3_600
DAY_S = 24 * HOUR_S


@dataclass(frozen=True, slots=True)
class TierPolicy:
    """Ages are of events, sizes of tiers. The defaults suit one tenant on a laptop.

    flush: a prefix moves to warm once all of it is older than `hot_age_s` and it has `flush_rows` rows (or
    `slack_s` later in any case), or at once when more than `hot_rows` rows are hot. compact: when at least
    `compact_files` neighbouring segments make at most `segment_rows` together. archive: once all of a prefix
    is older than `warm_age_s`. expire: files, manifests and Iceberg snapshots that nothing in the last
    `history_s` needs. `vector_bytes`: of vectors that are hot, and that a file is written with: both are in
    memory. What has sunk is mapped, and takes none of its own.
    """

    hot_age_s: float = 72 * HOUR_S
    hot_rows: int = 250_000
    flush_rows: int = 50_000
    slack_s: float = HOUR_S
    warm_age_s: float = 90 * DAY_S
    segment_rows: int = 2_000_000
    row_group_rows: int = 122_880
    compact_files: int = 8
    history_s: float = 7 * DAY_S
    snapshots_kept: int = 5
    every_s: float = 5.0
    vector_bytes: int = 256 << 20

    def fitted(self, schema: Schema) -> TierPolicy:
        """For a table of that schema: where rows are heavy with vectors, fewer of them make a segment."""
        weight = schema.vector_bytes
        if not weight:
            return self
        return replace(
            self,
            hot_rows=min(self.hot_rows, self.vector_bytes // weight + 1),
            segment_rows=min(self.segment_rows, self.vector_bytes // weight + 1),
            row_group_rows=min(self.row_group_rows, self.vector_bytes // 8 // weight + 1),
        )
