"""Splitting a shard while appends and queries go on: its range goes to two new shards, its history stays.

    prepare    children made, with the tables and the streams' positions; most of the parent's rows sealed
    close      the parent takes no more rows: appends wait from here on
    hand over  what the last appends changed: positions, the instant, their ids as sealed rows
    publish    the next shard map, create-only: only now is the shard split

Whatever dies in between, whoever comes next does it again from the start: every step can be repeated, and
children take no row before they are in the map. What they must know of the past is only ever added to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from ..core.errors import Conflict, NotFound, Unavailable
from ..core.owners import Partition
from ..core.sharding import HOME, STREAM, ShardMap, ShardRange, key_hash
from .crash import reach
from .shard_maps import ShardMaps

PAGE = 50_000
"""Stream heads in one message."""

TRIES = 8
"""Of a split that meets others of the same database."""


@dataclass(frozen=True, slots=True)
class Parting:
    """Who takes part. `home`: what it says of tables holds; `streams`: whether the shards hold any."""

    home: Partition
    parent: Partition
    children: Sequence[tuple[ShardRange, Partition]]
    streams: bool


def split_shard(name: str, maps: ShardMaps, reach_shard: Callable[[str, ShardMap], Partition]) -> ShardMap:
    """Splits it, or completes a split that was begun; returns the map in force.

    `reach_shard`: the owner of a shard as some map has it. Raises `Invalid` if it can't be split.
    """
    for attempt in range(TRIES):
        before = maps.latest() or ShardMap()
        if attempt and not before.shard(name).live:
            return before
        after = before.split(name)
        parting = Parting(
            reach_shard(HOME, before),
            reach_shard(name, before),
            [(child, reach_shard(child.name, after)) for child in after.children(name)],
            streams=after.key == STREAM,
        )
        after = before.split(name, _hand_over(parting))
        if _published(maps, after):
            reach("split.published")
            return after
    raise Unavailable(f"`{name}` could not be split: other shards were, all the time", hint="try again")


def _hand_over(parting: Parting) -> int:
    """The children know all that they must; returns the instant since which the parent is closed."""
    parent = parting.parent
    _follow(parting)
    _seal(parent)
    mark = parent.hot_heads().mark if parting.streams else ()
    _copy_heads(parting)
    reach("split.prepared")
    closed_us = parent.close_rows()
    reach("split.closed")
    heads: Mapping[str, int] = {}
    if parting.streams:
        hot = parent.hot_heads()
        heads = hot.heads
        if hot.mark != mark:
            _copy_heads(parting)
    for child, partition in parting.children:
        partition.begin(heads_within(child, heads), closed_us)
    _seal(parent)
    _follow(parting)
    reach("split.handed_over")
    return closed_us


def _follow(parting: Parting) -> None:
    for name in parting.home.table_names():
        with suppress(NotFound):  # dropped just now
            table = parting.home.table(name)
            for _, child in parting.children:
                child.follow(table)


def _seal(parent: Partition) -> None:
    """All rows in files, so that their ids can be looked up wherever a child is."""
    for name in parent.table_names():
        with suppress(NotFound):  # dropped just now
            parent.step("flush", name)


def _copy_heads(parting: Parting) -> None:
    """Those of streams whose events have left the parent's hot tier."""
    for page in _pages(parting.parent) if parting.streams else ():
        for child, partition in parting.children:
            partition.begin(heads_within(child, page), 0)


def _pages(parent: Partition) -> Iterator[dict[str, int]]:
    after = ""
    while page := parent.noted_heads(after, PAGE):
        yield dict(page)
        after = page[-1][0]


def heads_within(shard: ShardRange, heads: Mapping[str, int]) -> dict[str, int]:
    """Of the streams that are the shard's.

    >>> low = ShardRange("shard-1", 0, 1 << 31)
    >>> heads_within(low, {"cart-1": 3, "cart-3": 5})
    {'cart-3': 5}
    """
    return {stream: at for stream, at in heads.items() if shard.lo <= key_hash(stream) < shard.hi}


def _published(maps: ShardMaps, after: ShardMap) -> bool:
    """False if another map took its place. Somebody may have completed this very split."""
    try:
        maps.publish(after)
    except Conflict:
        return maps.latest() == after
    return True
