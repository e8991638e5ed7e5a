"""The keeper and the hosts go by the same assignment, whatever became of the reply that put it into force."""

from __future__ import annotations

import time
from collections.abc import Iterator
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
