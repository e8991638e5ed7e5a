"""A replicated database on S3: a second machine takes it over with nothing but the bucket."""

from __future__ import annotations

from pathlib import Path

import pytest

import thermocline
from thermocline.core.errors import Fenced
from thermocline.core.protocols import Lakehouse

from ..conftest import FakeClock
from ..contracts import test_lake_on_s3

endpoint = test_lake_on_s3.endpoint


def test_a_second_machine_finds_everything_and_fences_the_first(
    endpoint: str, tmp_path: Path, clock: FakeClock
) -> None:
    def machine(name: str) -> Lakehouse:
        store = test_lake_on_s3.store(endpoint, tmp_path / f"cache-{name}")
        return thermocline.connect(tmp_path / name, object_store=store, clock=clock, background=False)

    with machine("first") as first:
        shop = first.create_database("acme", durability="replicated")
        for n in range(30):
            shop.append("sales", [{"revenue": 1.5, "_id": f"id-{n}"}])
        with machine("second") as second:
            moved = second.database("acme")
            found = moved.sql("SELECT _id FROM sales ORDER BY _seq").rows()
            assert found == [(f"id-{n}",) for n in range(30)]
            assert moved.append("sales", [{"revenue": 1.5, "_id": "id-7"}]).duplicates == 1
            with pytest.raises(Fenced):
                shop.append("sales", [{"revenue": 2.0}])
            moved.append("sales", [{"revenue": 2.0}])
            assert moved.sql("SELECT count(*) FROM sales").rows() == [(31,)]
