"""Rewrites of a bound statement: small pure functions, applied in this order.

Each takes a `Bound` and returns one. A rule states what it needs of the text as splices and what it needs of
a table as fields of its `Ref`; nothing else of the statement changes. Rules do not look at schemas, so their
outcome is kept with the text in the plan cache.

Who may see what belongs between `columns` and `views`: there every table reference stands with the columns
that the statement can reach through it, whatever door it came in by, and none has been given its view yet.
"""

from __future__ import annotations

from collections.abc import Callable

from ..bind import Bound
from .as_of import points_in_time
from .clock import injected_clock
from .columns import reachable_columns
from .database import own_database
from .distances import typed_distances
from .envelope import envelope_columns
from .stars import payload_stars
from .views import view_names

Rule = Callable[[Bound], Bound]

RULES: tuple[Rule, ...] = (
    points_in_time,
    own_database,
    injected_clock,
    envelope_columns,
    payload_stars,
    typed_distances,
    reachable_columns,
    view_names,
)


def apply_rules(bound: Bound) -> Bound:
    for rule in RULES:
        bound = rule(bound)
    return bound
