"""From `connect(..., runtime="ray")` to a lake: a head on this machine, or a cluster that runs.

A head that was started here ends with the lake, without a process or a line on stderr left behind.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...core.clock import Clock
from ...core.errors import Invalid, Unavailable
from ...core.policy import TierPolicy
from ...tiers.seal import break_seal, check_seal
from .connection import QUIET, connect_client
from .options import (
    CATALOG_VARIABLE,
    DISK_VARIABLE,
    STORE_VARIABLE,
    ClusterOptions,
    LakePlace,
    catalog_of,
    place_from_environment,
)
from .scratch import sweep

if TYPE_CHECKING:
    from ...agent.providers.base import Provider
    from ...agent.providers.budget import Budget
    from .far import FarLake
    from .lake import RayLake

SETTINGS = {
    # A first worker for a driver that needs none, and what Ray's own processes say, cost seconds and lines.
    "RAY_prestart_worker_first_driver": "0",
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_AUTH_MODE": "disabled",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_DEDUP_LOGS": "0",
    # How long a call that was cut off waits to hear whether its actor died: by default, half of a takeover.
    "RAY_timeout_ms_task_wait_for_death_info": "100",
}
"""For a head of our own on loopback; one that is there already is left as it is."""


def open_ray_lake(
    path: str,
    *,
    clock: Clock,
    object_store: str | None,
    catalog: Mapping[str, str] | None,
    policy: TierPolicy | None,
    options: ClusterOptions,
    model: Provider | str | None = None,
    budget: Budget | None = None,
) -> RayLake | FarLake:
    """`path`: a lake's folder, or the address of a cluster, `ray://host:10001`.

    Raises `Unavailable` if Ray is not installed, can't be reached, or another process has the lake open.
    """
    try:
        import ray  # noqa: F401 - whether it is there
    except ImportError:
        raise Unavailable("Ray is not installed", hint="pip install 'thermocline[ray]'") from None
    from .far import FarLake
    from .lake import RayLake
    from .processes import ask_starting, find_keeper, start_keeper

    far = path.startswith("ray://")
    end_head = connect_client(path) if far else reach()
    started = None
    try:
        place = _far_place(object_store, catalog) if far else _near_place(Path(path), object_store, catalog)
        keeper = find_keeper(place)
        if keeper is None:
            lock = None if far else str(Path(path).absolute())
            keeper = start_keeper(place, options, policy or TierPolicy(), clock, lock, detached=far)
            started = None if far else keeper
        place, options, policy = ask_starting(keeper.place)
        if far:
            return FarLake(keeper, place, options, policy, clock=clock, ending=end_head)
    except BaseException:
        _end(started, end_head)
        raise
    return RayLake(
        keeper,
        place,
        options,
        policy,
        clock=clock,
        model=model,
        budget=budget,
        ending=lambda: _end(started, end_head),
    )


def _end(keeper: Any, end_head: Callable[[], None] | None) -> None:
    """What was started for a lake: its keeper with the hosts, and the head."""
    import ray

    if keeper is not None:
        ray.get(keeper.stop.remote())
        ray.kill(keeper)
    if end_head is not None:
        end_head()
    sweep()


def reach() -> Callable[[], None] | None:
    """A head for this process, unless it has one; what has to be called to end what was started for it.

    Another head of this machine, which Ray would find by itself, is used only if RAY_ADDRESS names it.
    """
    import ray

    if ray.is_initialized():
        return None
    if os.environ.get("RAY_ADDRESS"):
        ray.init(namespace="thermocline", **QUIET)
        hush()
        return ray.shutdown
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    ray.init("local", namespace="thermocline", include_dashboard=False, **QUIET)
    hush()
    return ray.shutdown


def hush() -> None:
    """Ray prints to stdout for each process that dies, whatever it was told of logging: into a program's own
    answers. There is no public way to be spared."""
    from ray._private.worker import global_worker

    worker: Any = global_worker
    worker.threads_stopped.set()
    worker.gcs_error_subscriber.close()


def _near_place(lake: Path, object_store: str | None, catalog: Mapping[str, str] | None) -> LakePlace:
    if lake.exists() and not lake.is_dir():
        raise Invalid(f"{lake} is a file", hint="name a directory")
    folder = lake.absolute()
    for name in ("databases", "tmp"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    file = folder / "catalog.sqlite"
    check_seal(file)
    break_seal(file)
    default = {"type": "sql", "uri": f"sqlite:///{file}"}
    return LakePlace(object_store or str(folder / "objects"), str(folder), dict(catalog or default))


def _far_place(object_store: str | None, catalog: Mapping[str, str] | None) -> LakePlace:
    """As told here or to the cluster's nodes; a lake that is open there already decides itself."""
    import ray

    task: Any = ray.remote(place_from_environment)
    store, disk, known_catalog = ray.get(task.options(num_cpus=0).remote())
    store = object_store or store
    if not store or not disk:
        raise Invalid(
            f"the cluster does not say where its lake is: {STORE_VARIABLE} and {DISK_VARIABLE}",
            hint="set both where its nodes start, as ray_cluster.yaml does",
        )
    chosen = dict(catalog) if catalog else catalog_of(known_catalog)
    if not chosen:
        raise Invalid(
            f"the cluster has no Iceberg catalog that all nodes reach: {CATALOG_VARIABLE}",
            hint="set it where its nodes start, to a REST catalog's or a database's address",
        )
    return LakePlace(store, disk, chosen)
