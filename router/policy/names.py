"""What the names in a statement mean, as far as that is sure: of which table, and of which kind."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...core.schema import ENVELOPE, Table
from ..bind import Bound, Ref, Select
from ..syntax import Node, children
from .leakproof import Kind, Kinds, kind_of

_ENVELOPE = {name: kind_of(ENVELOPE.field(name).type) for name in ENVELOPE.names} | {"_tier": "text"}


class Names:
    """`tables`: by number of the reference. `unclear`: columns, folded, of which the statement sees other
    values than are stored."""

    def __init__(
        self, bound: Bound, tables: Mapping[int, Table | None], unclear: Mapping[int, frozenset[str]]
    ) -> None:
        self._bound = bound
        self._tables = tables
        self._unclear = unclear
        self._selects = {id(select.node): select for select in bound.selects}
        self._made = set(_aliases(bound.source.tree))

    def kinds(self, select_node: Node) -> Kinds:
        """For the expressions of a SELECT."""
        select = self._selects.get(id(select_node))

        def kind(names: tuple[str, ...]) -> Kind | None:
            ref = None if select is None else self._owner(select, names)
            return None if ref is None else self._kind(ref, names[-1].lower())

        return kind

    def of_table(self, ref: Ref) -> Kinds:
        """For an expression over the stored columns of one table."""
        return lambda names: self._stored(ref, names[-1].lower())

    def only_of(self, ref: Ref, expression: Node) -> bool:
        """Whether all columns in an expression are surely this table's, as they are stored."""
        select = self._bound.selects[ref.select]
        for node in _nodes(expression):
            if node.get("class") in ("SUBQUERY", "STAR", "LAMBDA", "POSITIONAL_REFERENCE"):
                return False
            if node.get("class") == "COLUMN_REF":
                names = tuple(node["column_names"])
                owner = self._owner(select, names)
                if owner is None or owner.number != ref.number or self._kind(ref, names[-1].lower()) is None:
                    return False
        return True

    def _owner(self, select: Select, names: tuple[str, ...]) -> Ref | None:
        """The one reference that a name can mean; `None` if there is none or more."""
        refs = [self._bound.refs[number] for number in select.refs]
        last = names[-1].lower()
        if last in self._made or last in select.using or select.natural or len(names) > 2:
            return None
        if any(ref.renamed for ref in refs):
            return None
        if len(names) == 2:
            named = [ref for ref in refs if ref.label == names[0].lower()]
            return named[0] if len(named) == 1 else None
        if select.sources != len(refs) or any(self._tables.get(ref.number) is None for ref in refs):
            return None
        owners = [ref for ref in refs if self._stored(ref, last) is not None]
        return owners[0] if len(owners) == 1 else None

    def _kind(self, ref: Ref, name: str) -> Kind | None:
        return None if name in self._unclear.get(ref.number, ()) else self._stored(ref, name)

    def _stored(self, ref: Ref, name: str) -> Kind | None:
        table = self._tables.get(ref.number)
        if table is None:
            return None
        field = table.schema.by_folded_name.get(name)
        return kind_of(field.type) if field is not None else _ENVELOPE.get(name)


def _aliases(node: Any) -> Iterator[str]:
    """Names that the statement itself gives to expressions, folded."""
    for found in _nodes(node):
        if "class" in found and found.get("alias"):
            yield str(found["alias"]).lower()


def _nodes(node: Any) -> Iterator[Node]:
    if isinstance(node, dict):
        yield node
    if isinstance(node, dict | list):
        for child in children(node):
            yield from _nodes(child)
