"""All cases of durable objects' conformance on Ray: the objects are in other processes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import thermocline
from thermocline.actors.cluster.options import ClusterOptions
from thermocline.core.placement import Unit

from ..objects.conformance.parts.alarms import Alarms
from ..objects.conformance.parts.calls import Calls
from ..objects.conformance.parts.dedup import Dedup
from ..objects.conformance.parts.errors import Errors
from ..objects.conformance.parts.forks import Forks
from ..objects.conformance.parts.gates import Gates
from ..objects.conformance.parts.hibernation import Hibernation
from ..objects.conformance.parts.identity import Identity
from ..objects.conformance.parts.keyvalue import KeyValue
from ..objects.conformance.parts.limits import Limits
from ..objects.conformance.parts.listing import Listing, Shelf
from ..objects.conformance.parts.ordering import Ordering
from ..objects.conformance.parts.restore import Restore
from ..objects.conformance.parts.sagas import Sagas
from ..objects.conformance.parts.storage import Storage
from ..objects.conformance.parts.transactions import Transactions
from ..objects.conformance.worlds import PATIENCE_S, Conformance, World, together
from .conftest import SharedClock

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("ray_head")]

PASS_S = 1.3
"""A caretaker looks at the clock each second."""


class RayWorld(World):
    def leave_memory(self, *stubs: Any) -> None:
        """A slot that moves to another seat, and is open there, has taken nothing along but its file."""
        seats = sorted(host["seat"] for host in self.lake.hosts() if host["seat"])
        for slot in {stub.id.slot for stub in stubs}:
            unit = Unit(f"objects/{slot:03d}")
            for seat in seats:
                self.lake.move(unit.name, seat)
                self.lake.client.at(unit, slot, "listing", slot)

    def let_pass(self) -> None:
        time.sleep(PASS_S)

    def becomes(self, expected: Any, look: Callable[[], Any]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while (found := look()) != expected and time.monotonic() < deadline:
            time.sleep(0.05)
        assert found == expected


@pytest.fixture(scope="module")
def on_ray(ray_head: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:  # noqa: ARG001
    clock: Any = SharedClock(tmp_path_factory.mktemp("clock") / "now")
    path = tmp_path_factory.mktemp("ray") / "lake"
    options = ClusterOptions(seats=2, sink=False)
    with thermocline.connect(path, runtime="ray", cluster=options, clock=clock) as lake:
        yield RayWorld(lake, clock)


class OnRay(Conformance):
    @pytest.fixture
    def world(self, on_ray: World) -> World:
        return on_ray


class TestIdentity(OnRay, Identity):
    pass


class TestStorage(OnRay, Storage):
    pass


class TestTransactions(OnRay, Transactions):
    pass


class TestKeyValue(OnRay, KeyValue):
    pass


class TestDedup(OnRay, Dedup):
    pass


class TestErrors(OnRay, Errors):
    pass


class TestLimits(OnRay, Limits):
    pass


class TestSagas(OnRay, Sagas):
    pass


class TestGates(OnRay, Gates):
    pass


class TestOrdering(OnRay, Ordering):
    pass


class TestCalls(OnRay, Calls):
    pass


class TestAlarms(OnRay, Alarms):
    pass


class TestHibernation(OnRay, Hibernation):
    pass


class TestRestore(OnRay, Restore):
    pass


class TestForks(OnRay, Forks):
    pass


class TestListing(OnRay, Listing):
    pass


def test_slots_that_move_keep_nobody_from_listing_and_calling(on_ray: World) -> None:
    shelf = on_ray.object(Shelf)
    shelf.put("tea")
    ended = threading.Event()

    def look() -> list[int]:
        try:
            return [len(shelf.things()) * bool(on_ray.lake.objects().list(Shelf)) for _ in range(25)]
        finally:
            ended.set()

    def move() -> int:
        moves = 0
        while not ended.is_set():
            on_ray.leave_memory(shelf)
            moves += 1
        return moves

    looks, moves = together(look, move)
    assert looks == [1] * 25
    assert moves > 2
