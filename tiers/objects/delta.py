"""What a turn changed in an object's private database, as bytes: physical, so whatever SQL did is repeated
exactly.

    record = digest (8) | size afterwards (8) | changes (4) | offset (8), length (4) of each | their bytes

An image is the record of everything; a state is an image with the records after it applied in order. To apply
a record twice is to apply it once, which lets a redo that was cut short begin again.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

import numpy as np
import xxhash

_HEAD = struct.Struct("<8sQI")
_CHANGE = struct.Struct("<QI")
_WORD = 8
_GAP = 4
"""Words that are alike between two changes and still cheaper to store than the head of another change."""

Change = tuple[int, bytes | memoryview]


def difference(before: bytes, after: bytes) -> list[Change]:
    """The changes that make `after` of `before`, both whole words long; the lengths may differ."""
    old, new = np.frombuffer(before, np.uint64), np.frombuffer(after, np.uint64)
    common = min(len(old), len(new))
    at = (old[:common] != new[:common]).nonzero()[0]
    changes: list[Change] = []
    if len(at):
        cuts = (at[1:] - at[:-1] > _GAP).nonzero()[0]
        firsts = [int(at[0]), *at[cuts + 1].tolist()]
        lasts = [*at[cuts].tolist(), int(at[-1])]
        changes = [
            (first * _WORD, after[first * _WORD : (last + 1) * _WORD])
            for first, last in zip(firsts, lasts, strict=True)
        ]
    if len(new) > common:
        changes.append((common * _WORD, after[common * _WORD :]))
    return changes


def encode(size: int, changes: Sequence[Change], salt: bytes) -> bytes:
    """`salt`: where the record belongs, so that one in another's place is noticed."""
    heads = b"".join([_CHANGE.pack(offset, len(data)) for offset, data in changes])
    body = b"".join((heads, *(data for _, data in changes)))
    return _HEAD.pack(_digest(size, body, salt), size, len(changes)) + body


def decode(record: bytes, salt: bytes) -> tuple[int, list[Change]]:
    """(size afterwards, changes). Raises `ValueError` if it is not what was written."""
    if len(record) < _HEAD.size:
        raise ValueError("the record is too short")
    digest, size, count = _HEAD.unpack_from(record)
    body = memoryview(record)[_HEAD.size :]
    if digest != _digest(size, body, salt):
        raise ValueError("the record is not what was written")
    return size, list(_changes(body, count))


def redo(state: bytearray, size: int, changes: Sequence[Change]) -> None:
    """Makes of a state the one after the record."""
    if len(state) < size:
        state.extend(bytes(size - len(state)))
    else:
        del state[size:]
    for offset, data in changes:
        state[offset : offset + len(data)] = data


def _changes(body: memoryview, count: int) -> Iterator[Change]:
    at = count * _CHANGE.size
    for number in range(count):
        offset, length = _CHANGE.unpack_from(body, number * _CHANGE.size)
        yield offset, body[at : at + length]
        at += length


def _digest(size: int, body: bytes | memoryview, salt: bytes) -> bytes:
    hashed = xxhash.xxh3_64(salt)
    hashed.update(size.to_bytes(8, "little"))
    hashed.update(body)
    return hashed.digest()
