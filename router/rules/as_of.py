"""References that stood before an AS OF get their table's name back, and their own point in time."""

from __future__ import annotations

from dataclasses import replace

from ..bind import Bound


def points_in_time(bound: Bound) -> Bound:
    """
    >>> from thermocline.router.asof_syntax import cut_points
    >>> from thermocline.router.rules.samples import bound
    >>> cut = cut_points("select * from sales for version as of 3")
    >>> cut.text
    'select * from sales_as_of_1 AS sales '
    >>> points_in_time(bound(cut.text, cut.points)).refs[0].name
    'sales'
    """
    found = {}
    for ref in bound.refs:
        point = bound.points.get(ref.name.lower())
        if point is not None:
            path = (*ref.path[:-1], point.table)
            found[ref.number] = replace(ref, path=path, point=ref.name.lower(), view=ref.name)
    return bound.with_refs(found)
