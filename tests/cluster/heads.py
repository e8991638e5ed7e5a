"""A Ray head in processes of its own, with a server for clients: to a test, a cluster elsewhere."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from thermocline.actors.cluster.opening import SETTINGS

START_S = 60.0


@contextmanager
def client_head(lake: Path, environment: Mapping[str, str] | None = None) -> Iterator[str]:
    """`ray://...` of a head whose nodes say that their lake is in this folder; it ends with the block."""
    lake.mkdir(parents=True, exist_ok=True)
    port, control = _free_ports(2)
    told = {
        # Hosts outlive their clients, so a head that waits for them to end waits in vain.
        "RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S": "0",
        "THERMOCLINE_OBJECT_STORE": str(lake / "objects"),
        "THERMOCLINE_DISK": str(lake / "{node}"),
        "THERMOCLINE_CATALOG": f"sqlite:///{lake / 'catalog.sqlite'}",
    }
    command = [
        str(Path(sys.executable).with_name("ray")),
        *("start", "--head", "--block", f"--ray-client-server-port={port}", f"--port={control}"),
        *("--num-cpus=2", "--include-dashboard=false", "--disable-usage-stats"),
    ]
    with (lake / "ray.out").open("wb") as out:
        head = subprocess.Popen(
            command,
            env=os.environ | SETTINGS | told | dict(environment or {}),
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
        try:
            _wait_for(port, head, lake / "ray.out")
            yield f"ray://127.0.0.1:{port}"
        finally:
            # Asked to end, it ends what it has started.
            head.send_signal(signal.SIGTERM)
            head.wait(timeout=60)


def _free_ports(count: int) -> list[int]:
    """Above those that Ray gives to its workers."""
    found: list[int] = []
    for port in range(21_001 + os.getpid() % 7_000, 32_000):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        found.append(port)
        if len(found) == count:
            break
    return found


def _wait_for(port: int, head: subprocess.Popen[bytes], out: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and head.poll() is None:
        with socket.socket() as probe:
            if "Ray runtime started" in out.read_text() and probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(f"no head came up:\n{out.read_text()[-2000:]}")
