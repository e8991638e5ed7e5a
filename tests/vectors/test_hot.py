"""The index of hot vectors: made behind the appends, kept between openings, never in the way."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import thermocline
from thermocline.benchmarks.data import clustered_vectors as clustered
from thermocline.core.vectors import Vectors
from thermocline.router.nearest import narrow
from thermocline.tiers.vectors import hot

from ..conftest import FakeClock
from .samples import exactly

ROWS, SIZE = 12_000, 48
VECTORS = clustered(ROWS + 20, SIZE)


def append(database: Any, vectors: Vectors, first: int) -> None:
    column = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel(), pa.float32()), vectors.shape[1])
    database.append("t", pa.table({"n": pa.array(range(first, first + len(vectors))), "e": column}))


def found(database: Any, question: Any, k: int = 10) -> list[int]:
    return [row["n"] for row in database.search(question, table="t", k=k).dicts()]


def wait_for_index(database: Any, question: Any = VECTORS[0], told_by: str = "hot: .*index prefix") -> None:
    sql = "select n from t order by array_cosine_distance(e, $q) limit 10"
    deadline = time.monotonic() + 60
    while not re.search(told_by, told := database.explain(sql, {"q": question})):
        assert time.monotonic() < deadline, told
        time.sleep(0.02)


@pytest.fixture(autouse=True)
def few_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Indexes are used though it would be as fast to compare every vector."""
    monkeypatch.setattr(narrow, "FEW_BYTES", -1)


@pytest.fixture
def reopened(tmp_path: Path, clock: FakeClock) -> Callable[[Callable[[Any], None]], None]:
    """Does something with the database, and closes its lake."""

    def act(do: Callable[[Any], None]) -> None:
        with thermocline.connect(tmp_path / "lake", clock=clock, background=False) as lake:
            do(lake.database("d"))

    return act


def test_events_are_found_before_during_and_after_the_index_is_made(reopened: Any) -> None:
    def check(database: Any) -> None:
        append(database, VECTORS[:ROWS], 0)
        question = VECTORS[ROWS]
        wanted = exactly(question, VECTORS[:ROWS], "cosine")
        assert found(database, question) == wanted
        wait_for_index(database)
        assert len({*found(database, question)} & {*wanted}) >= 8
        append(database, VECTORS[ROWS:], ROWS)
        assert found(database, question, 1) == [ROWS]

    reopened(check)


def test_the_index_is_there_after_a_restart(reopened: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(database: Any) -> None:
        append(database, VECTORS[:ROWS], 0)
        wait_for_index(database)

    def check(database: Any) -> None:
        append(database, VECTORS[ROWS:], ROWS)
        assert found(database, VECTORS[ROWS + 3], 1) == [ROWS + 3]
        wait_for_index(database)
        assert found(database, VECTORS[ROWS + 3], 1) == [ROWS + 3]

    reopened(fill)
    monkeypatch.setattr(hot, "build", None)
    reopened(check)


def test_a_damaged_index_is_made_anew(reopened: Any, tmp_path: Path) -> None:
    def fill(database: Any) -> None:
        append(database, VECTORS[:ROWS], 0)
        wait_for_index(database)

    reopened(fill)
    (file,) = (tmp_path / "lake").rglob("*.vectors")
    data = bytearray(file.read_bytes())
    data[-1000] ^= 1
    file.write_bytes(data)
    reopened(wait_for_index)


def test_what_has_sunk_is_found_where_it_is_now(reopened: Any) -> None:
    def check(database: Any) -> None:
        append(database, VECTORS[:ROWS], 0)
        wait_for_index(database)
        database.flush("t")
        append(database, VECTORS[ROWS:], ROWS)
        assert found(database, VECTORS[7], 1) == [7]
        assert found(database, VECTORS[ROWS + 7], 1) == [ROWS + 7]
        assert found(database, np.array(VECTORS[7]), ROWS // 2)[0] == 7

    reopened(check)


def test_near_vectors_are_told_apart(reopened: Any) -> None:
    """Two clusters of 10,000: codes of a few bits would see one vector in many."""
    dense = clustered(20_040, SIZE, clusters=2)

    def check(database: Any) -> None:
        append(database, dense[:20_000], 0)
        wait_for_index(database)
        shares = [
            len({*found(database, question)} & {*exactly(question, dense[:20_000], "cosine")}) / 10
            for question in dense[20_000:]
        ]
        assert np.mean(shares) >= 0.95
        assert min(shares) >= 0.8

    reopened(check)


def test_the_index_is_made_anew_when_most_vectors_came_after_it(
    reopened: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The later ones reach along other axes than those it was made of."""
    monkeypatch.setattr(hot, "EXACT_UP_TO", 2_000)
    early, late = np.zeros((3_000, 256), np.float32), np.zeros((9_040, 256), np.float32)
    early[:, :128], late[:, 128:] = clustered(3_000, 128), clustered(9_040, 128, seed=1)

    def check(database: Any) -> None:
        append(database, early, 0)
        wait_for_index(database, early[0])
        append(database, late[:9_000], 3_000)
        wait_for_index(database, late[0], r"hot: \d{1,3} candidates")
        for question in late[9_000:]:
            wanted = {3_000 + n for n in exactly(question, late[:9_000], "cosine")}
            assert len({*found(database, question)} & wanted) >= 8

    reopened(check)
