"""The log of a replicated file in the object store: `log/<unit>/<folder>/<slot>`, each slot put once.

    0000000001  seal, epoch 1
    0000000002  pages, epoch 1      one transaction, or one group of them
    0000000003  pages, epoch 1
    0000000004  seal, epoch 2       epoch 1's next put conflicts: it has been replaced
    0000000005  pages, epoch 2

Slots number on over epochs and are never used twice. A seal is never deleted: an owner that wakes up after
years still finds its next slot taken. A folder holds a thousand slots, so that whoever wants the end of the
log need not list a week of it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from ...core.errors import Conflict, Corrupt, Fenced, NotFound
from ...core.ids import checksum
from ..object_store import ObjectStore
from .frames import Pages

_MAGIC = b"TCL1"
_HEAD = struct.Struct("<4s?3xQQqIII")
_SUM = 16
_FOLDER = 1_000
_SEAL_BYTES = _HEAD.size + _SUM
_HINT = "restore the object store from a backup; nothing is read in its stead"


@dataclass(frozen=True, slots=True)
class Slot:
    """`pages` is `None` for a seal. `at_us`: when it was put, by its owner's clock; rises with the slots."""

    number: int
    epoch: int
    at_us: int
    pages: Pages | None = None


@dataclass(frozen=True, slots=True)
class SlotKey:
    """A slot in a listing. `bytes` of its object."""

    number: int
    bytes: int

    @property
    def is_seal(self) -> bool:
        return self.bytes == _SEAL_BYTES


class Slots:
    """The log of one unit, such as `db/acme/shard-0`."""

    def __init__(self, store: ObjectStore, unit: str) -> None:
        self._store = store
        self._unit = unit
        self._prefix = f"log/{unit}/"

    def key(self, number: int) -> str:
        return f"{self._folder(number // _FOLDER)}{number:010d}"

    def since(self, start: int) -> Iterator[SlotKey]:
        """The slots from `start` on, ascending. It has not expired, so that an empty folder is the end."""
        folder = start // _FOLDER
        while slots := self._in_folder(folder):
            yield from (slot for slot in slots if slot.number >= start)
            folder += 1

    def exists(self) -> bool:
        """Whether there ever was a slot: the first one is a seal."""
        return bool(self._in_folder(0))

    def read(self, number: int) -> Slot:
        """Raises `NotFound`, or `Corrupt` if it is not what was written."""
        return self.decode(self._store.get(self.key(number)), number)

    def put(self, number: int, body: bytes) -> Slot | None:
        """`None` once the slot holds `body`, be it by an earlier put without a reply; else what it holds.

        Raises `Unavailable`; the slot may then hold `body` or not. `Fenced` if what it held has expired.
        """
        try:
            self._store.put(self.key(number), body, create_only=True)
        except Conflict:
            try:
                found = self._store.get(self.key(number))
            except NotFound:
                raise self.fenced() from None
            return None if found == body else self.decode(found, number)
        return None

    def delete(self, start: int, before: int) -> None:
        """Removes the slots of a range except seals. `before` stays, so that no number comes again."""
        for folder in range(start // _FOLDER, before // _FOLDER + 1):
            old = [slot for slot in self._in_folder(folder) if slot.number < before and not slot.is_seal]
            self._store.delete(self.key(slot.number) for slot in old)

    def _folder(self, folder: int) -> str:
        return f"{self._prefix}{folder:07d}/"

    def _in_folder(self, folder: int) -> list[SlotKey]:
        below = self._folder(folder)
        return [SlotKey(int(info.key.removeprefix(below)), info.size) for info in self._store.list(below)]

    def encode(self, slot: Slot) -> bytes:
        head = _HEAD.pack(
            _MAGIC,
            slot.pages is None,
            slot.epoch,
            slot.number,
            slot.at_us,
            *((slot.pages.page_bytes, len(slot.pages.numbers), slot.pages.size) if slot.pages else (0, 0, 0)),
        )
        payload = b""
        if slot.pages:
            numbers = struct.pack(f"<{len(slot.pages.numbers)}I", *slot.pages.numbers)
            payload = pa.compress(numbers + slot.pages.data, codec="zstd", asbytes=True)
        return head + self._sum(head + payload) + payload

    def decode(self, body: bytes, number: int) -> Slot:
        head, payload = body[: _HEAD.size], body[_SEAL_BYTES:]
        if len(body) < _SEAL_BYTES or body[_HEAD.size : _SEAL_BYTES] != self._sum(head + payload):
            raise self._damaged(number)
        magic, seal, epoch, found, at_us, page_bytes, count, size = _HEAD.unpack(head)
        if magic != _MAGIC or found != number:
            raise self._damaged(number)
        if seal:
            return Slot(number, epoch, at_us)
        plain = pa.decompress(payload, count * (4 + page_bytes), codec="zstd", asbytes=True)
        numbers = struct.unpack_from(f"<{count}I", plain)
        return Slot(number, epoch, at_us, Pages(page_bytes, size, numbers, plain[4 * count :]))

    def fenced(self) -> Fenced:
        return Fenced(
            f"another owner has taken over `{self._unit}`", hint="this process must open the lake again"
        )

    def missing(self, number: int) -> Corrupt:
        return Corrupt(f"missing file: {self.key(number)}", hint=_HINT)

    def _damaged(self, number: int) -> Corrupt:
        return Corrupt(f"damaged file: {self.key(number)} is not what was written", hint=_HINT)

    def _sum(self, data: bytes) -> bytes:
        """Of the unit too: a slot under another unit's key is damage."""
        return bytes.fromhex(checksum(self._unit.encode() + b"\0" + data))
