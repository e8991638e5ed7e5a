"""An object's private database runs any SQL that stays in it, and nobody else sees it."""

from __future__ import annotations

import threading
from typing import Any

import pytest

import thermocline
from thermocline.core.errors import Conflict, Invalid, NotFound

from ..worlds import Conformance, World


class Notes(thermocline.DurableObject):
    def run(self, *statements: str) -> list[Any]:
        return [self.storage.exec(text).all() for text in statements][-1]

    def with_bindings(self, sql: str, *bindings: Any) -> list[Any]:
        return self.storage.exec(sql, *bindings).all()

    def as_dicts(self, sql: str) -> list[dict[str, Any]]:
        return self.storage.exec(sql).dicts()

    def one(self, sql: str) -> Any:
        return self.storage.exec(sql).one()

    def columns(self, sql: str) -> list[str]:
        return self.storage.exec(sql).columns

    def rows_written(self, sql: str) -> int:
        return self.storage.exec(sql).rows_written

    def first_of_many(self) -> tuple[int, int]:
        numbers = self.storage.exec(
            "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n"
        )
        first = next(iter(numbers))[0]
        return first, numbers.rows_read

    def in_a_thread(self) -> list[str]:
        found: list[str] = []

        def work() -> None:
            try:
                self.storage.exec("SELECT 1")
            except Invalid as error:
                found.append(error.message)

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        return found

    def keep_a_cursor(self) -> None:
        self.cursor = self.storage.exec("SELECT 1")

    def read_the_kept_cursor(self) -> Any:
        return self.cursor.all()

    def call_while_reading(self, other: str) -> list[int]:
        self.storage.put("before", 1)
        rows = self.storage.exec(
            "WITH RECURSIVE n(x) AS (VALUES (1) UNION ALL SELECT x + 1 FROM n LIMIT 600) SELECT x FROM n"
        )
        return [x for (x,) in rows if x % 300 or self.ctx.object(Notes, other).size() >= 0]

    def leak(self) -> Any:
        return self.storage

    def size(self) -> int:
        return self.storage.size

    def empty(self) -> None:
        self.storage.delete_all()

    def bookmark(self) -> str:
        return self.storage.bookmark()

    def restore(self, bookmark: str) -> None:
        self.storage.restore(bookmark)


REFUSED = [
    *("ATTACH 'x.db' AS x", "DETACH main", "VACUUM", "VACUUM INTO 'x.db'", "CREATE TEMP TABLE t (x)"),
    *("PRAGMA journal_mode=WAL", "PRAGMA writable_schema=ON", "PRAGMA page_size=512"),
    *("SELECT load_extension('x')", "/* hidden */ ATTACH 'x' AS x"),
]


class Storage(Conformance):
    def test_rows_come_as_tuples(self, world: World) -> None:
        assert world.object(Notes).run("VALUES (1, 'a'), (2, 'b')") == [(1, "a"), (2, "b")]

    def test_bindings_fill_question_marks(self, world: World) -> None:
        assert world.object(Notes).with_bindings("SELECT ?, ?", 1, "it's") == [(1, "it's")]

    def test_a_mapping_fills_names(self, world: World) -> None:
        assert world.object(Notes).with_bindings("SELECT :b, :a", {"a": 1, "b": 2}) == [(2, 1)]

    def test_every_kind_of_value_comes_back(self, world: World) -> None:
        values = (None, -(2**63), 2**63 - 1, 2.5, "text ☕", b"\0\xff")
        notes = world.object(Notes)
        notes.run("CREATE TABLE t (a, b, c, d, e, f)")
        notes.with_bindings("INSERT INTO t VALUES (?, ?, ?, ?, ?, ?)", *values)
        assert notes.run("SELECT * FROM t") == [values]

    def test_columns_have_their_names(self, world: World) -> None:
        notes = world.object(Notes)
        assert notes.columns("SELECT 1 AS a, 2 AS b") == ["a", "b"]
        assert notes.as_dicts("SELECT 1 AS a, 2 AS b") == [{"a": 1, "b": 2}]

    def test_the_only_row_is_neither_none_nor_two(self, world: World) -> None:
        notes = world.object(Notes)
        assert notes.one("SELECT 5") == (5,)
        with pytest.raises(NotFound, match="no row"):
            notes.one("SELECT 5 WHERE 0")
        with pytest.raises(Conflict, match="more than one"):
            notes.one("VALUES (1), (2)")

    def test_rows_are_read_as_they_are_asked_for(self, world: World) -> None:
        first, read = world.object(Notes).first_of_many()
        assert (first, read < 1_000) == (1, True)

    def test_written_rows_are_counted(self, world: World) -> None:
        notes = world.object(Notes)
        notes.run("CREATE TABLE t (x)")
        assert notes.rows_written("INSERT INTO t VALUES (1), (2), (3)") == 3
        assert notes.rows_written("DELETE FROM t WHERE x > 1") == 2

    def test_views_triggers_and_indexes_work(self, world: World) -> None:
        notes = world.object(Notes)
        notes.run(
            "CREATE TABLE t (x)",
            "CREATE INDEX i ON t (x)",
            "CREATE VIEW v AS SELECT x * 2 AS y FROM t",
            "CREATE TRIGGER g AFTER INSERT ON t WHEN new.x < 5 BEGIN INSERT INTO t VALUES (new.x + 5); END",
            "INSERT INTO t VALUES (1)",
        )
        world.leave_memory(notes)
        assert notes.run("SELECT y FROM v ORDER BY y") == [(2,), (12,)]

    def test_text_can_be_searched(self, world: World) -> None:
        notes = world.object(Notes)
        notes.run("CREATE VIRTUAL TABLE f USING fts5(body)", "INSERT INTO f VALUES ('green tea'), ('salt')")
        world.leave_memory(notes)
        assert notes.run("SELECT body FROM f WHERE f MATCH 'tea'") == [("green tea",)]

    @pytest.mark.parametrize("sql", REFUSED)
    def test_what_would_leave_the_storage_is_refused(self, sql: str, world: World) -> None:
        with pytest.raises(Invalid):
            world.object(Notes).run(sql)

    def test_two_statements_at_once_are_refused(self, world: World) -> None:
        notes = world.object(Notes)
        with pytest.raises(Invalid):
            notes.run("CREATE TABLE t (x); CREATE TABLE u (x)")
        assert notes.run("SELECT count(*) FROM sqlite_master") == [(0,)]

    def test_what_is_no_sql_is_invalid(self, world: World) -> None:
        for sql in ("SELEKT 1", "SELECT * FROM nothing", "SELECT ?"):
            with pytest.raises(Invalid):
                world.object(Notes).run(sql)

    def test_a_broken_constraint_is_a_conflict(self, world: World) -> None:
        notes = world.object(Notes)
        notes.run("CREATE TABLE t (x UNIQUE)", "INSERT INTO t VALUES (1)")
        with pytest.raises(Conflict, match="UNIQUE"):
            notes.run("INSERT INTO t VALUES (1)")

    def test_its_size_is_known_and_grows(self, world: World) -> None:
        notes = world.object(Notes)
        notes.run("CREATE TABLE t (x)")
        before = notes.size()
        notes.run("INSERT INTO t VALUES (zeroblob(100000))")
        assert notes.size() - before >= 100_000

    def test_objects_do_not_see_each_others_tables(self, world: World) -> None:
        one, other = world.object(Notes), world.object(Notes)
        one.run("CREATE TABLE t (x)")
        with pytest.raises(Invalid, match="no such table"):
            other.run("SELECT * FROM t")

    def test_another_thread_has_no_storage(self, world: World) -> None:
        (message,) = world.object(Notes).in_a_thread()
        assert "outside of its turn" in message

    def test_a_cursor_ends_with_its_turn(self, world: World) -> None:
        notes = world.object(Notes)
        notes.keep_a_cursor()
        with pytest.raises(Invalid, match="turn of this cursor is over"):
            notes.read_the_kept_cursor()

    def test_rows_are_read_on_after_a_call_to_another_object(self, world: World) -> None:
        notes, other = world.object(Notes), world.object(Notes)
        assert notes.call_while_reading(other.id.name) == list(range(1, 601))

    def test_a_row_that_cannot_be_computed_is_invalid(self, world: World) -> None:
        notes = world.object(Notes)
        with pytest.raises(Invalid, match="overflow"):
            notes.run("WITH t(x) AS (VALUES (1), (-9223372036854775808)) SELECT abs(x) FROM t")

    def test_it_is_not_for_sending(self, world: World) -> None:
        with pytest.raises(Invalid, match="can't be sent"):
            world.object(Notes).leak()

    def test_all_of_it_can_be_deleted(self, world: World) -> None:
        notes = world.object(Notes)
        notes.run("CREATE TABLE t (x)", "CREATE VIEW v AS SELECT * FROM t", 'CREATE TABLE "odd ""name" (x)')
        notes.empty()
        assert notes.run("SELECT name FROM sqlite_master") == []

    def test_a_deletion_of_all_can_be_undone(self, world: World) -> None:
        notes = world.object(Notes)
        notes.run("CREATE TABLE t AS SELECT 5 AS x")
        before = notes.bookmark()
        notes.empty()
        notes.restore(before)
        assert notes.run("SELECT x FROM t") == [(5,)]

    def test_a_large_one_is_kept_like_a_small_one(self, world: World) -> None:
        notes = world.object(Notes)
        notes.run("CREATE TABLE t (x)", "INSERT INTO t VALUES (zeroblob(5000000))")
        notes.run("INSERT INTO t VALUES ('tea')")
        world.leave_memory(notes)
        assert notes.run("SELECT sum(length(x)) FROM t") == [(5_000_003,)]
