"""One pass of the background: what is due by age, size or count, and no more."""

from __future__ import annotations

from ...core.clock import SECOND_US, now_us
from ...core.tiering import due_archive, due_compaction, due_flush
from ..shard import Shard
from .archive import archive
from .compact import compact
from .expire import expire, expire_dropped
from .flush import flush


def tick(shard: Shard, *, expire_too: bool) -> None:
    """Moves what is due in each table. Raises the first error; what was done before it stays done."""
    policy, clock = shard.around.policy, shard.around.clock
    with shard.lock:
        shard.catch_up()
    for name in shard.table_names():
        state = shard.state(name)
        horizon = now_us(clock) - int(policy.hot_age_s * SECOND_US)
        with shard.lock:
            facts = shard.log.facts(state.table.id, horizon)
        up_to = due_flush(facts, policy, now_us(clock))
        if up_to is not None:
            flush(shard, state, up_to)
        if groups := due_compaction(state.manifest, policy):
            compact(shard, state, groups)
        up_to = due_archive(state.manifest, policy, now_us(clock))
        if up_to is not None:
            archive(shard, state, up_to)
        if expire_too:
            expire(shard, state)
    if expire_too:
        expire_dropped(shard)
