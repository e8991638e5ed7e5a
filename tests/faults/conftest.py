"""What the trials share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .trial import Nursery


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    with Nursery() as warm:
        yield warm
