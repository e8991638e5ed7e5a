"""Ownership numbers of a shard: `epochs/<database>/<shard>/<n>`, claimed by a create-only put.

The highest one owns the shard. Works the same on a laptop's disk and on S3, where conditional updates differ.
"""

from __future__ import annotations

from ..core.errors import Conflict, Fenced
from .object_store import ObjectStore


class Epochs:
    def __init__(self, store: ObjectStore, prefix: str) -> None:
        self._store = store
        self._prefix = prefix + "/"

    def highest(self) -> int:
        """0 if the shard was never owned."""
        return max(self._numbers(), default=0)

    def claim(self, known: int) -> int:
        """The next epoch, now ours. Raises `Fenced` if another process claims it at the same time."""
        numbers = self._numbers()
        epoch = max([known, *numbers]) + 1
        try:
            self._store.put(self._key(epoch), b"", create_only=True)
        except Conflict:
            raise Fenced("another process has just opened this database", hint="try again") from None
        self._store.delete(self._key(number) for number in numbers if number < epoch - 1)
        return epoch

    def _key(self, epoch: int) -> str:
        return f"{self._prefix}{epoch:08d}"

    def _numbers(self) -> list[int]:
        return [int(info.key.removeprefix(self._prefix)) for info in self._store.list(self._prefix)]
