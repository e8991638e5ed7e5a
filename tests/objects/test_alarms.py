"""An alarm is delivered when it is due, at least once, and its effect is kept exactly once."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

import thermocline
from thermocline.core.errors import Invalid

from ..conftest import FakeClock


class Timer(thermocline.DurableObject):
    def start(self) -> None:
        self.storage.exec("CREATE TABLE IF NOT EXISTS rung (name, tries)")

    def set(self, name: str, at: Any) -> None:
        self.storage.set_alarm(name, at)

    def set_and_fail(self, name: str, at: Any) -> None:
        self.storage.set_alarm(name, at)
        raise ValueError("no good")

    def unset(self, name: str) -> None:
        self.storage.delete_alarm(name)

    def fail_until(self, tries: int) -> None:
        self.storage.put("fail_until", tries)

    def again(self, seconds: float) -> None:
        self.storage.put("again", seconds)

    def alarm(self, name: str, info: Any) -> None:
        self.storage.exec("INSERT INTO rung VALUES (?, ?)", name, info.tries)
        if info.tries < self.storage.get("fail_until", 0):
            raise RuntimeError("not yet")
        if again := self.storage.get("again"):
            self.storage.set_alarm(name, again)

    def alarm_failed(self, name: str, error: str) -> None:
        self.storage.exec("INSERT INTO rung VALUES (?, ?)", name, error)

    def rung(self) -> list[Any]:
        return self.storage.exec("SELECT * FROM rung").all()

    def when(self, name: str) -> Any:
        return self.storage.get_alarm(name)

    def known(self) -> list[str]:
        return [alarm.name for alarm in self.storage.alarms().values()]

    def wipe(self) -> None:
        self.storage.delete_all()


@pytest.fixture
def timer(lake: Any) -> Any:
    return lake.object(Timer, "t")


def test_it_is_delivered_when_it_is_due_and_not_before(timer: Any, lake: Any, clock: FakeClock) -> None:
    timer.set("tea", 60)
    assert lake.objects().tick() == 0
    clock.advance(seconds=61)
    assert lake.objects().tick() == 1
    assert timer.rung() == [("tea", 0)]
    assert lake.objects().tick() == 0
    assert timer.when("tea") is None


def test_an_object_has_several_that_are_set_moved_and_unset(timer: Any, lake: Any, clock: FakeClock) -> None:
    for name in ("a", "b", "c"):
        timer.set(name, timedelta(minutes=1))
    timer.set("b", timedelta(hours=1))
    timer.unset("c")
    assert timer.known() == ["a", "b"]
    clock.advance(minutes=2)
    lake.objects().tick()
    assert timer.rung() == [("a", 0)]


def test_one_set_by_a_turn_that_fails_is_not_set(timer: Any, lake: Any, clock: FakeClock) -> None:
    with pytest.raises(ValueError, match="no good"):
        timer.set_and_fail("tea", 1)
    clock.advance(seconds=5)
    assert (lake.objects().tick(), timer.known()) == (0, [])


def test_one_that_fails_is_retried_after_two_seconds_then_four(
    timer: Any, lake: Any, clock: FakeClock
) -> None:
    timer.fail_until(2)
    timer.set("tea", 1)
    clock.advance(seconds=2)
    assert lake.objects().tick() == 0
    assert timer.rung() == []
    clock.advance(seconds=1)
    lake.objects().tick()
    assert timer.rung() == []
    clock.advance(seconds=1.5)
    lake.objects().tick()
    clock.advance(seconds=3)
    assert lake.objects().tick() == 0
    clock.advance(seconds=1.5)
    assert lake.objects().tick() == 1
    assert timer.rung() == [("tea", 2)]


def test_one_that_fails_seven_times_is_given_up_and_said(timer: Any, lake: Any, clock: FakeClock) -> None:
    timer.fail_until(99)
    timer.set("tea", 1)
    for _ in range(9):
        clock.advance(hours=1)
        lake.objects().tick()
    assert timer.rung() == [("tea", "RuntimeError: not yet")]
    assert (timer.known(), timer.when("tea")) == (["tea"], None)


def test_one_may_set_itself_again(timer: Any, lake: Any, clock: FakeClock) -> None:
    timer.again(60)
    timer.set("tick", 60)
    for _ in range(3):
        clock.advance(seconds=61)
        lake.objects().tick()
    assert timer.rung() == [("tick", 0)] * 3


def test_it_outlives_a_restart(tmp_path: Path, clock: FakeClock) -> None:
    with thermocline.connect(tmp_path / "lake", clock=clock, background=False) as lake:
        lake.object(Timer, "t").set("tea", 60)
    clock.advance(hours=1)
    with thermocline.connect(tmp_path / "lake", clock=clock, background=False) as lake:
        assert lake.objects().tick() == 1
        assert lake.object(Timer, "t").rung() == [("tea", 0)]


def test_it_is_delivered_without_being_asked_for_after_a_restart(tmp_path: Path) -> None:
    with thermocline.connect(tmp_path / "lake", background=False) as lake:
        lake.object(Timer, "t").set("tea", 0.05)
    with thermocline.connect(tmp_path / "lake") as lake:
        time.sleep(1)
        assert lake.object(Timer, "t").rung() == [("tea", 0)]


def test_a_deleted_storage_has_none(timer: Any, lake: Any, clock: FakeClock) -> None:
    timer.set("tea", 1)
    timer.wipe()
    clock.advance(hours=1)
    assert lake.objects().tick() == 0


@pytest.mark.parametrize("name", ["", 7, "x" * 300])
def test_what_is_no_name_is_refused(name: Any, timer: Any) -> None:
    with pytest.raises(Invalid, match="alarm's name"):
        timer.set(name, 1)
