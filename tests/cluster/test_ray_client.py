"""A client that has only an address: the lake's disk and its object store are the cluster's."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
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
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
