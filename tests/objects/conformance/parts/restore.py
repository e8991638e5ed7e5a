"""Thirty days of an object's history can be gone back to; a restore can be undone."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

import thermocline
from thermocline.core.errors import Invalid, NotFound

from ..worlds import Conformance, World

BEGINNING = "000000000000-00000000"


class Diary(thermocline.DurableObject):
    def start(self) -> None:
        self.storage.exec("CREATE TABLE IF NOT EXISTS days (n)")
        self.calls = 0

    def write(self, *days: int) -> None:
        self.calls += 1
        for n in days:
            self.storage.exec("INSERT INTO days VALUES (?)", n)

    def days(self) -> list[int]:
        return [n for (n,) in self.storage.exec("SELECT n FROM days ORDER BY rowid")]

    def calls_since_start(self) -> int:
        return self.calls

    def sql(self, text: str) -> list[Any]:
        return self.storage.exec(text).all()

    def put(self, key: str, value: Any) -> None:
        self.storage.put(key, value)

    def get(self, key: str) -> Any:
        return self.storage.get(key)

    def bookmark(self) -> str:
        return self.storage.bookmark()

    def bookmark_after_writing(self, n: int) -> str:
        self.write(n)
        return self.storage.bookmark()

    def bookmark_at(self, instant: Any) -> str:
        return self.storage.bookmark_at(instant)

    def restore(self, bookmark: Any) -> str:
        return self.storage.restore(bookmark)

    def restore_and_read(self, bookmark: str) -> Any:
        self.storage.restore(bookmark)
        return self.days()

    def restore_and_fail(self, bookmark: str) -> None:
        self.storage.restore(bookmark)
        raise ValueError("after the restore")

    def write_and_restore(self, n: int, bookmark: str) -> str:
        self.write(n)
        return self.storage.restore(bookmark)

    def set_alarm(self, name: str) -> None:
        self.storage.set_alarm(name, 7_200)

    def alarms(self) -> list[str]:
        return list(self.storage.alarms())


class Restore(Conformance):
    def test_a_bookmark_gives_back_what_was(self, world: World) -> None:
        diary = world.object(Diary)
        diary.write(1, 2)
        then = diary.bookmark()
        diary.write(3)
        diary.restore(then)
        assert diary.days() == [1, 2]

    def test_later_bookmarks_are_greater(self, world: World) -> None:
        diary, marks = world.object(Diary), []
        for n in range(12):
            marks.append(diary.bookmark())
            diary.write(n)
        assert marks == sorted(set(marks))

    def test_a_turn_that_writes_nothing_moves_no_bookmark(self, world: World) -> None:
        diary = world.object(Diary)
        diary.write(1)
        then = diary.bookmark()
        diary.days()
        assert diary.bookmark() == then

    def test_a_bookmark_is_of_the_state_before_its_turn(self, world: World) -> None:
        diary = world.object(Diary)
        diary.write(1)
        then = diary.bookmark_after_writing(2)
        diary.restore(then)
        assert diary.days() == [1]

    def test_every_turn_of_a_long_history_can_be_gone_back_to(self, world: World) -> None:
        diary, marks = world.object(Diary), []
        for n in range(120):
            marks.append(diary.bookmark())
            diary.write(n)
        for n in (119, 3, 60, 0, 100):
            diary.restore(marks[n])
            assert diary.days() == list(range(n))

    def test_a_restore_is_undone_by_the_bookmark_it_gives(self, world: World) -> None:
        diary = world.object(Diary)
        diary.write(1)
        then = diary.bookmark()
        diary.write(2)
        undo = diary.restore(then)
        diary.write(3)
        diary.restore(undo)
        assert diary.days() == [1, 2]

    def test_an_undo_can_be_undone(self, world: World) -> None:
        diary = world.object(Diary)
        diary.write(1)
        then = diary.bookmark()
        diary.write(2)
        undo_of_undo = diary.restore(diary.restore(then))
        assert diary.days() == [1, 2]
        diary.restore(undo_of_undo)
        assert diary.days() == [1]

    def test_tables_and_keys_go_back_too(self, world: World) -> None:
        diary = world.object(Diary)
        diary.put("key", 1)
        then = diary.bookmark()
        diary.put("key", 2)
        diary.sql("CREATE TABLE extra (x)")
        diary.sql("ALTER TABLE days ADD COLUMN mood")
        diary.restore(then)
        tables = diary.sql("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
        assert (diary.get("key"), tables) == (1, [("_kv",), ("days",)])
        assert diary.sql("SELECT count(*) FROM pragma_table_info('days')") == [(1,)]

    def test_alarms_stay_as_they_are(self, world: World) -> None:
        diary = world.object(Diary)
        diary.set_alarm("before")
        then = diary.bookmark()
        diary.set_alarm("after")
        diary.restore(then)
        assert diary.alarms() == ["after", "before"]

    def test_the_object_starts_anew(self, world: World) -> None:
        diary = world.object(Diary)
        diary.write(1)
        assert diary.calls_since_start() == 1
        diary.restore(diary.bookmark())
        assert diary.calls_since_start() == 0

    def test_the_turn_that_restores_cannot_use_storage_again(self, world: World) -> None:
        diary = world.object(Diary)
        then = diary.bookmark()
        diary.write(1)
        with pytest.raises(Invalid, match="was restored"):
            diary.restore_and_read(then)
        assert diary.days() == [1]

    def test_a_restore_is_part_of_its_turn(self, world: World) -> None:
        diary = world.object(Diary)
        then = diary.bookmark()
        diary.write(1)
        with pytest.raises(ValueError, match="after the restore"):
            diary.restore_and_fail(then)
        assert diary.days() == [1]
        diary.write(2)
        assert diary.days() == [1, 2]

    def test_what_the_turn_wrote_before_can_be_undone_to(self, world: World) -> None:
        diary = world.object(Diary)
        diary.write(1)
        then = diary.bookmark()
        undo = diary.write_and_restore(2, then)
        assert diary.days() == [1]
        diary.restore(undo)
        assert diary.days() == [1, 2]

    def test_it_is_restored_when_it_comes_back_to_memory(self, world: World) -> None:
        diary = world.object(Diary)
        diary.write(1)
        then = diary.bookmark()
        diary.write(2)
        diary.restore(then)
        world.leave_memory(diary)
        diary.write(3)
        assert diary.days() == [1, 3]

    def test_the_beginning_has_a_bookmark(self, world: World) -> None:
        diary = world.object(Diary)
        diary.write(1)
        diary.put("key", 1)
        diary.restore(BEGINNING)
        assert (diary.days(), diary.get("key")) == ([], None)

    def test_an_instant_names_the_last_turn_before_it(self, world: World) -> None:
        diary = world.object(Diary)
        diary.write(1)
        world.clock.advance(hours=1)
        then = world.clock()
        world.clock.advance(hours=1)
        diary.write(2)
        diary.restore(diary.bookmark_at(then))
        assert diary.days() == [1]

    def test_an_instant_may_be_a_text(self, world: World) -> None:
        diary = world.object(Diary)
        diary.write(1)
        world.clock.advance(hours=1)
        then = world.clock().isoformat()
        world.clock.advance(hours=1)
        diary.write(2)
        diary.restore(diary.bookmark_at(then))
        assert diary.days() == [1]

    def test_the_future_has_no_bookmark(self, world: World) -> None:
        with pytest.raises(Invalid, match="still to come"):
            world.object(Diary).bookmark_at("2130-01-01")

    @pytest.mark.parametrize("text", ["", "yesterday", 7, None, "7", "1-x"])
    def test_what_is_no_bookmark_is_refused(self, text: Any, world: World) -> None:
        with pytest.raises(Invalid, match="not a bookmark"):
            world.object(Diary).restore(text)

    @pytest.mark.parametrize("bookmark", ["000000000099-00000001", "000000000001-00000099"])
    def test_a_bookmark_of_another_life_is_not_found(self, bookmark: str, world: World) -> None:
        diary = world.object(Diary)
        diary.write(1)
        with pytest.raises(NotFound, match="no bookmark"):
            diary.restore(bookmark)
        assert diary.days() == [1]

    def test_a_large_one_is_restored_like_a_small_one(self, world: World) -> None:
        diary = world.object(Diary)
        diary.sql("CREATE TABLE ballast AS SELECT zeroblob(5000000) AS x")
        diary.write(1)
        then = diary.bookmark()
        diary.write(2)
        diary.sql("DELETE FROM ballast")
        diary.restore(then)
        world.leave_memory(diary)
        assert (diary.days(), diary.sql("SELECT length(x) FROM ballast")) == ([1], [(5_000_000,)])

    def test_a_deletion_of_the_object_is_not_undone(self, world: World) -> None:
        diary = world.object(Diary)
        diary.write(1)
        then = diary.bookmark()
        world.lake.objects().delete(diary)
        diary.write(2)
        with pytest.raises(NotFound):
            diary.restore(then)
        assert diary.days() == [2]

    def test_a_state_of_the_past_is_exported(self, world: World, tmp_path: Path) -> None:
        diary = world.object(Diary)
        diary.write(1)
        then = diary.bookmark()
        diary.write(2)
        file = world.lake.objects().export(diary, tmp_path / "then.sqlite", then)
        db = sqlite3.connect(file)
        assert db.execute("SELECT n FROM days").fetchall() == [(1,)]
        db.close()


class RestoreInProcess(Conformance):
    def test_history_ends_after_thirty_days_and_the_state_stays(self, world: World) -> None:
        diary = world.object(Diary)
        diary.write(0)
        first = diary.bookmark()
        for n in range(1, 300):
            diary.write(n)
        world.leave_memory(diary)
        world.clock.advance(days=40)
        diary.write(300)
        recent = diary.bookmark()
        diary.write(301)
        world.let_pass()
        with pytest.raises(NotFound, match="expired"):
            diary.restore(first)
        world.leave_memory(diary)
        assert len(diary.days()) == 302
        diary.restore(recent)
        assert len(diary.days()) == 301

    def test_history_is_there_for_thirty_days(self, world: World) -> None:
        diary = world.object(Diary)
        diary.write(1)
        then = diary.bookmark()
        for n in range(2, 40):
            diary.write(n)
        world.clock.advance(days=29)
        world.let_pass()
        diary.restore(then)
        assert diary.days() == [1]

    def test_history_outlives_a_restart(self, tmp_path: Path) -> None:
        with thermocline.connect(tmp_path / "lake", background=False) as lake:
            lake.object(Diary, "d").write(1)
            then = lake.object(Diary, "d").bookmark()
            lake.object(Diary, "d").write(2)
        with thermocline.connect(tmp_path / "lake", background=False) as lake:
            diary = lake.object(Diary, "d")
            undo = diary.restore(then)
            assert diary.days() == [1]
            diary.restore(undo)
            assert diary.days() == [1, 2]
