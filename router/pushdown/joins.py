"""The FROM of a SELECT as Daft's: relations with columns named apart, joined where columns are equal."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..plan import TableScan
from ..syntax import Node
from .sources import bounds_of, type_of
from .typed import BIG, DOUBLE, INT, Lacks, Typed, column

COLUMN = re.compile(r"\bt\d+_\d+\b")
"""A column in Daft's SQL: its relation and its place there."""


@dataclass(frozen=True)
class Relation:
    """One mention of a view. `columns`: its columns -> the names that Daft's SQL has for them."""

    name: str
    label: str
    scan: TableScan
    columns: Mapping[str, str]

    def find(self, name: str) -> str | None:
        """The column as the view spells it."""
        return next((known for known in self.scan.columns if known.lower() == name.lower()), None)

    def typed(self, name: str) -> Typed:
        if name == "_tier":
            raise Lacks("the column `_tier`")
        return column(self.columns[name], type_of(self.scan, name), bounds_of(self.scan, name))


@dataclass(frozen=True)
class Joined:
    """`text`: what stands behind FROM. `conditions`: those of WHERE and of inner joins not yet in it."""

    text: str
    relations: tuple[Relation, ...]
    conditions: tuple[Node, ...]

    @property
    def names(self) -> frozenset[str]:
        return frozenset(name.lower() for relation in self.relations for name in relation.scan.columns)

    def resolve(self, names: tuple[str, ...]) -> Typed:
        return _typed(self.relations, names)


def from_clause(node: Node, views: Mapping[str, TableScan]) -> Joined:
    """Raises `Lacks` for a join without an equality, and for other joins than inner and left ones."""
    leaves = list(_relations(node["from_table"], views))
    relations = tuple(
        Relation(
            f"t{number}",
            (leaf.get("alias") or leaf["qualified_name"]["path"][-1]).lower(),
            scan,
            {name: f"t{number}_{at}" for at, name in enumerate(scan.columns)},
        )
        for number, (leaf, scan) in enumerate(leaves)
    )
    given = [node["where_clause"]] if "where_clause" in node else []
    if any(kind == "LEFT" for kind in _kinds(node["from_table"])):
        text, _ = _in_order(node["from_table"], list(relations))
        return Joined(text, relations, tuple(c for g in given for c in _conjuncts(g)))
    given += _conditions(node["from_table"], list(relations))
    conjuncts = [c for g in given for c in _conjuncts(g)]
    return _inner(relations, conjuncts)


def _inner(relations: tuple[Relation, ...], conjuncts: list[Node]) -> Joined:
    """Inner joins in an order in which each relation is equal in something to one before it."""
    text, placed, waiting, left = relations[0].name, [relations[0]], list(relations[1:]), conjuncts
    while waiting:
        for relation in waiting:
            equal = [(c, e) for c in left if (e := _equality(c, placed, relation))]
            if equal:
                break
        else:
            raise Lacks("a join without an equality")
        text += f" join {relation.name} on {' and '.join(e for _, e in equal)}"
        used = [id(c) for c, _ in equal]
        left = [c for c in left if id(c) not in used]
        placed.append(relation)
        waiting.remove(relation)
    return Joined(text, relations, tuple(left))


def _in_order(node: Node, relations: list[Relation]) -> tuple[str, list[Relation]]:
    """Joins as they stand, leaves taken from `relations`; all that an ON says must be equalities."""
    if node["type"] != "JOIN":
        relation = relations.pop(0)
        return relation.name, [relation]
    text, placed = _in_order(node["left"], relations)
    if node["right"]["type"] == "JOIN":
        raise Lacks("joins in parentheses")
    relation = relations.pop(0)
    conjuncts = [c for g in _own_condition(node, placed, relation) for c in _conjuncts(g)]
    equal = [_equality(conjunct, placed, relation) for conjunct in conjuncts]
    if not equal or None in equal:
        raise Lacks("an outer join on more than equalities")
    word = "left join" if node["join_type"] == "LEFT" else "join"
    shown = " and ".join(e for e in equal if e)
    return f"{text} {word} {relation.name} on {shown}", [*placed, relation]


def _conditions(node: Node, relations: list[Relation]) -> list[Node]:
    """All ON and USING of inner joins."""
    found: list[Node] = []

    def walk(part: Node) -> list[Relation]:
        if part["type"] != "JOIN":
            return [relations.pop(0)]
        left, right = walk(part["left"]), walk(part["right"])
        for relation in right:
            found.extend(_own_condition(part, left, relation))
        return [*left, *right]

    walk(node)
    return found


def _own_condition(node: Node, left: list[Relation], right: Relation) -> list[Node]:
    if "condition" in node:
        return [node["condition"]]
    equal = []
    for name in node.get("using_columns", ()):
        owned = _find(left, (name,))
        labels = [owned[0].label if owned else "", right.label]
        first, second = (
            {"class": "COLUMN_REF", "type": "COLUMN_REF", "column_names": [label, name]} for label in labels
        )
        equal.append({"class": "COMPARISON", "type": "COMPARE_EQUAL", "left": first, "right": second})
    return equal


def _equality(conjunct: Node, placed: list[Relation], relation: Relation) -> str | None:
    """`a = b` of a column placed and one of `relation`, in one type that both engines join alike."""
    if conjunct["class"] != "COMPARISON" or conjunct["type"] != "COMPARE_EQUAL":
        return None
    sides = []
    for side in (conjunct["left"], conjunct["right"]):
        owned = _find([*placed, relation], tuple(side.get("column_names", ())))
        if side["class"] != "COLUMN_REF" or owned is None:
            return None
        sides.append(owned)
    if (sides[0][0] is relation) == (sides[1][0] is relation):
        return None
    if sides[0][0] is relation:
        sides.reverse()
    first, second = (owner.typed(name) for owner, name in sides)
    integers = first.type in (INT, BIG) and second.type in (INT, BIG)
    if first.type == DOUBLE or (first.type != second.type and not integers):
        raise Lacks("a join on values of such types")
    return f"{first.sql} = {second.sql}"


def _find(relations: Sequence[Relation], names: tuple[str, ...]) -> tuple[Relation, str] | None:
    """The first that has the column: DuckDB has seen that there is no other meaning."""
    for relation in relations:
        if len(names) == 1 or (len(names) == 2 and names[0].lower() == relation.label):
            known = relation.find(names[-1])
            if known is not None:
                return relation, known
    return None


def _typed(relations: Sequence[Relation], names: tuple[str, ...]) -> Typed:
    found = _find(relations, names)
    if found is None:
        raise Lacks(f"`{'.'.join(names)}`, an alias, a field of a column or a column from outside")
    return found[0].typed(found[1])


def _relations(node: Node, views: Mapping[str, TableScan]) -> Iterator[tuple[Node, TableScan]]:
    if node["type"] == "JOIN":
        if node["ref_type"] not in ("REGULAR", "CROSS") or node["join_type"] not in ("INNER", "LEFT"):
            raise Lacks(f"{node['ref_type']} {node['join_type']} joins".replace("REGULAR ", ""))
        yield from _relations(node["left"], views)
        yield from _relations(node["right"], views)
        return
    if "sample" in node or "column_name_alias" in node:
        raise Lacks("samples and renamed columns")
    yield node, views[node["qualified_name"]["path"][0].lower()]


def _kinds(node: Node) -> Iterator[str]:
    if node["type"] == "JOIN":
        yield node["join_type"]
        yield from _kinds(node["left"])
        yield from _kinds(node["right"])


def _conjuncts(node: Node) -> Iterator[Node]:
    if node["type"] != "CONJUNCTION_AND":
        yield node
        return
    for child in node["children"]:
        yield from _conjuncts(child)
