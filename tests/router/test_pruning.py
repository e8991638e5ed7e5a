"""Pruning changes no answer: random rows in random files, random conditions, with statistics and without."""

from __future__ import annotations

import itertools
import math
import os
import struct
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from thermocline.core.asof import Now
from thermocline.core.clock import to_micros
from thermocline.core.errors import Error
from thermocline.core.manifest import DataFile, Run
from thermocline.router.constants import Surroundings
from thermocline.router.engine import Engine
from thermocline.router.file_table import FileTables
from thermocline.router.one_shard import OneShard
from thermocline.router.plan import TableCut, make_plan
from thermocline.router.prepare import Preparations
from thermocline.router.query import Router

from .owner import START, MemoryOwner

EXAMPLES = int(os.environ.get("THERMOCLINE_EXAMPLES", "10"))
"""`make torture` sets more."""

DAYS = [date(2026, 1, 1) + timedelta(days=n) for n in range(0, 800, 37)]
MOMENTS = [datetime(2025, 12, 30, 23) + timedelta(hours=n * 31, microseconds=n % 2) for n in range(40)]
TEXTS = ["", "a", "B", "b", "ab", "é", "z", "Ü", "日本", "\U0001f600", "o'k"]
FLOATS = [0.0, -0.0, 1.5, -1.5, 0.1, 1e300, -1e300, math.nan, math.inf, -math.inf, 3.0]
INTEGERS = [0, 1, -1, 2, 3, 7, 2**53, 2**53 + 1, -(2**63), 2**63 - 1]

ROW = st.fixed_dictionaries(
    {
        "i": st.none() | st.sampled_from(INTEGERS),
        "f": st.none() | st.sampled_from(FLOATS),
        "g": st.none() | st.sampled_from(FLOATS[:5]),
        "s": st.none() | st.sampled_from(TEXTS),
        "d": st.none() | st.sampled_from(DAYS),
        "n": st.none() | st.sampled_from(MOMENTS),
        "_time": st.sampled_from(MOMENTS),
    }
)
SCHEMA = pa.schema(
    [
        ("i", pa.int64()),
        ("f", pa.float64()),
        ("g", pa.float32()),
        ("s", pa.string()),
        ("d", pa.date32()),
        ("n", pa.timestamp("us")),
        ("_time", pa.timestamp("us", "UTC")),
    ]
)

NUMBERS = st.sampled_from(
    [
        "0",
        "1",
        "-1",
        "1.5",
        "0.1",
        "2",
        "1e0",
        "3.0::double",
        "9007199254740993",
        "-0.0",
        "'1'",
        "1e300",
        "2::int",
        "9007199254740992::double",
        "99999999999999999999",
        "'nan'::double",
        "'inf'::double",
        "0.1::float",
    ]
)
LITERALS = {
    "i": NUMBERS,
    "f": NUMBERS,
    "g": NUMBERS,
    "s": st.sampled_from([f"'{text.replace(chr(39), chr(39) * 2)}'" for text in TEXTS]),
    "d": st.sampled_from([f"'{day}'" for day in DAYS] + [f"date '{day}'" for day in DAYS[:5]])
    | st.sampled_from([f"timestamp '{moment}'" for moment in MOMENTS[:9]]),
    "n": st.sampled_from([f"'{moment}'" for moment in MOMENTS] + [f"timestamp '{m}'" for m in MOMENTS[:5]])
    | st.sampled_from(["'2026-01-02'", "date '2026-01-03'", "timestamptz '2026-01-04 00:00:00+03'"])
    | st.sampled_from(
        ["now() - interval 5 day", "timestamp '2026-01-31' - interval 1 month", "current_date"]
    ),
}
LITERALS["_time"] = LITERALS["n"] | st.sampled_from(["'2026-01-03T10:00:00Z'", "'2026-01-03 10:00:00+02'"])
OPERATORS = st.sampled_from(["<", "<=", ">", ">=", "=", "<>", "is distinct from"])
TRANSFORMS = [
    "{c}::date",
    "date_trunc('week', {c})",
    "date_trunc('month', {c})",
    "date_trunc('quarter', {c})",
]


@st.composite
def comparisons(draw: Any) -> str:
    column = draw(st.sampled_from(sorted(LITERALS)))
    literal = LITERALS[column]
    subject = column
    if column in ("n", "_time") and draw(st.booleans()):
        subject = draw(st.sampled_from(TRANSFORMS)).format(c=column)
        literal = LITERALS["d"]
    elif column in ("n", "_time", "d") and draw(st.integers(0, 4)) == 0:
        subject, literal = f"year({column})", st.sampled_from(["2025", "2026", "2027", "2026.5", "'2026'"])
    kind = draw(st.integers(0, 5))
    if kind == 0:
        return f"{subject} between {draw(literal)} and {draw(literal)}"
    if kind == 1:
        return f"{subject} in ({draw(literal)}, {draw(literal)})"
    if kind == 2:
        return f"{draw(literal)} {draw(OPERATORS)} {subject}"
    return f"{subject} {draw(OPERATORS)} {draw(literal)}"


CONDITIONS = st.recursive(
    comparisons()
    | st.sampled_from(["i is null", "s like 'a%'", "_tier = 'cold'", "_tier in ('hot', 'warm')"]),
    lambda inner: (
        st.builds("({} and {})".format, inner, inner)
        | st.builds("({} or {})".format, inner, inner)
        | st.builds("not ({})".format, inner)
    ),
    max_leaves=5,
)
QUERIES = st.builds("select _seq from t where {} order by 1".format, CONDITIONS) | st.builds(
    "select a._seq, b._seq from t a {} join t b on a.i = b.i and {} where {} order by all".format,
    st.sampled_from(["", "left", "right", "full"]),
    st.sampled_from(["a.d > '2026-03-01'", "b.f <= 0", "a.s = 'a'", "b.n::date > '2026-01-09'", "true"]),
    st.sampled_from(["b.i >= 1", "a._time > '2026-01-09'", "a.f < 1 or a.f > 3", "a.d is null", "true"]),
)


class Blind(MemoryOwner):
    """Its files say nothing of their contents."""

    def _run(self, *arguments: Any, **options: Any) -> Run:
        run = super()._run(*arguments, **options)
        return replace(run, files=tuple(replace(file, stats={}) for file in run.files))


def load(owner: MemoryOwner, rows: list[dict[str, Any]], cuts: list[int]) -> None:
    edges = sorted({0, *(cut % (len(rows) + 1) for cut in cuts), len(rows)})
    table = pa.Table.from_pylist(rows, schema=SCHEMA)
    owner.create_table("t", [(f.name, f.type) for f in SCHEMA if f.name != "_time"])
    for number, (first, last) in enumerate(itertools.pairwise(edges)):
        owner.write("t", table.slice(first, last - first))
        if number < len(edges) - 2:
            owner.flush("t")
        if number == 1:
            owner.archive("t", by="_id")


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return Engine(tmp_path_factory.getbasetemp())


def described(rows: list[dict[str, Any]], first: int, version: int = 1) -> DataFile:
    """A file of these rows as a manifest would describe it, bounds as tight as they can be."""
    stats: dict[int, tuple[Any, Any]] = {1: (first, first + len(rows) - 1)}
    ids = {"_time": 3, **{name: 100 + at for at, name in enumerate("ifgsdn")}}
    for name, field_id in ids.items():
        values = [_bound(name, row[name]) for row in rows if row[name] is not None]
        if values and not any(isinstance(v, float) and math.isnan(v) for v in values):
            stats[field_id] = (min(values), max(values))
    return DataFile(f"{first}.parquet", 1, "", len(rows), version, first, first + len(rows) - 1, stats)


def _bound(name: str, value: Any) -> Any:
    if name == "g":
        return struct.unpack("f", struct.pack("f", value))[0]
    if isinstance(value, datetime):
        return to_micros(value)
    return value.toordinal() - date(1970, 1, 1).toordinal() if isinstance(value, date) else value


@settings(max_examples=6 * EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    rows=st.lists(ROW, min_size=1, max_size=12),
    size=st.integers(1, 3),
    conditions=st.lists(CONDITIONS, min_size=8),
)
def test_no_file_with_a_matching_row_is_pruned(
    tmp_path_factory: pytest.TempPathFactory,
    engine: Engine,
    rows: list[dict[str, Any]],
    size: int,
    conditions: list[str],
) -> None:
    owner = MemoryOwner(tmp_path_factory.getbasetemp())
    now = START + timedelta(days=20)
    load(owner, rows, [])
    router = Router(OneShard(owner), engine, lambda: now, "db")
    files = tuple(described(rows[at : at + size], at + 1) for at in range(0, len(rows), size))
    table = owner.snapshot({"t": Now()}).tables["t"]
    manifest = replace(table.manifest, warm_to=len(rows), cold_to=len(rows))
    snapshot = replace(table, manifest=manifest, cold=Run(0, len(rows), len(rows), files))
    cut = TableCut(snapshot.schema, (snapshot,))
    for condition in conditions:
        if "_tier" in condition:
            continue
        sql = f"select _seq from t where {condition}"
        try:
            matching = [seq for (seq,) in router.sql(sql).rows()]
        except Error:
            continue
        bound = Preparations(engine, "db").get(sql, None).bound
        assert bound is not None
        plan = make_plan(bound, {("t", None): cut}, Surroundings({}, to_micros(now)), FileTables())
        read = {
            seq for f in plan.scans[0].shards[0].tiers[0].files for seq in range(f.seq_min, f.seq_max + 1)
        }
        assert set(matching) <= read, condition


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    rows=st.lists(ROW, min_size=1, max_size=14),
    cuts=st.lists(st.integers(0, 20), max_size=3),
    queries=st.lists(QUERIES, min_size=4, max_size=8),
)
def test_statistics_change_no_answer(
    tmp_path_factory: pytest.TempPathFactory,
    engine: Engine,
    rows: list[dict[str, Any]],
    cuts: list[int],
    queries: list[str],
) -> None:
    routers = []
    for kind in (MemoryOwner, Blind):
        owner = kind(tmp_path_factory.mktemp("files"))
        load(owner, rows, cuts)
        routers.append(Router(OneShard(owner), engine, lambda: START + timedelta(days=20), "db"))
    for query in queries:
        outcomes = []
        for router in routers:
            try:
                outcomes.append(router.sql(query).rows())
            except Exception as error:  # noqa: BLE001
                outcomes.append([(type(error).__name__, str(error))])
        assert outcomes[0] == outcomes[1], query


def _files(folder: Path, **columns: list[Any]) -> tuple[MemoryOwner, Router]:
    """One cold file per row."""
    owner = MemoryOwner(folder)
    owner.write("t", pa.table(columns))
    owner.flush("t")
    owner.archive("t", by="_id")
    return owner, Router(OneShard(owner), Engine(folder), lambda: owner.now, "db")


@pytest.mark.parametrize("at", [-(2**63), 2**63 - 1])
def test_a_file_with_nothing_but_the_least_or_the_largest_integer_is_read(tmp_path: Path, at: int) -> None:
    _, router = _files(tmp_path, i=[at])
    for condition in ("=", "<=", ">="):
        assert router.sql(f"select i from t where i {condition} {at}").rows() == [(at,)]


@pytest.mark.parametrize(
    ("condition", "read"),
    [
        ("n >= 8", 2),
        ("n <= 3", 4),
        ("n > 8 or n < 1", 2),
        ("n <= 3.0", 4),
        ("s <= 'x3'", 4),
        ("s > 'x8'", 1),
        ("day <= date '2026-01-02'", 2),
        ("moment < timestamp '2026-01-02 12:00:00'", 1),
        ("n = 3 or n = 5", 2),
        ("n in (1, 2, 3)", 3),
        ("3 > n", 3),
        ("n between 2 and 4 and s = 'x3'", 1),
        ("day >= '2026-01-09'", 2),
        ("day > current_date - 3", 2),
        ("moment::date = '2026-01-04'", 1),
        ("date_trunc('day', moment) = date '2026-01-04'", 1),
        ("moment > now() - interval 2 day", 1),
        ("year(moment) = 2025", 0),
        ("n = $low", 1),
        ("_seq > 7", 3),
        ("_tier = 'hot'", 0),
        ("n + 1 = 3", 10),
        ("n = 3 or s like 'x%'", 10),
        ("not n = 3", 10),
        ("s is null", 10),
        ("missing = 1", 0),
    ],
)
def test_files_that_cannot_match_are_not_opened(tmp_path: Path, condition: str, read: int) -> None:
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(10)]
    moments = [datetime(2026, 1, 1, 12) + timedelta(days=n) for n in range(10)]
    owner, router = _files(
        tmp_path, n=list(range(10)), s=[f"x{n}" for n in range(10)], day=days, moment=moments
    )
    owner.write("t", [{"missing": 1}])
    owner.now = START + timedelta(days=10, hours=12)
    given = {"low": 4} if "$low" in condition else None
    result = router.sql(f"select count(*) from t where {condition}", given)
    (part,) = [p for p in result.certificate.tables["t"]["shard-0"].tiers if p.tier == "cold"]
    assert (part.files_read, part.files_pruned) == (read, 10 - read)
    result.certificate.verify()


@pytest.mark.parametrize(
    ("sql", "read"),
    [
        ("select * from t order by _seq desc limit 2", 2),
        ("select n, s from t order by _time desc, n limit 3 offset 1", 4),
        ("select * from t order by _recorded_at limit 1", 10),
        ("select upper(s) from t order by _seq limit 2", 2),
        ("select * from t where _seq < 6 order by _seq desc limit 2", 2),
        ("select * from t where n < 6 order by _seq desc limit 2", 6),
        ("select sum(n) over (order by _seq) from t order by _seq desc limit 2", 10),
        ("select distinct s from t order by _seq desc limit 2", 10),
        ("select n as _seq from t order by _seq desc limit 2", 10),
        ("select s, count(*), max(_seq) as m from t group by s order by m desc limit 2", 10),
    ],
)
def test_the_latest_rows_come_from_the_newest_files(tmp_path: Path, sql: str, read: int) -> None:
    moments = pa.array([START + timedelta(days=n) for n in range(10)], pa.timestamp("us", "UTC"))
    _, router = _files(tmp_path, n=list(range(10)), s=[f"x{n}" for n in range(10)], _time=moments)
    try:
        result = router.sql(sql)
    except Exception as error:  # noqa: BLE001
        assert "distinct" in sql, error  # noqa: PT017
        return
    (part,) = result.certificate.tables["t"]["shard-0"].tiers
    assert part.files_read == read


@settings(max_examples=2 * EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    rows=st.lists(ROW, min_size=1, max_size=14),
    cuts=st.lists(st.integers(0, 20), max_size=4),
    column=st.sampled_from(["_seq", "_time", "_recorded_at"]),
    direction=st.sampled_from(["asc", "desc"]),
    limit=st.integers(0, 16),
    offset=st.integers(0, 4),
    where=st.sampled_from(["", "where _time >= '2026-01-05'", "where _seq between 2 and 9"]),
    cut=st.integers(0, 14),
)
def test_the_latest_bound_changes_no_answer(
    tmp_path_factory: pytest.TempPathFactory,
    engine: Engine,
    rows: list[dict[str, Any]],
    cuts: list[int],
    column: str,
    direction: str,
    limit: int,
    offset: int,
    where: str,
    cut: int,
) -> None:
    owner = MemoryOwner(tmp_path_factory.mktemp("files"))
    load(owner, rows, cuts)
    router = Router(OneShard(owner), engine, lambda: owner.now, "db")
    ordered = f"select {column}, _seq from t {where} order by {column} {direction}, _seq"
    as_of = min(cut, len(rows)) or None
    everything = router.sql(ordered, as_of=as_of).rows()
    limited = router.sql(f"{ordered} limit {limit} offset {offset}", as_of=as_of)
    assert limited.rows() == everything[offset : offset + limit]


def test_rows_behind_the_cut_do_not_count_for_the_latest_bound(tmp_path: Path) -> None:
    owner = MemoryOwner(tmp_path)
    for _ in range(2):
        owner.write("t", [{"n": 1}, {"n": 2}, {"n": 3}])
        owner.flush("t")
    router = Router(OneShard(owner), Engine(tmp_path), lambda: owner.now, "db")
    assert router.sql("select _seq from t order by _seq desc limit 3", as_of=5).rows() == [(5,), (4,), (3,)]
