"""A flow over several objects: done step by step, undone backwards, gone on with after whatever happens."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, ClassVar

import pytest

import thermocline
from thermocline.core.errors import Conflict, Invalid, NotFound, Unavailable

from ..conftest import FakeClock
from . import saga_kills
from .saga_kills import Account, Order, Shelf


class Flaky(thermocline.DurableObject):
    """Can't do what it is told to refuse, as often as it is told."""

    refuses: ClassVar[dict[str, int]] = {}

    def do(self, what: str) -> str:
        if self.refuses.get(what):
            self.refuses[what] -= 1
            raise Unavailable("not now", hint="later")
        self.storage.put(what, self.storage.get(what, 0) + 1)
        return what

    def done(self) -> dict[str, Any]:
        return self.storage.list()


class Patient(thermocline.Saga):
    def run(self, step: Any) -> str:
        flaky = self.ctx.object(Flaky, "f")
        step("one", lambda: flaky.do("one"), undo=lambda _: flaky.do("not one"))
        try:
            step("two", lambda: flaky.do("two"))
        except Exception as error:
            raise AssertionError("what can be tried again is not how a step ends") from error
        return "through"


class Stubborn(thermocline.Saga):
    """Does not want the first step undone."""

    willing = False

    def run(self, step: Any) -> None:
        flaky = self.ctx.object(Flaky, "f")
        step("one", lambda: flaky.do("one"), undo=lambda _: self.relent(flaky))
        step("two", lambda: flaky.do("two"), undo=lambda _: flaky.do("not two"))
        step("three", lambda: 1 // 0)

    def relent(self, flaky: Any) -> None:
        if not type(self).willing:
            raise RuntimeError("will not")
        flaky.do("not one")


class Second(thermocline.Saga):
    def run(self, step: Any, names: list[str]) -> list[str]:
        return [step(name, lambda: self.ctx.operation) for name in names]


class Otherwise(thermocline.Saga):
    """Has another way when a step fails."""

    def run(self, step: Any) -> str:
        try:
            step("wine", self.ctx.object(Shelf, "wine").take)
        except LookupError:
            step("tea", self.ctx.object(Shelf, "tea").take)
            return "tea instead"
        return "wine"


def run(lake: Any, kind: type, *args: Any, name: str = "s") -> Any:
    saga = lake.object(kind, name)
    saga.begin(*args)
    lake.objects().tick()
    return saga


def test_the_steps_are_done_in_order_and_the_result_is_kept(lake: Any) -> None:
    order = run(lake, Order, "ann", "tea")
    assert order.result(0) == "tea number 1 for 5"
    assert order.status() == {
        "stage": "done",
        "steps": {"pay": "done", "reserve": "done", "take": "done"},
        "stuck": None,
    }
    lake.objects().tick()
    assert lake.object(Account, "ann").moves() == [("charge", 5), ("charge", 0)]


def test_what_was_done_is_undone_backwards_and_the_error_keeps_its_type(lake: Any) -> None:
    order = run(lake, Order, "ann", "wine")
    with pytest.raises(LookupError, match="no wine"):
        order.result(0)
    assert order.status() == {
        "stage": "undone",
        "steps": {"pay": "undone", "reserve": "undone", "take": "failed"},
        "stuck": None,
    }
    assert lake.object(Account, "ann").moves() == saga_kills.EXPECTED["wine"]


def test_it_is_begun_once(lake: Any) -> None:
    order = run(lake, Order, "ann", "tea")
    order.begin("ann", "tea")
    with pytest.raises(Conflict, match="other arguments"):
        order.begin("ann", "milk")
    lake.objects().tick()
    assert lake.object(Account, "ann").moves() == [("charge", 5), ("charge", 0)]


def test_its_result_can_be_waited_for(tmp_path: Path) -> None:
    with thermocline.connect(tmp_path / "lake") as lake:
        order = lake.object(Order, "order-17")
        with pytest.raises(NotFound, match="not begun"):
            order.result(0)
        order.begin("ann", "tea")
        assert order.result() == "tea number 1 for 5"


def test_while_it_is_under_way_the_result_is_unavailable(lake: Any) -> None:
    order = lake.object(Order, "o")
    order.begin("ann", "tea")
    with pytest.raises(Unavailable, match="running") as caught:
        order.result(0)
    assert caught.value.retryable
    waiting = threading.Thread(target=order.result, args=(20,))
    waiting.start()
    lake.objects().tick()
    waiting.join(5)
    assert not waiting.is_alive()


def test_a_step_that_cannot_be_done_now_is_tried_again(lake: Any, clock: FakeClock) -> None:
    Flaky.refuses["one"] = 3
    saga = run(lake, Patient)
    for _ in range(3):
        with pytest.raises(Unavailable, match="running"):
            saga.result(0)
        clock.advance(seconds=20)
        lake.objects().tick()
    assert saga.result(0) == "through"
    assert lake.object(Flaky, "f").done() == {"one": 1, "two": 1}


def test_what_was_tried_in_vain_is_reported_and_waits_for_somebody(lake: Any, clock: FakeClock) -> None:
    saga = lake.object(Patient, "s")
    saga.begin()
    Flaky.refuses["one"] = 1_000
    for _ in range(8):
        lake.objects().tick()
        clock.advance(minutes=10)
    with pytest.raises(Unavailable, match=r"stuck: .*not now"):
        saga.result(0)
    assert saga.status()["stuck"]
    Flaky.refuses.clear()
    lake.objects().tick()
    assert saga.status()["stage"] == "running"
    assert saga.resume()
    lake.objects().tick()
    assert saga.result(0) == "through"
    assert not saga.resume()


def test_each_step_is_tried_as_often_as_if_it_were_the_first(lake: Any, clock: FakeClock) -> None:
    Flaky.refuses.update(one=5, two=5)
    saga = run(lake, Patient)
    for _ in range(11):
        clock.advance(minutes=10)
        lake.objects().tick()
    assert saga.result(0) == "through"


def test_an_undo_is_tried_until_it_is_done_or_reported(lake: Any, clock: FakeClock) -> None:
    saga = run(lake, Stubborn)
    for _ in range(8):
        clock.advance(minutes=10)
        lake.objects().tick()
    assert saga.status() == {
        "stage": "undoing",
        "steps": {"one": "done", "two": "undone", "three": "failed"},
        "stuck": "RuntimeError: will not",
    }
    Stubborn.willing = True
    assert saga.resume()
    lake.objects().tick()
    with pytest.raises(ZeroDivisionError):
        saga.result(0)
    assert lake.object(Flaky, "f").done() == {"one": 1, "two": 1, "not two": 1, "not one": 1}


def test_a_step_has_a_name_of_its_own(lake: Any) -> None:
    with pytest.raises(Invalid, match="two steps"):
        run(lake, Second, ["a", "b", "a"]).result(0)


def test_a_step_names_what_it_does_the_same_each_time(lake: Any) -> None:
    saga = run(lake, Second, ["a", "b/1"])
    assert saga.result(0) == [f"{saga.id.hex}/do/a", f"{saga.id.hex}/do/b%2F1"]


def test_a_failed_step_may_be_met_by_another(lake: Any) -> None:
    assert run(lake, Otherwise).result(0) == "tea instead"


def test_a_result_that_cannot_be_kept_fails_the_step(lake: Any) -> None:
    class Holds(thermocline.Saga):
        def run(self, step: Any) -> None:
            step("lock", threading.Lock)

    with pytest.raises(Invalid, match="can't be sent"):
        run(lake, Holds).result(0)


def test_run_is_not_for_callers(lake: Any) -> None:
    with pytest.raises(AttributeError, match="run"):
        lake.object(Order, "o").run()


@pytest.mark.parametrize(
    ("item", "where", "kills"), [("tea", "committed", 8), ("wine", "committed", 12), ("wine", "written", 12)]
)
def test_killed_anywhere_each_effect_is_there_once(item: str, where: str, kills: int, tmp_path: Path) -> None:
    program = [sys.executable, saga_kills.__file__, str(tmp_path), item, where]
    done = subprocess.run(program, capture_output=True, text=True, timeout=200, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= kills
