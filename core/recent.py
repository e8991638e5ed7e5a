"""What was found out lately, kept for a while: the newest few, each by its key."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from .clock import Clock, now_us

KEPT = 32
REMEMBERED_US = 60_000_000
NEVER_SOONER_US = 1_000_000

T = TypeVar("T")


class Recent(Generic[T]):
    """Safe to use from many threads; two may find the same out at once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, tuple[int, T]] = OrderedDict()

    def get(self, key: Hashable, find_out: Callable[[], T], *, fresh: bool = False) -> T:
        """At most a minute old; with `fresh`, about as new as can be."""
        now = now_us(self._clock)
        with self._lock:
            kept = self._kept.get(key)
        if kept is not None and now - kept[0] < (NEVER_SOONER_US if fresh else REMEMBERED_US):
            return kept[1]
        found = find_out()
        with self._lock:
            self._kept[key] = (now, found)
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return found
