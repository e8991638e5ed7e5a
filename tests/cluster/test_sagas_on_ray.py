"""Sagas on a cluster go on by themselves when a host dies, and nobody has called since they were begun."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from typing import Any

import pytest

import thermocline
from thermocline.actors.cluster.options import ClusterOptions
from thermocline.core.errors import Unavailable

from ..objects.saga_kills import EXPECTED, Account, Order, Shelf, Slow

pytestmark = [pytest.mark.ray, pytest.mark.usefixtures("ray_head")]


class Where(thermocline.DurableObject):
    def pid(self) -> int:
        return os.getpid()


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    path = tmp_path_factory.mktemp("sagas") / "lake"
    with thermocline.connect(path, runtime="ray", cluster=ClusterOptions(sink=False)) as opened:
        yield opened


@pytest.mark.parametrize("item", ["tea", "wine"])
def test_a_saga_runs_over_objects_of_several_hosts(lake: Any, item: str) -> None:
    order = lake.object(Order, f"order-{item}")
    order.begin(item, item)
    if item == "tea":
        assert order.result() == "tea number 1 for 5"
    else:
        with pytest.raises(LookupError, match="no wine"):
            order.result()
    assert lake.object(Account, item).moves() == EXPECTED[item]
    assert lake.object(Shelf, item).taken() == (1 if item == "tea" else 0)


def test_it_goes_on_when_hosts_are_killed_under_it(lake: Any) -> None:
    sagas = [lake.object(Slow, f"slow-{number}") for number in range(4)]
    for number, saga in enumerate(sagas):
        saga.begin(f"customer-{number}")
    for _ in range(3):
        time.sleep(0.4)
        os.kill(lake.object(Where, "anywhere").pid(), signal.SIGKILL)
    for number, saga in enumerate(sagas):
        assert _in_the_end(saga) == 12
        moves = lake.object(Account, f"customer-{number}").moves()
        assert moves == [("charge", amount) for amount in range(12)]


def _in_the_end(saga: Any) -> Any:
    deadline = time.monotonic() + 120
    while True:
        try:
            return saga.result(2)
        except Unavailable:
            if time.monotonic() > deadline:
                raise
