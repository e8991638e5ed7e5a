"""Finds in a tree what the rules need: which names are tables, in whose scope, and what is asked of them.

    select a, t._seq from t join (select * from u) s using (k) where t.b > 5
           ----------      Ref t of Select 0       ---------    `where` and `joins` of Select 0
                                   Ref u of Select 1

The walk fails closed: a kind of node, relation or function that is not known to be harmless is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ..core.errors import Invalid, nearest
from .asof_syntax import Point
from .functions import FUNCTIONS, TABLE_FUNCTIONS
from .syntax import ALLOWED, Node, Source, Splice

_KINDS = (
    "BETWEEN CASE CAST COLLATE COLUMN_REF COMPARISON CONJUNCTION CONSTANT DEFAULT FUNCTION LAMBDA LAMBDA_REF"
    " OPERATOR PARAMETER POSITIONAL_REFERENCE STAR SUBQUERY TYPE WINDOW"
)
_EXPRESSIONS = frozenset(_KINDS.split())
_QUERIES = frozenset(["SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE", "CTE_NODE"])
_ORDERED_SIDES = {"LEFT": "left", "RIGHT": "right", "OUTER": "both", "FULL": "both", "ANTI": "left"}
"""Join type -> the side whose rows stay although the condition fails."""


@dataclass(frozen=True, slots=True)
class Ref:
    """One mention of a table. `place`: where its name stands in the text, `None` in `TABLE t` and the like.

    `path`: the name as written, with its qualifiers. `whole`: its rows are needed as they are, so nothing may
    be filtered away early (the right side of an ASOF join, a sample). `renamed`: it gives its columns other
    names. The rules fill in the rest: `point`: its own AS OF, `columns`: the payload columns it must show,
    `None` for all, `envelope`: those it shows beside, `view`: the name under which it is read.
    """

    number: int
    path: tuple[str, ...]
    alias: str | None
    select: int
    place: tuple[int, int] | None
    whole: bool = False
    renamed: bool = False
    point: str | None = None
    columns: frozenset[str] | None = None
    envelope: tuple[str, ...] = ()
    view: str = ""

    @property
    def name(self) -> str:
        return self.path[-1]

    @property
    def label(self) -> str:
        """The name by which the statement's columns refer to it, folded."""
        return (self.alias or self.name).lower()


@dataclass
class Select:
    """One FROM with all that is evaluated over it; `refs` are those directly in it.

    `columns`: column references in it and below, as a correlated subquery may mean its tables. `sources`: the
    number of relations in FROM. `conditions`: (ON condition, numbers of the refs that it restricts).
    `takes_all`: it shows or groups by columns that it does not name, `natural`: has a NATURAL join.
    """

    number: int
    node: Node
    refs: list[int] = field(default_factory=list)
    sources: int = 0
    stars: list[Node] = field(default_factory=list)
    columns: list[tuple[str, ...]] = field(default_factory=list)
    using: set[str] = field(default_factory=set)
    conditions: list[tuple[Node, frozenset[int]]] = field(default_factory=list)
    takes_all: bool = False
    natural: bool = False


@dataclass(frozen=True)
class Bound:
    """A statement in the making: what the walk found, and what the rules added.

    `points`: what AS OF was cut out of the text, by the name that now stands there. `clock`: the clock
    functions it uses. `vectors`: identifiers of the parameters that are compared with vectors. `ctes`: the
    names, folded, that common table expressions have anywhere in it.
    """

    source: Source
    database: str
    selects: tuple[Select, ...]
    refs: tuple[Ref, ...]
    functions: frozenset[str]
    column_refs: tuple[Node, ...]
    points: Mapping[str, Point]
    splices: tuple[Splice, ...] = ()
    clock: tuple[str, ...] = ()
    vectors: frozenset[str] = frozenset()
    ctes: frozenset[str] = frozenset()

    def with_refs(self, refs: dict[int, Ref]) -> Bound:
        return replace(self, refs=tuple(refs.get(ref.number, ref) for ref in self.refs))


def bind(source: Source, database: str, points: Mapping[str, Point]) -> Bound:
    """Raises `Invalid` for what is not allowed."""
    walk = _Walk(source)
    walk.query(source.tree, frozenset(), [])
    return Bound(
        source=source,
        database=database,
        selects=tuple(walk.selects),
        refs=tuple(walk.refs),
        functions=frozenset(walk.functions),
        column_refs=tuple(walk.column_refs),
        points=points,
        ctes=frozenset(walk.ctes),
    )


class _Walk:
    """`ctes`: names that hide tables where the walk stands; `outer`: the selects around, outermost first."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.selects: list[Select] = []
        self.refs: list[Ref] = []
        self.functions: set[str] = set()
        self.column_refs: list[Node] = []
        self.ctes: set[str] = set()

    # -- queries ----------------------------------------------------------------------------------

    def query(self, node: Node, ctes: frozenset[str], outer: list[Select]) -> None:
        kind = node["type"]
        if kind not in _QUERIES:
            raise Invalid(f"{_words(kind)} is not allowed within a query", hint=ALLOWED)
        for entry in node.get("cte_map", {}).get("map", ()):
            self.query(entry["value"]["query_node"], ctes, [])
            ctes |= {entry["key"].lower()}
            self.ctes.add(entry["key"].lower())
        if kind == "SELECT_NODE":
            self._select(node, ctes, outer)
        elif kind == "SET_OPERATION_NODE":
            for child in node["children"]:
                self.query(child, ctes, outer)
            self.expressions(node.get("modifiers", ()), ctes, outer)
        else:
            self._common_table(node, kind, ctes, outer)

    def _common_table(self, node: Node, kind: str, ctes: frozenset[str], outer: list[Select]) -> None:
        name = node["cte_name"].lower()
        self.ctes.add(name)
        if kind == "CTE_NODE":
            self.query(node["query"], ctes, outer)
            self.query(node["child"], ctes | {name}, outer)
        else:
            self.query(node["left"], ctes, outer)
            self.query(node["right"], ctes | {name}, outer)

    def _select(self, node: Node, ctes: frozenset[str], outer: list[Select]) -> None:
        select = self._open(node)
        inner = [*outer, select]
        if "from_table" in node:
            self.relation(node["from_table"], select, ctes, inner)
        for key, value in node.items():
            if key not in ("from_table", "cte_map") and isinstance(value, dict | list):
                self.expressions(value, ctes, inner)

    def _open(self, node: Node) -> Select:
        select = Select(len(self.selects), node)
        self.selects.append(select)
        return select

    # -- relations --------------------------------------------------------------------------------

    def relation(
        self, node: Node, select: Select, ctes: frozenset[str], outer: list[Select], whole: bool = False
    ) -> set[int]:
        """Walks one relation of a FROM; returns the numbers of the refs in it that belong to `select`."""
        kind = node["type"]
        whole = whole or "sample" in node
        match kind:
            case "JOIN":
                return self._join(node, select, ctes, outer, whole)
            case "BASE_TABLE":
                return self._table(node, select, ctes, whole)
            case "SUBQUERY":
                self.query(node["subquery"]["node"], ctes, outer)
            case "TABLE_FUNCTION":
                self._table_function(node, ctes, outer)
            case "EXPRESSION_LIST":
                self.expressions(node["values"], ctes, outer)
            case "PIVOT":
                self._pivot(node, ctes, outer)
            case "SHOW_REF" if "query" in node:
                self.query(node["query"], ctes, outer)
            case "EMPTY":
                return set()
            case _:
                raise Invalid(f"{_words(kind)} is not allowed", hint=ALLOWED)
        select.sources += 1
        return set()

    def _join(
        self, node: Node, select: Select, ctes: frozenset[str], outer: list[Select], whole: bool
    ) -> set[int]:
        manner, kind = node["ref_type"], node["join_type"]
        whole = whole or manner == "POSITIONAL"
        left = self.relation(node["left"], select, ctes, outer, whole)
        right = self.relation(node["right"], select, ctes, outer, whole or manner == "ASOF")
        select.using |= {name.lower() for name in node.get("using_columns", ())}
        select.natural |= manner == "NATURAL"
        if "condition" in node:
            self.expressions(node["condition"], ctes, outer)
            kept = "both" if manner not in ("REGULAR", "CROSS") else _ORDERED_SIDES.get(kind, "")
            restricted = {"": left | right, "left": right, "right": left, "both": set()}[kept]
            select.conditions.append((node["condition"], frozenset(restricted)))
        return left | right

    def _table(self, node: Node, select: Select, ctes: frozenset[str], whole: bool) -> set[int]:
        path = tuple(node["qualified_name"]["path"])
        select.sources += 1
        if len(path) == 1 and path[0].lower() in ctes:
            return set()
        if "at_clause" in node:
            raise Invalid(f"AT is not understood at `{path[-1]}`", hint="write AT (TIMESTAMP => '...')")
        ref = Ref(
            number=len(self.refs),
            path=path,
            alias=node.get("alias"),
            select=select.number,
            place=self._name_place(node, path),
            whole=whole,
            renamed="column_name_alias" in node,
        )
        self.refs.append(ref)
        select.refs.append(ref.number)
        return {ref.number}

    def _name_place(self, node: Node, path: tuple[str, ...]) -> tuple[int, int] | None:
        start = self.source.start(node)
        if start is None:
            return None
        tokens, first = self.source.tokens, self.source.token_at(start)
        if "alias" in node and tokens[first + 1].text == ":":  # alias: name
            first += 2
        last = first + 2 * (len(path) - 1)
        return tokens[first].start, tokens[last].end + 1

    def _table_function(self, node: Node, ctes: frozenset[str], outer: list[Select]) -> None:
        function = node["function"]
        if function.get("type") != "FUNCTION":
            raise Invalid("only functions that make rows can stand in FROM", hint=ALLOWED)
        name = _function_name(function)
        if name not in TABLE_FUNCTIONS:
            raise Invalid(f"table function `{name}` is not allowed", hint=nearest(name, TABLE_FUNCTIONS))
        self.expressions(function.get("arguments", ()), ctes, outer)

    def _pivot(self, node: Node, ctes: frozenset[str], outer: list[Select]) -> None:
        """PIVOT and UNPIVOT are a scope of their own, over all columns of their source."""
        select = self._open(node)
        select.takes_all = True
        inner = [*outer, select]
        self.relation(node["source"], select, ctes, inner)
        named = [*node.get("groups", ()), *(g for p in node["pivots"] for g in p.get("groups", ()))]
        select.columns += [(name,) for name in named if isinstance(name, str)]
        for key, value in node.items():
            if key != "source" and isinstance(value, dict | list):
                self.expressions(value, ctes, inner)

    # -- expressions ------------------------------------------------------------------------------

    def expressions(self, node: Any, ctes: frozenset[str], outer: list[Select]) -> None:
        if isinstance(node, list | tuple):
            for item in node:
                if isinstance(item, dict | list):
                    self.expressions(item, ctes, outer)
            return
        kind = node.get("class")
        if kind is not None:
            if kind not in _EXPRESSIONS:
                raise Invalid(f"{_words(kind)} is not allowed", hint=ALLOWED)
            self._expression(node, kind, outer)
        if str(node.get("type")).endswith("_NODE"):
            self.query(node, ctes, outer)
            return
        for key, value in node.items():
            if key not in ("qualified_name", "column_names") and isinstance(value, dict | list):
                self.expressions(value, ctes, outer)

    def _expression(self, node: Node, kind: str, outer: list[Select]) -> None:
        if kind == "COLUMN_REF":
            self.column_refs.append(node)
            for select in outer:
                select.columns.append(tuple(node["column_names"]))
        elif kind in ("FUNCTION", "WINDOW") and "function_name" in node:
            name = _function_name(node)
            if name not in FUNCTIONS:
                raise Invalid(f"function `{name}` is unknown or not allowed", hint=nearest(name, FUNCTIONS))
            self.functions.add(name)
        elif kind == "STAR" and outer:
            select = outer[-1]
            # ORDER BY ALL is a star too, one that stands nowhere.
            if "query_location" in node or any(node is item for item in select.node.get("select_list", ())):
                select.stars.append(node)
                select.columns += [(name,) for name in node.get("exclude_list", ()) if name.startswith("_")]


def _function_name(node: Node) -> str:
    if len(node["qualified_name"]["path"]) > 1:
        qualified = ".".join(node["qualified_name"]["path"])
        raise Invalid(f"function `{qualified}` is not allowed", hint="name functions without a schema")
    return str(node["function_name"]).lower()


def _words(kind: str) -> str:
    return kind.removesuffix("_NODE").replace("_", " ")
