"""The SQL of a mask or a filter, made ready to stand in somebody's statement.

    customer_id = current_setting('app.customer_id')   -->   "t"."customer_id" = '7'

Names are tied to the table they were written for, tables in subqueries to the database: nothing that a
statement defines (a CTE, an alias, an outer query's column) can take their place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ...core.errors import Denied, Invalid, nearest
from ...core.schema import ENVELOPE_IDS, Schema
from ...core.types import quote
from ..bind import Bound, bind
from ..engine import Engine, text_literal
from ..syntax import Node, Source, Splice, children, parse, spliced

SETTING = "current_setting"
_WHO = ("current_user", "current_role", "session_user")


@dataclass(frozen=True, slots=True)
class Expression:
    """`simple`: without a query in it. `node`: its tree, with names as they were written. `columns`: those of
    its table, folded, that it may name."""

    text: str
    simple: bool
    node: Node
    columns: frozenset[str]


def resolved(
    text: str,
    *,
    engine: Engine,
    database: str,
    table: str,
    label: str,
    schema: Schema,
    schema_of: Callable[[str], Schema | None],
    settings: Mapping[str, str],
    principal: str | None,
) -> Expression:
    """`label`: what the table is called where the expression will stand; `schema_of`: of other tables.

    Raises `Denied` for a setting without a value or a column that is not there: then nobody sees anything.
    Raises `Invalid` for what is no expression, or not allowed.
    """
    source = parse(f"SELECT ({text}\n) FROM {quote(table)}", engine)
    source = parse(spliced(source.text, _values(source, settings, principal)), engine)
    _check_form(source, text)
    bound = bind(source, database, {})
    node = source.tree["select_list"][0]
    splices = list(_tied(bound, node, table, label, schema, schema_of))
    first, last = source.text.index("(") + 1, source.text.rindex(")")
    own = [s for s in splices if first <= s.start < last]
    shifted = [Splice(s.start - first, s.end - first, s.text) for s in own]
    parts = {part.lower() for column in bound.column_refs for part in column["column_names"]}
    return Expression(
        spliced(source.text[first:last].rstrip(), shifted),
        len(bound.refs) == 1,
        node,
        frozenset(parts & schema.by_folded_name.keys()),
    )


def settings_named(text: str, table: str, engine: Engine) -> set[str]:
    """The settings that an expression asks for."""
    source = parse(f"SELECT ({text}\n) FROM {quote(table)}", engine)
    return {name for node in _nodes(source.tree) if (name := _setting(node)) is not None}


def _check_form(source: Source, text: str) -> None:
    """Raises `Invalid` unless the text is one expression and nothing besides."""
    tree = source.tree
    known = {"type", "cte_map", "select_list", "from_table", "aggregate_handling"}
    if tree["type"] != "SELECT_NODE" or len(tree["select_list"]) != 1 or not tree.keys() <= known:
        raise Invalid(f"not an expression: {text}", hint="write a condition such as region = 'eu'")
    if tree["from_table"]["type"] != "BASE_TABLE" or tree["select_list"][0]["class"] == "STAR":
        raise Invalid(f"not an expression: {text}", hint="write a condition such as region = 'eu'")
    if source.parameters:
        raise Invalid("a policy has no parameters", hint="use current_setting('app.name')")


def _values(source: Source, settings: Mapping[str, str], principal: str | None) -> Iterator[Splice]:
    """Constants in place of what differs by principal."""
    for node in _nodes(source.tree):
        name = _setting(node)
        if name is not None:
            if name not in settings:
                raise Denied(
                    f"the setting `{name}` has no value for `{principal}`, and a row policy needs it",
                    hint=f"ALTER ROLE {principal} SET {name} = '...'",
                )
            yield Splice(*source.span(node), text_literal(settings[name]))
        elif _asks_who(node):
            yield Splice(*source.span(node), text_literal(principal or ""))


def _setting(node: Node) -> str | None:
    if node.get("class") != "FUNCTION" or node.get("function_name", "").lower() != SETTING:
        return None
    given = [argument["expression"] for argument in node.get("arguments", ())]
    if len(given) != 1 or given[0].get("literal", {}).get("kind") != "STRING":
        raise Invalid("current_setting takes a literal name", hint="current_setting('app.customer_id')")
    return str(given[0]["literal"]["text"])


def _asks_who(node: Node) -> bool:
    if node.get("class") == "COLUMN_REF":
        return len(node["column_names"]) == 1 and node["column_names"][0].lower() in _WHO
    return node.get("class") == "FUNCTION" and node.get("function_name", "").lower() in _WHO


def _tied(
    bound: Bound,
    root: Node,
    table: str,
    label: str,
    schema: Schema,
    schema_of: Callable[[str], Schema | None],
) -> Iterator[Splice]:
    """Qualifies names, and refuses those that nothing has."""
    inner: set[str] = set()
    for ref in bound.refs[1:]:
        found = schema_of(ref.name)
        if found is None:
            raise Denied(f"a policy reads `{ref.name}`, which is not there", hint="the owner can mend it")
        inner |= {*found.by_folded_name, ref.label}
        if ref.place is None:
            raise Invalid("a policy names tables in FROM", hint="write SELECT ... FROM t")
        if len(ref.path) == 1:
            yield Splice(ref.place[0], ref.place[0], f"{quote(bound.database)}.")
    below = {id(node) for query in _queries(root) for node in _nodes(query)}
    own = {*schema.by_folded_name, *ENVELOPE_IDS, "_tier"}
    for node in bound.column_refs:
        names = [name.lower() for name in node["column_names"]]
        start = bound.source.start(node)
        if id(node) in below:
            if names[0] == table.lower() and len(names) > 1 and label != table and start is not None:
                yield Splice(start, bound.source.tokens[bound.source.token_at(start)].end + 1, quote(label))
            elif names[0] not in inner | own | {table.lower()} | set(ENVELOPE_IDS):
                raise _unknown(names[0], table, own)
            continue
        if names[0] == table.lower() and len(names) > 1 and names[0] not in own:
            names = names[1:]
            if start is not None:
                first = bound.source.tokens[bound.source.token_at(start)]
                yield Splice(start, first.end + 1, quote(label))
        elif names[0] in own and start is not None:
            yield Splice(start, start, f"{quote(label)}.")
        if names[0] not in own:
            raise _unknown(names[0], table, own)


def _unknown(name: str, table: str, known: set[str]) -> Denied:
    return Denied(f"a policy of `{table}` names `{name}`, which it does not have", hint=nearest(name, known))


def _queries(node: Any) -> Iterator[Node]:
    """The queries in an expression, outermost ones."""
    if isinstance(node, dict) and str(node.get("type")).endswith("_NODE"):
        yield node
    elif isinstance(node, dict | list):
        for child in children(node):
            yield from _queries(child)


def _nodes(node: Any) -> Iterator[Node]:
    if isinstance(node, dict):
        yield node
    if isinstance(node, dict | list):
        for child in children(node):
            yield from _nodes(child)
