"""A whole lake whose segments, manifests and Iceberg tables lie on S3; only the hot file is local."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

import thermocline
from thermocline.core.protocols import Lakehouse
from thermocline.tiers.object_store import ObjectStore, open_store

from ..conftest import FakeClock

ASKED = "SELECT product, sum(revenue), count(*) FROM sales GROUP BY product ORDER BY product"


@pytest.fixture
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    boto3.client("s3", endpoint_url=address, **keys).create_bucket(Bucket="lake")
    yield address
    server.stop()


def store(endpoint: str, cache: Path) -> ObjectStore:
    # Servers of one process share their buckets, so each test has its own prefix.
    return open_store(
        f"s3://lake/{cache.parent.name}",
        cache=cache,
        endpoint=endpoint,
        access_key_id="test",
        secret_access_key="test",
        region="us-east-1",
    )


def opened(endpoint: str, folder: Path, clock: FakeClock, cache: str) -> Lakehouse:
    remote = store(endpoint, folder / cache)
    return thermocline.connect(folder / "lake", object_store=remote, clock=clock, background=False)


def test_a_lake_on_s3_sinks_answers_and_comes_back(endpoint: str, tmp_path: Path, clock: FakeClock) -> None:
    rows = [{"product": p, "revenue": 1.5, "_id": f"{p}{n}"} for n in range(20) for p in ("tea", "oat")]
    with opened(endpoint, tmp_path, clock, "cache") as lake:
        shop = lake.database("acme")
        shop.append("sales", rows)
        hot = shop.sql(ASKED).rows()
        shop.archive("sales", up_to=15)
        shop.flush("sales", up_to=30)
        assert shop.sql(ASKED).rows() == hot
    # Another machine's cache is empty: everything comes from S3.
    with opened(endpoint, tmp_path, clock, "other-cache") as lake:
        shop = lake.database("acme")
        answer = shop.sql(ASKED)
        assert answer.rows() == hot
        answer.certificate.verify()
        assert shop.append("sales", rows).duplicates == 40
        assert shop.verify().rows == 40
    assert not list((tmp_path / "lake").rglob("*.parquet"))


def test_pyiceberg_alone_reads_the_cold_rows_on_s3(endpoint: str, tmp_path: Path, clock: FakeClock) -> None:
    from pyiceberg.catalog import load_catalog

    with opened(endpoint, tmp_path, clock, "cache") as lake:
        lake.database("acme").append("sales", [{"n": n} for n in range(5)])
        lake.database("acme").archive("sales")
    catalog = load_catalog(
        "thermocline",
        **{
            "type": "sql",
            "uri": f"sqlite:///{tmp_path}/lake/catalog.sqlite",
            "s3.endpoint": endpoint,
            "s3.access-key-id": "test",
            "s3.secret-access-key": "test",
            "s3.region": "us-east-1",
        },
    )
    assert sorted(catalog.load_table("acme.sales").scan().to_arrow()["n"].to_pylist()) == list(range(5))
    catalog.close()
