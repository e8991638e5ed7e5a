"""A turn is one transaction: all that it wrote is kept, or nothing is."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest

import thermocline
from thermocline.core.errors import Conflict, Invalid

from ..worlds import Conformance, World


class Ledger(thermocline.DurableObject):
    def start(self) -> None:
        self.storage.exec("CREATE TABLE IF NOT EXISTS entries (n INTEGER UNIQUE)")
        self.noticed = 0

    def run(self, sql: str) -> list[Any]:
        return self.storage.exec(sql).all()

    def entries(self) -> list[int]:
        return [n for (n,) in self.storage.exec("SELECT n FROM entries ORDER BY n")]

    def tables(self) -> list[str]:
        return [n for (n,) in self.storage.exec("SELECT name FROM sqlite_master WHERE type = 'table'")]

    def keys(self) -> list[str]:
        return list(self.storage.list())

    def alarms(self) -> list[str]:
        return list(self.storage.alarms())

    def look(self) -> int:
        return len(self.entries())

    def add(self, *numbers: int) -> None:
        for n in numbers:
            self.storage.exec("INSERT INTO entries VALUES (?)", n)

    def do_everything_and_fail(self) -> None:
        self.add(1)
        self.storage.exec("CREATE TABLE extra (x)")
        self.storage.put("key", 1)
        self.storage.set_alarm("alarm", 60)
        raise ValueError("at the end")

    def empty_and_fail(self) -> None:
        self.storage.delete_all()
        raise ValueError("at the end")

    def notice_and_fail(self) -> None:
        self.noticed += 1
        raise ValueError("at the end")

    def how_often_noticed(self) -> int:
        return self.noticed

    def go_on_after_a_failed_statement(self) -> None:
        self.add(1)
        try:
            self.storage.exec("INSERT INTO entries VALUES (2), (3), (1)")
        except Conflict:
            self.add(4)

    def part(self) -> Any:
        def work() -> str:
            self.add(1)
            return "done"

        return self.storage.transaction_sync(work)

    def failing_part(self) -> None:
        self.add(1)

        def work() -> None:
            self.add(2)
            self.storage.exec("CREATE TABLE extra (x)")
            self.storage.put("key", 1)
            self.storage.set_alarm("alarm", 60)
            raise KeyError("stop")

        try:
            self.storage.transaction_sync(work)
        except KeyError:
            self.add(3)

    def keys_after_a_failed_part(self) -> list[str]:
        def work() -> None:
            self.storage.put("lost", 1)
            raise KeyError("stop")

        try:
            self.storage.transaction_sync(work)
        except KeyError:
            self.storage.put("kept", 1)
        return self.keys()

    def failing_part_within_a_part(self) -> None:
        def inner() -> None:
            self.add(2)
            raise KeyError("stop")

        def outer() -> None:
            self.add(1)
            try:
                self.storage.transaction_sync(inner)
            except KeyError:
                self.add(3)

        self.storage.transaction_sync(outer)

    def part_within_a_failing_part(self) -> None:
        def outer() -> None:
            self.storage.transaction_sync(lambda: self.add(2))
            raise KeyError("stop")

        self.add(1)
        with contextlib.suppress(KeyError):
            self.storage.transaction_sync(outer)

    def call_within_a_part(self, other: str) -> None:
        self.storage.transaction_sync(lambda: self.ctx.object(Ledger, other).look())

    def postpone_a_constraint(self) -> None:
        self.storage.exec("PRAGMA foreign_keys=ON")
        self.storage.exec("CREATE TABLE parent (x PRIMARY KEY)")
        self.storage.exec("CREATE TABLE child (x REFERENCES parent DEFERRABLE INITIALLY DEFERRED)")
        self.storage.exec("INSERT INTO child VALUES (1)")


class Transactions(Conformance):
    def test_a_turn_that_raises_leaves_no_trace(self, world: World) -> None:
        ledger = world.object(Ledger)
        with pytest.raises(ValueError, match="at the end"):
            ledger.do_everything_and_fail()
        assert (ledger.entries(), ledger.tables()) == ([], ["entries"])
        assert (ledger.keys(), ledger.alarms()) == ([], [])

    def test_what_an_earlier_turn_did_stays(self, world: World) -> None:
        ledger = world.object(Ledger)
        ledger.add(1)
        with pytest.raises(Conflict):
            ledger.add(2, 1)
        assert ledger.entries() == [1]

    def test_a_deletion_of_all_is_taken_back_too(self, world: World) -> None:
        ledger = world.object(Ledger)
        ledger.add(1)
        with pytest.raises(ValueError, match="at the end"):
            ledger.empty_and_fail()
        assert ledger.entries() == [1]

    def test_a_failed_turn_leaves_nothing_when_it_comes_back_to_memory(self, world: World) -> None:
        ledger = world.object(Ledger)
        ledger.add(5)
        with pytest.raises(ValueError, match="at the end"):
            ledger.do_everything_and_fail()
        world.leave_memory(ledger)
        assert (ledger.entries(), ledger.tables()) == ([5], ["entries"])

    def test_attributes_are_no_part_of_it(self, world: World) -> None:
        ledger = world.object(Ledger)
        with pytest.raises(ValueError, match="at the end"):
            ledger.notice_and_fail()
        assert ledger.how_often_noticed() == 1

    def test_a_failed_statement_takes_back_itself_alone(self, world: World) -> None:
        ledger = world.object(Ledger)
        ledger.go_on_after_a_failed_statement()
        assert ledger.entries() == [1, 4]

    @pytest.mark.parametrize("sql", ["BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT a", "RELEASE a", "END"])
    def test_statements_do_not_begin_or_end_it(self, sql: str, world: World) -> None:
        with pytest.raises(Invalid, match="not for an object's storage"):
            world.object(Ledger).run(sql)

    def test_a_postponed_constraint_is_checked_at_its_end(self, world: World) -> None:
        ledger = world.object(Ledger)
        with pytest.raises(Conflict, match="FOREIGN KEY"):
            ledger.postpone_a_constraint()
        assert ledger.tables() == ["entries"]

    def test_one_turn_is_one_step_of_history(self, world: World) -> None:
        ledger = world.object(Ledger)
        ledger.add(1)
        before = world.lake.objects().inspect(ledger).seq
        ledger.add(2, 3, 4, 5)
        assert world.lake.objects().inspect(ledger).seq == before + 1

    def test_a_turn_that_only_read_is_no_step_of_history(self, world: World) -> None:
        ledger = world.object(Ledger)
        ledger.add(1)
        before = world.lake.objects().inspect(ledger).seq
        assert ledger.look() == 1
        assert world.lake.objects().inspect(ledger).seq == before

    def test_a_part_gives_its_value(self, world: World) -> None:
        ledger = world.object(Ledger)
        assert ledger.part() == "done"
        assert ledger.entries() == [1]

    def test_a_part_that_raises_is_taken_back_and_the_rest_stays(self, world: World) -> None:
        ledger = world.object(Ledger)
        ledger.failing_part()
        assert (ledger.entries(), ledger.tables()) == ([1, 3], ["entries"])
        assert (ledger.keys(), ledger.alarms()) == ([], [])

    def test_keys_are_written_after_a_part_was_taken_back(self, world: World) -> None:
        assert world.object(Ledger).keys_after_a_failed_part() == ["kept"]

    def test_a_part_within_a_part_is_taken_back_alone(self, world: World) -> None:
        ledger = world.object(Ledger)
        ledger.failing_part_within_a_part()
        assert ledger.entries() == [1, 3]

    def test_a_part_goes_with_the_part_around_it(self, world: World) -> None:
        ledger = world.object(Ledger)
        ledger.part_within_a_failing_part()
        assert ledger.entries() == [1]

    def test_a_part_calls_nobody(self, world: World) -> None:
        ledger, other = world.object(Ledger), world.object(Ledger)
        with pytest.raises(Invalid, match="within transaction_sync"):
            ledger.call_within_a_part(other.id.name)
        ledger.add(1)
        assert ledger.entries() == [1]
