"""The keeper and the hosts go by the same assignment, whatever became of the reply that put it into force."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

import thermocline
from thermocline.actors.cluster.host import slot_unit
from thermocline.actors.cluster.options import ClusterOptions
from thermocline.tiers.assignments import Assignments

from ..objects.saga_kills import Shelf

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("ray_head")]

OPTIONS = ClusterOptions(seats=2, sink=False, call_s=10)


@pytest.fixture
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    path = tmp_path_factory.mktemp("keeper") / "lake"
    with thermocline.connect(path, runtime="ray", cluster=OPTIONS) as opened:
        yield opened


def test_an_assignment_that_came_into_force_unheard_is_the_keepers_too(lake: Any) -> None:
    shelf = lake.object(Shelf, "cups")
    assert shelf.take() == 1
    unit = slot_unit(shelf.id.slot, OPTIONS)
    assignments = Assignments(lake.store)
    known = assignments.latest()
    (other,) = [seat.name for seat in known.seats if seat != known.owner(unit)]
    assert assignments.publish(replace(known.moved(unit, other), before=None))
    deadline = time.monotonic() + 10
    while lake.client.assignment.owner(unit).name != other and time.monotonic() < deadline:
        time.sleep(0.1)
        lake.client.refresh()
    assert lake.client.assignment.owner(unit).name == other
    assert shelf.take() == 2


def test_of_two_processes_in_one_seat_the_later_one_stays(lake: Any) -> None:
    import ray

    shelf = lake.object(Shelf, "plates")
    assert shelf.take() == 1
    before = _seats(lake)
    seat = lake.client.assignment.seats[0]
    names = [found["name"] for found in ray.util.list_named_actors(all_namespaces=True)]
    hosts = [ray.get_actor(name, "thermocline") for name in names if name.startswith("host-")]
    (spare,) = [host for host in hosts if ray.get(host.ready.remote())[2] is None]
    # As if it had filled the seat once, been out of reach, and come back.
    ray.get(spare.take.remote(seat, 0))
    keeper = lake.client._keeper
    ray.kill(keeper, no_restart=False)
    deadline = time.monotonic() + 30
    while _seats(lake).count(None) != OPTIONS.spares and time.monotonic() < deadline:
        time.sleep(0.2)
    assert sorted(_seats(lake), key=str) == sorted(before, key=str)
    assert shelf.take() == 2


def test_a_frozen_host_is_ended_though_all_that_could_have_ended_it_died(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = tmp_path_factory.mktemp("frozen") / "lake"
    options = replace(OPTIONS, lease_s=1.0, call_s=40)
    with thermocline.connect(path, runtime="ray", cluster=options) as lake:
        shelf = lake.object(Shelf, "bowls")
        assert shelf.take() == 1
        owner = lake.client.assignment.owner(slot_unit(shelf.id.slot, options)).name
        pids = _pids(lake)
        while 0 in pids:  # of one that is still being started
            pids = _pids(lake)
        (frozen,) = [pid for pid, seat in pids.items() if seat == owner]
        os.kill(frozen, signal.SIGSTOP)
        try:
            for pid in pids.keys() - {frozen}:
                os.kill(pid, signal.SIGKILL)
            assert shelf.take() == 2
        finally:
            with suppress(ProcessLookupError):
                os.kill(frozen, signal.SIGCONT)


def _seats(lake: Any) -> list[str | None]:
    return [host["seat"] for host in lake.client.keeper("hosts")]


def _pids(lake: Any) -> dict[int, str | None]:
    return {host["pid"]: host["seat"] for host in lake.client.keeper("hosts")}
