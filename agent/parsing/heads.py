"""What a query gives back: its select list, its groups, and whether equal rows are given once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..english.inflection import words
from ..query import Compare, Predicate, Term, conjoin
from .fragments import Features, Fragment

if TYPE_CHECKING:
    from .assemble import Parts


@dataclass(frozen=True, slots=True)
class Head:
    """A select list with its groups, and the features of choosing it."""

    select: tuple[Term, ...]
    group: tuple[Term, ...] = ()
    having: Predicate | None = None
    distinct: bool = False
    nested_super: bool = False
    rows_only: bool = False
    per_group: bool = False
    totals: bool = False
    features: Features = ()


def heads(parts: Parts) -> Iterator[Head]:
    """Every way to give back what is asked for."""
    for select, features in _selects(parts):
        if len(set(select)) < len(select):
            features = (*features, ("head:repeated", 1.0))
            select = tuple(dict.fromkeys(select))
        features = (*features, *_shape(parts, select))
        for head in _grouped(parts, select, features):
            yield from _distinct(parts, head)


def _selects(parts: Parts) -> Iterator[tuple[tuple[Term, ...], Features]]:
    """Select lists: an entity becomes its name, its key, every column, or nothing where columns are
    asked too.
    """
    projected = [f for f in parts.heads if f.role != "entity"]
    entities = [f for f in parts.heads if f.role == "entity"]
    terms = tuple(f.term for f in projected if f.term is not None)
    if not entities:
        yield from _counts(parts, terms, ())
        return
    if projected:
        yield from _counts(parts, terms, (("entity:dropped", float(len(entities))),))
    options: list[tuple[tuple[Term, ...], Features]] = [((), ())]
    for fragment in entities:
        assert fragment.term is not None
        found = list(_entity(parts, fragment.term.table))
        if (parts.groups or parts.compare) and not (projected or parts.supers):
            found.append(((Term(fragment.term.table, "*", "count"),), (("entity:counted", 1.0),)))
        options = [((*have, *terms_), (*fs, *f)) for have, fs in options for terms_, f in found]
    for shown, features in options:
        if projected:
            features = (*features, ("entity:beside", 1.0))
        yield from _counts(parts, (*shown, *terms), features)


def _entity(parts: Parts, table: str) -> Iterator[tuple[tuple[Term, ...], Features]]:
    names = parts.catalog.names_of(table)
    key = parts.catalog.key_of(table)
    style = parts.catalog.name_style(table)
    strict = style == "strict"
    if names:
        features: Features = ((f"entity:name{len(names)}", 1.0), (f"entity:name:{style}", 1.0))
        yield tuple(Term(table, c.name) for c in names), features
        for other in parts.catalog.like_named(names[0]) if len(names) == 1 else ():
            yield (Term(table, other.name),), features
    if key is not None and key not in names:
        kind = "named" if strict else "described" if names else "nameless"
        said = "said" if parts.words & _IDS else "unsaid"
        yield (Term(table, key.name),), ((f"entity:key:{said}", 1.0), (f"entity:key:{kind}:{said}", 1.0))
    said = "said" if parts.everything else "unsaid"
    yield (Term(table),), ((f"entity:all:{said}", 1.0),)


def _counts(
    parts: Parts, terms: tuple[Term, ...], features: Features
) -> Iterator[tuple[tuple[Term, ...], Features]]:
    """Counts of a table as counts of rows, or of different keys where joins may repeat rows."""
    yield tuple(_row_count(t) for t in terms), features
    for i, term in enumerate(terms):
        if term.agg != "count" or term.column != "*":
            continue
        key = parts.catalog.key_of(term.table)
        others = {t.table for t in terms if t.table != term.table} | {
            f.term.table for f in (*parts.touches, *parts.conditions, *parts.groups) if f.term
        } - {term.table}
        said = "said" if term.distinct else "unsaid"
        if key is not None and (others or term.distinct):
            changed = Term(term.table, key.name, "count", True)
            yield (*terms[:i], changed, *terms[i + 1 :]), (*features, (f"count:keys:{said}", 1.0))
        if term.distinct:
            for name in parts.catalog.names_of(term.table)[:1]:
                changed = Term(term.table, name.name, "count", True)
                yield (*terms[:i], changed, *terms[i + 1 :]), (*features, ("count:names", 1.0))


def _row_count(term: Term) -> Term:
    return replace(term, distinct=False) if term.column == "*" and term.agg else _unflag(term)


def _unflag(term: Term) -> Term:
    """A plain column without the flag of `distinct`, which the query carries."""
    return term if term.agg else replace(term, distinct=False)


def _shape(parts: Parts, select: tuple[Term, ...]) -> Features:
    """What is unusual about a select list."""
    out: list[tuple[str, float]] = [(f"select:{min(len(select), 4)}", 1.0)]
    fixed = {
        (f.term.table, f.term.column)
        for f in parts.conditions
        if f.term and f.op == "=" and len(f.values) == 1
    }
    for term in select:
        if not term.agg and (term.table, term.column) in fixed:
            out.append(("select:constant", 1.0))
        if term.column != "*" and not term.agg and (term.table, term.column) in parts.catalog.foreign_keys:
            out.append(("select:foreign_key", 1.0))
    tables = {term.table for term in select if term.column != "*"}
    if len(tables) > 1:
        out.append(("select:tables", float(len(tables) - 1)))
    spoken = {f.term.table for f in (*parts.heads, *parts.touches) if f.term and f.role != "project"}
    if spoken and not tables & spoken and tables:
        out.append(("select:elsewhere", 1.0))
    return tuple(out)


def _grouped(parts: Parts, select: tuple[Term, ...], features: Features) -> Iterator[Head]:
    """The select list with the groups that `each`, counts beside columns, and superlatives ask for."""
    plain = tuple(t for t in select if not t.aggregated)
    measured = tuple(t for t in select if t.aggregated)
    counted = [f.term for f in (*parts.supers, *parts.havings, *parts.orders) if f.term and f.term.aggregated]
    having = _having(parts)
    if parts.groups and having is None and _own_rows(parts, measured) and not plain:
        yield Head(select, (), None, features=(*features, ("group:own_rows", 1.0)))
        return
    if parts.groups:
        yield from _by_groups(parts, select, plain, measured, having, features)
        return
    if having is not None and len(select) == 1 and select[0].agg == "count":
        yield from _counted_groups(parts, select[0], having, features)
    if measured and plain:
        for keys, feature in _keys(parts, plain, measured):
            yield Head(select, keys, having, features=(*features, ("group:implied", 1.0), *feature))
        return
    if counted and not measured:
        for keys, feature in _keys(parts, plain, tuple(counted)):
            now = (*features, ("group:counted", 1.0), *feature)
            if _key_shown(parts, plain) and all(t.table for t in counted):
                shown = (*select, *(t for t in counted if t not in select))
                yield Head(shown, keys, having, features=(*now, ("order:key_shown", 1.0)))
            else:
                yield Head(select, keys, having, features=now)
        return
    if measured and parts.supers and not any(t.aggregated for f in parts.supers if (t := f.term)):
        yield Head(select, (), having, nested_super=True, features=(*features, ("super:nested", 1.0)))
        return
    if measured and parts.supers:
        return
    if having is None and not measured and not parts.supers:
        yield from _totals(parts, plain, features)
    if having is None and measured:
        yield Head(select, (), None, features=features)
    elif having is None:
        yield from _ranked(parts, select, features)


def _ranked(parts: Parts, select: tuple[Term, ...], features: Features) -> Iterator[Head]:
    """Rows as they are, or where they are ranked: by totals, and with what they are ranked by."""
    totals = list(_ordered_by_total(parts, select, features))
    key = parts.orders[0].term if _key_shown(parts, select) else None
    if key is not None and _ranked_by_totals(parts, select, parts.orders[0]):
        shown = (*select, replace(key, agg="sum"))
        yield Head(shown, select, totals=True, features=(*features, ("order:total_shown", 1.0)))
    elif key is not None and key not in select and key.table in {t.table for t in select}:
        yield Head((*select, key), (), None, features=(*features, ("order:key_shown", 1.0)))
    elif key is None or not totals:
        yield Head(select, (), None, features=features)
    if len(parts.supers) == 1 and _ranked_by_totals(parts, select, parts.supers[0]):
        yield Head(select, select, totals=True, features=(*features, ("super:total", 1.0)))
    yield from totals


def _totals(parts: Parts, plain: tuple[Term, ...], features: Features) -> Iterator[Head]:
    """`revenue last month`, `revenue of customer 7`: one measure, of nothing but a time or the rows of one
    thing, by what it adds up to.
    """
    if len(plain) != 1 or {"by", "per", "each"} & parts.words:
        return
    total = (replace(plain[0], agg="sum"),)
    timed = parts.compare is not None or any(f.op == "period" for f in parts.conditions)
    others = any(f.term and f.term.table != plain[0].table for f in parts.touches)
    adds = _additive if parts.compare is None else _addable
    if timed and not others and adds(parts, plain[0]):
        yield Head(total, (), None, features=(*features, ("select:total_of_time", 1.0)))
    elif not timed and _additive(parts, plain[0]) and any(_chooses_many(parts, f) for f in parts.conditions):
        yield Head(total, (), None, features=(*features, ("select:total_of_rows", 1.0)))


def _chooses_many(parts: Parts, condition: Fragment) -> bool:
    """Whether a condition names one value that many rows may have."""
    term = condition.term
    if term is None or condition.op != "=" or condition.negated or len(condition.values) != 1:
        return False
    return not (term.table == parts.main and parts.catalog.column_of[(term.table, term.column)].unique)


def _ranked_by_totals(parts: Parts, plain: tuple[Term, ...], ranked: Fragment) -> bool:
    """`the region with the highest revenue`: a value that many rows share, by what they add up to."""
    term = ranked.term
    if not _shared(parts, plain) or parts.rows_asked or term is None or term.column == "*" or term.agg:
        return False
    return term.table == plain[0].table and _additive(parts, term)


def _shared(parts: Parts, plain: tuple[Term, ...]) -> bool:
    """Whether one column is asked for, of texts that many rows share, or of numbers that stand for things."""
    if len(plain) != 1 or plain[0].column == "*":
        return False
    column = parts.catalog.column_of[(plain[0].table, plain[0].column)]
    things = column.kind == "text" or (column.kind == "number" and not _additive(parts, plain[0]))
    return things and not column.unique


def _key_shown(parts: Parts, plain: tuple[Term, ...]) -> bool:
    """`top 5 products by price`: whoever names the key of such a list expects to see it."""
    ranked = bool(parts.limits) and len(parts.orders) == 1
    return ranked and (parts.rows_asked or _shared(parts, plain))


def _counted_groups(parts: Parts, count: Term, having: Predicate, features: Features) -> Iterator[Head]:
    """`how many cities have more than 3 airports`: groups are formed, then counted."""
    if count.column != "*":
        keys: tuple[Term, ...] = (Term(count.table, count.column),)
    else:
        key = parts.catalog.key_of(count.table)
        keys = (Term(count.table, key.name),) if key else ()
    if keys:
        yield Head(keys, keys, having, rows_only=True, features=(*features, ("group:rows_only", 1.0)))


def _own_rows(parts: Parts, measured: tuple[Term, ...]) -> bool:
    """`average revenue per order`, of orders that each have one: over all of them, not in groups of one."""
    groups = {f.term.table for f in parts.groups if f.term and f.term.column == "*"}
    averaged = {t.table for t in measured if t.agg in ("avg", "median")}
    return len(parts.groups) == len(groups) == 1 and len(measured) == 1 and groups == averaged


def _having(parts: Parts) -> Predicate | None:
    """Conditions on counts of a group."""
    out: list[Predicate] = []
    flip = {">": "<=", "<": ">=", ">=": "<", "<=": ">", "=": "!=", "!=": "="}
    for fragment in parts.havings:
        term = fragment.term
        if term is None:
            continue
        if term.column == "*":
            term = replace(term, table=term.table or parts.main)
        op = flip[fragment.op] if fragment.negated else fragment.op
        out.append(Compare(term, op, fragment.values[0]))
    return conjoin(*out)


def _by_groups(
    parts: Parts,
    select: tuple[Term, ...],
    plain: tuple[Term, ...],
    measured: tuple[Term, ...],
    having: Predicate | None,
    features: Features,
) -> Iterator[Head]:
    """Groups that the question names: their keys are shown, unless they are already, or are left out."""
    keys: tuple[Term, ...] = ()
    shown: tuple[Term, ...] = ()
    for fragment in parts.groups:
        assert fragment.term is not None
        if fragment.term.column != "*":
            keys, shown = (*keys, fragment.term), (*shown, fragment.term)
            continue
        table = fragment.term.table
        key = parts.catalog.key_of(table)
        own = tuple(t for t in plain if t.table == table and t.column != "*")
        row = (Term(table, key.name),) if key else ()
        named = parts.catalog.name_style(table) != "loose" or not row
        names = own or (tuple(Term(table, c.name) for c in parts.catalog.names_of(table)) if named else row)
        keys = (*keys, *row, *(name for name in names if name not in row))
        shown = (*shown, *names)
    missing = tuple(t for t in shown if t not in select)
    if not measured and parts.supers and not any(f.term and f.term.aggregated for f in parts.supers) and keys:
        yield Head(
            (*missing, *select), keys, per_group=True, features=(*features, ("group:best_of_each", 1.0))
        )
        yield Head(select, keys, per_group=True, features=(*features, ("group:best_of_each_hidden", 1.0)))
        best = tuple(replace(f.term, agg="max" if f.descending else "min") for f in parts.supers if f.term)
        rest = tuple(t for t in select if (t.table, t.column) not in {(b.table, b.column) for b in best})
        yield Head(
            (*missing, *rest, *best), keys, per_group=True, features=(*features, ("group:best_value", 1.0))
        )
    totals = tuple(t for t in plain if t not in keys and _addable(parts, t))
    if totals and len(totals) == sum(t not in shown for t in plain):
        summed = tuple(replace(t, agg="sum") if t in totals else t for t in select)
        now = (*features, ("group:summed", 1.0))
        yield Head((*missing, *summed), keys, having, features=now)
    if any(t.grain for t in keys) and not measured:
        return
    if (
        not measured
        and not parts.supers
        and not parts.havings
        and not any(f.term and f.term.aggregated for f in parts.orders)
    ):
        # `the name of each student` groups nothing.
        yield Head(select, (), None, features=(*features, ("group:plain", 1.0)))
        if missing:
            yield Head((*missing, *select), (), None, features=(*features, ("group:plain_shown", 1.0)))
        return
    every = tuple(dict.fromkeys((*keys, *(t for t in plain if t.column != "*"))))
    if missing:
        yield Head((*missing, *select), every, having, features=(*features, ("group:shown", 1.0)))
        yield Head(select, every, having, features=(*features, ("group:hidden", 1.0)))
    else:
        yield Head(select, every, having, features=(*features, ("group:there", 1.0)))
    if any(f.term and f.term.column == "*" for f in parts.groups) and missing:
        tables = [f.term.table for f in parts.groups if f.term]
        ids = tuple(Term(t, key.name) for t in tables if (key := parts.catalog.key_of(t)))
        if ids and ids != missing:
            yield Head((*ids, *select), every, having, features=(*features, ("group:id", 1.0)))


def _addable(parts: Parts, term: Term) -> bool:
    """Whether totals of a column make sense: a number that identifies nothing."""
    if term.column == "*" or term.agg:
        return False
    column = parts.catalog.column_of[(term.table, term.column)]
    return column.numeric and not column.is_id and (term.table, term.column) not in parts.catalog.foreign_keys


_IDS = words("id ids identifier identifiers")
_ADDITIVE = words(
    """
    revenue amount sale total quantity cost profit income spend payment volume turnover value fee charge
    expense tax
    """
)


def _additive(parts: Parts, term: Term) -> bool:
    """Whether a column by its name is a measure that people mean as a total."""
    if not _addable(parts, term):
        return False
    return bool(_ADDITIVE & set(parts.catalog.column_of[(term.table, term.column)].words))


def _ordered_by_total(parts: Parts, select: tuple[Term, ...], features: Features) -> Iterator[Head]:
    """`top 10 products by revenue`: rows of one table ranked by the total of a column of another."""
    keys = [f.term for f in (*parts.orders, *parts.supers) if f.term is not None]
    if len(keys) != 1 or not _addable(parts, keys[0]) or keys[0].table in {t.table for t in select}:
        return
    for group, feature in _keys(parts, select, (replace(keys[0], agg="sum"),)):
        if not _key_shown(parts, select):
            yield Head(select, group, totals=True, features=(*features, *feature, ("order:total", 1.0)))
        shown = (*select, replace(keys[0], agg="sum"))
        yield Head(shown, group, totals=True, features=(*features, *feature, ("order:total_shown", 1.0)))


def _keys(
    parts: Parts, plain: tuple[Term, ...], counted: tuple[Term, ...]
) -> Iterator[tuple[tuple[Term, ...], Features]]:
    """Group keys for plain columns beside measures: the columns, or the row they belong to."""
    columns = tuple(t for t in plain if t.column != "*")
    tables = tuple(dict.fromkeys(t.table for t in plain))
    counts_own = any(c.table in ("", tables[0]) for c in counted) if tables else False
    named = any(f.role == "entity" for f in parts.heads)
    table = parts.catalog.by_name.get(tables[0]) if tables else None
    key = parts.catalog.key_of(tables[0]) if table else None
    if any(t.column == "*" for t in plain):
        if table and len(tables) == 1:
            yield tuple(Term(table.name, c.name) for c in table.columns), (("keys:all", 1.0),)
        return
    row = (Term(tables[0], key.name),) if key and tables else ()
    by_row = tuple(dict.fromkeys((*row, *columns)))
    apart = row and by_row != columns and (not counts_own or parts.touches or parts.conditions)
    if not (apart and parts.rows_asked):
        # Rows that are asked for stay apart, whatever they are called.
        kind = f"{'own' if counts_own else 'other'}:{'row' if named else 'value'}"
        yield columns, ((f"keys:columns:{kind}", 1.0),)
    if apart:
        yield by_row, ((f"keys:row:{'own' if counts_own else 'other'}:{'row' if named else 'value'}", 1.0),)


def _distinct(parts: Parts, head: Head) -> Iterator[Head]:
    """The head with equal rows kept, and given once."""
    said = any(f.term and f.term.distinct for f in parts.heads if not (f.term and f.term.agg))
    flag = "said" if said else "unsaid"
    if head.group or any(t.aggregated for t in head.select):
        yield replace(head, features=(*head.features, (f"distinct:grouped:{flag}", 1.0)))
        return
    catalog = parts.catalog
    unique = any(t.column == "*" or catalog.column_of[(t.table, t.column)].unique for t in head.select)
    tables = {t.table for t in head.select}
    others = {f.term.table for f in (*parts.touches, *parts.conditions) if f.term and not f.negated} - tables
    where = "joined" if others else "alone"
    kind = "unique" if unique else "repeated"
    names = all(
        t.column == "*" or catalog.column_of[(t.table, t.column)] in catalog.names_of(t.table)
        for t in head.select
    )
    style = "names" if names else "attributes"
    number = "one" if len(head.select) == 1 else "more"
    # `customers in the north`, where orders hold the customers: each of them once.
    things = parts.conditions and _shared(parts, head.select) and not tables & parts.spoken
    plain_rows: Features = (
        (f"distinct:no:{flag}:{where}", 1.0),
        (f"distinct:no:{kind}:{style}:{where}", 1.0),
        (f"distinct:no:{number}:{style}", 1.0),
    )
    yield replace(head, features=(*head.features, *plain_rows))
    if said or not unique or others:
        features: Features = (
            *((("distinct:yes:things", 1.0),) if things else ()),
            (f"distinct:yes:{flag}:{where}", 1.0),
            (f"distinct:yes:{kind}", 1.0),
            (f"distinct:yes:{number}", 1.0),
            (f"distinct:yes:{style}:{where}", 1.0),
            (f"distinct:yes:supers{len(parts.supers)}", 1.0),
        )
        yield replace(head, distinct=True, features=(*head.features, *features))
