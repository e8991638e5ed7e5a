"""Splits of one database: begun here, met by appends and readers, completed if nobody else does."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from contextlib import suppress

from ..core.asof import AsOf, AtInstant
from ..core.errors import Conflict, Invalid, Unavailable
from ..core.sharding import ShardMap
from .tenancy import Tenancy

PAUSES_S = (0.05, 0.1, 0.2, 0.4, 0.8)
"""While another process splits a shard, before this one completes it."""


class Splits:
    """`tiers.handover` does the work; one split at a time in this process."""

    def __init__(self, tenancy: Tenancy) -> None:
        self._tenancy = tenancy
        self._one = threading.RLock()

    def split(self, shard: str) -> ShardMap:
        """Raises `Invalid` if it can't be split, `Conflict` if that was done while this call waited."""
        tenancy = self._tenancy
        tenancy.refresh().split(shard)
        with self._one:
            if not tenancy.refresh().shard(shard).live:
                raise Conflict(
                    f"`{shard}` was split by another call at the same time", hint="look at the shards again"
                )
            return tenancy.split(shard)

    def finish(self, shard: str) -> None:
        """Returns once it is clear who takes the rows that the shard refused: if it is being split, that is
        waited for, and completed here if nobody does."""
        for pause in PAUSES_S if self._tenancy.remote else ():
            if not self._under_way(shard):
                return
            time.sleep(pause)
        with self._one:
            if not self._under_way(shard):
                return
            try:
                self._tenancy.split(shard)
            except (Conflict, Invalid):  # another process was faster
                if self._under_way(shard):
                    raise

    def met_closed(self, shard: str, cuts: Mapping[str, AsOf]) -> None:
        """A reader has met a closed shard that its map calls live."""
        if not self._tenancy.refresh().shard(shard).live:
            return
        # It is being split, and nothing was taken elsewhere yet. But who reads as of an instant is promised
        # that nothing more is recorded up to it, and the children don't know of the promise.
        if any(isinstance(as_of, AtInstant) for as_of in cuts.values()):
            with suppress(Unavailable):
                self._tenancy.check_writable()
                self.finish(shard)

    def _under_way(self, shard: str) -> bool:
        """Whether it is closed and its children are not in the map yet."""
        if not self._tenancy.refresh().shard(shard).live:
            return False
        return self._tenancy.partition(shard).closed_us() > 0
