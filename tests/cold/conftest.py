from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from thermocline.core.policy import TierPolicy
from thermocline.core.sharding import new_shard_map

from ..conftest import FakeClock
from .lake import ColdLake
from .spread import SHARDS, Spread


@pytest.fixture
def lake(tmp_path: Path) -> Iterator[ColdLake]:
    opened = ColdLake(tmp_path / "lake")
    opened.root.mkdir()
    yield opened
    opened.cold.close()


@pytest.fixture
def make_spread(tmp_path: Path, clock: FakeClock) -> Iterator[Callable[..., Spread]]:
    made: list[Spread] = []

    def make(shards: int = 4, **policy: Any) -> Spread:
        spread = Spread(tmp_path, clock, TierPolicy(**policy))
        made.append(spread)
        if shards > 1:
            spread.publish(new_shard_map(shards))
        spread.open(*SHARDS[:shards])
        spread[0].shard.create_table("sales", [("n", pa.int64())])
        spread.follow()
        return spread

    yield make
    for spread in made:
        spread.close()


@pytest.fixture
def four(make_spread: Callable[..., Spread]) -> Spread:
    return make_spread()


@pytest.fixture
def two(make_spread: Callable[..., Spread]) -> Spread:
    return make_spread(2)
