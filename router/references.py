"""What a table reference's conditions say, and which of its columns a name in them means."""

from __future__ import annotations

from collections.abc import Sequence

from ..core.schema import ENVELOPE, ENVELOPE_IDS, Schema
from .bind import Bound, Ref, Select
from .prune import Column
from .syntax import Node


def conditions(select: Select, ref: Ref) -> list[Node]:
    """The conjuncts that every row of this table must pass to matter."""
    if ref.whole or ref.renamed:
        return []
    found = [node for node, restricted in select.conditions if ref.number in restricted]
    if "where_clause" in select.node:
        found.append(select.node["where_clause"])
    return [conjunct for node in found for conjunct in _conjuncts(node)]


def column(
    bound: Bound, ref: Ref, schema: Schema, versions: Sequence[Schema], names: tuple[str, ...]
) -> Column | None:
    """The column of this table that a reference means, if it surely means one.

    `schema`: what the table shows; `versions`: those with which its files were written.
    A bare name that this table has is this table's: were it another's too, DuckDB would call it ambiguous;
    only USING and NATURAL make one of two.
    """
    select = bound.selects[ref.select]
    first, last = names[0].lower(), names[-1].lower()
    if len(names) == 1:
        if select.natural or last in select.using:
            return None
    else:
        labels = [bound.refs[number].label for number in select.refs]
        qualifier = names[:-1]
        if len(names) == 3 and first == bound.database.lower():
            qualifier = names[1:-1]
        if len(qualifier) != 1 or qualifier[0].lower() != ref.label or labels.count(ref.label) > 1:
            return None
    if last == "_tier":
        return Column(0, ENVELOPE.field("_type").type, tier=True)
    if last in ENVELOPE_IDS:
        return Column(ENVELOPE_IDS[last], ENVELOPE.field(last).type)
    found = schema.by_folded_name.get(last)
    if found is None:
        return None
    absent = [
        version.version
        for version in versions
        if not any(f.id == found.id and f.type == found.type for f in version.fields)
    ]
    return Column(found.id, found.type, frozenset(absent))


def written(bound: Bound, node: Node) -> str:
    """A condition as it stands in the statement."""
    start, length = node.get("query_location"), node.get("query_location_length")
    if start is None or length is None:
        return "a condition"
    # An IN is placed at its list; its column stands before.
    first = min([start, *(child.get("query_location", start) for child in node.get("children", ()))])
    text = bound.source.text.encode()[first : start + length].decode()
    return " ".join(text.split())


def _conjuncts(node: Node) -> Sequence[Node]:
    if node["type"] != "CONJUNCTION_AND":
        return [node]
    return [conjunct for child in node["children"] for conjunct in _conjuncts(child)]
