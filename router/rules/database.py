"""A table may be named with this database in front; any other database, schema or catalog is not found."""

from __future__ import annotations

from dataclasses import replace

from ...core.errors import NotFound
from ..bind import Bound
from ..syntax import Node, Splice


def own_database(bound: Bound) -> Bound:
    """Takes the name of the database out of `acme.sales.price`; `views` does so for the tables themselves.

    >>> from thermocline.router.rules.samples import bound, text
    >>> text(own_database(bound("select acme.sales.a from acme.sales")))
    'select sales.a from acme.sales'
    """
    for ref in bound.refs:
        qualifiers = ref.path[:-1]
        if qualifiers and (len(qualifiers) > 1 or qualifiers[0].lower() != bound.database.lower()):
            raise NotFound(
                f"no table `{'.'.join(ref.path)}` in database `{bound.database}`",
                hint=f"a statement sees one database; write `{ref.name}` or `{bound.database}.{ref.name}`",
            )
    labels = {ref.label for ref in bound.refs}
    if bound.database.lower() in labels or not any(len(ref.path) > 1 for ref in bound.refs):
        return bound
    cut = [
        _without_first(bound, node)
        for node in bound.column_refs
        if len(names := node["column_names"]) > 2
        and names[0].lower() == bound.database.lower()
        and names[1].lower() in labels
    ]
    return replace(bound, splices=(*bound.splices, *(splice for splice in cut if splice)))


def _without_first(bound: Bound, node: Node) -> Splice | None:
    start = bound.source.start(node)
    if start is None:
        return None
    first = bound.source.token_at(start)
    return Splice(start, bound.source.tokens[first + 2].start, "")
