"""A flow over several objects goes step by step, each done once; if one fails, those before are undone."""

from __future__ import annotations

from typing import Any

import pytest

import thermocline
from thermocline.core.errors import Conflict, Invalid, NotFound, Unavailable

from ..worlds import Conformance, World, fresh


class Purse(thermocline.DurableObject):
    """Keeps what was done to it, in order; refuses what it was told to refuse, as often as it was told."""

    def note(self, what: str) -> int:
        left = self.storage.get(f"refuse {what}", 0)
        if left > 0:
            raise Unavailable("not now", hint="later")
        self.storage.put("notes", [*self.notes(), what])
        return len(self.notes())

    def refuse(self, what: str, yes: bool) -> None:
        self.storage.put(f"refuse {what}", int(yes))

    def notes(self) -> list[str]:
        return list(self.storage.get("notes", []))


def _missing(what: str) -> None:
    raise KeyError(what)


class Trip(thermocline.Saga):
    """Three steps, of which the last may fail."""

    def run(self, step: Any, purse: str, fails: bool = False) -> int:
        notes = self.ctx.object(Purse, purse)
        train = step("train", lambda: notes.note("train"), undo=lambda n: notes.note(f"not train {n}"))
        step("hotel", lambda: notes.note("hotel"), undo=lambda n: notes.note(f"not hotel {n}"))
        if fails:
            step("museum", lambda: _missing("closed"))
        return int(step("museum", lambda: notes.note("museum"))) + int(train)


class Detour(thermocline.Saga):
    def run(self, step: Any) -> str:
        try:
            step("ferry", lambda: _missing("storm"))
        except KeyError:
            return str(step("bridge", lambda: "over the bridge"))
        return "over the sea"


class Named(thermocline.Saga):
    def run(self, step: Any, names: list[str]) -> list[Any]:
        return [step(name, lambda: self.ctx.operation) for name in names]


class Nested(thermocline.Saga):
    """Begins another saga and waits for it."""

    def run(self, step: Any, other: str, purse: str) -> int:
        step("begin", lambda: self.ctx.object(Trip, other).begin(purse))
        return int(step("wait", lambda: self.ctx.object(Trip, other).result(0)))


def begun(world: World, kind: type, *args: Any) -> Any:
    saga = world.object(kind)
    saga.begin(*args)
    return saga


def ended(world: World, saga: Any, stage: str) -> None:
    world.becomes(stage, lambda: saga.status()["stage"])


class Sagas(Conformance):
    def test_its_steps_are_done_in_order(self, world: World) -> None:
        purse = world.object(Purse)
        ended(world, begun(world, Trip, purse.id.name), "done")
        assert purse.notes() == ["train", "hotel", "museum"]

    def test_its_result_is_kept(self, world: World) -> None:
        saga = begun(world, Trip, fresh())
        ended(world, saga, "done")
        world.leave_memory(saga)
        assert [saga.result(0) for _ in range(2)] == [4, 4]

    def test_its_status_names_each_step(self, world: World) -> None:
        saga = begun(world, Trip, fresh())
        ended(world, saga, "done")
        steps = {"train": "done", "hotel": "done", "museum": "done"}
        assert saga.status() == {"stage": "done", "steps": steps, "stuck": None}

    def test_what_was_done_is_undone_backwards(self, world: World) -> None:
        purse = world.object(Purse)
        ended(world, begun(world, Trip, purse.id.name, True), "undone")
        assert purse.notes() == ["train", "hotel", "not hotel 2", "not train 1"]

    def test_its_error_arrives_once_all_is_undone(self, world: World) -> None:
        saga = begun(world, Trip, fresh(), True)
        ended(world, saga, "undone")
        with pytest.raises(KeyError, match="closed"):
            saga.result(0)
        assert saga.status()["steps"] == {"train": "undone", "hotel": "undone", "museum": "failed"}

    def test_to_begin_it_again_does_nothing_more(self, world: World) -> None:
        purse = world.object(Purse)
        saga = begun(world, Trip, purse.id.name)
        saga.begin(purse.id.name)
        ended(world, saga, "done")
        saga.begin(purse.id.name)
        world.let_pass()
        assert purse.notes() == ["train", "hotel", "museum"]

    def test_to_begin_it_otherwise_is_a_conflict(self, world: World) -> None:
        saga = begun(world, Trip, fresh())
        with pytest.raises(Conflict, match="other arguments"):
            saga.begin(fresh())

    def test_one_that_was_not_begun_has_no_result(self, world: World) -> None:
        saga = world.object(Trip)
        with pytest.raises(NotFound, match="not begun"):
            saga.result(0)
        assert saga.status() == {"stage": None, "steps": {}, "stuck": None}

    def test_a_step_that_cannot_be_done_now_is_tried_again(self, world: World) -> None:
        purse = world.object(Purse)
        purse.refuse("hotel", True)
        saga = begun(world, Trip, purse.id.name)
        world.becomes({"train": "done"}, lambda: saga.status()["steps"])
        with pytest.raises(Unavailable, match="running"):
            saga.result(0)
        purse.refuse("hotel", False)
        world.clock.advance(minutes=5)
        ended(world, saga, "done")
        assert purse.notes() == ["train", "hotel", "museum"]

    def test_an_undo_that_cannot_be_done_now_is_tried_again(self, world: World) -> None:
        purse = world.object(Purse)
        purse.refuse("not hotel 2", True)
        saga = begun(world, Trip, purse.id.name, True)
        ended(world, saga, "undoing")
        purse.refuse("not hotel 2", False)
        world.clock.advance(minutes=5)
        ended(world, saga, "undone")
        assert purse.notes() == ["train", "hotel", "not hotel 2", "not train 1"]

    def test_a_failed_step_may_be_met_by_another(self, world: World) -> None:
        saga = begun(world, Detour)
        ended(world, saga, "done")
        assert saga.result(0) == "over the bridge"

    def test_two_steps_of_one_name_are_refused(self, world: World) -> None:
        saga = begun(world, Named, ["a", "a"])
        ended(world, saga, "undone")
        with pytest.raises(Invalid, match="two steps"):
            saga.result(0)

    def test_a_step_has_the_same_operation_each_time(self, world: World) -> None:
        saga = begun(world, Named, ["a", "b/1"])
        ended(world, saga, "done")
        assert saga.result(0) == [f"{saga.id.hex}/do/a", f"{saga.id.hex}/do/b%2F1"]

    def test_a_saga_may_wait_for_another(self, world: World) -> None:
        purse = world.object(Purse)
        saga = begun(world, Nested, fresh(), purse.id.name)
        for _ in range(5):
            world.let_pass()
            world.clock.advance(seconds=30)
        ended(world, saga, "done")
        assert (saga.result(0), purse.notes()) == (4, ["train", "hotel", "museum"])

    def test_what_a_saga_runs_is_not_for_callers(self, world: World) -> None:
        with pytest.raises(AttributeError, match="run"):
            world.object(Trip).run()


class SagasInProcess(Conformance):
    def test_what_was_tried_in_vain_is_reported_and_resumed_on_demand(self, world: World) -> None:
        purse = world.object(Purse)
        purse.refuse("hotel", True)
        saga = begun(world, Trip, purse.id.name)
        for _ in range(9):
            world.let_pass()
            world.clock.advance(minutes=10)
        with pytest.raises(Unavailable, match=r"stuck: .*not now"):
            saga.result(0)
        purse.refuse("hotel", False)
        assert saga.resume()
        ended(world, saga, "done")
        assert not saga.resume()
