"""The vector files that searches have open: mapped, so what counts is what they look at."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from ...core.manifest import FileRef, VectorPart
from .sidecar import Opened, open_part

KEPT = 256


class OpenedVectors:
    """Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Opened] = OrderedDict()

    def get(self, part: VectorPart, locate: Callable[[FileRef], Path]) -> Opened:
        """`locate`: where a file is, its content checked."""
        key = part.index.key
        index, places = locate(part.index), locate(part.places)
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found
        found = open_part(part, index, places)
        with self._lock:
            self._kept[key] = found
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return found
