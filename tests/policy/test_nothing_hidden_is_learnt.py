"""Whatever a principal tries, what the policy hides has no part in what comes back."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from thermocline.actors.local import LocalLake

from . import attempts
from .worlds import build, outcome

WAYS = (
    attempts.masked_columns,
    attempts.filtered_rows,
    attempts.errors,
    attempts.looks,
    attempts.others,
    attempts.schemas,
    attempts.writes,
)
WITHOUT_A_RULE = (
    attempts.masked_columns,
    attempts.filtered_rows,
    attempts.errors,
    attempts.looks,
    attempts.others,
)


@pytest.fixture(scope="module")
def lakes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalLake, LocalLake]]:
    folder = tmp_path_factory.mktemp("worlds")
    with build(folder / "0", 0) as first, build(folder / "1", 1) as second:
        yield first, second


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_both_worlds_look_the_same(
    way: Callable[[], Iterator[attempts.Attempt]], lakes: tuple[LocalLake, LocalLake]
) -> None:
    told = []
    for shown, act in way():
        first, second = (outcome(lake.database("acme", principal="priya"), act) for lake in lakes)
        if first != second:
            told.append((shown, first, second))
    assert not told


@pytest.mark.long
@pytest.mark.parametrize("way", WITHOUT_A_RULE, ids=lambda way: way.__name__)
def test_each_attempt_succeeds_with_the_rule_taken_out(
    way: Callable[[], Iterator[attempts.Attempt]], lakes: tuple[LocalLake, LocalLake]
) -> None:
    harmless = [
        shown
        for shown, act in way()
        if outcome(lakes[0].database("acme"), act) == outcome(lakes[1].database("acme"), act)
    ]
    assert not harmless
