"""Ownership numbers of a shard: `epochs/<database>/<shard>/<n>`, claimed by a create-only put.

The highest one owns the shard. Works the same on a laptop's disk and on S3, where conditional updates differ.
"""

from __future__ import annotations

from pathlib import Path

from ..core.errors import Conflict, Corrupt, Fenced
from .object_store import ObjectStore


class Epochs:
    def __init__(self, store: ObjectStore, database: str, shard: str) -> None:
        self._store = store
        self._prefix = f"epochs/{database}/{shard}/"

    def highest(self) -> int:
        """0 if the shard was never owned."""
        return max(self._numbers(), default=0)

    def settled(self) -> bool:
        """Whether an owner ever came so far as to take over; the first one succeeds 0."""
        return min(self._numbers(), default=0) > 0

    def claim(self, known: int, hot_file: Path) -> int:
        """The next epoch, now ours. `known`: the last one whose owner wrote so into the hot file.

        Raises `Fenced` if another process claims it at the same time, `Corrupt` if the hot file is older than
        the last owner: it lost what that owner wrote. That is known as an epoch stays listed until its
        successor is in the hot file; the first one succeeds 0.
        """
        numbers = self._numbers()
        if not numbers:
            self._store.put(self._key(0), b"")
        elif min(numbers) > known:
            raise Corrupt(
                f"damaged file: {hot_file}: owner {min(numbers)} wrote to it, it knows only of owner {known}",
                hint="it or its -wal was lost or replaced; restore both from one backup",
            )
        epoch = max([known, *numbers]) + 1
        try:
            self._store.put(self._key(epoch), b"", create_only=True)
        except Conflict:
            raise Fenced("another process has just opened this database", hint="try again") from None
        return epoch

    def claim_next(self) -> int:
        """The next epoch, now ours, for a file whose state comes from its log in the object store.

        Raises `Fenced` if another process claims it at the same time.
        """
        numbers = self._numbers()
        if not numbers:
            self._store.put(self._key(0), b"")
        epoch = max(numbers, default=0) + 1
        try:
            self._store.put(self._key(epoch), b"", create_only=True)
        except Conflict:
            raise Fenced("another process has just opened this database", hint="try again") from None
        return epoch

    def took_over(self, epoch: int) -> None:
        """The hot file names this owner: the ones before are history."""
        self._store.delete(self._key(number) for number in self._numbers() if number < epoch)

    def _key(self, epoch: int) -> str:
        return f"{self._prefix}{epoch:08d}"

    def _numbers(self) -> list[int]:
        return [int(info.key.removeprefix(self._prefix)) for info in self._store.list(self._prefix)]


def owned_shards(store: ObjectStore, database: str) -> list[str]:
    """The names of the shards that ever had an owner, in order."""
    prefix = f"epochs/{database}/"
    return sorted({info.key.removeprefix(prefix).split("/")[0] for info in store.list(prefix)})
