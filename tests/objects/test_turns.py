"""One message at a time, in order, and never a deadlock."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

import thermocline
from thermocline.actors.objects.mailbox import Mailbox
from thermocline.core.errors import Invalid, NotFound, Overloaded, Unavailable
from thermocline.core.objects import ObjectCall, ObjectPolicy, pack

from .carts import Cart, Gate


class Pair(thermocline.DurableObject):
    def start(self) -> None:
        self.inside = 0

    def read_modify_write(self) -> Any:
        value = self.storage.get("n", 0)
        time.sleep(0.001)
        self.storage.put("n", value + 1)
        return value + 1

    def call(self, other: Any) -> Any:
        return other.value()

    def value(self) -> Any:
        return self.storage.get("n", 0)

    def call_back(self, other: str) -> Any:
        return self.ctx.object(Pair, other).call(self.ctx.object(Pair, self.ctx.id.name))

    def meet(self, other: str) -> Any:
        Meeting.both.wait(5)
        return self.ctx.object(Pair, other).value()

    def block(self, fail: bool) -> int:
        self.inside += 1

        def work() -> None:
            if fail:
                raise KeyError("blocked")

        self.ctx.block_concurrency_while(work)
        return self.inside

    def stored_in_thread(self) -> Any:
        found: list[Any] = []

        def work() -> None:
            try:
                self.storage.get("n")
            except Invalid as error:
                found.append(error.message)

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        return found


class Meeting:
    both = threading.Barrier(2)


def test_turns_of_one_object_do_not_overlap(lake: Any) -> None:
    pair = lake.object(Pair, "p")
    threads = [
        threading.Thread(target=lambda: [pair.read_modify_write() for _ in range(10)]) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert pair.value() == 80


def test_a_concurrent_method_runs_beside_a_turn(lake: Any) -> None:
    gate = lake.object(Gate, "g")
    Gate.entered.clear()
    Gate.opened.clear()
    thread = threading.Thread(target=gate.stand)
    thread.start()
    assert Gate.entered.wait(5)
    assert gate.look() == "standing"
    Gate.opened.set()
    thread.join()


def test_an_object_may_call_another_and_receive_stubs(lake: Any) -> None:
    other = lake.object(Pair, "other")
    other.read_modify_write()
    assert lake.object(Pair, "p").call(other) == 1


def test_a_call_that_comes_back_to_its_caller_is_refused(lake: Any) -> None:
    with pytest.raises(Invalid, match="waits for it"):
        lake.object(Pair, "p").call_back("q")
    with pytest.raises(Invalid, match="waits for it"):
        lake.object(Pair, "p").call_back("p")


def test_two_objects_that_call_each_other_do_not_wait_for_ever(lake: Any) -> None:
    failed: list[Exception] = []

    def call(first: str, second: str) -> None:
        try:
            lake.object(Pair, first).meet(second)
        except Unavailable as error:
            failed.append(error)

    threads = [threading.Thread(target=call, args=names) for names in (("p", "q"), ("q", "p"))]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 1 <= len(failed) <= 2
    assert failed[0].retryable
    assert time.monotonic() - started < 10


def test_a_failure_while_blocked_starts_the_object_anew(lake: Any) -> None:
    pair = lake.object(Pair, "p")
    assert [pair.block(False), pair.block(False)] == [1, 2]
    with pytest.raises(KeyError):
        pair.block(True)
    assert pair.block(False) == 1


def test_storage_belongs_to_the_turn_and_its_thread(lake: Any) -> None:
    (message,) = lake.object(Pair, "p").stored_in_thread()
    assert "outside of its turn" in message


def test_a_full_mailbox_is_overloaded(lake: Any) -> None:
    mailbox, policy = Mailbox(), ObjectPolicy(mailbox=2, wait_s=5)
    message = ObjectCall(lake.object(Cart, "c").id, "add", b"")
    mailbox.enter(message, policy)
    threads = [threading.Thread(target=mailbox.enter, args=(message, policy)) for _ in range(2)]
    for thread in threads:
        thread.start()
    while mailbox.waiting < 2:
        time.sleep(0.001)
    with pytest.raises(Overloaded) as caught:
        mailbox.enter(message, policy)
    assert (caught.value.overloaded, caught.value.retryable) == (True, True)
    for _ in threads:
        mailbox.leave()
    for thread in threads:
        thread.join()


def test_who_waits_too_long_is_told(lake: Any) -> None:
    mailbox, policy = Mailbox(), ObjectPolicy(wait_s=0.05)
    message = ObjectCall(lake.object(Cart, "c").id, "add", b"")
    mailbox.enter(message, policy)
    with pytest.raises(Unavailable, match="busy"):
        mailbox.enter(message, policy)
    mailbox.leave()
    mailbox.enter(message, policy)


def test_the_calls_of_a_stub_are_delivered_in_the_order_of_their_numbers(lake: Any) -> None:
    mailbox, policy = Mailbox(), ObjectPolicy(order_wait_s=2)
    identity = lake.object(Cart, "c").id
    order: list[int] = []

    def deliver(number: int) -> None:
        mailbox.enter(ObjectCall(identity, "add", b"", stub="s", number=number), policy)
        order.append(number)
        mailbox.leave()

    deliver(1)
    threads = [threading.Thread(target=deliver, args=(number,)) for number in (4, 3, 2)]
    for thread in threads:
        thread.start()
        time.sleep(0.05)
    for thread in threads:
        thread.join()
    assert order == [1, 2, 3, 4]


def test_a_number_that_was_lost_holds_nobody_up_for_long(lake: Any) -> None:
    mailbox, policy = Mailbox(), ObjectPolicy(order_wait_s=0.05)
    identity = lake.object(Cart, "c").id
    for number in (1, 3):
        mailbox.enter(ObjectCall(identity, "add", b"", stub="s", number=number), policy)
        mailbox.leave()


def test_a_host_refuses_what_is_no_method(lake: Any) -> None:
    host = lake.objects().host
    identity = lake.object(Cart, "c").id
    for method in ("start", "_load", "nothing", "__init__", "$held"):
        reply = host.call(ObjectCall(identity, method, pack(((), {}), 100, "")))
        with pytest.raises(NotFound, match="no method"):
            reply.value()
