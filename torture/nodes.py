"""A Ray cluster of several nodes on this machine, whose processes can be killed, frozen and started again.

    head     control store, raylet; the trials' own process is connected to it
    far      a second raylet, which may die

A node is a raylet with its workers; the lake's files of each lie in folders of their own.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from ..actors.cluster.opening import SETTINGS, hush

HEAD, FAR = "head", "far"
_LABEL = "thermocline-node"
_STORE_BYTES = 80 * 2**20
_HEALTH = {
    # A raylet that is silent is given up after about three seconds.
    "health_check_initial_delay_ms": 0,
    "health_check_period_ms": 300,
    "health_check_timeout_ms": 700,
    "health_check_failure_threshold": 4,
}
_QUIET: dict[str, Any] = {"logging_level": "ERROR", "log_to_driver": False}


class Nodes:
    def __init__(self) -> None:
        import ray
        from ray.cluster_utils import Cluster

        # Short, as the paths of sockets may have 107 bytes.
        self.folder = Path(tempfile.mkdtemp(prefix="tc-ray-", dir="/tmp"))
        (self.folder / "control-store").mkdir()
        settings = {
            **SETTINGS,
            # Control stores in memory forget the cluster when they die.
            "RAY_gcs_storage": "rocksdb",
            "RAY_gcs_storage_path": str(self.folder / "control-store"),
        }
        self._before = {name: os.environ.get(name) for name in settings}
        os.environ.update(settings)
        logging.getLogger("ray").setLevel(logging.ERROR)
        self._cluster: Any = Cluster(
            initialize_head=True,
            shutdown_at_exit=False,
            head_node_args={
                **self._arguments(HEAD),
                "include_dashboard": False,
                "_system_config": _HEALTH,
                "temp_dir": str(self.folder),
            },
        )
        self._far: Any = None
        self.start_far()
        ray.init(address=self._cluster.address, namespace="thermocline", **_QUIET)
        hush()

    def close(self) -> None:
        import ray

        self._wake_all()
        left = self._workers(HEAD) + self._workers(FAR)
        ray.shutdown()
        self._cluster.shutdown()
        for pid in left:
            _kill(pid)
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        shutil.rmtree(self.folder, ignore_errors=True)

    # -- raylets ----------------------------------------------------------------------------------

    def start_far(self) -> None:
        """Raises `RuntimeError` if the raylet does not come up."""
        self._far = self._cluster.add_node(**self._arguments(FAR))

    def end_far(self) -> None:
        """Kills the raylet, unless it is dead, and what it leaves behind."""
        workers = self._workers(FAR)
        _kill(self.raylet(FAR))
        for pid in workers:
            _kill(pid)
        self._cluster.remove_node(self._far, allow_graceful=False)

    def raylet(self, node: str) -> int:
        found: int = self._node(node).all_processes["raylet"][0].process.pid
        return found

    def raylet_ends(self, within_s: float) -> bool:
        """Whether the far one does so by itself."""
        process = self._node(FAR).all_processes["raylet"][0].process
        deadline = time.monotonic() + within_s
        while process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        return process.poll() is not None

    def workers(self, node: str) -> list[int]:
        """Pids of the processes of hosts, and of the keeper if it is there."""
        return [pid for pid in self._workers(node) if b"ray::" in _command(pid)]

    # -- the control store ------------------------------------------------------------------------

    @property
    def control_store(self) -> int:
        found: int = self._cluster.head_node.all_processes["gcs_server"][0].process.pid
        return found

    def kill_control_store(self) -> None:
        self._cluster.head_node.kill_gcs_server()

    def start_control_store(self) -> None:
        self._cluster.head_node.start_gcs_server()

    # -- processes --------------------------------------------------------------------------------

    def _node(self, node: str) -> Any:
        return self._cluster.head_node if node == HEAD else self._far

    def _arguments(self, node: str) -> dict[str, Any]:
        return {"num_cpus": 1, "object_store_memory": _STORE_BYTES, "labels": {_LABEL: node}}

    def _workers(self, node: str) -> list[int]:
        """Its agents too."""
        return _children(self.raylet(node))

    def _wake_all(self) -> None:
        own = [self.control_store, self.raylet(HEAD), self.raylet(FAR)]
        for pid in [*own, *self._workers(HEAD), *self._workers(FAR)]:
            _send(pid, signal.SIGCONT)


@contextmanager
def frozen(*pids: int) -> Iterator[None]:
    """They stand still meanwhile; a process that is killed meanwhile stays so."""
    try:
        for pid in pids:
            _send(pid, signal.SIGSTOP)
        yield
    finally:
        for pid in pids:
            _send(pid, signal.SIGCONT)


def _kill(pid: int) -> None:
    _send(pid, signal.SIGKILL)


def _send(pid: int, sign: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, sign)


def _children(parent: int) -> list[int]:
    """And theirs."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and _parent(int(entry.name)) == parent:
            found += [int(entry.name), *_children(int(entry.name))]
    return found


def _parent(pid: int) -> int:
    with suppress(OSError, ValueError):
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return -1


def _command(pid: int) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""
