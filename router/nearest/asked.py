"""Which selects ask for the rows nearest to a vector, and what has to hold of these rows.

    select t.id from t join u using (k) where t.a > 3 and u.b order by t.e <=> $q limit 5
                                              ------- own     ------------------
                       ----------------               --- thins the rows out too: not `closed`

Pure: a tree in, values out. What is not surely the same over the nearest rows alone is left as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...core.schema import Field, Schema
from ...core.types import is_vector
from ...core.vectors import Metric, Vector
from ..bind import Bound, Ref, Select
from ..constants import Surroundings, constant
from ..references import column, conditions
from ..rules.distances import is_distance
from ..syntax import Node, children

_MEASURES: dict[str, tuple[Metric, bool]] = {
    "<=>": ("cosine", False),
    "array_cosine_distance": ("cosine", False),
    "array_cosine_similarity": ("cosine", True),
    "<->": ("l2", False),
    "array_distance": ("l2", False),
    "array_inner_product": ("inner", True),
    "array_dot_product": ("inner", True),
    "array_negative_inner_product": ("inner", False),
    "array_negative_dot_product": ("inner", False),
}
"""Function -> (metric, whether more is nearer)."""

MOST_ROWS = 10_000
"""Of a LIMIT: beyond, every row had better be compared."""

_BOTH_SIDES = ("INNER", "")
_LEFT_SIDE = ("LEFT", "SEMI", "ANTI")
_RANDOM = ("random", "uuid", "gen_random_uuid", "uuidv4", "uuidv7")
_ELSEWHERE = ("group_expressions", "group_sets", "having", "qualify", "sample")

SchemaOf = Callable[[Ref], Schema]


@dataclass(frozen=True)
class Asked:
    """`ref`: whose rows are wanted. `field`: its vector column. `wanted`: rows, by LIMIT and OFFSET. `shown`:
    by LIMIT alone. `own`: conditions that are the table's own. `beside`: the queries within them, each with
    the one table that it reads. `closed`: nothing else thins its rows out. `outermost`: the answer's rows are
    these."""

    ref: Ref
    field: Field
    metric: Metric
    vector: Vector
    wanted: int
    shown: int
    own: tuple[Node, ...]
    beside: tuple[tuple[Node, Ref], ...]
    closed: bool
    outermost: bool


class Unfit(Exception):
    """Why a select that orders by a distance is answered by comparing every row."""


def asked(bound: Bound, select: Select, schema_of: SchemaOf, around: Surroundings) -> Asked | None:
    """`None` for a select that does not order by a distance; raises `Unfit`."""
    node = select.node
    distance, descending = _distance(node)
    if distance is None:
        return None
    metric, more_is_nearer = _MEASURES[distance["function_name"].lower()]
    if descending != more_is_nearer:
        raise Unfit("the farthest rows are asked for")
    shown, skipped = _wanted(node, around)
    if any(key in node for key in _ELSEWHERE) or not _row_by_row(node):
        raise Unfit("rows are grouped, or depend on each other")
    left, right = (argument["expression"] for argument in distance["arguments"])
    for one, other in ((left, right), (right, left)):
        vector = _vector(other, around)
        found = _owner(bound, select, one, schema_of) if vector is not None else None
        if found is None:
            continue
        ref, field = found
        assert vector is not None
        if len(vector) != field.type.list_size:
            raise Unfit("the vectors differ in length")
        if ref.whole or ref.renamed or not _keeps_rows(node.get("from_table"), ref):
            raise Unfit(f"a join may show rows of `{ref.name}` that are not there")
        own, beside, all_own = _own(bound, select, ref, schema_of)
        outermost = node is bound.source.tree
        closed = all_own and select.sources == 1
        if not closed and not outermost:
            raise Unfit("other tables thin out the rows of a query within the query")
        return Asked(ref, field, metric, vector, shown + skipped, shown, own, beside, closed, outermost)
    raise Unfit("no vector column is compared with a constant")


def _distance(node: Node) -> tuple[Node | None, bool]:
    """The first sort key, if it is a distance, and whether it descends."""
    kinds = {modifier["type"]: modifier for modifier in node.get("modifiers", ())}
    if "ORDER_MODIFIER" not in kinds or "LIMIT_MODIFIER" not in kinds:
        return None, False
    first = kinds["ORDER_MODIFIER"]["orders"][0]
    key = _meant(node, first["expression"])
    if not is_distance(key):
        return None, False
    if first.get("null_order") == "NULLS_FIRST":
        raise Unfit("rows without a vector come first")
    if len(kinds) > 2:
        raise Unfit("rows are grouped, or depend on each other")
    return key, first["type"] == "DESCENDING"


def _meant(node: Node, key: Node) -> Node:
    """A sort key, or the column of the answer that it names or counts."""
    shown = node["select_list"]
    names = key.get("column_names", ())
    if len(names) == 1:
        for item in shown:
            if item.get("alias", "").lower() == names[0].lower():
                return dict(item)
    if key["class"] == "CONSTANT" and key.get("literal", {}).get("kind") == "INTEGER":
        at = int(key["literal"]["text"])
        if 1 <= at <= len(shown) and not any(item["class"] == "STAR" for item in shown[:at]):
            return dict(shown[at - 1])
    return key


def _wanted(node: Node, around: Surroundings) -> tuple[int, int]:
    """LIMIT and OFFSET."""
    (limit,) = (modifier for modifier in node["modifiers"] if modifier["type"] == "LIMIT_MODIFIER")
    found = {"limit": 0, "offset": 0}
    for key in found:
        if key in limit:
            value = constant(limit[key], around)
            if value is None or not isinstance(value.value, int) or value.value < 0:
                raise Unfit("LIMIT is no number")
            found[key] = value.value
    if "limit_type" in limit or not 0 < found["limit"] <= sum(found.values()) <= MOST_ROWS:
        raise Unfit(f"LIMIT is not between 1 and {MOST_ROWS:,}")
    return found["limit"], found["offset"]


def _row_by_row(node: Node) -> bool:
    """Whether each row of FROM makes its own row of the answer. With an aggregate in it, DuckDB would refuse
    a column as sort key."""
    standard = node.get("aggregate_handling", "STANDARD_HANDLING") == "STANDARD_HANDLING"
    return standard and not any(_looks_around(item) for item in node["select_list"])


def _looks_around(node: Any) -> bool:
    """A window, or what makes several rows of one; a subquery looks at rows of its own."""
    if isinstance(node, dict):
        if node.get("class") == "SUBQUERY":
            return False
        unnests = node.get("class") == "FUNCTION" and node["function_name"].lower() == "unnest"
        if node.get("class") == "WINDOW" or unnests:
            return True
    return any(_looks_around(child) for child in children(node))


def _vector(node: Node, around: Surroundings) -> Vector | None:
    """The value of a parameter, of a list of numbers, or of either cast."""
    if node["class"] == "CAST" and not node.get("try_cast"):
        return _vector(node["child"], around)
    if node["class"] == "PARAMETER":
        return _numbers(around.parameters.get(node["identifier"]))
    if node["class"] == "FUNCTION" and node["function_name"].lower() in ("list_value", "array_value"):
        values = [constant(argument["expression"], around) for argument in node["arguments"]]
        return _numbers([None if value is None else value.value for value in values])
    return None


def _numbers(value: Any) -> Vector | None:
    try:
        vector = np.asarray(value, np.float32)
    except (TypeError, ValueError):
        return None
    return vector if vector.ndim == 1 and np.isfinite(vector).all() else None


def _owner(bound: Bound, select: Select, node: Node, schema_of: SchemaOf) -> tuple[Ref, Field] | None:
    """The table reference of this very select whose vector column a node is."""
    if node["class"] != "COLUMN_REF":
        return None
    for number in select.refs:
        ref = bound.refs[number]
        schema = schema_of(ref)
        meant = column(bound, ref, schema, (), tuple(node["column_names"]))
        for field in schema.fields:
            if meant is not None and field.id == meant.field_id and is_vector(field.type):
                return ref, field
    return None


def _own(
    bound: Bound, select: Select, ref: Ref, schema_of: SchemaOf
) -> tuple[tuple[Node, ...], tuple[tuple[Node, Ref], ...], bool]:
    """The conditions that speak of this table alone, the queries in them, and whether there are no others."""
    every = conditions(select, ref)
    own, within = [], []
    for node in every:
        beside: list[tuple[Node, Ref]] = []
        if _speaks_of(bound, ref, schema_of, node, beside):
            own.append(node)
            within += beside
    joined = any(ref.number not in restricted for _, restricted in select.conditions)
    return tuple(own), tuple(within), len(own) == len(every) and not joined


def _speaks_of(
    bound: Bound, ref: Ref, schema_of: SchemaOf, node: Any, beside: list[tuple[Node, Ref]] | None
) -> bool:
    """`beside`: takes the queries within that stand on their own; `None` where there may be none."""
    if isinstance(node, dict):
        kind = node.get("class")
        if kind in ("LAMBDA", "WINDOW") or _is_random(node):
            return False
        if kind == "COLUMN_REF":
            return column(bound, ref, schema_of(ref), (), tuple(node["column_names"])) is not None
        if kind == "SUBQUERY":
            inner = None if beside is None else _alone(bound, schema_of, node["subquery"]["node"])
            if beside is None or inner is None:
                return False
            beside.append((node["subquery"]["node"], inner))
            return _speaks_of(bound, ref, schema_of, node.get("child", {}), beside)
    return all(_speaks_of(bound, ref, schema_of, child, beside) for child in children(node))


def _alone(bound: Bound, schema_of: SchemaOf, node: Node) -> Ref | None:
    """The only table that a query within a condition reads, if it is written in plain words."""
    for select in bound.selects:
        if select.node is node and len(select.refs) == select.sources == 1 and not select.stars:
            ref = bound.refs[select.refs[0]]
            plain = node["from_table"]["type"] == "BASE_TABLE" and not node.get("cte_map", {}).get("map")
            if plain and not ref.renamed and _speaks_of(bound, ref, schema_of, node, None):
                return ref
    return None


def _is_random(node: Node) -> bool:
    """Whether it has another value each time, or is written in another way than it runs."""
    return is_distance(node) or (node.get("class") == "FUNCTION" and node["function_name"].lower() in _RANDOM)


def _keeps_rows(relation: Node | None, ref: Ref) -> bool:
    """Whether no join shows a row for a row of `ref` that is not there."""
    return relation is None or _place(relation, ref) != "filled"


def _place(relation: Node, ref: Ref) -> str | None:
    """Where `ref` is in a relation: "kept", "filled" up with nulls where it is missing, or `None`."""
    if relation["type"] != "JOIN":
        mine = relation["type"] == "BASE_TABLE" and tuple(relation["qualified_name"]["path"]) == ref.path
        alias = (relation.get("alias") or "").lower() or (ref.name.lower() if mine else "")
        return "kept" if mine and alias == ref.label else None
    left, right = _place(relation["left"], ref), _place(relation["right"], ref)
    regular = relation["ref_type"] in ("REGULAR", "CROSS", "NATURAL")
    kind = relation.get("join_type", "INNER")
    if left is not None:
        keeps = regular and kind in (*_BOTH_SIDES, *_LEFT_SIDE)
        return left if keeps or (relation["ref_type"] == "ASOF" and kind in ("INNER", "LEFT")) else "filled"
    if right is not None:
        return right if regular and kind in (*_BOTH_SIDES, "RIGHT") else "filled"
    return None
