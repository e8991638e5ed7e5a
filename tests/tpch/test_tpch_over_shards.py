"""The 22 queries of TPC-H over four shards, each with three tiers, give what they give on plain tables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import thermocline

from .data import load
from .over_shards import SHARDS, OverShards


@pytest.mark.xdist_group("tpch over shards")  # loaded once, not by each worker
class TestInProcess(OverShards):
    @pytest.fixture(scope="class")
    @classmethod
    def spread(cls, data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
        with thermocline.connect(tmp_path_factory.mktemp("lake"), background=False) as lake:
            db = lake.create_database("main", shards=SHARDS)
            load(db, data, tmp_path_factory.mktemp("files"), spread=True)
            yield db
