"""Where in a Parquet file each vector lies, so that one can be read without the others.

Vectors are written uncompressed and plain (`tiers.parquet`), so their bytes stand in the file as they are in
memory, pages of them one after another. They are found by what they are: what was found is surely right.
"""

from __future__ import annotations

import mmap
import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from ...core.vectors import Vectors

Places = npt.NDArray[np.int64]

_RUN = 1_024
"""Vectors that are compared at a time, where they lie side by side."""


def read_vectors(path: Path, column: str) -> tuple[npt.NDArray[np.int64], Vectors]:
    """The rows of a file that have a vector: their numbers, and the vectors. In memory there are the vectors
    once, and one row group."""
    with pq.ParquetFile(path) as file:
        rows = [np.empty(0, np.int64)]
        vectors = np.empty((0, 0), np.float32)
        first = done = 0
        for group in range(file.num_row_groups):
            found = file.read_row_group(group, columns=[column]).column(0).combine_chunks()
            rows.append(first + np.flatnonzero(found.is_valid().to_numpy(zero_copy_only=False)))
            first += len(found)
            present = found.drop_null() if found.null_count else found
            if not len(present):
                continue
            values = np.asarray(present.flatten(), np.float32).reshape(len(present), -1)
            if not done:
                vectors = np.empty((file.metadata.num_rows, values.shape[1]), np.float32)
            vectors[done : done + len(values)] = values
            done += len(values)
    return np.concatenate(rows), vectors[:done]


def find_places(path: Path, column: str, vectors: Vectors) -> Places | None:
    """The first byte of each of `vectors`, which are all those of a column, in order.

    `None` if another writer laid them out in another way.
    """
    spans = _chunks(path, column)
    if spans is None or not len(vectors):
        return None if spans is None else np.empty(0, np.int64)
    bytes_each = vectors.shape[1] * 4
    little = np.ascontiguousarray(vectors, "<f4")
    places = np.empty(len(vectors), np.int64)
    done = 0
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        for start, end, _ in spans:
            at = start
            while done < len(vectors):
                at = data.find(little[done].tobytes(), at, end)
                if at < 0:
                    break
                run = _alike(data, at, end, little[done : done + _RUN], bytes_each)
                places[done : done + run] = at + np.arange(run) * bytes_each
                done += run
                at += run * bytes_each
    return places if done == len(vectors) else None


def _alike(data: mmap.mmap, at: int, end: int, vectors: Vectors, bytes_each: int) -> int:
    """How many of the vectors stand there side by side."""
    room = min(len(vectors), (end - at) // bytes_each)
    there = np.frombuffer(data[at : at + room * bytes_each], np.uint8).reshape(room, bytes_each)
    same = (there == vectors[:room].view(np.uint8).reshape(room, bytes_each)).all(axis=1)
    return room if same.all() else int(np.argmin(same))


def _chunks(path: Path, column: str) -> list[tuple[int, int, int]] | None:
    """(first byte, behind the last, values) of the column in each row group."""
    footer = pq.read_metadata(path)
    found = []
    for group in range(footer.num_row_groups):
        chunks = [footer.row_group(group).column(leaf) for leaf in range(footer.num_columns)]
        (chunk,) = [c for c in chunks if c.path_in_schema.split(".")[0] == column]
        if chunk.compression != "UNCOMPRESSED" or chunk.has_dictionary_page:
            return None
        start = chunk.data_page_offset
        found.append((start, start + chunk.total_compressed_size, chunk.num_values))
    return found


def read_at(path: Path, places: Places, dimensions: int) -> Vectors:
    """The vectors at these places of a file."""
    found = np.empty((len(places), dimensions), np.float32)
    with path.open("rb", buffering=0) as file:
        number = file.fileno()
        for row, place in enumerate(places.tolist()):
            found[row] = np.frombuffer(os.pread(number, dimensions * 4, place), "<f4")
    return found
