"""What was said to a caller and can be named again: answers to explain, options to choose."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """The last of each server, by a name that is made of what it stands for; nobody finds another's."""

    def __init__(self, prefix: str, most: int = 512) -> None:
        self._prefix = prefix
        self._most = most
        self._lock = threading.Lock()
        self._found: OrderedDict[tuple[Hashable, str], T] = OrderedDict()

    def keep(self, caller: Hashable, value: T) -> str:
        name = f"{self._prefix}-{hashlib.sha256(repr(value).encode()).hexdigest()[:8]}"
        with self._lock:
            self._found[caller, name] = value
            self._found.move_to_end((caller, name))
            while len(self._found) > self._most:
                self._found.popitem(last=False)
        return name

    def find(self, caller: Hashable, name: str) -> T | None:
        with self._lock:
            return self._found.get((caller, name.strip()))
