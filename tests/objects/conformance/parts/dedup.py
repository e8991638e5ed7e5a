"""A call that has a name takes effect once, however often it is made, and so do the calls that it makes."""

from __future__ import annotations

from typing import Any

import pytest

import thermocline
from thermocline.core.errors import Invalid
from thermocline.core.objects import ObjectCall, pack

from ..worlds import Conformance, World, together


class Ledger(thermocline.DurableObject):
    def add(self, amount: int) -> list[int]:
        self.storage.put("entries", [*self.entries(), amount])
        return self.entries()

    def entries(self) -> list[int]:
        return list(self.storage.get("entries", []))

    def fail_once(self, amount: int) -> list[int]:
        """Fails until it has been told to do better."""
        self.add(amount)
        if not self.storage.get("better"):
            raise ValueError("not yet")
        return self.entries()

    def do_better(self) -> None:
        self.storage.put("better", True)

    def tell(self, other: str, *amounts: int, fails: bool = False) -> int:
        self.storage.put("own", self.own() + sum(amounts))
        for amount in amounts:
            self.ctx.object(Ledger, other).add(amount)
        if fails:
            raise ValueError("not yet")
        return self.own()

    def own(self) -> int:
        return int(self.storage.get("own", 0))

    def operation(self) -> Any:
        return self.ctx.operation

    def nothing(self) -> None:
        self.storage.put("called", self.called() + 1)

    def called(self) -> int:
        return int(self.storage.get("called", 0))


class Dedup(Conformance):
    def test_a_named_call_takes_effect_once(self, world: World) -> None:
        ledger = world.object(Ledger)
        for _ in range(3):
            ledger.add.once("op-1")(5)
        assert ledger.entries() == [5]

    def test_a_repeated_call_gets_the_first_reply(self, world: World) -> None:
        ledger = world.object(Ledger)
        assert ledger.add.once("op-1")(5) == [5]
        ledger.add(6)
        assert ledger.add.once("op-1")(5) == [5]

    def test_a_reply_of_none_is_remembered_too(self, world: World) -> None:
        ledger = world.object(Ledger)
        assert [ledger.nothing.once("op-1")() for _ in range(2)] == [None, None]
        assert ledger.called() == 1

    def test_another_name_is_another_call(self, world: World) -> None:
        ledger = world.object(Ledger)
        ledger.add.once("op-1")(5)
        assert ledger.add.once("op-2")(5) == [5, 5]

    def test_calls_without_a_name_are_all_made(self, world: World) -> None:
        ledger = world.object(Ledger)
        assert [ledger.add(5) for _ in range(2)] == [[5], [5, 5]]

    def test_a_name_belongs_to_one_object(self, world: World) -> None:
        one, other = world.object(Ledger), world.object(Ledger)
        assert [ledger.add.once("op-1")(5) for ledger in (one, other)] == [[5], [5]]

    def test_a_name_is_remembered_out_of_memory(self, world: World) -> None:
        ledger = world.object(Ledger)
        ledger.add.once("op-1")(5)
        world.leave_memory(ledger)
        assert ledger.add.once("op-1")(5) == [5]
        assert ledger.entries() == [5]

    def test_callers_at_once_with_one_name_are_one_call(self, world: World) -> None:
        ledger = world.object(Ledger)
        replies = together(*[lambda: ledger.add.once("op-1")(5)] * 8)
        assert replies == [[5]] * 8
        assert ledger.entries() == [5]

    def test_a_failed_call_may_be_made_again_under_its_name(self, world: World) -> None:
        ledger = world.object(Ledger)
        with pytest.raises(ValueError, match="not yet"):
            ledger.fail_once.once("op-1")(5)
        ledger.do_better()
        assert ledger.fail_once.once("op-1")(5) == [5]

    def test_calls_that_a_named_call_makes_happen_once(self, world: World) -> None:
        teller, other = world.object(Ledger), world.object(Ledger)
        for _ in range(2):
            with pytest.raises(ValueError, match="not yet"):
                teller.tell.once("op-1")(other.id.name, 1, 2, fails=True)
        teller.tell.once("op-1")(other.id.name, 1, 2)
        assert other.entries() == [1, 2]

    def test_what_a_named_call_left_half_done_is_taken_back_when_it_is_made_again(self, world: World) -> None:
        teller, other = world.object(Ledger), world.object(Ledger)
        with pytest.raises(ValueError, match="not yet"):
            teller.tell.once("op-1")(other.id.name, 1, 2, fails=True)
        assert teller.tell.once("op-1")(other.id.name, 1, 2) == 3
        assert teller.own() == 3

    def test_a_call_knows_its_name(self, world: World) -> None:
        ledger = world.object(Ledger)
        assert ledger.operation.once("op-1")() == "op-1"

    @pytest.mark.parametrize("name", ["", 5, None, "x" * 501])
    def test_what_is_no_name_for_a_call_is_refused(self, name: Any, world: World) -> None:
        with pytest.raises(Invalid, match="not an operation"):
            world.object(Ledger).add.once(name)


class DedupInProcess(Conformance):
    def test_a_name_is_known_before_its_call_is_durable(self, world: World) -> None:
        ledger, host = world.object(Ledger), world.lake.objects().host
        call = ObjectCall(ledger.id, "add", pack(((5,), {}), 1_000, ""), "op-1")
        on_their_way = [host._begin(call) for _ in range(3)]
        assert [one.finish().value() for one in on_their_way] == [[5]] * 3
        assert ledger.entries() == [5]

    def test_a_name_is_forgotten_after_a_day(self, world: World) -> None:
        ledger = world.object(Ledger)
        ledger.add.once("op-1")(5)
        world.clock.advance(hours=23)
        world.let_pass()
        world.leave_memory(ledger)
        assert ledger.add.once("op-1")(5) == [5]
        world.clock.advance(hours=2)
        world.let_pass()
        world.leave_memory(ledger)
        assert ledger.add.once("op-1")(5) == [5, 5]
