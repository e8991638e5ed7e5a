"""The one way into a lake, whatever it lies on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from .core.clock import Clock, system_clock
from .core.errors import Invalid
from .core.policy import TierPolicy
from .core.protocols import Lakehouse

if TYPE_CHECKING:
    from .actors.cluster.options import ClusterOptions
    from .agent.providers.base import Provider
    from .agent.providers.budget import Budget
    from .tiers.object_store import ObjectStore


def connect(
    path: str | Path = "./lake",
    *,
    clock: Clock = system_clock,
    object_store: ObjectStore | str | None = None,
    catalog: Mapping[str, str] | None = None,
    policy: TierPolicy | None = None,
    read_only: bool = False,
    background: bool = True,
    api_key: str | None = None,
    region: str | None = None,
    runtime: str = "local",
    cluster: ClusterOptions | None = None,
    model: Provider | str | None = None,
    budget: Budget | None = None,
) -> Lakehouse:
    """Opens a lake: a directory, created if need be, a served one at `http://host:8380`, or a Ray cluster's.

    `clock`: returns an aware UTC datetime. `object_store`: where segments and Iceberg files go (default:
    below the directory), an URL such as `s3://bucket/prefix` or a store object. `catalog`: properties of any
    pyiceberg catalog (default: SQLite in the directory). `policy`: ages and sizes of the tiers. `read_only`:
    read beside the process that writes. `background`: sink events by themselves while open. `api_key`: for
    a served lake. `region`: where this process is, for databases that may be only there. `runtime`: `"ray"`
    hosts the lake's shards and objects in processes on a Ray head, started here if none runs;
    `ray://host:10001` is a cluster elsewhere. `cluster`: its counts and times. `model`: the language model
    that questions are put to where the grammar is not sure, such as `"ollama:llama3.1:8b"` (default: what
    THERMOCLINE_MODEL names, else none); `budget`: what a question may cost.

    Raises `Unavailable` if another process has the directory open for writing, `Corrupt` if it is damaged.
    """
    text = str(path)
    if model is not None and "://" in text:
        hint = "the process that serves the lake takes one from THERMOCLINE_MODEL"
        raise Invalid("the model of a lake elsewhere is chosen there", hint=hint)
    if text.startswith(("http://", "https://")):
        from .sdks.lakehouse.http import connect_http

        return connect_http(text, api_key=api_key)
    if runtime not in ("local", "ray"):
        raise Invalid(f"runtime={runtime!r}", hint='"local" or "ray"')
    if runtime == "ray" or text.startswith("ray://"):
        from .actors.cluster.opening import open_ray_lake
        from .actors.cluster.options import ClusterOptions

        if not (object_store is None or isinstance(object_store, str)) or read_only:
            hint = "leave read_only out, and name the object store by folder or URL"
            raise Invalid("a cluster's processes can't share this", hint=hint)
        return open_ray_lake(
            text,
            clock=clock,
            object_store=object_store,
            catalog=catalog,
            policy=policy,
            options=cluster or ClusterOptions(sink=background),
            model=model,
            budget=budget,
        )
    if "://" in text:
        hint = "give a directory, an http:// or a ray:// address"
        raise Invalid(f"no way to connect to {text}", hint=hint)
    from .actors.local import LocalLake

    return LocalLake(
        Path(path),
        clock=clock,
        object_store=object_store,
        catalog=catalog,
        policy=policy,
        read_only=read_only,
        background=background,
        region=region,
        model=model,
        budget=budget,
    )
