"""An object's storage runs any SQL that stays in it, and keeps values under keys."""

from __future__ import annotations

from typing import Any

import pytest

import thermocline
from thermocline.core.errors import Conflict, Invalid, NotFound

from .carts import Cart


class Notes(thermocline.DurableObject):
    def run(self, *statements: str) -> list[Any]:
        return [self.storage.exec(text).all() for text in statements][-1]

    def named(self) -> list[dict[str, Any]]:
        return self.storage.exec("SELECT :a AS a, :b AS b", {"a": 1, "b": "x"}).dicts()

    def one(self, text: str) -> Any:
        return self.storage.exec(text).one()

    def counts(self) -> tuple[int, int, list[str]]:
        self.storage.exec("CREATE TABLE t (x)")
        written = self.storage.exec("INSERT INTO t VALUES (1), (2), (3)").rows_written
        read = self.storage.exec("SELECT x AS y FROM t")
        list(read)
        return written, read.rows_read, read.columns

    def half(self) -> list[Any]:
        self.storage.put("kept", 1)

        def part() -> None:
            self.storage.put("lost", 2)
            raise KeyError("stop")

        with pytest.raises(KeyError):
            self.storage.transaction_sync(part)
        return list(self.storage.list())

    def put(self, key: Any, value: Any = None) -> None:
        self.storage.put(key, value)

    def get(self, key: str, default: Any = None) -> Any:
        return self.storage.get(key, default)

    def delete(self, key: str) -> bool:
        return self.storage.delete(key)

    def keys(self, **options: Any) -> list[str]:
        return list(self.storage.list(**options))

    def wipe(self) -> None:
        self.storage.delete_all()

    def leak(self) -> Any:
        return self.storage

    def size(self) -> int:
        return self.storage.size


@pytest.fixture
def notes(lake: Any) -> Any:
    return lake.object(Notes, "n")


@pytest.mark.parametrize(
    "text",
    [
        "ATTACH 'x.db' AS x",
        "attach database ':memory:' as x",
        "DETACH main",
        "BEGIN",
        "/* hidden */ COMMIT",
        "-- hidden\nROLLBACK",
        "; SAVEPOINT a",
        "RELEASE a",
        "END",
        "VACUUM",
        "VACUUM INTO 'x.db'",
        "PRAGMA journal_mode=WAL",
        "PRAGMA writable_schema=ON",
        "PRAGMA page_size=512",
        "PRAGMA main.auto_vacuum=1",
        "CREATE TEMP TABLE t (x)",
        "CREATE TABLE temp.t (x)",
        "SELECT load_extension('x')",
        "SELECT 1; SELECT 2",
        "SELEKT",
        "SELECT * FROM nothing",
    ],
)
def test_what_would_leave_the_storage_is_refused(text: str, notes: Any) -> None:
    notes.run("CREATE TABLE t (x)")
    with pytest.raises(Invalid):
        notes.run(text)
    assert notes.run("SELECT count(*) FROM t") == [(0,)]


@pytest.mark.parametrize(
    "text",
    [
        "WITH a(x) AS (VALUES (1)) SELECT x FROM a",
        "PRAGMA table_info(t)",
        "PRAGMA user_version=7",
        "CREATE VIRTUAL TABLE f USING fts5(body)",
        "CREATE VIRTUAL TABLE r USING rtree(id, a, b)",
        "CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO t SELECT 5 WHERE 0; END",
        "CREATE VIEW v AS SELECT x FROM t",
        "CREATE TABLE j AS SELECT json_array(1, 2) AS a",
        "INSERT INTO t VALUES (1) RETURNING x",
        "ANALYZE",
        "REINDEX",
    ],
)
def test_any_other_sql_runs_and_is_kept(text: str, notes: Any, lake: Any) -> None:
    notes.run("CREATE TABLE t (x)", text)
    before = notes.run("SELECT type, name FROM sqlite_master ORDER BY name")
    lake.objects().host.leave_memory(idle_s=0, at_most=0)
    assert notes.run("SELECT type, name FROM sqlite_master ORDER BY name") == before


def test_a_kept_pragma_is_kept(notes: Any, lake: Any) -> None:
    notes.run("PRAGMA user_version=7")
    lake.objects().host.leave_memory(idle_s=0, at_most=0)
    assert notes.run("PRAGMA user_version") == [(7,)]


def test_bindings_may_have_names(notes: Any) -> None:
    assert notes.named() == [{"a": 1, "b": "x"}]


def test_a_cursor_counts_rows_and_names_columns(notes: Any) -> None:
    assert notes.counts() == (3, 3, ["y"])


def test_one_row_is_neither_none_nor_two(notes: Any) -> None:
    assert notes.one("SELECT 5") == (5,)
    with pytest.raises(NotFound):
        notes.one("SELECT 5 WHERE 0")
    with pytest.raises(Conflict):
        notes.one("VALUES (1), (2)")


def test_a_constraint_is_a_conflict_and_the_turn_is_taken_back(notes: Any) -> None:
    notes.run("CREATE TABLE t (x UNIQUE)", "INSERT INTO t VALUES (1)")
    with pytest.raises(Conflict, match="UNIQUE"):
        notes.run("INSERT INTO t VALUES (2)", "INSERT INTO t VALUES (1)")
    assert notes.run("SELECT x FROM t") == [(1,)]


def test_a_deferred_constraint_takes_the_turn_back_at_its_end(notes: Any) -> None:
    notes.run(
        "CREATE TABLE p (x PRIMARY KEY)", "CREATE TABLE c (x REFERENCES p DEFERRABLE INITIALLY DEFERRED)"
    )
    with pytest.raises(Conflict, match="FOREIGN"):
        notes.run("PRAGMA foreign_keys=ON", "INSERT INTO c VALUES (1)")
    assert notes.run("SELECT count(*) FROM c") == [(0,)]


def test_a_part_of_a_turn_can_be_taken_back(notes: Any) -> None:
    assert notes.half() == ["kept"]


def test_values_are_kept_under_keys(notes: Any, lake: Any) -> None:
    notes.put("a", {"deep": [1, 2.5, None, b"x"]})
    notes.put({"b": 2, "c": 3})
    lake.objects().host.leave_memory(idle_s=0, at_most=0)
    assert notes.get("a") == {"deep": [1, 2.5, None, b"x"]}
    assert (notes.get("b"), notes.get("nothing"), notes.get("nothing", 5)) == (2, None, 5)
    assert (notes.delete("b"), notes.delete("b")) == (True, False)
    assert notes.keys() == ["a", "c"]


def test_keys_are_listed_in_order_within_bounds(notes: Any) -> None:
    notes.put({f"u{n}": n for n in range(5)} | {"v": 9, "t": 9, "ü": 1})
    assert notes.keys(prefix="u") == ["u0", "u1", "u2", "u3", "u4"]
    assert notes.keys(prefix="u", start="u2", end="u4") == ["u2", "u3"]
    assert notes.keys(limit=2, reverse=True) == ["ü", "v"]
    assert notes.keys(start="u4", limit=2) == ["u4", "v"]


@pytest.mark.parametrize("key", ["", 5, "x" * 3000])
def test_what_is_no_key_is_refused(key: Any, notes: Any) -> None:
    with pytest.raises(Invalid, match="not a key"):
        notes.put(key, 1)


def test_all_can_be_deleted(notes: Any) -> None:
    notes.put("a", 1)
    notes.run("CREATE TABLE t (x)", "CREATE VIEW v AS SELECT * FROM t", "CREATE INDEX i ON t (x)")
    notes.run("CREATE VIRTUAL TABLE f USING fts5(body)", "INSERT INTO f VALUES ('tea')")
    notes.run('CREATE TABLE "odd ""name" (x)')
    notes.wipe()
    assert notes.run("SELECT name FROM sqlite_master") == []
    assert notes.get("a") is None


def test_storage_is_not_for_sending(notes: Any) -> None:
    with pytest.raises(Invalid, match="can't be sent"):
        notes.leak()


def test_objects_do_not_see_each_other(lake: Any) -> None:
    lake.object(Cart, "a").add("tea")
    assert lake.object(Cart, "b").items() == []
