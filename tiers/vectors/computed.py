"""The computed vectors of a table's hot rows: they come after the rows, in the same order.

    rows      1  2  3  4  5  6  7      a view shows the vectors of 1 to 4, and nothing yet for the others
    vectors   1  2  3  4               `to` is 4

A row whose text is null has a null here; one that is not reached yet has nothing.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ...core.errors import Corrupt
from ...core.ids import checksum

Seqs = npt.NDArray[np.int64]


class ComputedVectors:
    """Of one column. Not thread-safe: the shard's lock is held around every call."""

    def __init__(self, type: pa.DataType) -> None:
        self._type = type
        self._parts: list[tuple[Seqs, pa.Array]] = []
        self.to = 0

    def add(self, seqs: Seqs, vectors: pa.Array) -> None:
        """Those of the rows that come next. Parts merge as those of a tail do."""
        if not len(seqs):
            return
        self.to = int(seqs[-1])
        self._parts.append((seqs, vectors))
        while len(self._parts) > 1 and 2 * len(self._parts[-1][0]) >= len(self._parts[-2][0]):
            (newer, last), (older, before) = self._parts.pop(), self._parts.pop()
            self._parts.append((np.concatenate([older, newer]), pa.concat_arrays([before, last])))

    def trim(self, up_to: int) -> None:
        """Drops those of rows that have left the hot tier."""
        last = (1 << 62) - 1
        self._parts = [part for seqs, v in self._parts if len((part := _between(seqs, v, up_to, last))[0])]
        self.to = max(self.to, up_to)

    def column(self, seqs: Seqs) -> pa.ChunkedArray:
        """For these rows, neighbours and ascending: without a copy, null where nothing is known yet."""
        if not len(seqs):
            return pa.chunked_array([], self._type)
        found = [_between(s, v, int(seqs[0]) - 1, int(seqs[-1]))[1] for s, v in self._parts]
        missing = len(seqs) - sum(map(len, found))
        return pa.chunked_array([*found, pa.nulls(missing, self._type)], self._type)


def _between(seqs: Seqs, vectors: pa.Array, after: int, up_to: int) -> tuple[Seqs, pa.Array]:
    start, stop = np.searchsorted(seqs, [after, up_to], "right")
    return seqs[start:stop], vectors.slice(start, stop - start)


def encode(seqs: Seqs, vectors: pa.Array) -> tuple[bytes, str]:
    """What the hot file keeps of them, and its checksum."""
    size = vectors.type.list_size
    valid = np.packbits(vectors.is_valid().to_numpy(zero_copy_only=False), bitorder="little")
    numbers = vectors.fill_null(pa.scalar([0.0] * size, vectors.type)).flatten().to_numpy()
    data = seqs.astype("<i8").tobytes() + valid.tobytes() + numbers.astype("<f4").tobytes()
    return data, checksum(data)


def decode(data: bytes, digest: str, rows: int, type: pa.DataType) -> tuple[Seqs, pa.Array]:
    """Raises `Corrupt`."""
    head, bits = 8 * rows, -(-rows // 8)
    if checksum(data) != digest or len(data) != head + bits + 4 * rows * type.list_size:
        raise Corrupt("computed vectors are not what was written", hint="restore the hot file from a backup")
    seqs = np.frombuffer(data, "<i8", rows).astype(np.int64, copy=False)
    valid = np.unpackbits(np.frombuffer(data, np.uint8, bits, head), count=rows, bitorder="little")
    numbers = np.frombuffer(data, "<f4", offset=head + bits)
    missing = pa.array(valid == 0, pa.bool_())
    return seqs, pa.FixedSizeListArray.from_arrays(pa.array(numbers, pa.float32()), type=type, mask=missing)
