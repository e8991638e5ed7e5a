"""Alarms are delivered when they are due, at least once, again after a failure, and across restarts."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

import thermocline
from thermocline.actors.objects import caretaker
from thermocline.core.errors import Invalid
from thermocline.tiers import crash

from ....conftest import ROOT, FakeClock
from ..worlds import Conformance, World


class Timer(thermocline.DurableObject):
    """Notes in `rung` what was delivered; what its keys `fail`, `again` and `unset` say is done besides."""

    def start(self) -> None:
        self.storage.exec("CREATE TABLE IF NOT EXISTS rung (name, tries)")

    def set(self, name: Any, at: Any) -> None:
        self.storage.set_alarm(name, at)

    def set_all(self, names: list[str], at: Any) -> None:
        for name in names:
            self.storage.set_alarm(name, at)

    def set_and_fail(self, name: str, at: Any) -> None:
        self.storage.set_alarm(name, at)
        raise ValueError("no good")

    def unset(self, name: str) -> None:
        self.storage.delete_alarm(name)

    def unset_and_fail(self, name: str) -> None:
        self.storage.delete_alarm(name)
        raise ValueError("no good")

    def behave(self, **how: Any) -> None:
        self.storage.put(how)

    def alarm(self, name: str, info: Any) -> None:
        self.storage.exec("INSERT INTO rung VALUES (?, ?)", name, info.tries)
        self.storage.put("due", info.due_us)
        self.storage.put("retry", info.is_retry)
        if info.tries < self.storage.get("fail", 0):
            raise RuntimeError("not yet")
        if again := self.storage.get("again"):
            self.storage.set_alarm(name, again)
        if other := self.storage.get("unset"):
            self.storage.delete_alarm(other)
        if other := self.storage.get("call"):
            self.ctx.object(Timer, other).set("called", 3600)

    def alarm_failed(self, name: str, error: str) -> None:
        self.storage.exec("INSERT INTO rung VALUES (?, ?)", name, error)

    def rung(self) -> list[Any]:
        return self.storage.exec("SELECT name, tries FROM rung").all()

    def rung_names(self) -> list[str]:
        return sorted(name for (name,) in self.storage.exec("SELECT name FROM rung"))

    def value(self, key: str) -> Any:
        return self.storage.get(key)

    def when(self, name: str) -> Any:
        return self.storage.get_alarm(name)

    def known(self) -> list[str]:
        return list(self.storage.alarms())

    def failed(self) -> list[tuple[str, Any]]:
        return [(name, alarm.error) for name, alarm in self.storage.alarms().items() if alarm.failed]

    def empty(self) -> None:
        self.storage.delete_all()


class Alarms(Conformance):
    def test_one_is_delivered_when_it_is_due(self, world: World) -> None:
        timer = world.object(Timer)
        timer.set("tea", 60)
        world.clock.advance(seconds=61)
        world.becomes([("tea", 0)], timer.rung)
        assert timer.when("tea") is None

    def test_one_is_not_delivered_before_it_is_due(self, world: World) -> None:
        timer = world.object(Timer)
        timer.set("tea", 3_600)
        world.clock.advance(seconds=3_000)
        world.let_pass()
        assert (timer.rung(), timer.known()) == ([], ["tea"])

    def test_one_is_delivered_once_if_all_goes_well(self, world: World) -> None:
        timer = world.object(Timer)
        timer.set("tea", 1)
        world.clock.advance(seconds=5)
        world.becomes([("tea", 0)], timer.rung)
        world.clock.advance(hours=1)
        world.let_pass()
        assert (timer.rung(), timer.known()) == ([("tea", 0)], [])

    def test_one_of_the_past_is_delivered_at_once(self, world: World) -> None:
        timer = world.object(Timer)
        timer.set("tea", world.clock.now - timedelta(days=1))
        world.becomes([("tea", 0)], timer.rung)

    @pytest.mark.parametrize("as_what", ["seconds", "delta", "instant", "text"])
    def test_when_it_is_due_can_be_said_in_several_ways(self, as_what: str, world: World) -> None:
        timer, due = world.object(Timer), world.clock.now + timedelta(hours=2)
        ways: dict[str, Any] = {
            "seconds": 7_200,
            "delta": timedelta(hours=2),
            "instant": due,
            "text": due.isoformat(),
        }
        timer.set("tea", ways[as_what])
        found = timer.when("tea")
        assert isinstance(found, datetime)
        assert abs(found - due) < timedelta(seconds=5)

    def test_an_object_has_any_number_of_them(self, world: World) -> None:
        timer, names = world.object(Timer), [f"alarm-{n:02d}" for n in range(40)]
        timer.set_all(names, 60)
        assert timer.known() == names
        world.clock.advance(seconds=61)
        world.becomes(names, timer.rung_names)

    def test_one_that_is_set_again_is_moved(self, world: World) -> None:
        timer = world.object(Timer)
        timer.set("tea", 60)
        timer.set("tea", 7_200)
        world.clock.advance(seconds=61)
        world.let_pass()
        assert timer.rung() == []
        timer.set("tea", 0)
        world.becomes([("tea", 0)], timer.rung)

    def test_one_that_is_deleted_is_not_delivered(self, world: World) -> None:
        timer = world.object(Timer)
        timer.set("tea", 60)
        timer.unset("tea")
        timer.unset("never set")
        world.clock.advance(seconds=61)
        world.let_pass()
        assert (timer.rung(), timer.known()) == ([], [])

    def test_setting_one_is_part_of_the_turn(self, world: World) -> None:
        timer = world.object(Timer)
        with pytest.raises(ValueError, match="no good"):
            timer.set_and_fail("tea", 0)
        world.let_pass()
        assert (timer.rung(), timer.known()) == ([], [])

    def test_deleting_one_is_part_of_the_turn(self, world: World) -> None:
        timer = world.object(Timer)
        timer.set("tea", 60)
        with pytest.raises(ValueError, match="no good"):
            timer.unset_and_fail("tea")
        assert timer.known() == ["tea"]

    def test_it_says_when_it_was_due_and_whether_it_is_a_retry(self, world: World) -> None:
        timer = world.object(Timer)
        timer.set("tea", 60)
        due = timer.when("tea")
        world.clock.advance(seconds=61)
        world.becomes(False, lambda: timer.value("retry"))
        assert timer.value("due") == round(due.timestamp() * 1e6)

    def test_one_that_fails_is_delivered_again_and_leaves_nothing_of_the_failure(self, world: World) -> None:
        timer = world.object(Timer)
        timer.behave(fail=1)
        timer.set("tea", 1)
        world.clock.advance(seconds=2)
        world.let_pass()
        assert timer.rung() == []
        world.clock.advance(seconds=3)
        world.becomes([("tea", 1)], timer.rung)
        assert timer.value("retry") is True

    def test_it_is_delivered_again_after_two_seconds_and_then_after_four(self, world: World) -> None:
        timer = world.object(Timer)
        timer.behave(fail=2)
        timer.set("tea", 1)
        waits = []
        for _ in range(2):
            before = timer.when("tea")
            world.clock.advance(seconds=(before - world.clock.now).total_seconds() + 0.01)
            world.becomes(True, partial(_is_later, timer, before))
            waits.append((timer.when("tea") - before).total_seconds())
        assert waits == [pytest.approx(2, abs=0.8), pytest.approx(4, abs=0.8)]

    def test_one_that_fails_seven_times_is_given_up_and_said(self, world: World) -> None:
        timer = world.object(Timer)
        timer.behave(fail=99)
        timer.set("tea", 1)
        give_up(world, timer)
        assert timer.rung() == [("tea", "RuntimeError: not yet")]

    def test_one_that_was_given_up_stays_listed_with_its_error(self, world: World) -> None:
        timer = world.object(Timer)
        timer.behave(fail=99)
        timer.set("tea", 1)
        give_up(world, timer)
        assert (timer.when("tea"), timer.failed()) == (None, [("tea", "RuntimeError: not yet")])

    def test_one_that_was_given_up_can_be_set_again(self, world: World) -> None:
        timer = world.object(Timer)
        timer.behave(fail=99)
        timer.set("tea", 1)
        give_up(world, timer)
        timer.behave(fail=0)
        timer.set("tea", 0)
        world.becomes([("tea", "RuntimeError: not yet"), ("tea", 0)], timer.rung)
        assert timer.known() == []

    def test_one_may_set_itself_again(self, world: World) -> None:
        timer = world.object(Timer)
        timer.behave(again=60)
        timer.set("tick", 60)
        for rounds in range(1, 4):
            world.clock.advance(seconds=61)
            world.becomes([("tick", 0)] * rounds, timer.rung)
        assert timer.known() == ["tick"]

    def test_one_may_delete_another(self, world: World) -> None:
        timer = world.object(Timer)
        timer.behave(unset="late")
        timer.set("late", 7_200)
        timer.set("early", 1)
        world.clock.advance(seconds=2)
        world.becomes([], timer.known)
        assert timer.rung() == [("early", 0)]

    def test_one_may_call_other_objects(self, world: World) -> None:
        timer, other = world.object(Timer), world.object(Timer)
        timer.behave(call=other.id.name)
        timer.set("tea", 0)
        world.becomes(["called"], other.known)

    def test_a_failing_one_keeps_no_other_from_being_delivered(self, world: World) -> None:
        failing, timer = world.object(Timer), world.object(Timer)
        failing.behave(fail=99)
        failing.set("tea", 1)
        timer.set("tea", 1)
        world.clock.advance(seconds=2)
        world.becomes([("tea", 0)], timer.rung)

    def test_it_wakes_an_object_that_has_left_memory(self, world: World) -> None:
        timer = world.object(Timer)
        timer.set("tea", 60)
        world.leave_memory(timer)
        assert world.lake.objects().inspect(timer).alarms == 1
        world.clock.advance(seconds=61)
        world.becomes(0, lambda: world.lake.objects().inspect(timer).alarms)
        assert timer.rung() == [("tea", 0)]

    def test_a_deletion_of_all_deletes_them(self, world: World) -> None:
        timer = world.object(Timer)
        timer.set_all(["a", "b"], 0.5)
        timer.empty()
        world.clock.advance(seconds=2)
        world.let_pass()
        assert timer.known() == []

    def test_a_deleted_object_has_none(self, world: World) -> None:
        timer = world.object(Timer)
        timer.set("tea", 3_600)
        world.lake.objects().delete(timer)
        world.clock.advance(hours=2)
        world.let_pass()
        assert (timer.rung(), timer.known()) == ([], [])

    @pytest.mark.parametrize("name", ["", 7, None, "x" * 201])
    def test_what_is_no_alarms_name_is_refused(self, name: Any, world: World) -> None:
        with pytest.raises(Invalid, match="alarm's name"):
            world.object(Timer).set(name, 1)

    @pytest.mark.parametrize("at", ["tomorrow", None, True])
    def test_what_is_no_instant_is_refused(self, at: Any, world: World) -> None:
        with pytest.raises(Invalid):
            world.object(Timer).set("tea", at)


def _is_later(timer: Any, before: Any) -> bool:
    return bool(timer.when("tea") > before)


def _is_other(timer: Any, before: Any) -> bool:
    return bool(timer.when("tea") != before)


def give_up(world: World, timer: Any) -> None:
    """Has seven deliveries of the alarm `tea` fail."""
    for _ in range(7):
        before = timer.when("tea")
        world.clock.advance(hours=1)
        world.becomes(True, partial(_is_other, timer, before))


DELIVER_AND_DIE = """
import os, thermocline
from {module} import Timer
from thermocline.tiers import crash
lake = thermocline.connect({path!r}, background=False)
lake.object(Timer, "t").set("tea", 0)
print("set", flush=True)
crash.on_reach = lambda point: os._exit(9) if point == {point!r} else None
lake.objects().tick()
"""


class AlarmsInProcess(Conformance):
    @pytest.mark.parametrize("point", ["object.commit.written", "object.commit.committed"])
    def test_one_takes_effect_once_though_its_host_dies_while_delivering(
        self, point: str, tmp_path: Path
    ) -> None:
        path = str(tmp_path / "lake")
        program = DELIVER_AND_DIE.format(module=Timer.__module__, path=path, point=point)
        died = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=ROOT.parent
        )
        assert (died.returncode, died.stdout) == (9, "set\n"), died.stderr
        with thermocline.connect(path, background=False) as lake:
            assert lake.objects().tick() == (point == "object.commit.written")
            assert lake.object(Timer, "t").rung() == [("tea", 0)]

    def test_one_outlives_a_restart(self, tmp_path: Path) -> None:
        clock = FakeClock()
        with thermocline.connect(tmp_path / "lake", clock=clock, background=False) as lake:
            lake.object(Timer, "t").set("tea", 60)
        clock.advance(hours=1)
        with thermocline.connect(tmp_path / "lake", clock=clock, background=False) as lake:
            assert lake.objects().tick() == 1
            assert lake.object(Timer, "t").rung() == [("tea", 0)]

    def test_one_is_delivered_after_a_restart_though_nobody_calls(self, tmp_path: Path) -> None:
        with thermocline.connect(tmp_path / "lake", background=False) as lake:
            timer = lake.object(Timer, "t")
            timer.set("tea", 0.05)
        with thermocline.connect(tmp_path / "lake") as lake:
            deadline = time.monotonic() + 10
            while lake.objects().inspect(timer).alarms and time.monotonic() < deadline:
                time.sleep(0.02)
            assert lake.objects().inspect(timer).alarms == 0

    def test_one_whose_outcome_was_not_stored_is_delivered_again(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(caretaker, "_PAUSE_S", 0.0)
        timer = world.object(Timer)
        timer.set("tea", 1)
        world.clock.advance(seconds=2)

        def fail(point: str) -> None:
            if point == "object.commit.written":
                raise thermocline.errors.Unavailable("the disk is full", hint="free some")

        crash.on_reach = fail
        try:
            assert world.lake.objects().tick() == 0
        finally:
            crash.on_reach = None
        assert (timer.rung(), timer.known()) == ([], ["tea"])
        world.becomes([("tea", 0)], timer.rung)

    def test_the_earliest_of_all_is_known(self, tmp_path: Path) -> None:
        with thermocline.connect(tmp_path / "lake", clock=FakeClock(), background=False) as lake:
            timers = [lake.object(Timer, f"t{n}") for n in range(3)]
            for hours, timer in enumerate(timers, start=5):
                timer.set("tea", 3_600 * hours)
            host = lake.objects().host
            assert host.next_due() == round(timers[0].when("tea").timestamp() * 1e6)
            timers[0].unset("tea")
            assert host.next_due() == round(timers[1].when("tea").timestamp() * 1e6)
