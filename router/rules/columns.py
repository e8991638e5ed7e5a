"""Which columns a statement can reach through each table reference: scans list these and no more."""

from __future__ import annotations

from dataclasses import replace

from ..bind import Bound, Ref, Select


def reachable_columns(bound: Bound) -> Bound:
    """Names in lower case, some of which may be those of other tables; `None` where a star reaches all.

    >>> from thermocline.router.rules.samples import bound
    >>> [r.columns and sorted(r.columns) for r in reachable_columns(bound("select a, u.* from t, u")).refs]
    [['a'], None]
    """
    return bound.with_refs(
        {
            ref.number: replace(ref, columns=_reached(bound, bound.selects[ref.select], ref))
            for ref in bound.refs
        }
    )


def _reached(bound: Bound, select: Select, ref: Ref) -> frozenset[str] | None:
    if select.takes_all or select.natural or ref.renamed or ref.place is None:
        return None
    for star in select.stars:
        if star.get("relation_name", ref.label).lower() == ref.label:
            return None
    names = set(select.using)
    others = {bound.refs[number].label for number in select.refs} - {ref.label}
    for parts in select.columns:
        if len(parts) > 1 and parts[0].lower() in others:
            continue
        if len(parts) == 1 and parts[0].lower() == ref.label:  # the row itself, as a struct
            return None
        names |= {part.lower() for part in parts}
    return frozenset(names)
