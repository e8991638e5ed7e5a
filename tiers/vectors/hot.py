"""The index of a table's hot vectors, made behind the appends: what it does not hold yet is compared exactly.

So an event is found as soon as it is acknowledged, and no append waits for an index. Rows that have sunk or
come after the cut are in it too; whoever asks says which rows count.

    close: index -> <hot file>.<table>.<field>.vectors
    open:  mended by the rows that came after; derived, so a missing or damaged one costs time only
"""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa

from ...core.ids import checksum
from ...core.vectors import EXACT_UP_TO, Kind, Metric, Vector, VectorIndex, Vectors, distances, unit
from .index import NEAREST, Effort, Index, Rows, build, decode

Seqs = npt.NDArray[np.int64]

BEHIND = 2_000
"""Rows that an index may lack before it takes them up."""
AT_A_TIME = 1_000
"""Rows that are taken up while nobody searches."""


@dataclass(frozen=True, slots=True)
class _Head:
    """Of a file: what the index is of, how many rows, and of how many it was made."""

    how: dict[str, Any]
    kind: Kind
    effort: dict[str, Any]
    rows: int
    made_of: int


class HotVectors:
    """Of one column. Safe to use from several threads. `path`: where the index is kept between openings."""

    def __init__(self, how: VectorIndex, path: Path) -> None:
        self.how = how
        self._path = path
        self._lock = threading.Lock()
        self._work = threading.Lock()
        self._index: Index | None = None
        self._seqs: Seqs = np.empty(0, np.int64)
        self._made_of = 0
        self._thread: threading.Thread | None = None

    def candidates(
        self, question: Vector, metric: Metric, wanted: int, seqs: Seqs, rows: Rows, column: pa.ChunkedArray
    ) -> tuple[Rows, str]:
        """Which of `rows` to compare exactly, and how they were found.

        `seqs`, `column`: of all hot rows, ascending; `rows`: numbers of those that count.
        """
        if self.how.hot == "exact" or metric != self.how.metric:
            return rows, "every vector: no index of this metric"
        if len(rows) < EXACT_UP_TO:
            return rows, "every vector: they are few"
        self.catch_up(seqs, column)
        with self._lock:
            index, held = self._index, self._seqs
            if index is None:
                return rows, "every vector: the index is being made"
            mine = seqs[rows]
            fresh = rows[mine > held[-1]]
            share = (len(rows) - len(fresh)) / len(held)
            asked = unit(question) if metric == "cosine" else question
            deeper = wanted if share > 0.9 else int(2 * wanted / max(share, 1e-6))
            found, _ = index.search(asked, min(deeper, len(held)))
            sought = held[found]
        at = np.minimum(np.searchsorted(mine, sought), len(mine) - 1)
        hits = rows[at[mine[at] == sought]]
        enough = index.effort.shortlist * -(-wanted // NEAREST) // 2
        if len(hits) < min(enough, len(rows) - len(fresh)):
            return rows, "every vector: few of the index may be found"
        return np.sort(np.concatenate([hits, fresh])), index.told

    def catch_up(self, seqs: Seqs, column: pa.ChunkedArray) -> None:
        """Has the rows that the index lacks taken up, if they are worth it; returns at once."""
        if len(seqs) - int(np.searchsorted(seqs, self._last, "right")) < BEHIND:
            return
        if not self._work.acquire(blocking=False):
            return
        self._thread = threading.Thread(
            target=self._catch_up, args=(seqs, column), name="thermocline-vectors", daemon=True
        )
        self._thread.start()

    def save(self) -> None:
        """Keeps the index for the next opening; returns when nothing is under way."""
        if self._thread is not None:
            self._thread.join()
        if self._index is not None:
            index = self._index
            head = asdict(
                _Head(asdict(self.how), index.kind, asdict(index.effort), len(self._seqs), self._made_of)
            )
            data = orjson.dumps(head) + b"\n" + self._seqs.astype("<i8").tobytes() + index.encode()
            with suppress(OSError):  # a full disk does not keep from closing
                self._path.write_bytes(checksum(data).encode() + b"\n" + data)

    def _load(self) -> None:
        """What was kept, if it is whole and of the same kind."""
        with suppress(FileNotFoundError):
            digest, _, data = self._path.read_bytes().partition(b"\n")
            if checksum(data).encode() != digest:
                return
            line, _, rest = data.partition(b"\n")
            head = _Head(**orjson.loads(line))
            if head.how != asdict(self.how):
                return
            index = decode(rest[8 * head.rows :], head.kind, Effort(**head.effort))
            with self._lock:
                self._index, self._seqs = index, np.frombuffer(rest, "<i8", head.rows).astype(np.int64)
                self._made_of = head.made_of

    @property
    def _last(self) -> int:
        return int(self._seqs[-1]) if len(self._seqs) else 0

    def _is_outgrown(self, first: int, rows: int) -> bool:
        """Whether most of what it holds has sunk, or most rows are other than it was made for: axes and
        effort are chosen for the vectors at hand. `first`: hot sequence; `rows`: hot ones with a vector."""
        sunk = int(np.searchsorted(self._seqs, first))
        return sunk > len(self._seqs) / 2 or rows > 2 * self._made_of

    def _catch_up(self, seqs: Seqs, column: pa.ChunkedArray) -> None:
        try:
            there = np.flatnonzero(column.is_valid().to_numpy())
            if self._index is None:
                self._load()
            if self._index is None or self._is_outgrown(seqs[0], len(there)):
                if len(there) < EXACT_UP_TO:
                    return
                made = build(
                    vectors_of(column, there),
                    self.how.hot,
                    self.how.metric,
                    prefix=self.how.prefix,
                    rotated=self.how.rotated,
                )
                with self._lock:
                    self._index, self._seqs, self._made_of = made, seqs[there], len(there)
                return
            fresh = there[seqs[there] > self._last]
            for start in range(0, len(fresh), AT_A_TIME):
                rows = fresh[start : start + AT_A_TIME]
                vectors = vectors_of(column, rows)
                with self._lock:
                    self._index.add(unit(vectors) if self.how.metric == "cosine" else vectors)
                    self._seqs = np.concatenate([self._seqs, seqs[rows]])
        finally:
            self._work.release()


def vectors_of(column: pa.ChunkedArray, rows: Rows) -> Vectors:
    """The vectors of these rows, which are ascending and have one each."""
    parts = [chunk[local] for chunk, local in _by_chunk(column, rows)]
    return np.concatenate(parts) if parts else np.empty((0, column.type.list_size), np.float32)


def hot_distances(
    question: Vector, metric: Metric, column: pa.ChunkedArray, rows: Rows
) -> npt.NDArray[np.float32]:
    """Of these rows, ascending, without a copy where all of a chunk are among them."""
    parts = [
        distances(question, chunk if len(local) == len(chunk) else chunk[local], metric)
        for chunk, local in _by_chunk(column, rows)
    ]
    return np.concatenate([np.empty(0, np.float32), *parts])


def _by_chunk(column: pa.ChunkedArray, rows: Rows) -> list[tuple[Vectors, Any]]:
    """(a chunk's vectors, the numbers of the rows in it)."""
    found, start = [], 0
    for chunk in column.chunks:
        low, high = np.searchsorted(rows, [start, start + len(chunk)])
        if high > low:
            length = chunk.type.list_size
            values = chunk.values.slice(chunk.offset * length, len(chunk) * length)
            matrix = values.to_numpy(zero_copy_only=not values.null_count).reshape(-1, length)
            found.append((matrix, rows[low:high] - start))
        start += len(chunk)
    return found
