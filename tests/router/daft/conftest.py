"""The shop of the router's tests, asked of both engines."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..conftest import Shop

needs_daft = pytest.mark.skipif(
    importlib.util.find_spec("daft") is None, reason="Daft is not installed: pip install 'thermocline[daft]'"
)


@pytest.fixture(scope="package")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """For tests that only read."""
    built = Shop(tmp_path_factory.mktemp("both"))
    yield built
    built.engine.close()


def lines(name: str) -> list[str]:
    text = (Path(__file__).parent / name).read_text()
    return [line for line in text.splitlines() if line.strip() and not line.startswith("--")]
