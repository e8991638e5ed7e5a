"""What a case is given: a lake, a clock that it moves, and a hand on whoever hosts its objects."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import pytest

from thermocline.core.objects import class_ref, named_id

PATIENCE_S = 20.0
SLOTS_USED = 8
"""To open a slot takes milliseconds: objects that need no certain name share a few."""

_numbers = itertools.count(1)


def fresh() -> str:
    """A name that no object has had."""
    return f"object-{next(_numbers)}"


class World:
    """In this process. `lake`, `clock`: shared by the cases of a group, so each takes objects of its own."""

    def __init__(self, lake: Any, clock: Any) -> None:
        self.lake = lake
        self.clock = clock

    def object(self, kind: type, name: str | None = None) -> Any:
        """A stub of an object of that name; without one, of one that no other case has."""
        if name is None:
            ref = class_ref(kind)
            name = next(name for name in iter(fresh, "") if named_id(ref, name).slot < SLOTS_USED)
        return self.lake.object(kind, name)

    def leave_memory(self, *stubs: Any) -> None:  # noqa: ARG002 - here it is all or none
        """The objects are no longer in any host's memory."""
        self.lake.objects().host.leave_memory(idle_s=0, at_most=0)

    def let_pass(self) -> None:
        """Whatever was due by now has been done."""
        self.lake.objects().tick()

    def becomes(self, expected: Any, look: Callable[[], Any]) -> None:
        """What is due is done, and then `look()` gives what is expected."""
        self.let_pass()
        assert look() == expected


class Conformance:
    """A subclass gives the fixture `world`."""

    @pytest.fixture
    def world(self) -> World:
        raise NotImplementedError


def together(*works: Callable[[], Any]) -> list[Any]:
    """What each gave, or the error that it raised; all ran at the same time."""
    found: list[Any] = [None] * len(works)

    def run(at: int) -> None:
        try:
            found[at] = works[at]()
        except Exception as error:  # noqa: BLE001 - it is the outcome
            found[at] = error

    threads = [threading.Thread(target=run, args=(at,)) for at in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


class Meanwhile:
    """`with Meanwhile(work) as it: ...; it.value`: work runs beside the block."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self._outcome: list[Any] = []
        self._thread = threading.Thread(target=lambda: self._outcome.extend(together(work)))

    @property
    def over(self) -> bool:
        return not self._thread.is_alive()

    @property
    def value(self) -> Any:
        self._thread.join(PATIENCE_S)
        return self._outcome[0]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join(PATIENCE_S)


def wait_for(file: Path) -> None:
    """Returns once the file is there."""
    deadline = time.monotonic() + PATIENCE_S
    while not file.exists():
        assert time.monotonic() < deadline, f"{file.name} never came"
        time.sleep(0.002)
