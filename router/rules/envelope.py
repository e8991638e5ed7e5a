"""Envelope columns (`_seq`, `_time`, ...) are shown by a table only where the statement names them."""

from __future__ import annotations

from dataclasses import replace

from ...core.schema import ENVELOPE
from ..bind import Bound, Ref, Select

ENVELOPE_COLUMNS = (*ENVELOPE.names, "_tier")


def envelope_columns(bound: Bound) -> Bound:
    """
    >>> from thermocline.router.rules.samples import bound
    >>> [r.envelope for r in envelope_columns(bound("select t._seq from t join u using (k)")).refs]
    [('_seq',), ()]
    """
    return bound.with_refs(
        {ref.number: replace(ref, envelope=_named(bound.selects[ref.select], ref)) for ref in bound.refs}
    )


def _named(select: Select, ref: Ref) -> tuple[str, ...]:
    named = {name for name in select.using if name in ENVELOPE_COLUMNS}
    for names in select.columns:
        own = names[-1] if len(names) == 1 else names[1] if names[0].lower() == ref.label else ""
        if own.lower() in ENVELOPE_COLUMNS:
            named.add(own.lower())
    return tuple(name for name in ENVELOPE_COLUMNS if name in named)
