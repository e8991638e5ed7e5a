"""A lake spread over shards in two hosts, for the suites that run on one shard elsewhere."""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import thermocline
from thermocline.actors.cluster.options import ClusterOptions
from thermocline.core.policy import TierPolicy
from thermocline.core.protocols import Lakehouse

from .conftest import SharedClock

SHARDS = 4
TWO_HOSTS = ClusterOptions(seats=2, sink=False)


class StillClock(SharedClock):
    """Stands still for all processes until it is moved."""

    def __call__(self) -> Any:
        return self._move(timedelta())


def still_clock(folder: Path) -> StillClock:
    """Hosts can't import the tests: it goes to them whole."""
    from ray import cloudpickle

    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    folder.mkdir(exist_ok=True)
    return StillClock(folder / "now")


def on_ray(folder: Path, clock: Any, policy: TierPolicy | None = None) -> Lakehouse:
    return thermocline.connect(folder, runtime="ray", cluster=TWO_HOSTS, clock=clock, policy=policy)


def move(lake: Any, shard: str, host: int) -> None:
    """A shard of `main` to one of the two hosts."""
    lake.client.refresh()
    lake.move(f"db/main/{shard}", lake.client.assignment.seats[host].name)


def hosting(lake: Any) -> set[str]:
    """The seats that have a shard open."""
    return {host["seat"] for host in lake.hosts() if host.get("shards")}
