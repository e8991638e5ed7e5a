"""Every type comes back as it went in, from every tier."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any
from uuid import UUID

import pyarrow as pa
import pytest

from thermocline.core.errors import Invalid
from thermocline.core.protocols import Database
from thermocline.core.types import type_name

from .base import Contract, refused

NAIVE = datetime(2026, 11, 1, 10, 0, 0, 123_456)
AWARE = NAIVE.replace(tzinfo=UTC)
EAST = NAIVE.replace(tzinfo=timezone(timedelta(hours=5, minutes=30)))

VALUES: list[tuple[str, list[Any], list[Any] | None]] = [
    ("BOOLEAN", [True, False], None),
    ("BIGINT", [2**53 + 1, -(2**53) - 1, 2**63 - 1, -(2**63), 0], None),
    ("DECIMAL(38,0)", [2**64 + 1, 10**37 + 1], [Decimal(2**64 + 1), Decimal(10**37 + 1)]),
    ("DOUBLE", [0.1, 1e300, -5e-324, float("inf"), float("-inf")], None),
    ("DECIMAL(38,2)", [Decimal("1.10"), Decimal("-99999999.99")], None),
    ("VARCHAR", ["", "Grüße 你好 🦆", "a'b\"c\\d", "line\nbreak\ttab", "$decimal", "null", "e\u0301"], None),
    ("BLOB", [b"", b"\x00\xff\x00", "é".encode()], None),
    ("DATE", [date(1969, 12, 31), date(2026, 2, 28), date(9999, 12, 31)], None),
    ("TIME", [time(0, 0), time(23, 59, 59, 999_999)], None),
    ("TIMESTAMP", [NAIVE, datetime(1, 1, 1), datetime(9999, 12, 31, 23, 59, 59)], None),
    ("TIMESTAMPTZ", [AWARE, EAST], [AWARE, EAST.astimezone(UTC)]),
    ("UUID", [UUID(int=5), UUID(int=2**128 - 1)], [str(UUID(int=5)), str(UUID(int=2**128 - 1))]),
    ("BIGINT[]", [[1, None, 2**53 + 1], []], None),
    ("VARCHAR[][]", [[["a"], [], ["ä", None]]], None),
]

ARROW = [
    pa.array([1, None, -3], pa.int8()),
    pa.array([1, None, 2**32 - 1], pa.uint32()),
    pa.array([Decimal(2**64 - 1), None], pa.decimal128(20, 0)),
    pa.array([1.5, None, math.inf], pa.float32()),
    pa.array([Decimal("1.10"), None], pa.decimal128(10, 2)),
    pa.array(["ä", None], pa.large_string()),
    pa.array(["ä", None, "ä"]).dictionary_encode(),
    pa.array([b"\x00", None], pa.large_binary()),
    pa.array([date(2026, 1, 2), None]),
    pa.array([NAIVE.replace(microsecond=0), None], pa.timestamp("s")),
    pa.array([AWARE, None], pa.timestamp("us", "UTC")),
    pa.array([[1, None], None, []], pa.list_(pa.int64())),
    pa.array([{"a": 1, "b": {"c": ["x"]}}, None, {"a": None, "b": None}]),
    pa.array([[{"a": 2**53 + 1}], None]),
]


class Types(Contract):
    @pytest.mark.parametrize(("type", "given", "expected"), VALUES, ids=[case[0] for case in VALUES])
    def test_python_values_come_back_exactly(
        self, shop: Database, type: str, given: list[Any], expected: list[Any] | None
    ) -> None:
        shop.append("t", [{"v": value} for value in [*given, None]])
        assert [type_name(field.type) for field in shop.schema("t")] == [type]
        wanted = [(value,) for value in [*(expected or given), None]]
        for move in (lambda: None, lambda: shop.flush("t"), lambda: shop.archive("t")):
            move()
            assert shop.sql("select v from t order by _seq").rows() == wanted

    def test_nan_and_minus_zero_come_back(self, shop: Database) -> None:
        shop.append("t", [{"v": float("nan")}, {"v": -0.0}])
        for move in (lambda: None, lambda: shop.flush("t"), lambda: shop.archive("t")):
            move()
            (nan,), (zero,) = shop.sql("select v from t order by _seq").rows()
            assert math.isnan(nan)
            assert math.copysign(1, zero) == -1

    @pytest.mark.parametrize("column", ARROW, ids=[str(column.type) for column in ARROW])
    def test_arrow_values_come_back_exactly(self, shop: Database, column: pa.Array) -> None:
        shop.append("t", pa.table({"v": column}))
        wanted = [(value,) for value in column.to_pylist()]
        for move in (lambda: None, lambda: shop.flush("t"), lambda: shop.archive("t")):
            move()
            assert shop.sql("select v from t order by _seq").rows() == wanted

    def test_objects_are_json(self, shop: Database) -> None:
        shop.append("t", [{"v": {"n": 2**53 + 1, "list": [1, "ä"], "deep": {"$x": None}}}, {"v": None}])
        assert [type_name(field.type) for field in shop.schema("t")] == ["JSON"]
        for move in (lambda: None, lambda: shop.flush("t"), lambda: shop.archive("t")):
            move()
            found = shop.sql(
                "select v->>'n', v->'list'->>1, json_extract_string(v, '$.list[0]') from t order by _seq"
            ).rows()
            assert found == [(str(2**53 + 1), "ä", "1"), (None, None, None)]

    def test_structs_declared_in_sql_take_dicts(self, shop: Database) -> None:
        shop.sql("create table t (s struct(a bigint, b varchar[]), l struct(x double)[])")
        shop.append("t", [{"s": {"a": 2**53 + 1, "b": ["x", None]}, "l": [{"x": 0.5}]}, {"s": None}])
        for move in (lambda: None, lambda: shop.flush("t"), lambda: shop.archive("t")):
            move()
            assert shop.sql("select s, l, s.a, l[1].x from t order by _seq").rows() == [
                ({"a": 2**53 + 1, "b": ["x", None]}, [{"x": 0.5}], 2**53 + 1, 0.5),
                (None, None, None, None),
            ]

    def test_declared_types_hold(self, shop: Database) -> None:
        shop.sql("create table t (i integer, d decimal(10,2), j json, u uuid, z timestamptz, f float)")
        zoned = "2026-11-01T12:00+02:00"
        shop.append("t", [{"i": 1, "d": "1.1", "j": [1], "u": str(UUID(int=5)), "z": zoned, "f": 0.5}])
        assert shop.sql("select i, d, j, u, z, f from t").rows() == [
            (1, Decimal("1.10"), "[1]", str(UUID(int=5)), datetime(2026, 11, 1, 10, tzinfo=UTC), 0.5)
        ]
        with refused(Invalid, "row 1", "`i`"):
            shop.append("t", [{"i": 2**31}])

    def test_types_arrive_in_arrow_as_declared(self, shop: Database) -> None:
        shop.sql("create table t (a bigint, b decimal(10,2), c timestamptz, d varchar[])")
        assert shop.sql("select * from t").arrow().schema.types == shop.schema("t").types

    def test_json_and_uuid_arrive_as_text_which_every_client_reads(self, shop: Database) -> None:
        shop.sql("create table t (e json, f uuid)")
        assert shop.sql("select * from t").arrow().schema.types == [pa.string(), pa.string()]

    # -- widening ----------------------------------------------------------------------------------

    @pytest.mark.parametrize("step", [None, "flush", "archive"])
    def test_new_fields_widen_a_table_in_every_tier(self, shop: Database, step: str | None) -> None:
        shop.append("t", [{"a": 1}])
        if step is not None:
            getattr(shop, step)("t")
        assert shop.append("t", [{"a": 2, "b": "x"}, {"c": 0.5}]).added == {"b": "VARCHAR", "c": "DOUBLE"}
        assert shop.schema("t").names == ["a", "b", "c"]
        for move in (lambda: None, lambda: shop.flush("t"), lambda: shop.archive("t")):
            move()
            assert shop.sql("select a, b, c, _schema_version from t order by _seq").rows() == [
                (1, None, None, 1),
                (2, "x", None, 2),
                (None, None, 0.5, 2),
            ]

    def test_a_field_of_nulls_takes_its_type_later(self, shop: Database) -> None:
        shop.append("t", [{"a": 1, "b": None}])
        assert shop.sql("select a, b from t").rows() == [(1, None)]
        shop.flush("t")
        assert shop.append("t", [{"a": 2, "b": b"x"}]).added == {"b": "BLOB"}
        assert shop.sql("select a, b from t order by _seq").rows() == [(1, None), (2, b"x")]

    def test_names_of_columns_may_be_anything_printable(self, shop: Database) -> None:
        shop.append("t", [{"der Name": 1, 'a"b': 2, "select": 3, "ä": 4}])
        shop.archive("t")
        assert shop.sql('select "der Name", "a""b", "select", "ä" from t').rows() == [(1, 2, 3, 4)]

    @pytest.mark.parametrize("name", ["", "a\nb", "x" * 256])
    def test_other_names_of_columns_are_refused(self, shop: Database, name: str) -> None:
        with refused(Invalid):
            shop.append("t", [{name: 1}])
