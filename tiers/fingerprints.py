"""A segment's sidecar: which event ids are in it, as a sorted array of 64-bit fingerprints.

    magic (8 bytes) | count (8) | XXH3-128 of the array (16) | distinct fingerprints, ascending (8 each)

All little-endian. A retry of an event appended a year ago is recognised by a binary search in the mapped
file; a hit is confirmed by a point read, so equal fingerprints of different ids cost time, never an answer.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import xxhash

from ..core.errors import Corrupt
from ..core.ids import fingerprints

Hashes = npt.NDArray[np.uint64]

MAGIC = b"TCFPRNT1"
_HEADER = struct.Struct("<8sQ16s")
_LITTLE = np.dtype("<u8")
_HINT = "restore it from a backup; nothing is read in its stead"


def hash_ids(ids: pa.ChunkedArray, sources: pa.ChunkedArray) -> Hashes:
    """`core.ids.fingerprints` of the columns `_id` and `_source`, row by row."""
    given = None if sources.null_count == len(sources) else sources.to_pylist()
    return np.array(fingerprints(given, ids.to_pylist()), dtype=np.uint64)


def encode_fingerprints(ids: pa.ChunkedArray, sources: pa.ChunkedArray) -> bytes:
    """The sidecar of a segment, from its columns `_id` and `_source`."""
    return encode_hashes(hash_ids(ids, sources))


def encode_hashes(hashes: Hashes) -> bytes:
    """The sidecar of these fingerprints, in any order, repeated or not."""
    rising = np.sort(hashes)  # np.unique hashes first and takes 20 times as long
    body = rising[np.diff(rising, prepend=~rising[:1]) != 0].astype(_LITTLE, copy=False)
    header: bytes = _HEADER.pack(MAGIC, len(body), xxhash.xxh3_128_digest(body.data))
    return header + bytes(body)


def merge_fingerprints(sidecars: Sequence[bytes]) -> bytes:
    """One sidecar for all ids of several."""
    return encode_hashes(np.concatenate([_hashes(data, "fingerprints to merge") for data in sidecars]))


class FingerprintFile:
    """A sidecar on disk, mapped. Raises `Corrupt` with `name` if it is not exactly what was written."""

    def __init__(self, path: Path, name: str) -> None:
        try:
            self.hashes = _hashes(np.memmap(path, mode="r").data, name)
        except (OSError, ValueError) as error:  # numpy cannot map an empty file
            raise Corrupt(f"missing or damaged file: {name}", hint=_HINT) from error

    def __len__(self) -> int:
        return len(self.hashes)

    def contains(self, hashes: Hashes) -> npt.NDArray[np.bool_]:
        """For each fingerprint asked for, whether it is here."""
        if not len(self.hashes):
            return np.zeros(len(hashes), dtype=np.bool_)
        at = np.searchsorted(self.hashes, hashes)
        return np.asarray(self.hashes[np.minimum(at, len(self.hashes) - 1)] == hashes)


def _hashes(data: bytes | memoryview, name: str) -> Hashes:
    """The array within a sidecar, not copied."""
    damaged = Corrupt(f"damaged file: {name}", hint=_HINT)
    if len(data) < _HEADER.size:
        raise damaged
    magic, count, digest = _HEADER.unpack_from(data)
    body = memoryview(data)[_HEADER.size :]
    if magic != MAGIC or len(body) != count * 8 or xxhash.xxh3_128_digest(body) != digest:
        raise damaged
    return np.frombuffer(body, dtype=_LITTLE)
