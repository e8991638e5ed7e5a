"""Hot vectors stay on their host: of a search, only what it found comes over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import thermocline
from thermocline.actors.cluster.options import ClusterOptions
from thermocline.actors.cluster.remote import RemotePartition
from thermocline.router.nearest import narrow

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("ray_head")]

ROWS, SIZE = 3_000, 32
VECTORS = np.random.default_rng(5).standard_normal((ROWS, SIZE)).astype(np.float32)


@pytest.fixture(scope="module", params=[1, 2])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    path = tmp_path_factory.mktemp("vectors") / "lake"
    options = ClusterOptions(seats=2, sink=False)
    with thermocline.connect(path, runtime="ray", cluster=options) as lake:
        key = {"shards": 2, "key": "n"} if request.param == 2 else {}
        found = lake.create_database("acme", **key)
        found.sql(f"create table notes (n bigint, body varchar, e float[{SIZE}])")
        vectors = pa.FixedSizeListArray.from_arrays(pa.array(VECTORS.ravel(), pa.float32()), SIZE)
        body = pa.array([f"note {n}" for n in range(ROWS)])
        rows = pa.table({"n": pa.array(range(ROWS)), "body": body, "e": vectors})
        found.append("notes", rows.slice(0, ROWS // 2))
        found.flush()
        found.append("notes", rows.slice(ROWS // 2))
        yield found


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is asked of hosts."""
    made: list[str] = []
    call = RemotePartition._call

    def noting(self: RemotePartition, method: str, *args: Any, **kwargs: Any) -> Any:
        made.append(method)
        return call(self, method, *args, **kwargs)

    monkeypatch.setattr(RemotePartition, "_call", noting)
    return made


def exactly(question: Any, rows: Any) -> list[int]:
    return [int(rows[at]) for at in np.argsort(np.linalg.norm(VECTORS[rows] - question, axis=1))[:10]]


def test_a_search_leaves_the_vectors_where_they_are(
    database: Any, calls: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(narrow, "FEW_BYTES", -1)
    question = np.ones(SIZE, np.float32) / 3
    sql = "select n, body from notes where n % 3 = 0 order by array_distance(e, $q) limit 10"
    found = database.sql(sql, {"q": question})
    assert [n for n, _ in found.rows()] == exactly(question, np.arange(0, ROWS, 3))
    found.certificate.verify()
    assert "far_nearest" in calls
    assert "far_column" not in calls


def test_a_query_without_vectors_fetches_none(database: Any, calls: list[str]) -> None:
    assert database.sql("select n, upper(body) from notes where n = 2999").rows() == [(2999, "NOTE 2999")]
    assert not {"far_nearest", "far_column"} & {*calls}


def test_vectors_that_are_asked_for_come(database: Any, calls: list[str]) -> None:
    found = database.sql("select e from notes where n in (7, 2999) order by n").rows()
    np.testing.assert_array_equal(np.array([row[0] for row in found], np.float32), VECTORS[[7, 2999]])
    assert "far_column" in calls
