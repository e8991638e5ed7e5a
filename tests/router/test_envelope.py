"""`*` is the payload; envelope columns are there for those who name them."""

from __future__ import annotations

import pytest

from thermocline.core.errors import Invalid

from .conftest import Shop

PAYLOAD = [
    "product",
    "region",
    "qty",
    "small",
    "revenue",
    "price",
    "day",
    "moment",
    "ok",
    "tags",
    "place",
    "doc",
]
PAYLOAD += ["Cost Total $"]
UNDOCUMENTED = [*PAYLOAD[:-2], PAYLOAD[-1]]
PRODUCTS = ["product", "name", "qty"]


@pytest.mark.parametrize(
    ("sql", "columns"),
    [
        ("select * from sales", PAYLOAD),
        ("select _seq, * from sales", ["_seq", *PAYLOAD]),
        ("select * from sales order by _seq", PAYLOAD),
        ("from sales order by _time", PAYLOAD),
        ("from sales where _seq > 3", PAYLOAD),
        ("select s.*, s._seq from sales s", [*PAYLOAD, "_seq"]),
        ("select * exclude (doc) from products p, sales s where s._seq = p._seq", [*PRODUCTS, *UNDOCUMENTED]),
        ("select * exclude doc from sales where _seq = 1", UNDOCUMENTED),
        ("select * replace (1 as qty) from products where _tier = 'cold'", PRODUCTS),
        ("select columns(*) from products where _seq > 0", PRODUCTS),
        ("select columns(* exclude (qty)) from products where _seq > 0", PRODUCTS[:2]),
        ("select p.* from products p join products q on p._seq = q._seq", PRODUCTS),
        ("select * from products p join products q using (_seq)", [*PRODUCTS, *PRODUCTS]),
        ("select * from products p join products using (name) where p._seq = 1", [*PRODUCTS, *PRODUCTS[::2]]),
        ("select * from (select _seq, name from products)", ["_seq", "name"]),
        ("select * from (select * from products where _seq > 0)", PRODUCTS),
        (
            "select * from products p join (select _seq, product as pp from sales) s on p._seq = s._seq",
            [*PRODUCTS, "_seq", "pp"],
        ),
        ("with p as (select *, _id from products) select * from p", [*PRODUCTS, "_id"]),
        ("select * from products p where exists (select 1 from sales s where s._seq = p._seq)", PRODUCTS),
        ("select * exclude (_seq) from products", PRODUCTS),
        ('select "_SEQ" from products', ["_seq"]),
        ("select * from products union all select * from products where _seq = 1", PRODUCTS),
    ],
)  # fmt: skip
def test_stars_show_the_payload(shop: Shop, sql: str, columns: list[str]) -> None:
    assert [name.lower() for name in shop.sql(sql).columns] == [name.lower() for name in columns]


def test_every_envelope_column_can_be_named(shop: Shop) -> None:
    names = (
        "_seq, _id, _time, _recorded_at, _stream, _position, _type, _source, _correlation_id, _causation_id"
    )
    names += ", _tier_hint, _ttl_seconds, _schema_version, _tier"
    result = shop.sql(f"select {names} from sales order by _seq")
    assert ", ".join(result.columns) == names
    assert [row[0] for row in result.rows()] == [*range(1, 21), *range(27, 67)]


def test_the_tier_of_each_row_is_told(shop: Shop) -> None:
    found = shop.rows("select _tier, count(*), min(_seq) from sales group by 1 order by 3")
    assert found == [("cold", 20, 1), ("warm", 20, 27), ("hot", 20, 47)]


def test_the_tier_alone_can_be_asked_for(shop: Shop) -> None:
    assert shop.rows("select count(_tier) from sales where _tier <> 'warm'") == [(40,)]


def test_a_pivot_groups_by_payload_columns_only(shop: Shop) -> None:
    source = "(select product, ok, qty from sales where _seq < 30)"
    assert shop.sql(f"pivot {source} on ok using count(*)").columns == ["product", "qty", "false", "true"]


def test_a_natural_join_beside_envelope_columns_is_refused(shop: Shop) -> None:
    with pytest.raises(Invalid, match="NATURAL"):
        shop.sql("select products._seq from products natural join sales")


def test_a_pattern_that_could_choose_envelope_columns_is_refused(shop: Shop) -> None:
    with pytest.raises(Invalid, match="COLUMNS"):
        shop.sql("select columns('.*') from products order by _seq")
