"""Every object that has stored something can be listed, looked at, exported and deleted."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import thermocline
from thermocline.core.clock import from_micros
from thermocline.core.errors import Invalid, NotFound

from ..worlds import Conformance, World, fresh


class Shelf(thermocline.DurableObject):
    def put(self, thing: str) -> int:
        self.storage.exec("CREATE TABLE IF NOT EXISTS things (name)")
        self.storage.exec("INSERT INTO things VALUES (?)", thing)
        return len(self.things())

    def things(self) -> list[str]:
        if not self.storage.exec("SELECT 1 FROM sqlite_master WHERE name = 'things'").all():
            return []
        return [name for (name,) in self.storage.exec("SELECT name FROM things")]

    def fill(self, size: int) -> None:
        self.storage.exec("CREATE TABLE ballast AS SELECT zeroblob(?) AS x", size)

    def set_alarms(self, *names: str) -> None:
        for name in names:
            self.storage.set_alarm(name, 7_200)

    def once_done(self) -> int:
        return self.put("once")


class OtherShelf(Shelf):
    pass


class Listing(Conformance):
    def test_objects_that_have_stored_something_are_listed(self, world: World) -> None:
        shelves = [world.object(Shelf) for _ in range(5)]
        for shelf in shelves:
            shelf.put("tea")
        listed = {facts.id.hex for facts in world.lake.objects()}
        assert {shelf.id.hex for shelf in shelves} <= listed

    def test_those_of_a_class_are_listed_alone(self, world: World) -> None:
        one, other = world.object(Shelf), world.object(OtherShelf)
        one.put("tea")
        other.put("milk")
        listed = {facts.id.hex for facts in world.lake.objects().list(OtherShelf)}
        assert (other.id.hex in listed, one.id.hex in listed) == (True, False)

    def test_one_without_a_name_is_listed_by_its_id(self, world: World) -> None:
        shelf = world.lake.object(Shelf)
        shelf.put("tea")
        (found,) = [facts for facts in world.lake.objects() if facts.id.hex == shelf.id.hex]
        assert found.id.name is None
        assert world.lake.objects().reach(found.id).things() == ["tea"]

    def test_one_that_stored_nothing_is_not_listed(self, world: World) -> None:
        shelf = world.object(Shelf)
        assert shelf.things() == []
        assert shelf.id.hex not in {facts.id.hex for facts in world.lake.objects()}
        with pytest.raises(NotFound, match="stored nothing"):
            world.lake.objects().inspect(shelf)

    def test_its_class_and_name_are_told(self, world: World) -> None:
        shelf = world.object(Shelf)
        shelf.put("tea")
        facts = world.lake.objects().inspect(shelf)
        assert (facts.id.class_ref, facts.id.name) == (f"{Shelf.__module__}:Shelf", shelf.id.name)

    def test_its_size_is_told(self, world: World) -> None:
        shelf = world.object(Shelf)
        shelf.fill(200_000)
        assert 200_000 < world.lake.objects().inspect(shelf).size < 400_000

    def test_its_turns_are_counted(self, world: World) -> None:
        shelf = world.object(Shelf)
        for number in range(1, 4):
            shelf.put("tea")
            assert world.lake.objects().inspect(shelf).seq == number

    def test_its_alarms_are_counted(self, world: World) -> None:
        shelf = world.object(Shelf)
        shelf.set_alarms("a", "b", "c")
        assert world.lake.objects().inspect(shelf).alarms == 3

    def test_when_it_last_changed_is_told(self, world: World) -> None:
        shelf = world.object(Shelf)
        before = world.clock()
        shelf.put("tea")
        last = from_micros(world.lake.objects().inspect(shelf).last_active_us)
        assert timedelta(0) <= last - before < timedelta(seconds=5)

    def test_whether_it_is_in_memory_is_told(self, world: World) -> None:
        shelf = world.object(Shelf)
        shelf.put("tea")
        assert world.lake.objects().inspect(shelf).state == "active"
        world.leave_memory(shelf)
        assert world.lake.objects().inspect(shelf).state == "stored"

    def test_looking_at_one_does_not_start_it(self, world: World) -> None:
        shelf = world.object(Shelf)
        shelf.put("tea")
        world.leave_memory(shelf)
        world.lake.objects().inspect(shelf)
        list(world.lake.objects())
        assert world.lake.objects().inspect(shelf).state == "stored"

    def test_one_is_found_by_its_id_too(self, world: World) -> None:
        shelf = world.object(Shelf)
        shelf.put("tea")
        assert world.lake.objects().inspect(shelf.id).id.name == shelf.id.name

    @pytest.mark.parametrize("which", ["shelf", None, 5])
    def test_what_is_neither_stub_nor_id_is_refused(self, which: Any, world: World) -> None:
        with pytest.raises(Invalid, match="neither a stub nor"):
            world.lake.objects().inspect(which)

    def test_an_export_is_an_ordinary_database(self, world: World, tmp_path: Path) -> None:
        shelf = world.object(Shelf)
        shelf.put("tea")
        shelf.put("milk")
        db = sqlite3.connect(world.lake.objects().export(shelf, tmp_path / "shelf.sqlite"))
        assert db.execute("SELECT name FROM things").fetchall() == [("tea",), ("milk",)]
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        db.close()

    def test_a_large_one_is_exported(self, world: World, tmp_path: Path) -> None:
        shelf = world.object(Shelf)
        shelf.fill(5_000_000)
        shelf.put("tea")
        db = sqlite3.connect(world.lake.objects().export(shelf, tmp_path / "shelf.sqlite"))
        assert db.execute("SELECT length(x) FROM ballast").fetchall() == [(5_000_000,)]
        assert db.execute("SELECT name FROM things").fetchall() == [("tea",)]
        db.close()

    def test_an_export_overwrites_nothing(self, world: World, tmp_path: Path) -> None:
        shelf = world.object(Shelf)
        shelf.put("tea")
        (tmp_path / "shelf.sqlite").write_text("mine")
        with pytest.raises(Invalid, match="exists"):
            world.lake.objects().export(shelf, tmp_path / "shelf.sqlite")
        assert (tmp_path / "shelf.sqlite").read_text() == "mine"

    def test_what_has_stored_nothing_is_neither_exported_nor_deleted(
        self, world: World, tmp_path: Path
    ) -> None:
        shelf = world.object(Shelf)
        with pytest.raises(NotFound):
            world.lake.objects().export(shelf, tmp_path / "shelf.sqlite")
        with pytest.raises(NotFound):
            world.lake.objects().delete(shelf)

    def test_a_deleted_one_is_gone_and_may_begin_anew(self, world: World) -> None:
        shelf = world.object(Shelf)
        shelf.put("tea")
        world.lake.objects().delete(shelf)
        assert shelf.id.hex not in {facts.id.hex for facts in world.lake.objects()}
        assert shelf.things() == []
        assert shelf.put("milk") == 1

    def test_a_deletion_leaves_others_alone(self, world: World) -> None:
        one, other = world.object(Shelf), world.object(Shelf)
        for shelf in (one, other):
            shelf.put("tea")
        world.lake.objects().delete(one)
        world.leave_memory(one, other)
        assert (one.things(), other.things()) == ([], ["tea"])

    def test_a_deletion_forgets_named_calls(self, world: World) -> None:
        shelf = world.object(Shelf)
        shelf.once_done.once("op")()
        world.lake.objects().delete(shelf)
        assert shelf.once_done.once("op")() == 1
        assert shelf.things() == ["once"]


class ListingInProcess(Conformance):
    def test_a_deleted_large_one_leaves_no_file(self, world: World) -> None:
        shelf = world.object(Shelf)
        shelf.fill(5_000_000)
        world.leave_memory(shelf)
        shelf.put("tea")
        folder = world.lake.path / "objects-hot" / f"{shelf.id.slot:03d}-large"
        before = len(list(folder.iterdir()))
        world.lake.objects().delete(shelf)
        assert len(list(folder.iterdir())) < before

    def test_objects_are_listed_after_a_restart(self, tmp_path: Path) -> None:
        names = {fresh() for _ in range(5)}
        with thermocline.connect(tmp_path / "lake", background=False) as lake:
            for name in names:
                lake.object(Shelf, name).put("tea")
        with thermocline.connect(tmp_path / "lake", background=False) as lake:
            assert {facts.id.name for facts in lake.objects()} == names
            assert {facts.state for facts in lake.objects()} == {"stored"}
