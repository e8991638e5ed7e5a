"""Daft on Ray: scans are the cluster's, straight from the object store, and the answer is DuckDB's."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = [
    pytest.mark.ray,
    pytest.mark.skipif(importlib.util.find_spec("daft") is None, reason="Daft is not installed"),
]


@pytest.fixture
def bucket() -> Iterator[dict[str, str]]:
    """The environment that names an S3 with a bucket `lake`."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1"}
    environment = {"AWS_ENDPOINT_URL": f"http://{host}:{port}", **keys}
    boto3.client(
        "s3",
        endpoint_url=environment["AWS_ENDPOINT_URL"],
        aws_access_key_id="test",
        aws_secret_access_key="test",
        region_name="us-east-1",
    ).create_bucket(Bucket="lake")
    yield environment
    server.stop()


def ask(folder: Path, store: str, environment: dict[str, str]) -> dict[str, Any]:
    script = Path(__file__).with_name("asking_daft.py")
    done = subprocess.run(
        [sys.executable, str(script), str(folder), store],
        env=os.environ | environment,
        check=False,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def check(found: dict[str, Any]) -> None:
    assert found["engines"] == ["daft"] * 4
    assert found["daft"] == found["duckdb"]
    assert found["certificates"] == found["whole"]
    assert found["told"] == "engine: Daft on Ray groups sales; DuckDB does the rest"


def test_scans_of_a_lake_on_s3_read_the_bucket_and_leave_no_copies(
    tmp_path: Path, bucket: dict[str, str]
) -> None:
    found = ask(tmp_path / "lake", "s3://lake/daft", bucket)
    check(found)
    assert found["copied"] == []


def test_scans_of_a_lake_on_a_disk_read_the_disk(tmp_path: Path) -> None:
    check(ask(tmp_path / "lake", str(tmp_path / "lake" / "objects"), {}))
