"""Messages are taken in the order in which they came, and those of one stub in that of their calls."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import thermocline
from thermocline.actors.objects.mailbox import Mailbox
from thermocline.core.objects import ObjectCall, ObjectPolicy, named_id, pack

from ..worlds import Conformance, Meanwhile, World, together, wait_for


class Queue(thermocline.DurableObject):
    def push(self, value: Any) -> int:
        pushed = [*self.storage.get("pushed", []), value]
        self.storage.put("pushed", pushed)
        return len(pushed)

    def push_and_fail(self, value: Any) -> None:
        self.push(value)
        raise ValueError(value)

    def pushed(self) -> list[Any]:
        found: list[Any] = self.storage.get("pushed", [])
        return found

    def stand(self, folder: str) -> None:
        Path(folder, "entered").touch()
        while not Path(folder, "opened").exists():
            time.sleep(0.002)

    def push_all_to(self, other: str, values: list[Any]) -> None:
        stub = self.ctx.object(Queue, other)
        for value in values:
            stub.push(value)


class Ordering(Conformance):
    def test_the_calls_of_a_stub_keep_their_order(self, world: World) -> None:
        queue = world.object(Queue)
        assert [queue.push(n) for n in range(30)] == list(range(1, 31))
        assert queue.pushed() == list(range(30))

    def test_a_later_call_sees_what_an_earlier_one_did_through_another_stub(self, world: World) -> None:
        one = world.object(Queue)
        other = world.object(Queue, one.id.name)
        for n in range(10):
            (one, other)[n % 2].push(n)
            assert (other, one)[n % 2].pushed()[-1] == n

    def test_each_of_many_callers_keeps_its_order(self, world: World) -> None:
        name = world.object(Queue).id.name

        def caller(letter: str) -> None:
            stub = world.object(Queue, name)
            for n in range(10):
                stub.push((letter, n))

        together(*[lambda letter=letter: caller(letter) for letter in "abcd"])
        pushed = world.object(Queue, name).pushed()
        for letter in "abcd":
            assert [n for by, n in pushed if by == letter] == list(range(10))

    def test_the_calls_of_an_object_keep_their_order(self, world: World) -> None:
        queue, other = world.object(Queue), world.object(Queue)
        queue.push_all_to(other.id.name, list(range(20)))
        assert other.pushed() == list(range(20))

    def test_a_failed_call_holds_nobody_up(self, world: World) -> None:
        queue = world.object(Queue)
        queue.push(1)
        (error,) = together(lambda: queue.push_and_fail(2))
        assert isinstance(error, ValueError)
        assert queue.push(3) == 2
        assert queue.pushed() == [1, 3]

    def test_one_object_waits_for_no_other(self, world: World, tmp_path: Path) -> None:
        standing, queue = world.object(Queue), world.object(Queue)
        with Meanwhile(lambda: standing.stand(str(tmp_path))) as stand:
            wait_for(tmp_path / "entered")
            assert queue.push(1) == 1
            assert not stand.over
            (tmp_path / "opened").touch()

    def test_objects_of_one_slot_do_not_wait_for_each_other(self, world: World, tmp_path: Path) -> None:
        standing = world.object(Queue)
        names = (f"{standing.id.name}/{n}" for n in range(10_000))
        stubs = (world.lake.object(Queue, name) for name in names)
        queue = next(stub for stub in stubs if stub.id.slot == standing.id.slot)
        with Meanwhile(lambda: standing.stand(str(tmp_path))) as stand:
            wait_for(tmp_path / "entered")
            assert queue.push(1) == 1
            assert not stand.over
            (tmp_path / "opened").touch()

    def test_order_is_kept_while_it_leaves_memory(self, world: World) -> None:
        queue = world.object(Queue)
        for n in range(6):
            queue.push(n)
            world.leave_memory(queue)
        assert queue.pushed() == list(range(6))

    def test_everybody_who_waited_has_a_turn(self, world: World, tmp_path: Path) -> None:
        queue = world.object(Queue)
        with Meanwhile(lambda: queue.stand(str(tmp_path))):
            wait_for(tmp_path / "entered")
            with Meanwhile(lambda: together(*[lambda n=n: queue.push(n) for n in range(20)])) as pushing:
                time.sleep(0.05)
                (tmp_path / "opened").touch()
            assert sorted(pushing.value) == list(range(1, 21))
        assert sorted(queue.pushed()) == list(range(20))


class OrderingInProcess(Conformance):
    def test_who_came_first_is_served_first(self, world: World, tmp_path: Path) -> None:
        queue = world.object(Queue)
        with Meanwhile(lambda: queue.stand(str(tmp_path))):
            wait_for(tmp_path / "entered")
            mailbox = world.lake.objects().host._residents[queue.id.digest].mailbox
            threads = [threading.Thread(target=queue.push, args=(n,)) for n in range(5)]
            for waiting, thread in enumerate(threads, start=1):
                thread.start()
                while mailbox.waiting < waiting:
                    time.sleep(0.001)
            (tmp_path / "opened").touch()
        for thread in threads:
            thread.join()
        assert queue.pushed() == [0, 1, 2, 3, 4]

    def test_a_batch_keeps_the_order_of_each_object(self, world: World) -> None:
        queues = [world.object(Queue) for _ in range(5)]
        calls = [
            ObjectCall(queue.id, "push", pack(((n,), {}), 1_000, "")) for n in range(6) for queue in queues
        ]
        for reply in world.lake.objects().host.call_many(calls):
            reply.value()
        assert [queue.pushed() for queue in queues] == [[0, 1, 2, 3, 4, 5]] * 5

    def test_a_message_that_overtook_another_waits_for_it(self) -> None:
        mailbox, order = Mailbox(), []

        def deliver(number: int) -> None:
            mailbox.enter(numbered(number), ObjectPolicy(order_wait_s=5))
            order.append(number)
            mailbox.leave()

        deliver(1)
        threads = []
        for waiting, number in enumerate((4, 3), start=1):
            threads.append(threading.Thread(target=deliver, args=(number,)))
            threads[-1].start()
            while mailbox.waiting < waiting:
                time.sleep(0.001)
        deliver(2)
        for thread in threads:
            thread.join()
        assert order == [1, 2, 3, 4]

    def test_a_message_that_was_lost_is_not_waited_for_for_long(self) -> None:
        mailbox, policy = Mailbox(), ObjectPolicy(order_wait_s=0.05)
        began = time.monotonic()
        for number in (1, 3, 4):
            mailbox.enter(numbered(number), policy)
            mailbox.leave()
        assert 0.04 < time.monotonic() - began < 2

    def test_a_stub_is_not_held_up_by_anothers_lost_message(self) -> None:
        mailbox, policy = Mailbox(), ObjectPolicy(order_wait_s=0.5)
        mailbox.enter(numbered(1), policy)
        mailbox.leave()

        def overtake() -> None:
            mailbox.enter(numbered(3), policy)
            mailbox.leave()

        with Meanwhile(overtake):
            while not mailbox.waiting:
                time.sleep(0.001)
            began = time.monotonic()
            mailbox.enter(numbered(1, stub="another"), policy)
            mailbox.leave()
            assert time.monotonic() - began < 0.4


def numbered(number: int, stub: str = "stub") -> ObjectCall:
    return ObjectCall(named_id("shop:Cart", "cart-7"), "add", b"", stub=stub, number=number)
