"""A host without Ray: what it does when a unit is claimed behind its back, moved, or its lease runs out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from thermocline.actors.cluster.host import ShardHost
from thermocline.actors.cluster.options import ClusterOptions, LakePlace
from thermocline.core.clock import system_clock
from thermocline.core.errors import Fenced
from thermocline.core.placement import Assignment, Misplaced, Seat, Unit
from thermocline.core.policy import TierPolicy
from thermocline.core.protocols import Append
from thermocline.core.sharding import ShardMap
from thermocline.tiers.assignments import Assignments
from thermocline.tiers.object_store import open_store
from thermocline.tiers.shard_maps import ShardMaps

UNIT = Unit("db/acme/shard-0", replicated=True)
OPTIONS = ClusterOptions(lease_s=60, objects="replicated")
Open = Callable[[str], ShardHost]


@pytest.fixture
def assignments(tmp_path: Path) -> Assignments:
    store = open_store(tmp_path / "objects")
    ShardMaps(store, "acme").create(ShardMap(durability="replicated"), exists=False)
    return Assignments(store)


@pytest.fixture
def open_host(tmp_path: Path, assignments: Assignments) -> Iterator[Open]:
    """A host on a disk of its own, in a seat of that name."""
    hosts = []

    def opened(name: str) -> ShardHost:
        place = LakePlace(str(tmp_path / "objects"), str(tmp_path / "disk-{node}"), {"type": "in-memory"})
        host = ShardHost(
            place,
            OPTIONS,
            name,
            clock=system_clock,
            entropy=os.urandom,
            policy=TierPolicy(),
            lake=lambda: None,
            learn=lambda _, __: object,
            die=lambda _: None,
        )
        hosts.append(host)
        host.take(Seat(name, name), 1)
        return host

    yield opened
    for host in hosts:
        host.stop()


def publish(assignments: Assignments, *seats: str) -> Assignment:
    assignment = assignments.latest().next(seats=tuple(Seat(name, name) for name in seats))
    assert assignments.publish(assignment)
    return assignment


def append(host: ShardHost, version: int, id: str) -> Any:
    rows = Append("events", [{"_id": id}])
    return host.call(version, UNIT, "append_once", ([rows], f"operation-{id}"), {})


def rows(host: ShardHost, version: int) -> int:
    table, *_ = host.call(version, UNIT, "ask", ("SELECT count(*) AS n FROM events", None), {})
    return int(table.column("n")[0].as_py())


def test_an_owner_that_was_fenced_claims_its_unit_again(assignments: Assignments, open_host: Open) -> None:
    version = publish(assignments, "a").version
    owner = open_host("a")
    append(owner, version, "1")
    elsewhere = publish(assignments, "b").version
    rival = open_host("b")
    append(rival, elsewhere, "2")
    back = publish(assignments, "a").version
    with pytest.raises(Fenced):
        append(owner, version, "3")
    append(owner, back, "3")
    assert rows(owner, back) == 3


def test_a_host_lets_go_of_what_was_moved(assignments: Assignments, open_host: Open) -> None:
    first = publish(assignments, "a").version
    owner = open_host("a")
    append(owner, first, "1")
    later = publish(assignments, "b").version
    with pytest.raises(Misplaced):
        append(owner, later, "2")
    assert owner.facts()["shards"] == []
