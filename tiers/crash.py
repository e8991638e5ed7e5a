"""Named instants at which a process may die, so that a test can kill it at each of them.

`reach` does nothing unless a test has put a function in `on_reach`. The list is the registry: a test
reaches every name, and reaching an unknown one is an error.
"""

from __future__ import annotations

from collections.abc import Callable

POINTS = (
    "append.begun",
    "append.rows_written",
    "append.committed",
    "append.visible",
    "flush.begun",
    "flush.segment_written",
    "flush.checked",
    "flush.published",
    "flush.trimmed",
    "compact.segment_written",
    "compact.published",
    "compact.adopted",
    "archive.intended",
    "archive.committed",
    "archive.listed",
    "archive.published",
    "archive.adopted",
    "expire.rewritten",
    "expire.published",
    "expire.adopted",
    "expire.manifests_deleted",
    "expire.files_deleted",
    "embed.kept",
    "embed.segment_written",
    "embed.rewritten",
    "embed.published",
    "embed.adopted",
    "index.published",
)

OBJECT_POINTS = (
    "object.commit.begun",
    "object.commit.written",
    "object.commit.committed",
    "object.commit.visible",
)
"""A turn of a durable object on its way to disk."""

REPLICATED_POINTS = (
    "replica.sealed",
    "replica.committed",
    "replica.shipped",
    "replica.slots_deleted",
    "snapshot.part_put",
    "snapshot.complete",
    "recovery.rebuilt",
    "recovery.cleared",
    "recovery.replaced",
)
"""Reached only where durability is `replicated`."""

SPLIT_POINTS = (
    "split.prepared",
    "split.closed",
    "split.handed_over",
    "split.published",
)
"""Reached only where a shard is split."""

on_reach: Callable[[str], None] | None = None


def reach(point: str) -> None:
    if on_reach is not None:
        known = (*POINTS, *OBJECT_POINTS, *REPLICATED_POINTS, *SPLIT_POINTS)
        assert point in known, f"unregistered crash point {point}"
        on_reach(point)
