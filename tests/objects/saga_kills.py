"""A process is killed at its n-th commit for n = 1, 2, ..., while a saga runs: each effect is there once.

Run as a program, as it forks: `python saga_kills.py <folder> <item> <written or committed>`, whether just
before a commit is durable or just after. It prints how often it was killed.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import thermocline
from thermocline.tiers import crash


class Account(thermocline.DurableObject):
    def start(self) -> None:
        self.storage.exec("CREATE TABLE IF NOT EXISTS moves (amount INTEGER, note TEXT)")

    def charge(self, amount: int) -> int:
        self.storage.exec("INSERT INTO moves VALUES (?, 'charge')", amount)
        return amount

    def refund(self, amount: int) -> None:
        self.storage.exec("INSERT INTO moves VALUES (?, 'refund')", -amount)

    def moves(self) -> list[Any]:
        return self.storage.exec("SELECT note, amount FROM moves ORDER BY rowid").all()


class Shelf(thermocline.DurableObject):
    def take(self) -> int:
        if self.ctx.id.name == "wine":
            raise LookupError("no wine")
        self.storage.put("taken", self.taken() + 1)
        return self.taken()

    def taken(self) -> int:
        return int(self.storage.get("taken", 0))


class Order(thermocline.Saga):
    def run(self, step: Any, customer: str, item: str) -> str:
        account, shelf = self.ctx.object(Account, customer), self.ctx.object(Shelf, item)
        paid = step("pay", lambda: account.charge(5), undo=account.refund)
        step("reserve", lambda: account.charge(0), undo=lambda _: account.refund(0))
        place = step("take", shelf.take)
        return f"{item} number {place} for {paid}"


class Slow(thermocline.Saga):
    """Twelve steps, each an entry in the same account."""

    def run(self, step: Any, customer: str) -> int:
        account = self.ctx.object(Account, customer)
        for number in range(12):
            step(f"charge {number}", lambda number=number: account.charge(number))
            time.sleep(0.05)
        return len(account.moves())


EXPECTED = {
    "tea": [("charge", 5), ("charge", 0)],
    "wine": [("charge", 5), ("charge", 0), ("refund", 0), ("refund", -5)],
}


def finish(folder: Path, item: str) -> None:
    """Begins the saga, or finds it begun, and has it run to its end."""
    with thermocline.connect(folder, background=False) as lake:
        order: Any = lake.object(Order, "order-17")
        order.begin("ann", item)
        objects: Any = lake.objects()
        while order.status()["stage"] not in ("done", "undone"):
            objects.tick()


def check(folder: Path, item: str) -> None:
    """Nobody calls the saga before it is at its end; if it was not durably begun, nothing was done."""
    with thermocline.connect(folder, background=False) as lake:
        order: Any = lake.object(Order, "order-17")
        objects: Any = lake.objects()
        for _ in range(10):
            objects.tick()
        if order.status()["stage"] is None:
            assert lake.object(Account, "ann").moves() == []
            order.begin("ann", item)
            objects.tick()
        assert lake.object(Account, "ann").moves() == EXPECTED[item]
        assert lake.object(Shelf, item).taken() == (1 if item == "tea" else 0)
        if item == "tea":
            assert order.result(0) == "tea number 1 for 5"
        else:
            with pytest.raises(LookupError, match="no wine"):
                order.result(0)


def _in_child(work: Callable[[], None]) -> int:
    """Its exit code; minus the signal that ended it."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            work()
            code = 0
        except BaseException:  # noqa: BLE001 - the parent sees the code
            traceback.print_exc()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _killed_at(where: str, number: int, work: Callable[[], None]) -> None:
    reached = itertools.count(1)

    def die(point: str) -> None:
        if point == f"object.commit.{where}" and next(reached) == number:
            os.kill(os.getpid(), signal.SIGKILL)

    crash.on_reach = die
    work()


def main() -> None:
    folder, item, where = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    finish(folder / "0", item)  # children need not import then
    for number in itertools.count(1):
        lake = folder / str(number)
        code = _in_child(lambda: _killed_at(where, number, lambda: finish(lake, item)))  # noqa: B023 - runs at once
        assert _in_child(lambda: check(lake, item)) == 0, f"killed at {number}"  # noqa: B023
        if code != -signal.SIGKILL:
            assert code == 0
            print(number - 1)
            return


if __name__ == "__main__":
    main()
