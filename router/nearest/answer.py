"""Runs a statement over the nearest rows in place of their tables, as many as its answer turns out to need.

what is asked (asked.py) --> the nearest rows (narrow.py) --> the statement over them
                                  ^                               |
                                  |----- more of them, or all, if the answer may lack rows
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pyarrow as pa

from ..bind import Bound
from ..constants import Surroundings
from ..cut import Cut
from ..plan import Plan, TableScan
from .asked import MOST_ROWS, Asked, Unfit, asked
from .narrow import Found, Means, find, worth_it

FURTHER = 4
"""By how much more rows are looked for where others thin them out."""

Answer = tuple[pa.Table, list[str]]


@dataclass(frozen=True)
class Wanted:
    """What a statement asks of vectors. `asks`: by view. `told`: view -> why every row is compared."""

    asks: Mapping[str, Asked]
    told: Mapping[str, str]


def wanted(bound: Bound, plan: Plan, cut: Cut, around: Surroundings) -> Wanted:
    """Which scans of a plan are for the rows nearest to a vector."""
    asks: dict[str, Asked] = {}
    told: dict[str, str] = {}
    scans = {scan.view: scan for scan in plan.scans}
    for select in bound.selects:
        views = [bound.refs[number].view for number in select.refs]
        try:
            ask = asked(bound, select, lambda ref: cut.tables[ref.name.lower(), ref.point].schema, around)
            if ask is not None and (reason := _too_small(ask, scans, bound)):
                raise Unfit(reason)
        except Unfit as error:
            told.update(dict.fromkeys(views, str(error)))
        else:
            if ask is not None:
                asks[ask.ref.view] = ask
    return Wanted(asks, told)


def _too_small(ask: Asked, scans: Mapping[str, TableScan], bound: Bound) -> str | None:
    if sum(ref.view == ask.ref.view for ref in bound.refs) > 1:
        return "the table is read for something else too"
    return worth_it(ask, scans[ask.ref.view])


def answer(
    asks: Mapping[str, Asked],
    means: Means,
    run: Callable[[Mapping[str, Found]], Answer],
) -> Answer:
    """`run`: runs the statement with these rows in place of their views; with none of them, over all rows."""
    factor = 1
    while all(ask.wanted * factor <= MOST_ROWS for ask in asks.values()):
        found = {view: find(ask, ask.wanted * factor, means) for view, ask in asks.items()}
        if any(_lacks(found[view], ask.wanted * factor) for view, ask in asks.items()):
            break
        rows, types = run(found)
        thinned = [
            view
            for view, ask in asks.items()
            if not ask.closed and rows.num_rows < ask.shown and not found[view].complete
        ]
        if not thinned:
            return rows, types
        factor *= FURTHER
    return run({})


def _lacks(found: Found, wanted: int) -> bool:
    """Whether rows without a vector may come after those found."""
    return len(found.nearest.seqs) < wanted and not found.complete
