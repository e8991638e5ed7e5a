"""An object store that is slow, fails, loses replies or keeps a put waiting, as a test says."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from thermocline.core.errors import Unavailable
from thermocline.tiers.object_store import ObjectInfo, ObjectStore


class FaultyStore:
    """Passes everything on to `real`. Faults concern keys that begin with `below`.

    `fail`: so many puts fail before they reach the store. `lose_replies`: so many fail after. `down`: all
    fail before. `lose_all`: the next put arrives, and nothing is heard of the store any more. `puts`: the
    keys put, in order. `hold`: puts wait until it is set.
    """

    def __init__(self, real: ObjectStore, below: str = "log/") -> None:
        self._real = real
        self._below = below
        self.url = real.url
        self.folder = real.folder
        self.fail = 0
        self.lose_replies = 0
        self.lose_all = False
        self.down = False
        self.puts: list[str] = []
        self.hold = threading.Event()
        self.hold.set()
        self.held = threading.Event()

    def put(self, key: str, data: Any, *, create_only: bool = False) -> None:
        if not key.startswith(self._below):
            return self._real.put(key, data, create_only=create_only)
        if self.down or self.fail:
            self.fail = max(self.fail - 1, 0)
            raise Unavailable(f"{key}: the network is down", hint="try again")
        if not self.hold.is_set():
            self.held.set()
            self.hold.wait()
        self._real.put(key, data, create_only=create_only)
        self.puts.append(key)
        self.down = self.lose_all
        if self.lose_replies or self.lose_all:
            self.lose_replies = max(self.lose_replies - 1, 0)
            raise Unavailable(f"{key}: no reply", hint="try again")
        return None

    def get(self, key: str) -> bytes:
        return self._real.get(key)

    def get_range(self, key: str, start: int, length: int) -> bytes:
        return self._real.get_range(key, start, length)

    def size(self, key: str) -> int:
        return self._real.size(key)

    def list(self, prefix: str) -> list[ObjectInfo]:
        return self._real.list(prefix)

    def delete(self, keys: Iterable[str]) -> None:
        self._real.delete(keys)

    def local_path(self, key: str) -> Path:
        return self._real.local_path(key)

    def location(self, key: str) -> str:
        return self._real.location(key)

    def key_of(self, location: str) -> str:
        return self._real.key_of(location)
