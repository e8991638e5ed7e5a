from __future__ import annotations

from collections.abc import Iterator

import pytest

from .serving import PROTOCOLS, Protocol, Server, served


@pytest.fixture
def server() -> Iterator[Server]:
    with served() as server:
        yield server


@pytest.fixture(params=list(PROTOCOLS))
def protocol(request: pytest.FixtureRequest) -> Protocol:
    return PROTOCOLS[request.param]
