"""A client that has only an address: the lake's disk and its object store are the cluster's."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from .heads import client_head

pytestmark = pytest.mark.ray

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with client_head(tmp_path_factory.mktemp("far")) as address:
        yield address


@pytest.mark.timeout(900)
def test_the_contract_holds_over_ray_client(address: str, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "-n",
        "0",
        "-m",
        "not ray",
        "-p",
        "no:cacheprovider",
        # What hangs says where: the stacks of all threads, and an end.
        "--timeout=200",
        "--timeout-method=thread",
    ]
    done = subprocess.run(
        [*command, f"--basetemp={tmp_path / 'client'}", str(HERE / "over_ray_client.py")],
        env=os.environ | {"RAY_CLIENT": address, "RAY_AUTH_MODE": "disabled"},
        cwd=HERE.parents[1],
        check=False,
        capture_output=True,
        text=True,
        timeout=850,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-12000:]


@pytest.mark.timeout(300)
def test_a_client_whose_server_dies_at_birth_is_given_another(address: str) -> None:
    known = _client_servers()
    command = [sys.executable, "-c", COUNTS, address]
    client = subprocess.Popen(
        command,
        # Nothing is kept for a client that may come back: this one is told of the death without delay.
        env=os.environ | {"RAY_AUTH_MODE": "disabled", "RAY_CLIENT_RECONNECT_GRACE_PERIOD": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not (born := _client_servers() - known) and client.poll() is None:
        time.sleep(0.01)
    for process in born:
        os.kill(process, signal.SIGKILL)
    out, err = client.communicate(timeout=240)
    assert born, "the client had no server of its own"
    assert (out.strip(), client.returncode) == ("1", 0), err[-2000:]


@pytest.mark.timeout(300)
def test_a_lake_whose_keeper_dies_while_it_starts_is_opened(address: str, tmp_path: Path) -> None:
    known = _keepers()
    client = subprocess.Popen(
        [sys.executable, "-c", COUNTS, address, str(tmp_path)],
        env=os.environ | {"RAY_AUTH_MODE": "disabled"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not (born := _keepers() - known) and client.poll() is None:
        time.sleep(0.005)
    for process in born:
        os.kill(process, signal.SIGKILL)
    out, err = client.communicate(timeout=240)
    assert born, "the lake had no keeper of its own"
    assert (out.strip(), client.returncode) == ("1", 0), err[-2000:]


COUNTS = """
import sys
import thermocline

own, name = {}, "born"
if len(sys.argv) > 2:
    name = "kept"  # the nodes have one disk for all lakes
    folder = sys.argv[2]
    own["object_store"] = f"{folder}/objects"
    own["catalog"] = {"type": "sql", "uri": f"sqlite:///{folder}/catalog.sqlite"}
with thermocline.connect(sys.argv[1], **own) as lake:
    database = lake.database(name)
    database.append("events", [{"id": 1}])
    print(database.sql("select count(*) from events").rows()[0][0])
"""


def _client_servers() -> set[int]:
    """The processes that heads on this machine have started for a client each."""
    return _processes(lambda words: b"--mode=specific-server" in words)


def _keepers() -> set[int]:
    """Keepers that are asked whether their seats are filled."""
    return _processes(lambda words: words[0].startswith(b"ray::KeeperActor.wait_until_seated"))


def _processes(wanted: Callable[[list[bytes]], bool]) -> set[int]:
    found = set()
    for process in Path("/proc").iterdir():
        with suppress(OSError):  # no process, or gone since
            if wanted((process / "cmdline").read_bytes().split(b"\0")):
                found.add(int(process.name))
    return found
