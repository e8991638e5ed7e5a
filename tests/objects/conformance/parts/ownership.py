"""An object has one owner: who was replaced, or may not act just now, neither writes nor answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

import thermocline
from thermocline.actors.objects.host import ObjectHost
from thermocline.core.clock import system_clock
from thermocline.core.errors import Fenced
from thermocline.core.objects import ObjectCall, ObjectPolicy, class_ref, named_id, pack
from thermocline.tiers.object_store import open_store
from thermocline.tiers.objects.shard import ObjectSurroundings

from ..worlds import Conformance, Meanwhile


class Tally(thermocline.DurableObject):
    entered: ClassVar[threading.Event]
    opened: ClassVar[threading.Event]

    def add(self) -> int:
        self.storage.put("count", self.count() + 1)
        return self.count()

    def count(self) -> int:
        return int(self.storage.get("count", 0))

    def add_slowly(self) -> int:
        self.add()
        self.entered.set()
        self.opened.wait(10)
        return self.count()


IDENTITY = named_id(class_ref(Tally), "t")


def ask(host: ObjectHost, method: str) -> Any:
    return host.call(ObjectCall(IDENTITY, method, pack(((), {}), 1_000, ""))).value()


class OwnershipInProcess(Conformance):
    @pytest.fixture
    def host(self, tmp_path: Path) -> Iterator[Callable[..., ObjectHost]]:
        """Makes hosts over one folder, as processes that believe that they own it."""
        store = open_store(tmp_path / "store")
        hosts: list[ObjectHost] = []

        def make(**options: Any) -> ObjectHost:
            around = ObjectSurroundings(tmp_path / "hot", store, system_clock, ObjectPolicy())
            hosts.append(ObjectHost(around, lake=None, **options))
            return hosts[-1]

        yield make
        for one in hosts:
            one.close()

    def test_a_host_whose_slot_another_claimed_writes_nothing_more(
        self, host: Callable[..., ObjectHost]
    ) -> None:
        former, owner = host(), host()
        assert (ask(former, "add"), ask(owner, "add")) == (1, 2)
        for _ in range(2):
            with pytest.raises(Fenced):
                ask(former, "add")
        assert ask(owner, "count") == 2

    def test_a_host_whose_slot_another_claimed_does_not_answer_readers_either(
        self, host: Callable[..., ObjectHost]
    ) -> None:
        former, owner = host(), host()
        ask(former, "add")
        owner.own(IDENTITY.slot)
        with pytest.raises(Fenced):
            ask(former, "count")

    def test_a_turn_during_which_the_slot_was_claimed_is_not_kept(
        self, host: Callable[..., ObjectHost]
    ) -> None:
        Tally.entered, Tally.opened = threading.Event(), threading.Event()
        former, owner = host(), host()
        ask(former, "add")
        with Meanwhile(lambda: ask(former, "add_slowly")) as turn:
            assert Tally.entered.wait(10)
            owner.own(IDENTITY.slot)
            Tally.opened.set()
        assert isinstance(turn.value, Fenced)
        assert ask(owner, "count") == 1

    def test_each_owner_has_a_greater_epoch(self, host: Callable[..., ObjectHost]) -> None:
        epochs = [host().shard(IDENTITY.slot).epoch for _ in range(4)]
        assert epochs == sorted(set(epochs))

    def test_a_host_that_may_not_act_runs_no_turn(self, host: Callable[..., ObjectHost]) -> None:
        may_act = [True]

        def guard(slot: int) -> None:
            if not may_act[0]:
                raise Fenced(f"the lease of {slot} has run out", hint="ask its owner")

        one = host(guard=guard)
        ask(one, "add")
        may_act[0] = False
        with pytest.raises(Fenced, match="lease"):
            ask(one, "add")
        may_act[0] = True
        assert ask(one, "count") == 1

    def test_a_reply_does_not_leave_once_its_host_may_not_act(self, host: Callable[..., ObjectHost]) -> None:
        Tally.entered, Tally.opened = threading.Event(), threading.Event()
        may_act = [True]

        def guard(slot: int) -> None:
            if not may_act[0]:
                raise Fenced(f"the lease of {slot} has run out", hint="ask its owner")

        one = host(guard=guard)
        with Meanwhile(lambda: ask(one, "add_slowly")) as turn:
            assert Tally.entered.wait(10)
            may_act[0] = False
            Tally.opened.set()
        assert isinstance(turn.value, Fenced)
