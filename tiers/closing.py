"""What a split does in the file of one shard: the parent is closed, a child begins where it ended.

    parent: takes no rows from an instant on, in a commit of its own log; its history and its steps go on
    child:  records nothing up to that instant, and continues the streams of its half

Everything here can be done again, by whoever completes a split that was interrupted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ..core.owners import HotHeads
from .shard import Shard


def close_rows(shard: Shard) -> int:
    """From now on appends of rows are `Resharded`; returns the instant after which none is recorded.

    An append that was in flight either precedes it or is refused.
    """
    with shard.lock:
        shard.check_writable()
        shard.catch_up()
        if not shard.meta.closed_us:
            instant = shard.next_instant()
            with shard.log.transaction():
                shard.log.set_meta(closed_us=instant, floor_us=instant)
            shard.meta = replace(shard.meta, closed_us=instant, floor_us=instant)
        return shard.meta.closed_us


def closed_us(shard: Shard) -> int:
    """0 if the shard takes rows."""
    meta = shard.log.meta() if shard.read_only else shard.meta
    return meta.closed_us


def begin(shard: Shard, heads: Mapping[str, int], after_us: int) -> None:
    """`heads`: positions that streams have reached elsewhere. Nothing is recorded up to `after_us`."""
    with shard.lock:
        shard.check_writable()
        shard.catch_up()
        floor = max(shard.meta.floor_us, after_us)
        with shard.log.transaction():
            shard.log.put_heads(heads)
            shard.log.set_meta(floor_us=floor)
        shard.meta = replace(shard.meta, floor_us=floor)


def hot_heads(shard: Shard) -> HotHeads:
    """Of the streams whose last events are hot, and a mark that tells whether others have left since."""
    with shard.lock:
        shard.catch_up()
        heads: dict[str, int] = {}
        for state in shard.all_states():
            for stream, position in shard.log.hot_heads(state.table.id).items():
                heads[stream] = max(position, heads.get(stream, 0))
        left = tuple(state.manifest.version for state in shard.all_states())
        return HotHeads((shard.meta.epoch, *left), heads)


def noted_heads(shard: Shard, after: str, limit: int) -> list[tuple[str, int]]:
    """(stream, position) of those whose events have left the hot tier, in pages by their names."""
    with shard.lock:
        shard.catch_up()
        return shard.log.noted_heads(after, limit)
