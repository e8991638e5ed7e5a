"""Public methods are called through stubs, also by other objects; no two wait for each other for ever."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

import thermocline
from thermocline.core.errors import Error, Invalid, NotFound, Unavailable
from thermocline.core.objects import ObjectCall, pack

from ..worlds import Conformance, World, together


class Caller(thermocline.DurableObject):
    label = "no method"

    def echo(self, *args: Any, **kwargs: Any) -> Any:
        return args, kwargs

    def add(self, first: int, second: int = 10) -> int:
        return first + second

    def nothing(self) -> None:
        pass

    def mutate(self, values: list[int]) -> list[int]:
        values.append(4)
        return values

    def set(self, value: Any) -> None:
        self.storage.put("value", value)

    def value(self) -> Any:
        return self.storage.get("value")

    def _hidden(self) -> None:
        pass

    def set_through(self, stub: Any, value: Any) -> Any:
        stub.set(value)
        return stub.value()

    def set_in_a_list(self, stubs: list[Any], value: Any) -> None:
        for stub in stubs:
            stub.set(value)

    def give_a_stub(self, name: str) -> Any:
        return self.ctx.object(Caller, name)

    def along(self, names: list[str]) -> list[str]:
        """Calls the first, which calls the second, ...; all names on the way back."""
        found = self.ctx.object(Caller, names[0]).along(names[1:]) if names else []
        return [str(self.ctx.id.name), *found]

    def both(self, first: str, second: str, last: str) -> list[Any]:
        return [self.ctx.object(Caller, name).along([last]) for name in (first, second)]

    def call_itself(self) -> Any:
        return self.ctx.object(Caller, self.ctx.id.name).value()

    def meet(self, other: str, here: str, there: str) -> Any:
        """Calls the other once both are in the middle of a turn."""
        Path(here).touch()
        while not Path(there).exists():
            time.sleep(0.002)
        return self.ctx.object(Caller, other).value()

    def fail(self) -> None:
        self.set("lost")
        raise ValueError("on the far side")

    def forgive(self, other: str) -> str:
        try:
            self.ctx.object(Caller, other).fail()
        except ValueError as error:
            self.set("forgiven")
            return str(error)
        return "nothing to forgive"

    def call_and_fail(self, other: str) -> None:
        self.ctx.object(Caller, other).set("told")
        self.set("lost")
        raise ValueError("after the call")

    def write_call_and_fail(self, other: str) -> None:
        self.set("written before")
        self.call_and_fail(other)

    def meet_a_random_one(self) -> tuple[str | None, Any]:
        stub = self.ctx.object(Caller)
        stub.set("tea")
        return stub.id.name, stub.value()

    def append(self, database: str, n: int) -> int:
        shop = self.ctx.database(database)
        shop.append("seen", [{"n": n}])
        return int(shop.sql("select count(*) from seen").rows()[0][0])


class Calls(Conformance):
    def test_arguments_arrive_as_they_were_given(self, world: World) -> None:
        assert world.object(Caller).echo(1, "a", key=[2.5, None]) == ((1, "a"), {"key": [2.5, None]})

    def test_defaults_are_the_methods_own(self, world: World) -> None:
        caller = world.object(Caller)
        assert (caller.add(1), caller.add(1, 2), caller.add(1, second=3)) == (11, 3, 4)

    def test_a_method_that_returns_nothing_gives_none(self, world: World) -> None:
        assert world.object(Caller).nothing() is None

    def test_caller_and_object_share_no_value(self, world: World) -> None:
        mine = [1, 2, 3]
        assert world.object(Caller).mutate(mine) == [1, 2, 3, 4]
        assert mine == [1, 2, 3]

    def test_wrong_arguments_are_a_type_error(self, world: World) -> None:
        with pytest.raises(TypeError, match="first"):
            world.object(Caller).add()

    @pytest.mark.parametrize("name", ["_hidden", "start", "alarm", "alarm_failed", "storage", "ctx", "label"])
    def test_only_public_methods_are_offered(self, name: str, world: World) -> None:
        with pytest.raises(AttributeError, match="no method"):
            getattr(world.object(Caller), name)

    def test_a_misspelt_method_is_corrected(self, world: World) -> None:
        with pytest.raises(AttributeError, match="did you mean value"):
            world.object(Caller).valeu()

    def test_an_object_calls_another(self, world: World) -> None:
        names = [world.object(Caller).id.name for _ in range(5)]
        assert world.object(Caller, names[0]).along(names[1:]) == names

    def test_a_stub_may_be_an_argument(self, world: World) -> None:
        caller, other = world.object(Caller), world.object(Caller)
        assert caller.set_through(other, "tea") == "tea"
        assert (caller.value(), other.value()) == (None, "tea")

    def test_stubs_may_be_deep_in_arguments(self, world: World) -> None:
        caller, others = world.object(Caller), [world.object(Caller) for _ in range(3)]
        caller.set_in_a_list(others, "tea")
        assert [other.value() for other in others] == ["tea"] * 3

    def test_a_stub_does_not_leave_the_lake(self, world: World) -> None:
        with pytest.raises(Invalid, match="sent out of the lake"):
            world.object(Caller).give_a_stub("other")

    def test_an_object_makes_new_objects_without_a_name(self, world: World) -> None:
        assert world.object(Caller).meet_a_random_one() == (None, "tea")

    def test_a_call_that_comes_back_to_its_caller_is_refused(self, world: World) -> None:
        one, other = world.object(Caller).id.name, world.object(Caller).id.name
        with pytest.raises(Invalid, match="waits for it"):
            world.object(Caller, one).along([other, one])

    def test_an_object_that_calls_itself_is_refused(self, world: World) -> None:
        with pytest.raises(Invalid, match="waits for it"):
            world.object(Caller).call_itself()

    def test_two_ways_to_one_object_are_fine(self, world: World) -> None:
        first, second, last = (world.object(Caller).id.name for _ in range(3))
        assert world.object(Caller).both(first, second, last) == [[first, last], [second, last]]

    def test_a_failed_call_can_be_forgiven(self, world: World) -> None:
        caller, other = world.object(Caller), world.object(Caller)
        assert caller.forgive(other.id.name) == "on the far side"
        assert (caller.value(), other.value()) == ("forgiven", None)

    def test_what_a_callee_did_stays_when_its_caller_fails_later(self, world: World) -> None:
        caller, other = world.object(Caller), world.object(Caller)
        with pytest.raises(ValueError, match="after the call"):
            caller.call_and_fail(other.id.name)
        assert (caller.value(), other.value()) == (None, "told")

    def test_what_was_written_before_a_call_stays_when_the_turn_fails_later(self, world: World) -> None:
        caller, other = world.object(Caller), world.object(Caller)
        with pytest.raises(ValueError, match="after the call"):
            caller.write_call_and_fail(other.id.name)
        assert (caller.value(), other.value()) == ("written before", "told")

    def test_an_object_appends_to_tables_and_asks_them(self, world: World) -> None:
        caller = world.object(Caller)
        assert [caller.append("shop", n) for n in (1, 2)] == [1, 2]
        assert world.lake.database("shop").sql("select sum(n) from seen").rows() == [(3,)]


class CallsInProcess(Conformance):
    def test_two_objects_that_call_each_other_do_not_wait_for_ever(
        self, world: World, tmp_path: Path
    ) -> None:
        one, other = world.object(Caller), world.object(Caller)
        here, there = str(tmp_path / "here"), str(tmp_path / "there")
        began = time.monotonic()
        found = together(
            lambda: one.meet(other.id.name, here, there), lambda: other.meet(one.id.name, there, here)
        )
        failed = [error for error in found if isinstance(error, Unavailable)]
        assert failed
        assert failed[0].retryable
        assert time.monotonic() - began < 10

    def test_a_host_refuses_what_a_stub_would_not_have_sent(self, world: World) -> None:
        caller, host = world.object(Caller), world.lake.objects().host
        for method in ("start", "_hidden", "__init__", "label", "nothing_like_it", "$held"):
            reply = host.call(ObjectCall(caller.id, method, pack(((), {}), 100, "")))
            with pytest.raises(NotFound, match="no method"):
                reply.value()

    def test_a_closed_lake_says_so(self, tmp_path: Path) -> None:
        with thermocline.connect(tmp_path / "lake", background=False) as lake:
            caller = lake.object(Caller, "c")
            caller.set("tea")
        with pytest.raises(Error, match="closed") as caught:
            caller.value()
        assert caught.value.retryable
