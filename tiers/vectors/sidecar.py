"""The files beside a data file by which the vectors of one of its columns are found.

    data file --> its vectors --> an index of them                      <name>.<field>-<digest>.index
                              \\-> `_seq` of each, and where it stands   <name>.<field>-<digest>.places

A data file whose vectors are few, or were laid out by another writer, has none: a search looks at them all.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from ...core.errors import Corrupt
from ...core.ids import checksum
from ...core.manifest import DataFile, FileRef, VectorPart
from ...core.schema import Field, Table
from ...core.types import is_vector
from ...core.vectors import Kind, VectorIndex
from ..files import CheckedFiles
from ..object_store import ObjectStore
from .index import Effort, Index, build, clusters_of, load
from .places import Places, find_places, read_vectors

Seqs = npt.NDArray[np.int64]

FEWEST = 1_000
"""Vectors of a file that are worth an index."""
FEWEST_OF_KIND: dict[Kind, int] = {"fastscan": 10_000, "ivfpq": 10_000, "clusters": 10_000}
"""Below, codes and clusters can't be learnt, so prefixes are kept instead."""

MAGIC = b"TCPLACE1"
_HEADER = struct.Struct("<8sQ")


@dataclass(frozen=True)
class Opened:
    """A data file's vectors as a search needs them: row n of the index has `seqs[n]`, and stands at
    `places[n]`."""

    index: Index
    seqs: Seqs
    places: Places


def by_cluster(table: Table, rows: pa.Table) -> pa.Table:
    """Rows for a cold file, in the order that an index of clusters wants: those of one cluster side by side,
    otherwise as they were. `rows`: columns of `table.schema.stored`."""
    for column in table.schema.fields:
        if is_vector(column.type) and column.index.cold == "clusters":
            there = rows[column.name].combine_chunks()
            valid = np.flatnonzero(there.is_valid().to_numpy(zero_copy_only=False))
            if len(valid) >= FEWEST_OF_KIND["clusters"]:
                labels = np.full(len(rows), np.iinfo(np.int64).max)
                matrix = there.drop_null().flatten().to_numpy().reshape(len(valid), -1)
                labels[valid] = clusters_of(matrix, column.index.metric)
                return rows.take(pa.array(np.argsort(labels, kind="stable")))
    return rows


def with_vectors(
    store: ObjectStore,
    files: CheckedFiles,
    folder: str,
    table: Table,
    file: DataFile,
    tier: Literal["warm", "cold"],
) -> DataFile:
    """The file with an index of each of its vector columns; those that are as asked for stay. They go into
    `folder`."""
    if file.rows < FEWEST:
        return file
    parts = {part.field: part for part in file.vectors}
    found = []
    for column in table.version(file.schema_version).fields:
        if not is_vector(column.type):
            continue
        how = table.now(column).index
        part = parts.get(column.id)
        if part is None or part.how != how.built(tier):
            part = _make(store, f"{folder}/{Path(file.key).stem}", files.path(file.ref), column, how, tier)
        if part is not None:
            found.append(part)
    return replace(file, vectors=tuple(found))


def _make(
    store: ObjectStore, name: str, path: Path, column: Field, how: VectorIndex, tier: Literal["warm", "cold"]
) -> VectorPart | None:
    """`path`: of the data file. `None` if it is to have no index."""
    kind: Kind = how.warm if tier == "warm" else how.cold
    if kind == "exact":
        return None
    rows, vectors = read_vectors(path, column.name)
    if len(vectors) < FEWEST:
        return None
    places = find_places(path, column.name, vectors)
    if places is None:
        return None
    seqs = pq.read_table(path, columns=["_seq"]).column(0).to_numpy()[rows]
    if len(vectors) < FEWEST_OF_KIND.get(kind, 0):
        kind = "prefix"
    index = build(vectors, kind, how.metric, prefix=how.prefix, rotated=how.rotated)
    return VectorPart(
        field=column.id,
        rows=len(vectors),
        how=how.built(tier),
        kind=kind,
        metric=how.metric,
        shortlist=index.effort.shortlist,
        probes=index.effort.probes,
        found=index.effort.found,
        index=_put(store, f"{name}.{column.id}", "index", index.encode()),
        places=_put(store, f"{name}.{column.id}", "places", encode_places(seqs, places)),
    )


def open_part(part: VectorPart, index: Path, places: Path) -> Opened:
    """From the files of a part, which are mapped. Raises `Corrupt`."""
    seqs, at = _decode_places(places, part.places.key)
    effort = Effort(part.shortlist, part.probes, part.found)
    opened = Opened(load(index, part.kind, effort), seqs, at)
    if not len(opened.index) == len(seqs) == part.rows:
        raise Corrupt(f"damaged file: {part.index.key}", hint="restore it from a backup")
    return opened


def encode_places(seqs: Seqs, places: Places) -> bytes:
    return _HEADER.pack(MAGIC, len(seqs)) + seqs.astype("<i8").tobytes() + places.astype("<i8").tobytes()


def _decode_places(path: Path, name: str) -> tuple[Seqs, Places]:
    data = np.memmap(path, mode="r")
    magic, count = _HEADER.unpack_from(data[: _HEADER.size].tobytes())
    if magic != MAGIC or len(data) != _HEADER.size + 16 * count:
        raise Corrupt(f"damaged file: {name}", hint="restore it from a backup")
    numbers = data[_HEADER.size :].view("<i8")
    return numbers[:count], numbers[count:]


def _put(store: ObjectStore, name: str, ending: str, data: bytes) -> FileRef:
    """The name has a part of the digest: readers of an earlier manifest may still need an earlier index."""
    digest = checksum(data)
    key = f"{name}-{digest[:12]}.{ending}"
    store.put(key, data)
    return FileRef(key, len(data), digest)
