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

pytestmark = pytest.mark.ray


class TestRayLakehouse(LakehouseContract):
    @pytest.fixture(scope="class")
    @classmethod
    def lake(cls, ray_head: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lakehouse]:  # noqa: ARG003
        path = tmp_path_factory.mktemp("ray") / "lake"
        options = ClusterOptions(sink=False)
        with thermocline.connect(path, runtime="ray", cluster=options) as lake:
            yield lake


class TestRayLakehouseOverHttp(LakehouseContract):
    @pytest.fixture(scope="class")
    @classmethod
    def lake(cls, ray_head: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lakehouse]:  # noqa: ARG003
        path = tmp_path_factory.mktemp("ray-http") / "lake"
        with (
            thermocline.connect(path, runtime="ray", cluster=ClusterOptions(sink=False)) as local,
            serving(local, api_key="secret", objects=OFFERED) as url,
            thermocline.connect(url, api_key="secret") as lake,
        ):
            yield lake
