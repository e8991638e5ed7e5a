"""How much a search finds of what an exact look finds, wherever vectors lie and whichever may be found."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import thermocline
from thermocline.benchmarks.data import clustered_vectors
from thermocline.core.vectors import Vectors, unit
from thermocline.router.nearest import narrow

from .test_hot import wait_for_index

EACH, SIZE, QUESTIONS, NEAREST = 12_000, 64, 40, 10
VECTORS = clustered_vectors(3 * EACH + QUESTIONS, SIZE, clusters=200)
ASKED = VECTORS[3 * EACH :]
TIER_OF = np.repeat(["cold", "warm", "hot"], EACH)
PART = np.random.default_rng(2).integers(0, 100, 3 * EACH)
COUNT = np.arange(3 * EACH)


@pytest.fixture(scope="module")
def few_are_many() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(narrow, "FEW_BYTES", -1)
        yield


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory, few_are_many: None) -> Iterator[Any]:  # noqa: ARG001
    with thermocline.connect(tmp_path_factory.mktemp("recall") / "lake", background=False) as lake:
        database = lake.database("d")
        append(database, COUNT[:EACH])
        database.archive("t")
        for start in range(EACH, 2 * EACH, EACH // 3):
            append(database, COUNT[start : start + EACH // 3])
            database.flush("t")
        append(database, COUNT[2 * EACH :])
        wait_for_index(database, ASKED[0])
        yield database


def append(database: Any, rows: Any, vectors: Vectors = VECTORS) -> None:
    values = pa.FixedSizeListArray.from_arrays(pa.array(vectors[rows].ravel(), pa.float32()), SIZE)
    database.append("t", pa.table({"n": rows, "part": PART[rows], "e": values}))


def check(database: Any, may: Any, least: float = 0.8, vectors: Vectors = VECTORS, **options: Any) -> None:
    """`may`: for each row, whether it may be found."""
    rows = np.flatnonzero(may)
    searched = unit(vectors[rows])
    shares = []
    for question in ASKED:
        wanted = rows[np.argsort(-(searched @ question), kind="stable")[:NEAREST]]
        found = [row["n"] for row in database.search(question, table="t", k=NEAREST, **options).dicts()]
        assert len(found) == min(NEAREST, len(rows))
        assert may[found].all()
        shares.append(len({*found} & {*wanted.tolist()}) / len(wanted))
    assert np.mean(shares) >= 0.95, f"mean {np.mean(shares)}, worst {min(shares)}"
    assert min(shares) >= least, f"worst {min(shares)}, mean {np.mean(shares)}"


@pytest.mark.parametrize("tiers", [["hot"], ["warm"], ["cold"], ["warm", "cold"], ["hot", "warm", "cold"]])
def test_in_each_tier_and_in_all(database: Any, tiers: list[str]) -> None:
    check(database, np.isin(TIER_OF, tiers), tiers=tiers)


@pytest.mark.parametrize("percent", [1, 10, 50])
def test_filtered(database: Any, percent: int) -> None:
    check(database, np.less(PART, percent), where=f"part < {percent}")


@pytest.mark.parametrize("last", [EACH // 2, EACH + 100, 2 * EACH + 5_000])
def test_at_past_sequences(database: Any, last: int) -> None:
    check(database, last > COUNT, as_of=last)


@pytest.mark.parametrize("kind", ["hnsw", "clusters", "ivfpq", "fastscan"])
def test_by_the_other_kinds(database: Any, kind: str) -> None:
    """Graphs and clusters lose a question now and then, which is why they are not the default."""
    database.sql(f"create index on t using {kind} (e) with (tier = 'warm, cold')")
    try:
        tiers = ["warm", "cold"]
        check(database, np.isin(TIER_OF, tiers), least=0.0, tiers=tiers)
        check(
            database, np.less(PART, 10) & np.isin(TIER_OF, tiers), least=0.5, where="part < 10", tiers=tiers
        )
    finally:
        database.sql("create index on t using prefix (e) with (tier = 'warm, cold')")


def test_after_compaction_and_once_vectors_were_replaced(database: Any) -> None:
    database.compact("t")
    check(database, np.isin(TIER_OF, ["warm"]), tiers=["warm"])
    database.sql("create index on t (e) with (key = 'n')")
    mark = database.bookmark()
    anew = VECTORS.copy()
    changed = COUNT[::3]
    anew[changed] = clustered_vectors(len(changed), SIZE, seed=9, clusters=200)
    append(database, changed, anew)
    check(database, COUNT >= 0, vectors=anew)
    gone = COUNT[1::3]
    database.append("t", [{"n": int(n), "e": None} for n in gone])
    check(database, COUNT % 3 != 1, vectors=anew)
    check(database, COUNT >= 0, as_of=mark)
