"""Every kind of index finds what a look at every vector finds, or nearly, and says how far it looks."""

from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from thermocline.benchmarks.data import clustered_vectors as clustered
from thermocline.core.vectors import Kind, Metric, Vectors, distances, unit
from thermocline.tiers.vectors.index import SELECTS, Index, build, load

from .samples import exactly

KINDS = [kind for kind in get_args(Kind) if kind != "exact"]
METRICS = list(get_args(Metric))
ROWS, SIZE = 12_000, 96


@pytest.fixture(scope="module")
def vectors() -> Vectors:
    return clustered(ROWS + 40, SIZE)


def recalls(index: Index, vectors: Vectors, questions: Vectors, metric: Metric) -> list[float]:
    """Of each question, the share of the ten nearest that an exact comparison of the shortlist finds."""
    shares = []
    for question in questions:
        asked = unit(question) if metric == "cosine" else question
        rows, _ = index.search(asked, 10)
        best = rows[np.argsort(distances(question, vectors[rows], metric))[:10]]
        shares.append(len({*best.tolist()} & {*exactly(question, vectors, metric)}) / 10)
    return shares


@pytest.mark.parametrize("kind", ["prefix", "fastscan"])
def test_vectors_that_can_be_cut_off_are_cut_off(kind: Kind, tmp_path: Path) -> None:
    """As of a model trained for it: the first dimensions say most, whatever the length of the rest."""
    rng = np.random.default_rng(3)
    first = clustered(ROWS, 64, seed=1)
    rest = rng.standard_normal((ROWS, 192), np.float32) * rng.uniform(0, 0.4, (ROWS, 1)).astype(np.float32)
    vectors = unit(np.concatenate([first, rest * np.linalg.norm(first, axis=1, keepdims=True) / 14], axis=1))
    index = build(vectors, kind, "cosine", prefix=64, rotated=False)
    assert index.prefix == 64
    shares = recalls(index, vectors, vectors[:40], "cosine")
    assert np.mean(shares) >= 0.95
    file = tmp_path / "index"
    file.write_bytes(index.encode())
    again = load(file, kind, index.effort)
    rows, scores = index.search(vectors[7], 10)
    also, also_scores = again.search(vectors[7], 10)
    np.testing.assert_array_equal(rows, also)
    np.testing.assert_allclose(scores, also_scores)
    assert scores.max() == pytest.approx(1, abs=0.15)


def _timely(kind: Kind, metric: Metric) -> Any:
    """Three of `ivfpq` take as long as all the others."""
    marks = [pytest.mark.long] if (kind, metric) in (("ivfpq", "l2"), ("ivfpq", "inner")) else []
    return pytest.param(kind, metric, marks=marks, id=f"{kind}-{metric}")


@pytest.mark.parametrize(("kind", "metric"), [_timely(kind, metric) for kind in KINDS for metric in METRICS])
def test_an_index_finds_the_nearest(kind: Kind, metric: Metric, vectors: Vectors) -> None:
    index = build(vectors[:ROWS], kind, metric)
    found = recalls(index, vectors[:ROWS], vectors[ROWS:], metric)
    assert np.mean(found) >= 0.95
    # A walk through a graph may miss a whole cluster: why it is no default.
    assert min(found) >= (0.8 if kind in ("prefix", "fastscan") else 0.0)


@pytest.mark.long
@pytest.mark.parametrize("kind", KINDS)
def test_an_index_from_its_file_is_the_same(kind: Kind, vectors: Vectors, tmp_path: Path) -> None:
    index = build(vectors[:ROWS], kind, "cosine")
    (tmp_path / "index").write_bytes(index.encode())
    again = load(tmp_path / "index", kind, index.effort)
    for question in unit(vectors[ROWS : ROWS + 5]):
        for before, after in zip(index.search(question, 10), again.search(question, 10), strict=True):
            assert np.array_equal(before, after)


@pytest.mark.long
@pytest.mark.parametrize("share", [0.5, 0.1, 0.01])
@pytest.mark.parametrize("kind", sorted(SELECTS))
def test_rows_that_may_not_be_found_are_left_out_while_it_looks(
    kind: Kind, share: float, vectors: Vectors
) -> None:
    index = build(vectors[:ROWS], kind, "cosine")
    allowed = np.random.default_rng(1).random(ROWS) < share
    among = np.flatnonzero(allowed)
    shares = []
    for question in unit(vectors[ROWS:]):
        rows, _ = index.search(question, 10, allowed)
        assert allowed[rows].all()
        best = rows[np.argsort(distances(question, vectors[rows], "cosine"))[:10]]
        nearest = among[exactly(question, vectors[among], "cosine")]
        shares.append(len({*best.tolist()} & {*nearest.tolist()}) / 10)
    assert np.mean(shares) >= 0.95


def test_a_prefix_is_as_long_as_the_vectors_need() -> None:
    alike = clustered(3_000, 256)
    unlike = np.random.default_rng(0).standard_normal((3_000, 256)).astype(np.float32)
    assert build(alike, "prefix", "cosine").prefix == 64
    assert build(unlike, "prefix", "cosine").prefix == 256
    assert build(alike, "prefix", "cosine", prefix=32).prefix == 32


def test_vectors_that_can_be_cut_off_are_cut_off_as_they_are() -> None:
    spread = np.random.default_rng(0).standard_normal((3_000, 256)).astype(np.float32)
    spread[:, 64:] *= 0.01
    assert build(spread, "prefix", "cosine", rotated=False).prefix == 64
    assert build(spread[:, ::-1].copy(), "prefix", "cosine", rotated=False).prefix > 64


@pytest.mark.parametrize("metric", METRICS)
def test_scores_are_the_same_measure_in_every_index(metric: Metric) -> None:
    vectors = clustered(2_000, 64) * 1e5  # beyond what half precision holds
    question = vectors[5] * 1.01
    asked = unit(question) if metric == "cosine" else question
    rows, scores = build(vectors, "prefix", metric).search(asked, 10)
    held = unit(vectors) if metric == "cosine" else vectors
    true = -(((held[rows] - asked) ** 2).sum(1)) / 2 if metric == "l2" else held[rows] @ asked
    assert np.abs(scores - true).max() < 0.01 * np.abs(held @ asked).max()


def test_what_an_index_takes_up_later_is_found(vectors: Vectors) -> None:
    index = build(vectors[:ROWS], "prefix", "cosine")
    index.add(unit(vectors[ROWS:]))
    for at in range(ROWS, ROWS + 40):
        assert at in index.search(unit(vectors[at]), 10)[0]
