"""What one shard answers, four answer: the whole corpus, spread by each kind of key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from thermocline.core.sharding import new_shard_map

from ..test_corpus import STATEMENTS, comparable
from .conftest import Shop

MAPS = {
    "text": new_shard_map(4, key="product"),
    "number": new_shard_map(4, key="qty"),
    "hour": new_shard_map(4, by="hour"),
}


@pytest.fixture(scope="module", params=MAPS)
def spread(request: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    built = Shop(tmp_path_factory.mktemp("corpus"), MAPS[request.param])
    yield built
    built.owner.close()


@pytest.mark.parametrize("sql", STATEMENTS)
def test_a_statement_answers_as_on_plain_tables(spread: Shop, sql: str) -> None:
    expected = spread.plain.sql(sql).to_arrow_table()
    found = spread.sql(sql)
    assert found.columns == expected.column_names
    ordered = "order by" in sql.lower().rsplit(")", 1)[-1]
    plain = list(zip(*(c.to_pylist() for c in expected.columns), strict=True))
    assert comparable(found.rows(), ordered) == comparable(plain, ordered)
    found.certificate.verify()
    assert found.certificate.to_dict()["complete"]
