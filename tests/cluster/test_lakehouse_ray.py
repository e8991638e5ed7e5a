"""The contract on Ray: the same behaviours, with shards and objects in other processes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import thermocline
from thermocline.actors.cluster.options import ClusterOptions
from thermocline.core.protocols import Lakehouse

from ..contracts.lakehouse import LakehouseContract
from ..contracts.parts.objects import OFFERED
from ..serving import serving
from .conftest import SharedClock

pytestmark = pytest.mark.ray


OPTIONS = ClusterOptions(sink=False)


@pytest.mark.usefixtures("ray_head")
class OnRay(LakehouseContract):
    @pytest.fixture(scope="class")
    @classmethod
    def clock(cls, tmp_path_factory: pytest.TempPathFactory) -> SharedClock:  # type: ignore[override]
        return SharedClock(tmp_path_factory.mktemp("clock") / "now")


class TestRayLakehouse(OnRay):
    @pytest.fixture(scope="class")
    @classmethod
    def lake(cls, clock: SharedClock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lakehouse]:  # type: ignore[override]
        path = tmp_path_factory.mktemp("ray") / "lake"
        with thermocline.connect(path, runtime="ray", cluster=OPTIONS, clock=clock) as lake:
            yield lake


class TestRayLakehouseOverHttp(OnRay):
    @pytest.fixture(scope="class")
    @classmethod
    def lake(cls, clock: SharedClock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lakehouse]:  # type: ignore[override]
        path = tmp_path_factory.mktemp("ray-http") / "lake"
        with (
            thermocline.connect(path, runtime="ray", cluster=OPTIONS, clock=clock) as local,
            serving(local, api_key="secret", objects=OFFERED) as url,
            thermocline.connect(url, api_key="secret") as lake,
        ):
            yield lake
