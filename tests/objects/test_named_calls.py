"""A call that has a name happens once, however often it is made."""

from __future__ import annotations

from typing import Any

import pytest

import thermocline
from thermocline.core.errors import Invalid

from ..conftest import FakeClock
from .carts import Cart


class Payer(thermocline.DurableObject):
    fail = False

    def pay(self, amount: int) -> Any:
        self.storage.put("paid", self.storage.get("paid", 0) + amount)
        self.ctx.object(Cart, "ledger").add(f"{amount}")
        self.storage.put("told", True)
        if Payer.fail:
            raise RuntimeError("lost my way")
        return self.storage.get("paid")

    def paid(self) -> Any:
        return self.storage.get("paid", 0)


def test_the_reply_is_given_again_and_nothing_is_done(lake: Any) -> None:
    cart = lake.object(Cart, "c")
    assert [cart.add.once("op-1")("tea") for _ in range(3)] == [1, 1, 1]
    assert cart.add.once("op-2")("tea") == 2


def test_it_is_remembered_when_the_object_has_left_memory(lake: Any) -> None:
    cart = lake.object(Cart, "c")
    cart.add.once("op-1")("tea")
    lake.objects().host.leave_memory(idle_s=0, at_most=0)
    assert cart.add.once("op-1")("tea") == 1
    assert cart.items() == ["tea"]


def test_one_that_failed_is_made_again(lake: Any) -> None:
    cart = lake.object(Cart, "c")
    with pytest.raises(ValueError, match="no milk"):
        cart.add_and_fail.once("op-1")("milk")
    assert cart.add.once("op-1")("tea") == 1


def test_what_a_named_call_calls_happens_once_too(lake: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    payer, ledger = lake.object(Payer, "p"), lake.object(Cart, "ledger")
    monkeypatch.setattr(Payer, "fail", True)
    with pytest.raises(RuntimeError):
        payer.pay.once("op-1")(5)
    assert (payer.paid(), ledger.items()) == (5, ["5"])
    monkeypatch.setattr(Payer, "fail", False)
    assert payer.pay.once("op-1")(5) == 5
    assert payer.pay.once("op-1")(5) == 5
    assert (payer.paid(), ledger.items()) == (5, ["5"])


def test_names_are_forgotten_after_a_day(lake: Any, clock: FakeClock) -> None:
    cart = lake.object(Cart, "c")
    cart.add.once("op-1")("tea")
    clock.advance(days=2)
    lake.objects().tick()
    lake.objects().host.leave_memory(idle_s=0, at_most=0)
    assert cart.add.once("op-1")("tea") == 2


@pytest.mark.parametrize("name", ["", 5, "x" * 501])
def test_what_is_no_name_is_refused(name: Any, lake: Any) -> None:
    with pytest.raises(Invalid, match="not an operation"):
        lake.object(Cart, "c").add.once(name)
