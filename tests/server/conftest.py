"""A lake that is served, seen from outside as any HTTP client sees it."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from thermocline.core.protocols import Lakehouse

from ..serving import serving


@pytest.fixture
def url(lake: Lakehouse) -> Iterator[str]:
    """The address of the served `lake`."""
    with serving(lake) as address:
        yield address


@pytest.fixture
def http(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, trust_env=False) as client:
        yield client
