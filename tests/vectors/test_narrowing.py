"""A statement answered over the nearest rows alone says what it says over all rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import thermocline
from thermocline.router.nearest import answer, narrow

from ..contracts.parts.base import to_tiers

ROWS, SIZE = 300, 5
QUESTION = [0.3, -1.0, 0.2, 0.9, -0.4]

SHAPES = [
    "select id, {d} as d from t order by d limit 7",
    "select id from t order by {d}, id limit 7 offset 3",
    "select id from t where a > 3 order by {d} limit 5",
    "select id from t where a > 3 and b is not null and _seq < 200 order by {d} limit 5",
    "select id, _tier, _seq from t where _tier <> 'warm' order by {d} limit 9",
    "select id from t where upper(b) in ('X', 'Y') or a between 2 and 3 order by {d} limit 8",
    "select id from t where a = $a order by {d} limit 4",
    "select t.id, u.name from t join u using (a) order by {d}, name limit 6",
    "select t.id, u.name from t left join u using (a) where t.a < 8 order by {d}, name limit 6",
    "select t.id from t join u on t.a = u.a and u.name = 'rare' order by {d} limit 6",
    "select t.id from t where t.a in (select a from u where name = 'rare') order by {d} limit 6",
    "select id from t where a is null or _seq in (select max(_seq) from t group by a) order by {d} limit 6",
    "select id from t where a not in (select a from u where a > 2) and b = 'x' order by {d} limit 6",
    "select id from t where id < (select max(a) + 40 from u as v where v.a < 6) order by {d} limit 4",
    "select id from t where exists (select 1 from u where u.a = t.a and name = 'rare') order by {d} limit 6",
    "select t.id from t semi join u using (a) order by {d} limit 6",
    "select t.id, u.name from u left join t using (a) order by {d} nulls last, t.id, name limit 6",
    "select t.id from t anti join u using (a) order by {d} limit 6",
    "select id from (select id, a from t order by {d} limit 20) where a > 2 order by id",
    "with near as (select id, a from t where a > 1 order by {d} limit 20) select count(*), sum(a) from near",
    "select id, row_number() over (order by id) from t order by {d} limit 5",
    "select id from t where array_cosine_distance(e, $q) < 0.5 order by {d} limit 5",
    "select * from t order by {d} limit 2",
    "select id, e from t order by {d} limit 2",
    "select id from t order by {d}, id limit 400",
    "select id from t where id < 5 order by {d} limit 20",
    "select id from t order by {d} desc nulls last limit 5",
    "select x.id, y.id from t x join t y using (a) where x.id < 20 order by array_distance(x.e, y.e) limit 4",
    "select id from t where a > 100 order by {d} limit 5",
    "select id from t order by {d} limit 0",
]
DISTANCES = ["array_cosine_distance(t.e, $q)", "t.e <-> $q", "array_negative_inner_product($q, t.e)"]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    rng = np.random.default_rng(3)
    with thermocline.connect(tmp_path_factory.mktemp("narrow") / "lake", background=False) as lake:
        database = lake.database("d")
        database.sql(f"create table t (id bigint, a bigint, b varchar, e float[{SIZE}])")
        vectors = rng.standard_normal((ROWS, SIZE)).astype(np.float32)
        rows = [
            {"id": n, "a": n % 11, "b": "xyz"[n % 3] if n % 4 else None, "e": vectors[n] if n % 9 else None}
            for n in range(ROWS)
        ]
        database.append("t", rows)
        to_tiers(database, "t")
        names = [{"a": a, "name": "rare" if a == 7 else f"n{copy}"} for a in range(9) for copy in range(2)]
        database.append("u", names)
        yield database


@pytest.mark.parametrize("distance", DISTANCES)
@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_is_answered_as_over_all_rows(
    database: Any, shape: str, distance: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sql = shape.format(d=distance.replace("t.e", "e"))
    params = {name: value for name, value in (("q", QUESTION), ("a", 3)) if f"${name}" in sql}
    all_rows = database.sql(sql, params)
    monkeypatch.setattr(narrow, "FEW_BYTES", -1)
    narrowed = database.sql(sql, params)
    assert narrowed.columns == all_rows.columns
    assert narrowed.arrow().schema.equals(all_rows.arrow().schema)
    assert narrowed.rows() == all_rows.rows()
    assert narrowed.certificate.tables == all_rows.certificate.tables


def test_most_of_these_shapes_are_narrowed(database: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(narrow, "FEW_BYTES", -1)
    told = {}
    for shape in [*SHAPES, "select distinct a from t order by {d} limit 3"]:
        sql = shape.format(d="e <=> $q")
        params = {name: value for name, value in (("q", QUESTION), ("a", 3)) if f"${name}" in sql}
        told[sql] = database.explain(sql, params)
    exact = [sql for sql, text in told.items() if "every vector is compared: " in text]
    assert len([sql for sql, text in told.items() if "nearest by cosine of e" in text]) >= 18
    assert all(
        word in " ".join(exact) for word in ("row_number", "distinct", "desc", "limit 0", "x.id, y.id")
    )


def test_rows_that_others_thin_out_are_looked_for_further(
    database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(narrow, "FEW_BYTES", -1)
    asked = []
    find = answer.find

    def noting(ask: Any, wanted: int, means: Any) -> Any:
        asked.append(wanted)
        return find(ask, wanted, means)

    monkeypatch.setattr(answer, "find", noting)
    sql = "select t.id from t join u on t.a = u.a and u.name = 'rare' order by e <=> $q limit 6"
    assert len(database.sql(sql, {"q": QUESTION}).rows()) == 6
    assert asked == [6, 24, 96]


def test_nothing_is_found_that_was_not_there_at_a_past_instant(
    database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(narrow, "FEW_BYTES", -1)
    sql = "select id from t order by e <=> $q limit 10"
    for seq in (5, 90, 150, 250):
        at = database.sql(sql, {"q": QUESTION}, as_of=seq)
        assert max(id for (id,) in at.rows()) < seq


def test_stream_is_the_same(database: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    sql = "select id, e <=> $q as d from t order by d limit 40"
    whole = database.sql(sql, {"q": QUESTION}).rows()
    monkeypatch.setattr(narrow, "FEW_BYTES", -1)
    assert database.sql(sql, {"q": QUESTION}, stream=True).rows() == whole


@pytest.mark.parametrize("few_bytes", [1 << 20, -1])
def test_a_search_orders_what_is_equally_near_by_its_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, few_bytes: int
) -> None:
    monkeypatch.setattr(narrow, "FEW_BYTES", few_bytes)
    with thermocline.connect(tmp_path / "lake", background=False) as lake:
        database = lake.database("d")
        database.sql("create table t (id bigint, word varchar, e float[2])")
        ids = [n * 7 % 90 for n in range(90)]
        rows = [{"_id": f"{n:03}", "id": n, "word": f"w{n}", "e": [1.0, float(n > 60)]} for n in ids]
        database.append("t", rows)
        to_tiers(database, "t")
        for where in (None, "word is not null"):
            found = database.search([1, 0], table="t", k=8, where=where)
            assert found.columns == ["_id", "id", "word", "_distance"]
            assert [row["id"] for row in found.dicts()] == [*range(8)]
        both = database.search("w70", table="t", k=8, mode="both", vector=[1, 0]).dicts()
        assert {row["id"] for row in both} == {*range(7), 70}
