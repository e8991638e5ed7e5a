"""The shard map of a database as it was last seen."""

from __future__ import annotations

import threading
from collections.abc import Callable

from ..core.sharding import ShardMap


class SeenMap:
    """Safe to use from many threads. `find`: looks it up; `None` stands for one local shard."""

    def __init__(self, find: Callable[[], ShardMap | None]) -> None:
        self._find = find
        self._lock = threading.Lock()
        self._last: ShardMap | None = None

    def last(self) -> ShardMap:
        return self._last or self.look()

    def look(self) -> ShardMap:
        """As it is."""
        found = self._find() or ShardMap()
        with self._lock:  # a look that took long must not bring back an older map
            if self._last is None or found.version >= self._last.version:
                self._last = found
            return self._last

    def forget(self) -> None:
        """The next look takes whatever there is."""
        self._last = None
