"""The policy, as a rewrite of a bound statement: each table reference becomes what its principal has of it.

    select * from customers where age > 30
    -->  select * from (SELECT * EXCLUDE ("ssn") REPLACE ('***' AS "email") FROM "customers"
                        WHERE age > 30 AND "customers"."region" = 'eu' OFFSET 0) AS "customers" where age > 30

What stands around the reference can reach nothing else, so it does not matter what it does: join, group,
sort, name things like tables. Conditions that surely never fail also go inside, where they prune files; if
others could be tried on hidden rows, OFFSET 0 is a barrier that the engine does not move them across. A
statement over one table of which only rows are hidden keeps its form, with the filter as one more condition.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from ...core.access import Access, Mask, TableAccess, denied
from ...core.errors import Denied, Invalid
from ...core.ids import HIDDEN_PREFIX
from ...core.schema import ENVELOPE, Table
from ...core.types import is_vector, quote
from ..bind import Bound, Ref, bind
from ..engine import Engine
from ..references import conditions
from ..rules.as_of import points_in_time
from ..rules.columns import reachable_columns
from ..rules.database import own_database
from ..rules.envelope import ENVELOPE_COLUMNS, envelope_columns
from ..rules.stars import payload_stars
from ..scan import null_of
from ..syntax import Node, Source, Splice, children, parse, spliced
from .expressions import Expression, resolved
from .leakproof import conditions_never_fail, never_fails
from .masks import mask_sql
from .names import Names
from .naming import bare, with_names
from .sight import Tables


@dataclass(frozen=True)
class Restricted:
    """`text`: the statement over what may be seen, `None` if that is all it names. `veiled`: tables, folded,
    whose rows are filtered: how
    many there are is not told. `guarded`: those of which some values are not shown. `hushed`: an expression
    of a policy may fail, and tell of a value then. `unseen`: columns, folded, that no hint may offer. `told`:
    what applies, for EXPLAIN. `secret`: a text that no message may quote. `present`: a policy asks other
    tables, as they are now."""

    text: str | None
    veiled: frozenset[str] = frozenset()
    guarded: frozenset[str] = frozenset()
    hushed: bool = False
    unseen: frozenset[str] = frozenset()
    told: tuple[str, ...] = ()
    secret: str = ""
    needs: tuple[Needs, ...] = ()
    present: bool = False


@dataclass(frozen=True)
class Needs:
    """Columns, folded, that a table must have at its point in time for its policy to hold there."""

    table: str
    point: str | None
    columns: frozenset[str]


@dataclass(frozen=True)
class Means:
    """`texts`: parameters of the statement whose values are texts. `reads`: what a view reads, `None` of what
    is none."""

    access: Access
    tables: Tables
    reads: Callable[[str], tuple[str, ...] | None]
    engine: Engine
    texts: frozenset[str] = frozenset()


@dataclass(frozen=True)
class _Sight:
    """What is seen of one reference's table. `hidden`: columns that are not granted, and reached; `masked`:
    (column as spelled, SQL in its place), `shown`: its expressions; `filters`: ready to stand there."""

    ref: Ref
    table: Table | None
    access: TableAccess
    hidden: tuple[str, ...] = ()
    masked: tuple[tuple[str, str], ...] = ()
    filters: tuple[Expression, ...] = ()
    shown: tuple[Expression, ...] = ()

    @property
    def needs(self) -> Needs:
        named = frozenset[str]().union(self.unclear, *(e.columns for e in (*self.filters, *self.shown)))
        known = self.table.schema.by_folded_name.keys() if self.table else set()
        return Needs(self.ref.name.lower(), self.ref.point, frozenset(named & known))

    @property
    def whole(self) -> bool:
        return not (self.hidden or self.masked or self.filters)

    @property
    def unclear(self) -> frozenset[str]:
        """Columns, folded, of which a statement sees something else than is stored."""
        return frozenset(name.lower() for name, _ in self.masked) | frozenset(map(str.lower, self.hidden))


def restricted(bound: Bound, means: Means) -> Restricted | None:
    """`bound`: before any rule. `None` if nothing of what the statement names is hidden from anybody.

    Raises `Denied` for a table or a column that was not granted, and where a policy can't be applied.
    """
    bound, schemas = _without_schemas(points_in_time(bound), means.access)
    for rule in (own_database, envelope_columns, payload_stars, reachable_columns):
        bound = rule(bound)
    sights = {ref.number: _sight(ref, schemas.get(ref.number), means) for ref in bound.refs}
    guarded = frozenset(s.ref.name.lower() for s in sights.values() if s.access.restricts)
    if all(sight.whole for sight in sights.values()) and not schemas:
        return Restricted(None, guarded=guarded) if guarded else None
    names = Names(bound, {n: s.table for n, s in sights.items()}, {n: s.unclear for n, s in sights.items()})
    calm = conditions_never_fail(bound.source.tree, names.kinds, means.texts)
    text = _flat(bound, sights, calm, means) if not schemas else None
    if text is None:
        nested, filled = _nested(bound, sights, names, calm, means), bool(bound.source.removed)
        text = with_names(bound.source.tree, nested, means.engine, filled=filled)
    return Restricted(
        text,
        veiled=frozenset(s.ref.name.lower() for s in sights.values() if s.filters),
        guarded=guarded,
        hushed=any(_may_fail(sight, names) for sight in sights.values()),
        unseen=frozenset(name.lower() for s in sights.values() for name in s.hidden),
        told=tuple(dict.fromkeys(line for s in sights.values() for line in _told(s))),
        secret=means.access.policy.salt,
        needs=tuple(needs for s in sights.values() if (needs := s.needs).columns),
        present=any(not e.simple for s in sights.values() for e in (*s.filters, *s.shown)),
    )


def _told(sight: _Sight) -> list[str]:
    name = sight.ref.name
    lines = [f"policy {f.name}: some rows of {name}" for f in sight.access.filters if sight.filters]
    if sight.hidden:
        lines.append(f"policy: {name} without {', '.join(sight.hidden)}")
    if sight.masked:
        lines.append(f"policy: {name} with {', '.join(n for n, _ in sight.masked)} masked")
    return lines


# -- what is seen ---------------------------------------------------------------------------------


def _sight(ref: Ref, schema: str | None, means: Means) -> _Sight:
    access = means.access.table(ref.name, schema)
    if access is None or "select" not in access.privileges:
        named = f"{schema}.{ref.name}" if schema else ref.name
        raise denied(means.access.principal, "select", named)
    _check_view(ref.name, means)
    table = means.tables(ref.name)
    if table is None or not access.restricts:
        if access.restricts:
            raise denied(means.access.principal, "select", ref.name)
        return _Sight(ref, table, access)
    masked, shown = _masked(ref, table, access, means)
    return _Sight(
        ref,
        table,
        access,
        _hidden(ref, table, access),
        masked,
        tuple(_ready(f.using, table, access, means, table.name) for f in access.filters),
        shown,
    )


def _check_view(name: str, means: Means) -> None:
    """A view shows what its maker saw: so it is read by a grant of its own, or by who sees all that it reads.

    Raises `Denied`, also for the tables that views keep.
    """
    access = means.access
    if access.principal is None:
        return
    if name.lower().startswith(HIDDEN_PREFIX):
        raise denied(access.principal, "select", name)
    if means.reads(name) is not None and not access.grants_itself(name) and not _sees_whole(name, means):
        raise denied(access.principal, "select", name)


def _sees_whole(name: str, means: Means) -> bool:
    reads = means.reads(name)
    if reads is not None:
        return all(_sees_whole(read, means) for read in reads)
    found = means.access.table(name)
    return found is not None and "select" in found.privileges and not found.restricts


def _hidden(ref: Ref, table: Table, access: TableAccess) -> tuple[str, ...]:
    if access.columns is None:
        return ()
    for name in ref.envelope:
        if name not in access.columns and name not in ("_seq", "_tier"):
            raise Denied(
                f"`{name}` of `{ref.name}` is not granted",
                hint="only some columns are; grants name those of the envelope too",
            )
    return tuple(
        f.name
        for f in table.schema.fields
        if f.name.lower() not in access.columns and (ref.columns is None or f.name.lower() in ref.columns)
    )


def _masked(
    ref: Ref, table: Table, access: TableAccess, means: Means
) -> tuple[tuple[tuple[str, str], ...], tuple[Expression, ...]]:
    """Also what would tell a masked column's values: `_time` taken from it, vectors computed from it."""
    masks = {mask.column: mask for mask in access.masks}
    found: list[tuple[str, str]] = []
    computed: list[Expression] = []

    def shown(mask: Mask, name: str, arrow: pa.DataType) -> str:
        if mask.method != "expression":
            return mask_sql(mask, table.name, name, arrow, means.access.policy.salt)
        computed.append(_ready(str(mask.arguments[0]), table, access, means, table.name))
        return f"({computed[-1].text})"

    for field in table.schema.fields:
        folded = field.name.lower()
        if ref.columns is not None and folded not in ref.columns:
            continue
        if folded in masks:
            found.append((field.name, shown(masks[folded], field.name, field.type)))
        elif is_vector(field.type) and field.computed is not None and _mentions(field.computed.text, masks):
            found.append((field.name, null_of(field.type)))
    for name in ref.envelope:
        if name in masks:
            arrow = pa.string() if name == "_tier" else ENVELOPE.field(name).type
            found.append((name, shown(masks[name], name, arrow)))
        elif name == "_time" and (table.event_time or "").lower() in masks:
            found.append((name, null_of(ENVELOPE.field("_time").type)))
    return tuple(found), tuple(computed)


def _ready(text: str, table: Table, access: TableAccess, means: Means, label: str) -> Expression:
    def schema_of(name: str) -> Any:
        found = means.tables(name)
        return None if found is None else found.schema

    return resolved(
        text,
        engine=means.engine,
        database=means.access.database,
        table=table.name,
        label=label,
        schema=table.schema,
        schema_of=schema_of,
        settings=access.settings,
        principal=means.access.principal,
    )


def _mentions(text: str, masks: dict[str, Mask]) -> bool:
    """By name, between quotes with those of its own doubled, by place (`#16`) or by pattern (`COLUMNS`).
    Rather too often than not."""
    lowered = text.lower().replace('""', '"')
    return bool(masks) and any(word in lowered for word in ("#", "columns", *masks))


def _may_fail(sight: _Sight, names: Names) -> bool:
    kinds = names.of_table(sight.ref)
    if any(not never_fails(f.node, kinds) for f in sight.filters):
        return True
    return any(m.method == "expression" for m in sight.access.masks)


def _without_schemas(bound: Bound, access: Access) -> tuple[Bound, dict[int, str]]:
    """Takes virtual schemas out of the references; number of the reference -> its schema."""
    found: dict[int, str] = {}
    refs: dict[int, Ref] = {}
    for ref in bound.refs:
        own = len(ref.path) == 2 and ref.path[0].lower() == bound.database.lower()
        if len(ref.path) > 1 and not own and access.is_schema(ref.path[-2]):
            found[ref.number] = ref.path[-2]
            refs[ref.number] = replace(ref, path=(*ref.path[:-2], ref.path[-1]))
    return bound.with_refs(refs), found


# -- the statement over it ------------------------------------------------------------------------


def _flat(bound: Bound, sights: dict[int, _Sight], calm: bool, means: Means) -> str | None:
    """The statement with filters among its conditions; `None` where that is not surely the same."""
    if len(bound.refs) != 1 or bound.source.removed or not calm:
        return None
    sight = sights[0]
    ref, select = sight.ref, bound.selects[sight.ref.select]
    if sight.hidden or sight.masked or sight.table is None or not all(f.simple for f in sight.filters):
        return None
    if ref.whole or ref.renamed or ref.place is None or select.sources != 1 or "sample" in select.node:
        return None
    label = ref.alias or ref.name
    filters = [_ready(f.using, sight.table, sight.access, means, label).text for f in sight.access.filters]
    text = _with_conditions(bound.source, ref, filters, select.node.get("where_clause"))
    try:
        again = bind(parse(text, means.engine), bound.database, bound.points)
    except Invalid:  # FROM stands before SELECT, say
        return None
    first = [parse(f"SELECT ({using}\n)", means.engine).tree["select_list"][0] for using in filters]
    return text if _adds(first, bound, again, ref.select) else None


def _with_conditions(source: Source, ref: Ref, conditions: Sequence[str], where: Node | None) -> str:
    """The text with more conditions on its one table before those that it has, if it is written as usual."""
    assert ref.place is not None
    following = source.tokens[source.token_at(ref.place[1]) :]
    if ref.alias is not None:
        following = following[2 if following and following[0].text.lower() == "as" else 1 :]
    at = following[0].start if following else len(source.text)
    added = " AND ".join(f"({condition}\n)" for condition in conditions)
    if where is None:
        return spliced(source.text, [Splice(at, at, f" WHERE {added} ")])
    first, last = at + len("WHERE"), source.span(where)[1]
    return spliced(source.text, [Splice(first, first, f" {added} AND ("), Splice(last, last, ")")])


def _adds(conditions: Sequence[Node], before: Bound, after: Bound, select: int) -> bool:
    """Whether `after`, which becomes useless, is `before` with these conditions before those of a SELECT."""
    old, new = before.selects[select].node, after.selects[select].node
    wanted = [part for node in (*conditions, old.get("where_clause")) for part in _parts(node)]
    if bare(_parts(new.get("where_clause"))) != bare(wanted):
        return False
    del new["where_clause"]
    if "where_clause" in old:
        new["where_clause"] = old["where_clause"]
    return bool(bare(after.source.tree) == bare(before.source.tree))


def _parts(condition: Node | None) -> list[Node]:
    """What must hold together."""
    if condition is None:
        return []
    parts: list[Node] = condition["children"] if condition["type"] == "CONJUNCTION_AND" else [condition]
    return parts


def _nested(bound: Bound, sights: dict[int, _Sight], names: Names, calm: bool, means: Means) -> str:
    splices = [*bound.source.removed, *bound.splices]
    moved = False
    for sight in sights.values():
        ref = sight.ref
        if sight.whole:
            continue
        if ref.place is None:
            raise Invalid(
                f"`{ref.name}` is under a policy, and can't be read in this way",
                hint=f"write SELECT * FROM {ref.name} in its place",
            )
        pushed = [] if sight.table is None else _pushed(bound, sight, names, means)
        moved = moved or bool(pushed)
        alias = "" if ref.alias else f" AS {quote(ref.name)}"
        splices.append(Splice(*ref.place, f"({_inner(sight, bound.database, pushed, calm)}){alias}"))
    if moved:
        splices += _numbered(bound)
    return spliced(bound.source.text, splices)


def _inner(sight: _Sight, database: str, pushed: Sequence[str], calm: bool) -> str:
    """The query in the place of the table's name; with the database before it, no CTE can be meant."""
    ref = sight.ref
    envelope = dict(name_sql for name_sql in sight.masked if name_sql[0] in ENVELOPE_COLUMNS)
    columns = "*"
    if sight.hidden:
        columns += f" EXCLUDE ({', '.join(map(quote, sight.hidden))})"
    replaced = [f"{sql} AS {quote(name)}" for name, sql in sight.masked if name not in envelope]
    if replaced:
        columns += f" REPLACE ({', '.join(replaced)})"
    shown = [columns, *(f"{envelope[n]} AS {n}" if n in envelope else n for n in ref.envelope)]
    where = [*pushed, *(f"({f.text})" for f in sight.filters)]
    written = quote(ref.point) if ref.point else f"{quote(database)}.{quote(ref.name)}"
    text = (
        f"SELECT {', '.join(shown)} FROM {written} AS {quote(sight.table.name if sight.table else ref.name)}"
    )
    if where:
        text += f" WHERE {' AND '.join(where)}"
    needed = bool(sight.filters) and not (calm and all(f.simple for f in sight.filters))
    return text + (" OFFSET 0" if needed else "")


def _pushed(bound: Bound, sight: _Sight, names: Names, means: Means) -> list[str]:
    """The statement's conditions on this table alone that never fail, over its stored columns."""
    ref, select = sight.ref, bound.selects[sight.ref.select]
    assert sight.table is not None
    kinds = names.kinds(select.node)
    found = []
    for condition in conditions(select, ref):
        if names.only_of(ref, condition) and never_fails(condition, kinds, means.texts):
            node = _retied(copy.deepcopy(condition), sight.table.name)
            select_node = {
                "type": "SELECT_NODE",
                "cte_map": {},
                "select_list": [node],
                "from_table": {"type": "EMPTY"},
                "aggregate_handling": "STANDARD_HANDLING",
            }
            with means.engine.session() as session:
                found.append(f"({session.rendered(select_node).removeprefix('SELECT ')})")
    return found


def _retied(node: Any, table: str) -> Any:
    """Column names belong to the table itself now, whatever it is called outside."""
    if isinstance(node, dict):
        if node.get("class") == "COLUMN_REF":
            node["column_names"] = [table, node["column_names"][-1]]
        node.pop("alias", None)
    for child in children(node) if isinstance(node, dict | list) else ():
        _retied(child, table)
    return node


def _numbered(bound: Bound) -> list[Splice]:
    """`?` by its number, as some of them stand in two places now."""
    marks = [token for token in bound.source.tokens if token.text == "?"]
    return [Splice(t.start, t.end + 1, f"${at + 1}") for at, t in enumerate(marks)]
