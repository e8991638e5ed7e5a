"""A new object begins as another one was at a bookmark, and goes its own way."""

from __future__ import annotations

from typing import Any

import pytest

import thermocline
from thermocline.core.errors import Conflict, Error, Invalid, NotFound

from ..worlds import Conformance, World, fresh


class Branch(thermocline.DurableObject):
    def start(self) -> None:
        self.storage.exec("CREATE TABLE IF NOT EXISTS leaves (n)")
        self.me = self.ctx.id.name

    def grow(self, *leaves: int) -> None:
        for n in leaves:
            self.storage.exec("INSERT INTO leaves VALUES (?)", n)

    def leaves(self) -> list[int]:
        return [n for (n,) in self.storage.exec("SELECT n FROM leaves ORDER BY rowid")]

    def sql(self, text: str) -> list[Any]:
        return self.storage.exec(text).all()

    def put(self, key: str, value: Any) -> None:
        self.storage.put(key, value)

    def get(self, key: str) -> Any:
        return self.storage.get(key)

    def bookmark(self) -> str:
        return self.storage.bookmark()

    def restore(self, bookmark: str) -> None:
        self.storage.restore(bookmark)

    def fork(self, bookmark: str, name: Any) -> None:
        self.storage.fork(bookmark, name)

    def grow_and_fork(self, n: int, name: str) -> None:
        self.grow(n)
        self.storage.fork(self.storage.bookmark(), name)

    def fork_and_fail(self, bookmark: str, name: str) -> None:
        self.storage.fork(bookmark, name)
        raise ValueError("after the fork")

    def name_at_start(self) -> Any:
        return self.me

    def set_alarm(self) -> None:
        self.storage.set_alarm("tea", 7_200)

    def alarms(self) -> list[str]:
        return list(self.storage.alarms())


class Forks(Conformance):
    def test_a_fork_begins_as_the_other_is(self, world: World) -> None:
        branch, name = world.object(Branch), fresh()
        branch.grow(1, 2)
        branch.fork(branch.bookmark(), name)
        assert world.object(Branch, name).leaves() == [1, 2]

    def test_a_fork_begins_as_the_other_was(self, world: World) -> None:
        branch, name = world.object(Branch), fresh()
        branch.grow(1)
        then = branch.bookmark()
        branch.grow(2)
        branch.fork(then, name)
        assert world.object(Branch, name).leaves() == [1]

    def test_both_go_their_own_ways(self, world: World) -> None:
        branch, name = world.object(Branch), fresh()
        branch.grow(1)
        branch.fork(branch.bookmark(), name)
        branch.grow(2)
        world.object(Branch, name).grow(3)
        assert (branch.leaves(), world.object(Branch, name).leaves()) == ([1, 2], [1, 3])

    def test_tables_and_keys_come_along(self, world: World) -> None:
        branch, name = world.object(Branch), fresh()
        branch.sql("CREATE TABLE extra AS SELECT 5 AS x")
        branch.put("key", {"deep": [1]})
        branch.fork(branch.bookmark(), name)
        other = world.object(Branch, name)
        assert (other.sql("SELECT x FROM extra"), other.get("key")) == ([(5,)], {"deep": [1]})

    def test_alarms_do_not_come_along(self, world: World) -> None:
        branch, name = world.object(Branch), fresh()
        branch.set_alarm()
        branch.grow(1)
        branch.fork(branch.bookmark(), name)
        assert (branch.alarms(), world.object(Branch, name).alarms()) == (["tea"], [])

    def test_a_fork_knows_its_own_name(self, world: World) -> None:
        branch, name = world.object(Branch), fresh()
        branch.grow(1)
        branch.fork(branch.bookmark(), name)
        assert world.object(Branch, name).name_at_start() == name

    def test_a_fork_has_no_history_of_before(self, world: World) -> None:
        branch, name = world.object(Branch), fresh()
        for n in range(10):
            branch.grow(n)
        then = branch.bookmark()
        branch.fork(then, name)
        with pytest.raises(NotFound, match="no bookmark"):
            world.object(Branch, name).restore(then)

    def test_a_fork_has_a_history_of_its_own(self, world: World) -> None:
        branch, name = world.object(Branch), fresh()
        branch.grow(1)
        branch.fork(branch.bookmark(), name)
        other = world.object(Branch, name)
        then = other.bookmark()
        other.grow(2)
        other.restore(then)
        assert other.leaves() == [1]

    def test_a_fork_can_be_forked(self, world: World) -> None:
        names = [world.object(Branch).id.name, fresh(), fresh()]
        for n in range(3):
            branch = world.object(Branch, names[n])
            branch.grow(n)
            if n < 2:
                branch.fork(branch.bookmark(), names[n + 1])
        assert world.object(Branch, names[2]).leaves() == [0, 1, 2]

    def test_a_fork_is_there_when_it_comes_back_to_memory(self, world: World) -> None:
        branch, other = world.object(Branch), world.object(Branch)
        branch.grow(1)
        branch.fork(branch.bookmark(), other.id.name)
        world.leave_memory(branch, other)
        assert other.leaves() == [1]

    def test_a_bookmark_of_the_turn_under_way_is_of_before_it(self, world: World) -> None:
        branch, name = world.object(Branch), fresh()
        branch.grow(1)
        branch.grow_and_fork(2, name)
        assert (branch.leaves(), world.object(Branch, name).leaves()) == ([1, 2], [1])

    def test_nothing_is_forked_over_what_exists(self, world: World) -> None:
        branch, other = world.object(Branch), world.object(Branch)
        branch.grow(1)
        other.grow(2)
        with pytest.raises(Conflict, match="exists already"):
            branch.fork(branch.bookmark(), other.id.name)
        assert other.leaves() == [2]

    def test_nothing_is_forked_over_itself(self, world: World) -> None:
        branch = world.object(Branch)
        branch.grow(1)
        with pytest.raises(Conflict, match="exists already"):
            branch.fork(branch.bookmark(), branch.id.name)
        assert branch.leaves() == [1]

    def test_one_that_was_deleted_can_be_forked_to(self, world: World) -> None:
        branch, other = world.object(Branch), world.object(Branch)
        branch.grow(1)
        other.grow(2)
        world.lake.objects().delete(other)
        branch.fork(branch.bookmark(), other.id.name)
        assert other.leaves() == [1]

    def test_an_unknown_bookmark_is_not_found(self, world: World) -> None:
        branch, other = world.object(Branch), world.object(Branch)
        branch.grow(1)
        with pytest.raises(NotFound, match="no bookmark"):
            branch.fork("000000000099-00000001", other.id.name)
        assert other.leaves() == []

    @pytest.mark.parametrize("name", ["", 5, "x" * 1025])
    def test_a_fork_needs_a_name_that_may_be_one(self, name: Any, world: World) -> None:
        branch = world.object(Branch)
        branch.grow(1)
        with pytest.raises(Invalid, match="not an object's name"):
            branch.fork(branch.bookmark(), name)

    def test_a_fork_stays_when_its_maker_fails_later(self, world: World) -> None:
        branch, name = world.object(Branch), fresh()
        branch.grow(1)
        with pytest.raises(ValueError, match="after the fork"):
            branch.fork_and_fail(branch.bookmark(), name)
        assert world.object(Branch, name).leaves() == [1]

    def test_a_large_one_is_forked(self, world: World) -> None:
        branch, name = world.object(Branch), fresh()
        branch.sql("CREATE TABLE ballast AS SELECT zeroblob(5000000) AS x")
        branch.grow(1)
        branch.fork(branch.bookmark(), name)
        other = world.object(Branch, name)
        assert (other.leaves(), other.sql("SELECT length(x) FROM ballast")) == ([1], [(5_000_000,)])

    def test_the_beginning_can_be_forked(self, world: World) -> None:
        branch, name = world.object(Branch), fresh()
        branch.grow(1)
        branch.fork("000000000000-00000000", name)
        assert world.object(Branch, name).leaves() == []


class ForksInProcess(Conformance):
    def test_one_too_large_for_a_message_is_refused(self, world: World) -> None:
        branch, other = world.object(Branch), world.object(Branch)
        branch.sql("CREATE TABLE ballast AS SELECT zeroblob(35000000) AS x")
        with pytest.raises(Error, match="the storage to fork"):
            branch.fork(branch.bookmark(), other.id.name)
        assert other.leaves() == []
