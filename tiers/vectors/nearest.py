"""The nearest vectors of a table at one cut of one shard: candidates of each tier, compared exactly.

    hot    the index of the rows in memory, and the rows that it does not hold yet
    files  their indexes, each giving a shortlist --> the best of all shortlists --> read from the data files
           without an index: every vector is read

Rows that may not be found are left out while an index looks, not afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from ...core.manifest import DataFile, FileRef, VectorPart
from ...core.schema import Field
from ...core.snapshots import TableSnapshot
from ...core.vectors import Metric, Vector, Vectors, distances, unit
from .hot import HotVectors, hot_distances, vectors_of
from .index import NEAREST, SELECTS, Mask, Rows
from .opened import OpenedVectors
from .places import read_at, read_vectors
from .sidecar import Opened, Seqs

SLACK = 1e-5
"""What distances in 32 bits may differ by, relative to 1."""
FEW = 2_000
"""Rows that may be found, in all files, up to which all of them are compared exactly."""

Locate = Callable[[FileRef], Path]
Distances = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Question:
    """`wanted`: rows. `metric`: how near is near."""

    vector: Vector
    metric: Metric
    wanted: int


@dataclass(frozen=True, slots=True)
class Look:
    """What a search did in one tier of one shard. `candidates`: rows that were compared exactly. `how`: index
    or not, and why. `rows`: that have a vector; of a file that was read for it, as many as it has rows."""

    shard: str
    tier: str
    rows: int
    candidates: int
    how: str


@dataclass(frozen=True)
class Nearest:
    """Rows with their distances and their vectors, the nearest first."""

    seqs: Seqs
    distances: Distances
    vectors: Vectors
    looks: tuple[Look, ...]

    def within(self, distance: float) -> Nearest:
        """Those that are no farther."""
        kept = self.distances <= distance
        return replace(self, seqs=self.seqs[kept], distances=self.distances[kept], vectors=self.vectors[kept])


class Allowed:
    """The rows that may be found."""

    def __init__(self, seqs: Seqs) -> None:
        self.seqs = seqs
        self.count = len(seqs)
        self._base = int(seqs.min(initial=0))
        self._bits = np.zeros(int(seqs.max(initial=-1)) - self._base + 2, np.bool_)
        self._bits[seqs - self._base] = True

    def mask(self, seqs: Seqs) -> Mask:
        at = seqs - self._base
        # The last bit is never set: it is that of all rows outside.
        return np.asarray(self._bits[np.where((at >= 0) & (at < len(self._bits)), at, len(self._bits) - 1)])


@dataclass
class _Indexed:
    """A file with an index. `mask`: of its vectors, those that may be found; `None` for all."""

    tier: str
    file: DataFile
    part: VectorPart
    opened: Opened
    mask: Mask | None

    @property
    def count(self) -> int:
        return len(self.opened.seqs) if self.mask is None else int(np.count_nonzero(self.mask))


def nearest(
    snapshot: TableSnapshot,
    files: Iterable[tuple[str, DataFile]],
    field: Field,
    question: Question,
    allowed: Allowed | None,
    locate: Locate,
    opened: OpenedVectors,
) -> Nearest:
    """`files`: (tier, file) of those in which rows may be found. Raises `Corrupt` for a damaged file."""
    parts: list[Nearest] = []
    indexed: list[_Indexed] = []
    for tier, file in files:
        part = _part(file, field, question.metric)
        if part is None:
            seqs, vectors = _all_of(snapshot, file, field, allowed, locate)
            look = Look(snapshot.shard, tier, file.rows, len(seqs), "every vector: no index")
            parts.append(_compared(seqs, vectors, question, look))
        else:
            there = opened.get(part, locate)
            mask = _mask(there.seqs, snapshot.seq, file, allowed)
            indexed.append(_Indexed(tier, file, part, there, mask))
    few = sum(one.count for one in indexed) <= FEW
    for one, rows, how in _shortlists(indexed, question, few):
        vectors = read_at(locate(one.file.ref), one.opened.places[rows], len(question.vector))
        look = Look(snapshot.shard, one.tier, one.part.rows, len(rows), how)
        parts.append(_compared(np.asarray(one.opened.seqs[rows]), vectors, question, look))
    if snapshot.hot.num_rows and snapshot.hot_name(field) is not None:
        parts.append(nearest_hot(snapshot, field, question, allowed))
    return merged(parts, question.wanted)


def merged(parts: Sequence[Nearest], wanted: int) -> Nearest:
    """The nearest of several sets, and those as near as the last of them."""
    seqs = np.concatenate([np.empty(0, np.int64), *(part.seqs for part in parts)])
    found = np.concatenate([np.empty(0, np.float32), *(part.distances for part in parts)])
    order = np.lexsort((seqs, found))
    best = order[found[order] <= farthest(found, wanted)]
    vectors = [part.vectors for part in parts if len(part.vectors)]
    chosen = np.concatenate(vectors)[best] if vectors else np.empty((0, 0), np.float32)
    return Nearest(seqs[best], found[best], chosen, tuple(look for part in parts for look in part.looks))


def _compared(seqs: Seqs, vectors: Vectors, question: Question, look: Look) -> Nearest:
    """The nearest of a few vectors."""
    found = distances(question.vector, vectors, question.metric)
    best = _nearest(found, question.wanted)
    return Nearest(seqs[best], found[best], vectors[best], (look,))


def _nearest(found: Distances, wanted: int) -> Rows:
    """Numbers of the smallest, and of those as small as the last; what has no distance is never near."""
    there = np.flatnonzero(~np.isnan(found))
    return there[found[there] <= farthest(found[there], wanted)]


def farthest(found: Distances, wanted: int) -> float:
    """How far rows may be to be among the nearest: a little more than the last one, as DuckDB's distances
    differ from these in their last digits, and it is DuckDB that orders what is equal."""
    if len(found) <= wanted:
        return np.inf
    last = float(np.partition(found, wanted - 1)[wanted - 1])
    return last + SLACK * max(1.0, abs(last))


def _part(file: DataFile, field: Field, metric: Metric) -> VectorPart | None:
    return next((p for p in file.vectors if p.field == field.id and p.metric == metric), None)


def _mask(seqs: Seqs, cut: int, file: DataFile, allowed: Allowed | None) -> Mask | None:
    within = np.less_equal(seqs, cut) if file.seq_max > cut else None
    if allowed is None:
        return within
    mask = allowed.mask(seqs)
    return mask if within is None else mask & within


def _shortlists(
    indexed: Sequence[_Indexed], question: Question, few: bool
) -> list[tuple[_Indexed, Rows, str]]:
    """Of each file, the rows to compare exactly: all if they are few, else the best of all shortlists."""
    if few:
        return [
            (
                one,
                np.arange(one.count) if one.mask is None else np.flatnonzero(one.mask),
                "every vector: few may be found",
            )
            for one in indexed
        ]
    asked = unit(question.vector) if question.metric == "cosine" else question.vector
    lists = [_searched(one, asked, question.wanted) for one in indexed]
    most = max((one.part.shortlist for one in indexed), default=0) * -(-question.wanted // NEAREST)
    scores = np.concatenate([scores for _, scores in lists])
    least = np.partition(scores, -most)[-most] if len(scores) > most else -np.inf
    return [
        (one, rows[scores >= least], one.opened.index.told)
        for one, (rows, scores) in zip(indexed, lists, strict=True)
    ]


def _searched(one: _Indexed, asked: Vector, wanted: int) -> tuple[Rows, npt.NDArray[np.float32]]:
    index, mask = one.opened.index, one.mask
    if mask is None or index.kind in SELECTS:
        return index.search(asked, wanted, mask)
    # This kind can't leave rows out while it looks: it looks further, or every row is compared.
    share = max(one.count, 1) / len(mask)
    rows, scores = index.search(asked, min(len(mask), int(2 * wanted / share)))
    kept = mask[rows]
    if np.count_nonzero(kept) >= min(one.part.shortlist * -(-wanted // NEAREST) // 2, one.count):
        return rows[kept], scores[kept]
    rest = np.flatnonzero(mask)
    return rest, np.full(len(rest), np.inf, np.float32)


def _all_of(
    snapshot: TableSnapshot, file: DataFile, field: Field, allowed: Allowed | None, locate: Locate
) -> tuple[Seqs, Vectors]:
    """The vectors of a file that has no index, and their sequences."""
    nothing = np.empty(0, np.int64), np.empty((0, field.type.list_size), np.float32)
    held = {f.id: f for f in snapshot.table.version(file.schema_version).fields}
    if field.id not in held or held[field.id].type != field.type:
        return nothing
    path = locate(file.ref)
    rows, vectors = read_vectors(path, held[field.id].name)
    if not len(rows):
        return nothing
    seqs = pq.read_table(path, columns=["_seq"]).column(0).to_numpy()[rows]
    mask = _mask(seqs, snapshot.seq, file, allowed)
    return (seqs, vectors) if mask is None else (seqs[mask], vectors[mask])


def nearest_hot(
    snapshot: TableSnapshot, field: Field, question: Question, allowed: Allowed | None
) -> Nearest:
    """Among the hot rows alone, which have the column."""
    if snapshot.far is not None:
        nearest: Nearest = snapshot.far.nearest(field, question, None if allowed is None else allowed.seqs)
        return nearest
    name = snapshot.hot_name(field)
    assert name is not None
    seqs, column = snapshot.hot["_seq"].to_numpy(), snapshot.hot_column(name)
    rows = np.flatnonzero(column.is_valid().to_numpy())
    if allowed is not None:
        rows = rows[allowed.mask(seqs[rows])]
    keeper: HotVectors | None = snapshot.hot_vectors.get(field.id)
    how = "every vector"
    if keeper is not None:
        rows, how = keeper.candidates(question.vector, question.metric, question.wanted, seqs, rows, column)
    found = hot_distances(question.vector, question.metric, column, rows)
    best = np.sort(_nearest(found, question.wanted))
    look = Look(snapshot.shard, "hot", snapshot.hot.num_rows, len(rows), how)
    return Nearest(seqs[rows[best]], found[best], vectors_of(column, rows[best]), (look,))
