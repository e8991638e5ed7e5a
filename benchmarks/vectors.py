"""Search by similarity: what it finds of what an exact look finds, and how long it takes."""

from __future__ import annotations

import re
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

import thermocline
from thermocline.core.asof import Now
from thermocline.core.vectors import Vector, Vectors, unit
from thermocline.tiers.vectors.index import build
from thermocline.tiers.vectors.nearest import Nearest, Question, nearest
from thermocline.tiers.vectors.opened import OpenedVectors

from .data import clustered_vectors
from .harness import Line, Pair, Scale, duration, faster, in_turns, seconds, slower, within

SIZE = 1_024
QUESTIONS = 100
NEAREST = 10
GENERATED = 10_000
"""Vectors that are made at a time where memory counts: it takes several times their size."""
SQL = "select n from vectors {where} order by array_cosine_distance(v, $q) limit 10"
TIERS = {"cold": 0.5, "warm": 0.4, "hot": 0.1}
"""Shares of the vectors."""


def measure(scale: Scale, folder: Path) -> Iterator[Line]:
    rows = 200_000 if scale.events >= 10_000_000 else 40_000
    vectors = clustered_vectors(rows + QUESTIONS, SIZE)
    questions = vectors[rows:]
    vectors = vectors[:rows]
    yield from _insert(folder / "insert", vectors[: rows // 10])
    with thermocline.connect(folder / "vectors", background=False) as lake:
        database = lake.database("bench")
        began = time.perf_counter()
        fill(database, vectors)
        print(f"{rows:,} vectors in three tiers after {time.perf_counter() - began:.0f} s", flush=True)
        wait_for_hot_index(database, questions[0])
        split = f"{rows:,} x {SIZE:,} over three tiers"
        yield from found(f"recall@10, {split}", database, vectors, questions)
        chosen = np.random.default_rng(1).random(rows) < 0.01
        yield from found(
            f"recall@10 where 1 % may be found, {split}",
            database,
            vectors,
            questions,
            may=np.flatnonzero(chosen),
        )
        taken = times(lambda q: database.sql(SQL.format(where=""), {"q": q}), questions)
        yield within(f"search, p95, {split}", float(np.percentile(taken, 95)), at_most=0.03)
        yield from _beside_indexes(database, vectors, questions, scale.rounds)
    yield from _hot(folder / "hot", vectors[: rows // 4], questions, scale.rounds)


def fill(database: Any, vectors: Vectors, batch: int = 20_000) -> None:
    """Ten rows of a hundred in `few`; the tiers by `TIERS`."""
    marked = np.random.default_rng(1).random(len(vectors)) < 0.01
    done = 0
    for tier, share in TIERS.items():
        until = len(vectors) if tier == "hot" else done + round(share * len(vectors))
        for start in range(done, until, batch):
            stop = min(start + batch, until)
            database.append("vectors", as_rows(vectors[start:stop], start, marked[start:stop]))
            if tier != "hot":
                database.flush("vectors")
        if tier == "cold":
            database.archive("vectors")
        done = until


def as_rows(vectors: Vectors, first: int, marked: Any) -> pa.Table:
    numbers = pa.array(vectors.ravel(), pa.float32())
    return pa.table(
        {
            "n": pa.array(range(first, first + len(vectors)), pa.int64()),
            "few": pa.array(marked, pa.bool_()),
            "v": pa.FixedSizeListArray.from_arrays(numbers, vectors.shape[1]),
        }
    )


def found(path: str, database: Any, vectors: Vectors, questions: Vectors, may: Any = None) -> Iterator[Line]:
    """Mean and worst share of the ten nearest that a search finds. `may`: the rows that may be found."""
    rows = np.arange(len(vectors)) if may is None else may
    searched = unit(vectors[rows])
    sql = SQL.format(where="" if may is None else "where few")
    shares = []
    for question in questions:
        wanted = rows[np.argsort(-(searched @ (question / np.linalg.norm(question))))[:NEAREST]]
        got = [row[0] for row in database.sql(sql, {"q": question}).rows()]
        shares.append(len({*got} & {*wanted.tolist()}) / NEAREST)
    mean, worst = float(np.mean(shares)), min(shares)
    yield Line(f"{path}, mean", f"{mean:.4f}", "-", "-", ">= 0.95", mean >= 0.95)
    if may is None:
        yield Line(f"{path}, worst of {len(shares)}", f"{worst:.2f}", "-", "-", ">= 0.8", worst >= 0.8)


def times(search: Callable[[Any], object], questions: Vectors) -> list[float]:
    search(questions[0])
    taken = []
    for question in questions:
        began = time.perf_counter()
        search(question)
        taken.append(time.perf_counter() - began)
    return taken


def wait_for_hot_index(database: Any, question: Any) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        told = database.explain(SQL.format(where=""), {"q": question})
        if "hot: " not in told or re.search("hot: .*(index prefix|are few)", told):
            return
        time.sleep(0.1)


def resident_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _beside_indexes(database: Any, vectors: Vectors, questions: Vectors, rounds: int) -> Iterator[Line]:
    """The same search over the same files, by the library: each index, then an exact look."""
    import faiss

    (shard,) = database.shards.all()
    state = shard.shard.state("vectors")
    files = shard.shard.around.files
    parts = [part for file in state.data_files(files) for part in file.vectors]
    indexes = [faiss.read_index(str(files.path(part.index)), faiss.IO_FLAG_MMAP_IFC) for part in parts]
    hot = next(iter(state.vectors.values()))._index
    if hot is not None:
        indexes.append(hot._inner)
    faiss.omp_set_num_threads(1)

    def direct() -> None:
        for question in unit(questions):
            for index in indexes:
                _, rows = index.search(question[None], 100)
                vectors[np.sort(rows[0])] @ question

    what = "beside the searches of its indexes and exact looks in memory"
    pair = in_turns(lambda: ask(database, questions), direct, rounds)
    yield slower(f"search, {what}", pair, at_most=1.5)
    with searching(database) as near:
        pair = in_turns(lambda: [near(question) for question in questions], direct, rounds)
    yield slower(f"what it does in the tiers, without the SQL around it, {what}", pair, at_most=1.5)


@contextmanager
def searching(database: Any) -> Iterator[Callable[[Vector], Nearest]]:
    """A search of all tiers as the router calls it, at one cut."""
    (shard,) = database.shards.all()
    taken = shard.snapshot({"vectors": Now()})
    table = taken.tables["vectors"]
    files = [("warm", file) for run in table.manifest.warm for file in run.files]
    files += [("cold", file) for file in table.cold.files] if table.cold else []
    (column,) = [field for field in table.schema.fields if field.name == "v"]
    opened = OpenedVectors()
    try:
        yield lambda question: nearest(
            table, files, column, Question(question, "cosine", NEAREST), None, taken.locate, opened
        )
    finally:
        taken.release()


def ask(database: Any, questions: Vectors) -> None:
    for question in questions:
        database.sql(SQL.format(where=""), {"q": question})


def _hot(folder: Path, vectors: Vectors, questions: Vectors, rounds: int) -> Iterator[Line]:
    import faiss

    with thermocline.connect(folder, background=False) as lake:
        database = lake.database("hot")
        database.append("vectors", as_rows(vectors, 0, np.zeros(len(vectors), bool)))
        wait_for_hot_index(database, questions[0])
        yield from found(f"recall@10, {len(vectors):,} x {SIZE:,} hot", database, vectors, questions)
        faiss.omp_set_num_threads(1)
        graph = faiss.IndexHNSWFlat(SIZE, 16, faiss.METRIC_INNER_PRODUCT)
        graph.hnsw.efConstruction = 100
        prepared = unit(vectors)
        graph.add(prepared)
        asked = unit(questions)
        nearest = np.argsort(-(asked @ prepared.T), axis=1)[:, :NEAREST]
        for width in (16, 32, 64, 128, 256, 512):
            graph.hnsw.efSearch = width
            _, rows = graph.search(asked, NEAREST)
            recall = np.mean(
                [len({*a} & {*b}) / NEAREST for a, b in zip(rows.tolist(), nearest.tolist(), strict=True)]
            )
            if recall >= 0.94:
                break

        def direct() -> None:
            for question in asked:
                graph.search(question[None], NEAREST)

        beside = f"beside a graph (HNSW) at recall {recall:.2f}"
        pair = in_turns(lambda: ask(database, questions), direct, rounds)
        yield slower(f"hot search, {beside}", pair, at_most=0.5)
        with searching(database) as near:
            pair = in_turns(lambda: [near(question) for question in questions], direct, rounds)
        yield slower(f"the same without the SQL around it, {beside}", pair, at_most=0.5)


def _insert(folder: Path, vectors: Vectors) -> Iterator[Line]:
    """Appends that are durable, and found when they are acknowledged, against `add` of the library."""
    import faiss

    faiss.omp_set_num_threads(1)
    index = build(vectors[: len(vectors) // 2], "prefix", "cosine")
    fresh = vectors[len(vectors) // 2 :]
    began = time.perf_counter()
    for start in range(0, len(fresh), 1_000):
        index.add(unit(fresh[start : start + 1_000]))
    added = time.perf_counter() - began
    with thermocline.connect(folder, background=False) as lake:
        database = lake.database("insert")
        database.append("vectors", as_rows(vectors[:1], 0, np.zeros(1, bool)))
        began = time.perf_counter()
        for start in range(0, len(fresh), 1_000):
            part = fresh[start : start + 1_000]
            database.append("vectors", as_rows(part, start, np.zeros(len(part), bool)))
        appended = time.perf_counter() - began
    graph = faiss.IndexHNSWFlat(SIZE, 16, faiss.METRIC_INNER_PRODUCT)
    graph.add(unit(vectors[: len(vectors) // 2]))
    linked = seconds(lambda: graph.add(unit(fresh)))
    path = f"hot insert of {SIZE:,} numbers, durable and found, in batches of 1,000, beside `add` of"
    for what, reference in (("the same index", added), ("a graph (HNSW)", linked)):
        pair = Pair(appended, reference)
        yield faster(f"{path} {what}", pair, work=len(fresh), unit="vectors", at_least=0.8)


def large(folder: Path, rows: int = 1_000_000) -> Iterator[Line]:
    """A million vectors, most of them cold."""
    with thermocline.connect(folder / "million", background=False) as lake:
        database = lake.database("bench")
        batch, questions = 50_000, clustered_vectors(QUESTIONS, SIZE, seed=rows)
        began = time.perf_counter()
        for start in range(0, rows, batch):
            for first in range(start, start + batch, GENERATED):
                part = clustered_vectors(GENERATED, SIZE, seed=first)
                database.append("vectors", as_rows(part, first, np.zeros(len(part), bool)))
            database.flush("vectors")
            if start == (rows * 6 // 10) // batch * batch:
                database.archive("vectors")
        print(f"{rows:,} vectors in {duration(time.perf_counter() - began)}", flush=True)
        taken = times(lambda q: database.sql(SQL.format(where=""), {"q": q}), questions)
        path = f"search among {rows:,} x {SIZE:,}"
        yield within(f"{path}, p95", float(np.percentile(taken, 95)), at_most=0.3)
        peak = resident_bytes()
        yield Line(f"{path}, peak memory", f"{peak / 1e9:.1f} GB", "-", "-", "<= 3 GB", peak <= 3e9)
