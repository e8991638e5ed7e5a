"""How much a search finds of what an exact look finds, wherever vectors lie and whichever may be found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import orjson
import pytest

import thermocline
from thermocline.benchmarks.data import clustered_vectors
from thermocline.embedders.minilm import minilm
from thermocline.router.nearest import narrow
from thermocline.tiers.vectors import hot, nearest

from ..conftest import SHARED_DATA
from .recall import Sample

pytestmark = pytest.mark.xdist_group("recall")  # one database, not one for each worker
QUESTIONS = 40
ON_TEXT = SHARED_DATA / "nl" / "spider_train" / "questions.jsonl"


def generated() -> Sample:
    vectors = clustered_vectors(36_000 + QUESTIONS, 64, clusters=200)
    return Sample(vectors[:36_000], vectors[36_000:])


def text() -> Sample:
    """Questions of people, as MiniLM sees them."""
    if not ON_TEXT.exists():
        pytest.skip("nl/spider_train is not in shared/data beside the checkout")
    lines = ON_TEXT.read_text().splitlines()
    vectors = minilm().embed(sorted({orjson.loads(line)["question"] for line in lines}))
    vectors = vectors[np.random.default_rng(3).permutation(len(vectors))]
    each = (len(vectors) - QUESTIONS) // 3
    return Sample(vectors[QUESTIONS:][: 3 * each], vectors[:QUESTIONS])


@pytest.fixture(scope="module", params=[generated, pytest.param(text, marks=pytest.mark.models)])
def sample(request: pytest.FixtureRequest) -> Iterator[Sample]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(narrow, "FEW_BYTES", -1)
        if request.param is text:
            # The few that there are go through indexes as many would.
            patch.setattr(nearest, "FEW", 0)
            patch.setattr(hot, "EXACT_UP_TO", 1_000)
            patch.setattr(hot, "BEHIND", 1_000)
        yield request.param()


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory, sample: Sample) -> Iterator[Any]:
    with thermocline.connect(tmp_path_factory.mktemp("recall") / "lake", background=False) as lake:
        database = lake.database("d")
        sample.fill(database, warm_files=3 if sample.each > 10_000 else 1)
        yield database


@pytest.mark.parametrize("tiers", [["hot"], ["warm"], ["cold"], ["warm", "cold"], ["hot", "warm", "cold"]])
def test_in_each_tier_and_in_all(database: Any, sample: Sample, tiers: list[str]) -> None:
    sample.check(database, np.isin(sample.tier, tiers), tiers=tiers)


@pytest.mark.parametrize("percent", [1, 10, 50])
def test_filtered(database: Any, sample: Sample, percent: int) -> None:
    sample.check(database, np.less(sample.part, percent), where=f"part < {percent}")


@pytest.mark.parametrize("thirds", [0.5, 1.01, 2.4])
def test_at_past_sequences(database: Any, sample: Sample, thirds: float) -> None:
    last = int(thirds * sample.each)
    sample.check(database, sample.number < last, as_of=last)


@pytest.mark.long
@pytest.mark.parametrize("kind", ["hnsw", "clusters", "ivfpq", "fastscan"])
def test_by_the_other_kinds(database: Any, sample: Sample, kind: str) -> None:
    """Graphs and clusters lose a question now and then, which is why they are not the default."""
    database.sql(f"create index on t using {kind} (e) with (tier = 'warm, cold')")
    try:
        tiers = ["warm", "cold"]
        sample.check(database, np.isin(sample.tier, tiers), least=0.0, tiers=tiers)
        some = np.less(sample.part, 10) & np.isin(sample.tier, tiers)
        sample.check(database, some, least=0.5, where="part < 10", tiers=tiers)
    finally:
        database.sql("create index on t using prefix (e) with (tier = 'warm, cold')")


@pytest.mark.long
def test_after_compaction_and_once_vectors_were_replaced(database: Any, sample: Sample) -> None:
    database.compact("t")
    sample.check(database, np.isin(sample.tier, ["warm"]), tiers=["warm"])
    database.sql("create index on t (e) with (key = 'n')")
    mark = database.bookmark()
    anew = sample.vectors.copy()
    changed = sample.number[::3]
    anew[changed] = clustered_vectors(len(changed), anew.shape[1], seed=9, clusters=200)
    sample.append(database, changed, anew)
    sample.check(database, sample.number >= 0, vectors=anew)
    gone = sample.number[1::3]
    database.append("t", [{"n": int(n), "e": None} for n in gone])
    sample.check(database, sample.number % 3 != 1, vectors=anew)
    sample.check(database, sample.number >= 0, as_of=mark)
