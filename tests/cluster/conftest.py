"""One Ray head for all tests that need one; `make test` leaves them out, `make test-ray` runs them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("ray", reason="Ray is not installed: pip install 'thermocline[ray]'")


@pytest.fixture(scope="session")
def ray_head() -> Iterator[None]:
    """Started as `connect(runtime="ray")` does, and kept for the whole run."""
    from thermocline.actors.cluster.opening import reach

    end = reach(None)
    yield
    assert end is not None, "no other Ray was running"
    end()
