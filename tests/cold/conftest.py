from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .lake import ColdLake


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[ColdLake]:
    opened = ColdLake(tmp_path / "lake")
    opened.root.mkdir()
    yield opened
    opened.cold.close()
