"""The contract over HTTP: a real server on a loopback port, and the client of `connect("http://...")`."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

import thermocline
from thermocline.core.protocols import Lakehouse

from ..conftest import FakeClock
from ..serving import serving
from .lakehouse import LakehouseContract
from .parts.objects import OFFERED

OURS = ("thermocline", "server")


class TestHttpLakehouse(LakehouseContract):
    @pytest.fixture(scope="class")
    @classmethod
    def lake(cls, clock: FakeClock, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lakehouse]:
        path = tmp_path_factory.mktemp("http") / "lake"
        with (
            thermocline.connect(path, clock=clock, background=False) as local,
            serving(local, api_key="secret", objects=OFFERED) as url,
            thermocline.connect(url, api_key="secret") as lake,
        ):
            yield lake
        left = [thread.name for thread in threading.enumerate() if thread.name.startswith(OURS)]
        assert not left, "client and server leave no thread behind"
