"""Results are equal up to the order of their columns, and of their rows where no order was asked for."""

from __future__ import annotations

from datetime import datetime

import pytest

from thermocline.agent.scoring import same_rows


@pytest.mark.parametrize(
    ("found", "expected", "options", "same"),
    [
        ([(1, "a"), (2, "b")], [("b", 2), ("a", 1)], {}, True),
        ([(1, "a"), (2, "b")], [("b", 2), ("a", 1)], {"ordered": True}, False),
        ([(1, 1), (2, 1)], [(1, 2), (1, 1)], {}, True),
        ([(1,), (1,)], [(1,)], {}, False),
        ([(1, "a")], [(1,)], {}, False),
        ([(1, "a")], [(1,)], {"subset": True}, True),
        ([("5",)], [(5.00001,)], {}, True),
        ([(datetime(2020, 1, 1),)], [("2020-01-01",)], {}, True),
        ([(None,)], [("",)], {}, False),
        ([(1, 2), (2, 1)], [(1, 1), (2, 2)], {}, False),
    ],
)
def test_rows_are_compared_by_value(
    found: list[tuple[object, ...]], expected: list[tuple[object, ...]], options: dict[str, bool], same: bool
) -> None:
    assert same_rows(found, expected, **options) is same
