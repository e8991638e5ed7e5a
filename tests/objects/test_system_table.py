"""Every object that has stored something can be listed, looked at, exported and deleted."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from thermocline.core.errors import Invalid, NotFound

from ..conftest import FakeClock
from .carts import Cart, Gate
from .test_alarms import Timer


def test_objects_are_listed_with_what_is_known_of_them(lake: Any) -> None:
    for number in range(20):
        lake.object(Cart, f"cart-{number}").add("tea")
    lake.object(Timer, "t").set("a", 60)
    lake.object(Gate, "g").look()
    objects = lake.objects()
    assert sorted(facts.id.name for facts in objects.list(Cart)) == sorted(f"cart-{n}" for n in range(20))
    (timer,) = objects.list(Timer)
    assert (timer.alarms, timer.state) == (1, "active")
    assert timer.size > 0
    assert objects.list(Gate) == []
    assert len(list(objects)) == 21
    objects.host.leave_memory(idle_s=0, at_most=0)
    facts = objects.inspect(lake.object(Cart, "cart-3"))
    assert (facts.state, facts.seq, facts.to_dict()["name"]) == ("stored", 2, "cart-3")


def test_what_has_stored_nothing_is_not_found(lake: Any) -> None:
    with pytest.raises(NotFound, match="stored nothing"):
        lake.objects().inspect(lake.object(Cart, "c"))


def test_an_export_is_an_ordinary_database(lake: Any, tmp_path: Path) -> None:
    cart = lake.object(Cart, "c")
    cart.add("tea")
    mark = cart.bookmark()
    cart.add("milk")
    for name, bookmark, items in (("now", None, ["tea", "milk"]), ("then", mark, ["tea"])):
        file = lake.objects().export(cart, tmp_path / f"{name}.sqlite", bookmark)
        with sqlite3.connect(file) as db:
            assert [name for (name,) in db.execute("SELECT name FROM items")] == items
    with pytest.raises(Invalid, match="exists"):
        lake.objects().export(cart, tmp_path / "now.sqlite")


def test_a_deleted_object_is_gone_with_its_history_and_alarms(lake: Any, clock: FakeClock) -> None:
    timer = lake.object(Timer, "t")
    timer.set("a", 60)
    timer.again(5)
    lake.objects().delete(timer)
    clock.advance(hours=1)
    assert lake.objects().tick() == 0
    assert lake.objects().list() == []
    assert timer.rung() == []
    with pytest.raises(NotFound):
        lake.objects().delete(lake.object(Cart, "never"))


def test_a_bookmark_of_the_deleted_one_does_not_fit_its_successor(lake: Any) -> None:
    cart = lake.object(Cart, "c")
    cart.add("tea")
    mark = cart.bookmark()
    lake.objects().delete(cart)
    assert cart.items() == []
    cart.add("milk")
    with pytest.raises(NotFound):
        cart.restore(mark)
    assert cart.items() == ["milk"]


def test_a_deleted_large_object_leaves_no_file(lake: Any) -> None:
    cart = lake.object(Cart, "c")
    cart.sql("CREATE TABLE ballast (x)")
    cart.sql("INSERT INTO ballast VALUES (zeroblob(5000000))")
    lake.objects().host.leave_memory(idle_s=0, at_most=0)
    cart.add("tea")
    folder = lake.path / "objects-hot" / f"{cart.id.slot:03d}-large"
    assert list(folder.iterdir())
    lake.objects().delete(cart)
    assert list(folder.iterdir()) == []
    assert cart.items() == []
