"""How a cluster is run: counts and times, the same for every host of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field

STORE_VARIABLE = "THERMOCLINE_OBJECT_STORE"
DISK_VARIABLE = "THERMOCLINE_DISK"
CATALOG_VARIABLE = "THERMOCLINE_CATALOG"


@dataclass(frozen=True, slots=True)
class ClusterOptions:
    """`seats`: hosts on each node, by default one a core. `spares`: warm processes on each node.

    `lease_s`: a host that has said nothing for so long is replaced; it stops serving by itself after two
    thirds of that. `turn_s`: a turn that takes longer ends its host. `call_s`: how long a client keeps
    trying one call. `threads`: calls that a host serves at once. `sink`: whether hosts move events by
    themselves as they age. `objects`: durability of durable objects, `local` or `replicated`. `prepare`:
    called in each process of the cluster before it does anything; torture arranges faults by it.
    """

    seats: int | None = None
    spares: int = 1
    lease_s: float = 4.0
    turn_s: float = 30.0
    call_s: float = 30.0
    threads: int = 64
    sink: bool = True
    objects: str = "local"
    prepare: Callable[[], None] | None = None

    @property
    def beat_s(self) -> float:
        return self.lease_s / 8

    @property
    def fence_s(self) -> float:
        return self.lease_s * 2 / 3

    def seats_of(self, cores: float) -> int:
        return self.seats if self.seats is not None else max(1, int(cores))


@dataclass(frozen=True, slots=True)
class LakePlace:
    """Where a lake lies. `store`: folder or URL of its object store. `disk`: the folder for hot files on each
    node, in which `{node}` stands for the node's name. `catalog`: the Iceberg catalog's properties."""

    store: str
    disk: str
    catalog: dict[str, str] = field(default_factory=dict)


def place_from_environment() -> tuple[str | None, str | None, str | None]:
    """Object store, disk folder and catalog that a cluster's nodes were started with."""
    return (
        os.environ.get(STORE_VARIABLE),
        os.environ.get(DISK_VARIABLE),
        os.environ.get(CATALOG_VARIABLE),
    )


def catalog_of(address: str | None) -> dict[str, str]:
    """The properties of a catalog by its address.

    >>> catalog_of("https://catalog:8181")
    {'type': 'rest', 'uri': 'https://catalog:8181'}
    """
    if not address:
        return {}
    kind = "rest" if address.startswith(("http://", "https://")) else "sql"
    return {"type": kind, "uri": address}
