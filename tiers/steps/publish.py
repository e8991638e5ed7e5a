"""The common end of every step: the next manifest, published and adopted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ...core.clock import now_us
from ...core.manifest import Manifest
from ...core.tiering import next_manifest
from ..crash import reach
from ..shard import Shard
from ..table_state import TableState


def publish(shard: Shard, state: TableState, step: str, **changes: Any) -> Manifest:
    """Makes the next version with `changes` exist and puts it into force. Raises `Fenced`.

    After another error it may exist or not: `Shard.settle` finds out before the next step.
    """
    following = next_manifest(
        state.manifest, epoch=shard.meta.epoch, seq=shard.meta.seq, now_us=now_us(shard.around.clock)
    )
    manifest = replace(following, table=state.table, shard=shard.name, **changes)
    state.settled = False
    state.manifests.publish(manifest)
    reach(f"{step}.published")
    shard.adopt(state, manifest)
    state.settled = True
    return manifest
