"""The contract in this process."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import thermocline
from thermocline.core.protocols import Lakehouse

from ..conftest import FakeClock
from .lakehouse import LakehouseContract


class TestLocalLakehouse(LakehouseContract):
    @pytest.fixture(scope="class")
    @classmethod
    def lake(cls, clock: FakeClock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lakehouse]:
        path = tmp_path_factory.mktemp("local") / "lake"
        with thermocline.connect(path, clock=clock, background=False) as lake:
            yield lake
