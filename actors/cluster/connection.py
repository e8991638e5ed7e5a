"""This process's connection to a cluster elsewhere, through Ray's client: one, shared by its lakes."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ...core.errors import Invalid, Unavailable

QUIET: Any = {"configure_logging": True, "logging_level": "ERROR", "log_to_driver": False}
_lock = threading.Lock()


@dataclass
class _Connection:
    address: str = ""
    lakes: int = 0


_ours = _Connection()


def connect_client(address: str) -> Callable[[], None]:
    """Connects, unless that is done; returns what lets go of it again.

    Raises `Unavailable`, and `Invalid` if this process belongs to another cluster already.
    """
    import ray
    from ray.util.client import ray as context

    client: Any = context  # ships no type information

    with _lock:
        if not ray.is_initialized():
            # An append carries its rows: that they are many is nothing to be warned of.
            warnings.filterwarnings("ignore", message="More than 10MB of messages")
            try:
                _init(address)
            except (ConnectionError, RuntimeError) as error:
                said = str(error).strip().splitlines()[-1:]  # Ray's messages hold whole tracebacks
                raise Unavailable(
                    f"no Ray cluster at {address}: {' '.join(said)}",
                    hint="is the head up, and its client port open?",
                ) from error
            _ours.address, _ours.lakes = address, 0
        elif not client.is_connected() or (_ours.lakes and _ours.address != address):
            known = _ours.address if _ours.lakes else "another Ray cluster"
            raise Invalid(
                f"this process is connected to {known}, and can't be to {address} too",
                hint="use a process for each cluster",
            )
        elif not _ours.lakes:
            return _keep
        _ours.lakes += 1
    return _let_go


def _init(address: str) -> None:
    import ray

    try:
        ray.init(address, namespace="thermocline", **QUIET)
    except ConnectionAbortedError:
        # The head answered, but the process that it forked for this client died at birth, as happens
        # beside gRPC's threads. It starts another for whoever comes again.
        ray.init(address, namespace="thermocline", **QUIET)


def _keep() -> None:
    """Whoever made the connection ends it."""


def _let_go() -> None:
    import ray

    with _lock:
        _ours.lakes -= 1
        if _ours.lakes == 0:
            ray.shutdown()
