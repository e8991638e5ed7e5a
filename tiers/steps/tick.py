"""One look at a shard: flushes and compacts what is due by age, size or count, and no more."""

from __future__ import annotations

from ...core.clock import DAY_US, SECOND_US, now_us
from ...core.owners import Due
from ...core.results import Moved
from ...core.tiering import due_archive, due_compaction, due_flush, look_again
from ..shard import Shard
from .compact import compact
from .embed import current
from .flush import flush


def tick(shard: Shard) -> Due:
    """Flushes and compacts what is due, and says what else is. Raises the first error."""
    clock = shard.around.clock
    total, archives, again = Moved(), [], []
    for name in shard.table_names():
        state = shard.state(name)
        policy, now = shard.around.policy.fitted(state.table.schema), now_us(clock)
        with shard.lock:
            facts = shard.log.facts(state.table.id, now - int(policy.hot_age_s * SECOND_US))
            known = shard.computed_to(state)
            computed_to = min((known[column.id] for column in current(state.table)), default=None)
        moved = Moved()
        if (up_to := due_flush(facts, policy, now, computed_to)) is not None:
            moved += flush(shard, state, up_to)
        if groups := due_compaction(state.manifest, policy):
            moved += compact(shard, state, groups)
        if (up_to := due_archive(state.manifest, policy, now)) is not None:
            archives.append((name, up_to))
        total += moved
        if (at := look_again(facts, state.manifest, policy, now, moved.files > 0)) is not None:
            again.append(at)
    if shard.dropped:
        again.append(now_us(clock) + DAY_US)
    return Due(total, tuple(archives), min(again, default=None))
