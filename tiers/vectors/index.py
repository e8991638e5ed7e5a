"""One index over one set of vectors: which rows may be near a question. Exact distances are for who asks.

    vectors (n x d) --> rotated, so that the first dimensions say most --> these, the prefix --> faiss

    prefix     all prefixes in half precision, one after another
    fastscan   the same as codes of four bits; the fastest, but it can't leave rows out while it looks, and
               takes vectors that are near each other for one
    clusters   prefixes by clusters, of which only the nearest are read
    ivfpq      clusters of short codes
    hnsw       a graph of prefixes

How long a prefix must be, and how far a search must look, depends on the vectors. So an index tries itself
out when it is made, on a sample of what it holds, and takes the least that finds what an exact search finds.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ...core.vectors import Kind, Metric, Vector, Vectors, lengths, unit

Rows = npt.NDArray[np.int64]
Scores = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

PREFIXES = (64, 128, 256, 512)
SHORTLISTS = (100, 200, 400)
PROBES = (8, 16, 32, 64, 128, 256)
LISTS = (64, 128, 256, 512)
TRAINED_ON = 16_384
TRIED_WITH = 64
"""Vectors of the set that are taken for questions."""
MEAN_FOUND, LEAST_FOUND = 0.99, 0.8
"""What a trial must find of the ten nearest: on average, and for the worst question."""
NEAREST = 10
SELECTS = frozenset[Kind](["prefix", "clusters", "ivfpq"])
"""Kinds that leave rows out while they look."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How far a search looks. `shortlist`: rows to compare exactly for each ten wanted. `probes`: clusters
    that are read, or candidates kept on a walk through a graph. `found`: the share that the trial found."""

    shortlist: int = SHORTLISTS[0]
    probes: int = 0
    found: float = 1.0


class Index:
    """Rows are numbers of the vectors that it was made of, from 0."""

    def __init__(self, inner: Any, kind: Kind, effort: Effort) -> None:
        self._inner = inner
        self._scale = _scale(inner)
        self.kind = kind
        self.effort = effort

    def __len__(self) -> int:
        return int(self._inner.ntotal)

    @property
    def prefix(self) -> int:
        return int(self._inner.index.d)

    def search(self, question: Vector, wanted: int, allowed: Mask | None = None) -> tuple[Rows, Scores]:
        """The rows that are likely nearest, and how near: greater is nearer, and the same measure in every
        index of one metric. So many more than `wanted` that an exact comparison finds the nearest among them.

        `allowed`: for each row, whether it may be found; only for the kinds in `SELECTS`. `question`: of
        length 1 where the metric is cosine.
        """
        shortlist = min(len(self), self.effort.shortlist * -(-wanted // NEAREST))
        probes = self.effort.probes
        if allowed is not None and self._lists:
            # The fewer may be found, the more clusters are read for as many of them.
            share = max(np.count_nonzero(allowed) / len(self), 1 / len(self))
            probes = min(self._lists, int(np.ceil(probes / share)))
        return self._search(question, shortlist, probes, allowed)

    def add(self, vectors: Vectors) -> None:
        self._inner.add(vectors)

    def encode(self) -> bytes:
        faiss = _faiss()

        data: bytes = faiss.serialize_index(self._inner).tobytes()
        return data

    def _search(
        self, question: Vector, shortlist: int, probes: int, allowed: Mask | None = None
    ) -> tuple[Rows, Scores]:
        options = _options(self.kind, probes, allowed)
        scores, rows = self._inner.search(question[None], shortlist, params=options)
        there = rows[0] >= 0
        nearness = scores[0][there] if _is_product(self._inner) else -scores[0][there] / 2
        return rows[0][there], nearness * self._scale

    def tuned(self, trial: Trial) -> Index:
        """The same, looking a step further than it must: the trial knows some of the questions only."""
        best, enough = self, False
        for effort in _efforts(self.kind, self._lists):
            lists = [self._search(q, effort.shortlist, effort.probes)[0] for q in trial.questions]
            found = trial.found(lists)
            best = Index(self._inner, self.kind, replace(effort, found=found.mean))
            if enough:
                break
            enough = found.good
        return best

    @property
    def told(self) -> str:
        """For EXPLAIN."""
        short = self.effort.found < MEAN_FOUND
        return f"index {self.kind}, {self.prefix} dimensions" + (
            f", finds {self.effort.found:.0%} of what is nearest" if short else ""
        )

    @property
    def _lists(self) -> int:
        faiss = _faiss()

        return int(getattr(faiss.downcast_index(self._inner.index), "nlist", 0))


@dataclass(frozen=True, slots=True)
class Found:
    mean: float
    least: float

    @property
    def good(self) -> bool:
        return self.mean >= MEAN_FOUND and self.least >= LEAST_FOUND


@dataclass(frozen=True, slots=True)
class Trial:
    """Questions whose nearest are known. `nearest`: (questions, NEAREST) rows."""

    questions: Vectors
    nearest: Rows

    def found(self, lists: Iterable[Rows]) -> Found:
        """`lists`: for each question, the rows that are to be compared exactly."""
        shares = [
            len(np.intersect1d(rows, nearest)) / len(nearest)
            for rows, nearest in zip(lists, self.nearest, strict=True)
        ]
        return Found(float(np.mean(shares)), min(shares))


def build(
    vectors: Vectors, kind: Kind, metric: Metric, *, prefix: int | None = None, rotated: bool = True
) -> Index:
    """An index of the rows of `vectors`. `prefix`, `rotated`: see `core.vectors.VectorIndex`."""
    prepared = unit(vectors) if metric == "cosine" else vectors
    trial = make_trial(prepared, metric)
    transform = _transform(prepared, metric, prefix, rotated, trial)
    inner = _inner(kind, transform, metric, len(prepared), normal=_is_cut_off(metric, rotated))
    sample = _sample(prepared, TRAINED_ON)
    inner.train(sample)
    inner.add(prepared)
    return Index(inner, kind, Effort()).tuned(trial)


def clusters_of(vectors: Vectors, metric: Metric) -> Rows:
    """For each vector, the number of the cluster that it is in."""
    faiss = _faiss()
    prepared = unit(vectors) if metric == "cosine" else np.ascontiguousarray(vectors)
    sample = _sample(prepared, TRAINED_ON)
    options = {"niter": 10, "seed": 1, "min_points_per_centroid": 1, "spherical": metric != "l2"}
    means = faiss.Kmeans(vectors.shape[1], min(_lists(len(vectors)), len(sample)), **options)
    means.train(sample)
    found: Rows = means.index.search(prepared, 1)[1][:, 0]
    return found


def load(path: Path, kind: Kind, effort: Effort) -> Index:
    """An index from a file of `encode`, mapped: what is not looked at is not read."""
    faiss = _faiss()

    return Index(faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC), kind, effort)


def decode(data: bytes, kind: Kind, effort: Effort) -> Index:
    """An index from what `encode` gave."""
    faiss = _faiss()
    return Index(faiss.deserialize_index(np.frombuffer(data, np.uint8)), kind, effort)


def make_trial(vectors: Vectors, metric: Metric) -> Trial:
    """Rows of the set as questions, with what is nearest to each beside itself."""
    chosen = _spread(len(vectors), TRIED_WITH)
    questions = vectors[chosen]
    nearness = _nearness(questions, vectors, metric)
    nearness[np.arange(len(chosen)), chosen] = -np.inf
    wanted = min(NEAREST, len(vectors) - 1)
    return Trial(questions, np.argpartition(-nearness, wanted - 1, axis=1)[:, :wanted])


def _transform(vectors: Vectors, metric: Metric, prefix: int | None, rotated: bool, trial: Trial) -> Vectors:
    """(d, m): the product with it is a vector's prefix."""
    dimensions = vectors.shape[1]
    axes = _rotation(_sample(vectors, TRAINED_ON)) if rotated else np.eye(dimensions, dtype=np.float32)
    # In half precision numbers end at 65504; the order of distances is the same at any scale.
    axes /= max(1.0, float(lengths(vectors).max(initial=0)))
    if prefix is not None:
        return axes[:, : min(prefix, dimensions)]
    for length in PREFIXES:
        if length >= dimensions:
            break
        cut = np.ascontiguousarray(axes[:, :length])
        questions, prefixes = trial.questions @ cut, vectors @ cut
        if _is_cut_off(metric, rotated):
            questions, prefixes = unit(questions), unit(prefixes)
        nearness = _nearness(questions, prefixes, metric)
        best = np.argsort(-nearness, axis=1)[:, : SHORTLISTS[-1] // 2]
        if trial.found(best).good:
            return cut
    return axes


def _rotation(sample: Vectors) -> Vectors:
    """The axes along which the vectors reach furthest from the origin, the furthest first. Products are those
    of the vectors as they are, so that a prefix of them comes near the whole; a mean is not taken off."""
    _, axes = np.linalg.eigh(sample.T @ sample)
    return np.ascontiguousarray(axes[:, ::-1], dtype=np.float32)


def _faiss() -> Any:
    import faiss

    # Callers come in many threads already. Two of the library's own that wait for each other while others
    # have work made an index seven times slower to make.
    faiss.omp_set_num_threads(1)
    return faiss


def _is_cut_off(metric: Metric, rotated: bool) -> bool:
    """Whether prefixes are made anew of length 1, as models expect whose vectors are cut off (MRL)."""
    return metric == "cosine" and not rotated


def _inner(kind: Kind, transform: Vectors, metric: Metric, rows: int, *, normal: bool) -> Any:
    faiss = _faiss()

    before, length = transform.shape
    linear = faiss.LinearTransform(before, length, False)
    faiss.copy_array_to_vector(np.ascontiguousarray(transform.T).ravel(), linear.A)
    linear.is_trained = True
    lists = _lists(rows)
    names: dict[Kind, str] = {
        "prefix": "SQfp16",
        "fastscan": f"PQ{length}x4fs",
        "clusters": f"IVF{lists},SQfp16",
        "ivfpq": f"IVF{lists},PQ{length // 4}np",
        "hnsw": "HNSW16",
    }
    product = metric != "l2"
    measure = faiss.METRIC_INNER_PRODUCT if product else faiss.METRIC_L2
    inner = faiss.index_factory(length, names[kind], measure)
    for learning in (inner, getattr(inner, "pq", inner)):
        if hasattr(learning, "cp"):
            # It learns from a sample; faiss would warn of that on stderr, as if of a mistake.
            learning.cp.min_points_per_centroid = 1
    if not normal:
        return faiss.IndexPreTransform(linear, inner)
    prefixes = faiss.IndexPreTransform(faiss.NormalizationTransform(length), inner)
    prefixes.prepend_transform(linear)
    return prefixes


def _lists(rows: int) -> int:
    """Into how many clusters: about as many as each of them has rows."""
    return 1 << max(2, round(math.log2(max(rows, 1)) / 2))


def _options(kind: Kind, probes: int, allowed: Mask | None) -> Any:
    faiss = _faiss()

    selected = None if allowed is None else faiss.IDSelectorBitmap(np.packbits(allowed, bitorder="little"))
    if kind in ("clusters", "ivfpq"):
        inner = faiss.SearchParametersIVF(sel=selected, nprobe=probes)
    elif kind == "hnsw":
        inner = faiss.SearchParametersHNSW(efSearch=probes)
    elif selected is not None:
        inner = faiss.SearchParameters(sel=selected)
    else:
        return None
    return faiss.SearchParametersPreTransform(index_params=inner)


def _efforts(kind: Kind, lists: int) -> Iterator[Effort]:
    """The ways to search, the cheapest first."""
    if kind in ("prefix", "fastscan"):
        yield from (Effort(shortlist) for shortlist in SHORTLISTS)
        return
    steps = LISTS if kind == "hnsw" else [*(p for p in PROBES if p < lists), lists]
    for shortlist in SHORTLISTS[:-1]:
        yield from (Effort(shortlist, max(step, shortlist) if kind == "hnsw" else step) for step in steps)


def _nearness(questions: Vectors, vectors: Vectors, metric: Metric) -> Vectors:
    """(questions, vectors), greater is nearer."""
    products = questions @ vectors.T
    return products if metric != "l2" else products - (vectors * vectors).sum(axis=1) / 2


def _sample(vectors: Vectors, most: int) -> Vectors:
    return vectors[_spread(len(vectors), most)]


def _spread(count: int, most: int) -> Rows:
    return np.unique(np.linspace(0, count - 1, min(count, most)).astype(np.int64))


def _is_product(inner: Any) -> bool:
    faiss = _faiss()

    return bool(inner.metric_type == faiss.METRIC_INNER_PRODUCT)


def _scale(inner: Any) -> float:
    """What makes products of prefixes those of the vectors again."""
    faiss = _faiss()
    if inner.chain.size() > 1:
        return 1.0

    weights = faiss.vector_to_array(faiss.downcast_VectorTransform(inner.chain.at(0)).A)
    return float(inner.index.d / (weights * weights).sum())
