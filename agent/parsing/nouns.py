"""Patterns for what is asked for: columns, rows, counts, aggregates, and groups of them."""

from __future__ import annotations

from collections.abc import Iterator

from ..english import lexicon as lex
from ..english.adjectives import QUESTION_WORDS
from ..linking.mentions import Mention
from ..query import OF_NUMBERS, Term
from .fragments import Edge, Features, Fragment
from .sentence import Sentence, phrases, plain

_COUNT = phrases(plain(lex.COUNT_CUES))
_EACH = phrases(plain(lex.EACH_CUES))
_AGG_FILLERS = lex.DETERMINERS | {"of", "amount", "value", "number", "for"}


def column_edges(s: Sentence, i: int) -> Iterator[Edge]:
    """A column that is asked for; `number of orders` is no column that is only like a number."""
    counted = s.match(i, _COUNT) is not None
    for mention in s.columns(i):
        if counted and mention.score < 0.8:
            continue
        fragment = Fragment("project", Term(mention.table, mention.column), position=i)
        features = s.link_features(mention, "project")
        if s.column(mention).numeric and any(s.low(k) in lex.AGGREGATES for k in range(max(0, i - 5), i)):
            features = (*features, ("project:number_after_agg", 1.0))
        yield Edge(i, mention.end, (fragment,), features)


def shared_noun_edges(s: Sentence, i: int) -> Iterator[Edge]:
    """`first and last name`, `full name`: two columns that share their noun."""
    if s.low(i) in ("full", "complete") and s.low(i + 1) in ("name", "names"):
        for table in s.catalog.tables:
            names = s.catalog.names_of(table.name)
            if len(names) == 2:
                near = s.affinity(table.name, i, i + 2)
                both = tuple(Fragment("project", Term(table.name, c.name), position=i) for c in names)
                yield Edge(i, i + 2, both, (("project:shared", 1.0), (f"near:project:{near}", 1.0)))
    if s.low(i + 1) not in ("and", "or", "&", ",") or i + 3 >= len(s):
        return
    second = i + 2 if s.low(i + 2) != "the" else i + 3
    if second + 1 >= len(s) or s.tokens[i].kind != "word":
        return
    noun = s.tokens[second + 1].lemma
    for table in s.catalog.tables:
        pair = [
            column
            for at in (i, second)
            for column in table.columns
            if len(column.words) > 1 and column.words[-1] == noun and s.tokens[at].lemma in column.words
        ]
        if len(pair) == 2 and pair[0] is not pair[1]:
            near = s.affinity(table.name, i, second + 2)
            fragments = tuple(Fragment("project", Term(table.name, c.name), position=i) for c in pair)
            yield Edge(i, second + 2, fragments, (("project:shared", 1.0), (f"near:project:{near}", 1.0)))


def question_word_edges(s: Sentence, i: int) -> Iterator[Edge]:
    """`where`, `when`, `how long`: columns that such a word asks for."""
    two = f"{s.low(i)} {s.low(i + 1)}"
    cue = two if two in QUESTION_WORDS else s.low(i)
    if cue not in QUESTION_WORDS or cue in ("who", "whom") or s.columns(i + len(cue.split())):
        return
    end = i + len(cue.split())
    best: list[tuple[float, str, str, Features]] = []
    for rank, word in enumerate(QUESTION_WORDS[cue]):
        for table in s.catalog.tables:
            near = s.affinity(table.name, i, end)
            weight = {"none": 0.0, "unspoken": 0.0, "neighbour": 0.3}.get(near, 1.0) - 0.05 * rank
            for column in table.columns:
                if word in column.words and not column.is_id:
                    features: Features = (
                        (f"asks:{cue}", 1.0),
                        (f"near:ask:{near}", 1.0),
                        ("asks:rank", float(rank)),
                    )
                    best.append((weight, table.name, column.name, features))
    for _, table_name, name, features in sorted(best, key=lambda b: -b[0])[:3]:
        yield Edge(i, end, (Fragment("project", Term(table_name, name), position=i),), features)


def table_edges(s: Sentence, i: int) -> Iterator[Edge]:
    """A table whose rows are asked for, or that is only spoken of."""
    for mention in s.tables(i):
        features = s.link_features(mention, "table")
        yield Edge(i, mention.end, (Fragment("entity", Term(mention.table), position=i),), features)
        if s.low(i - 1) == "by" and i - 2 in s.mentions.covered:
            features = (*features, ("touch:by_name", 1.0))  # `revenue by customer`, not `written by authors`
        yield Edge(i, mention.end, (Fragment("touch", Term(mention.table), position=i),), features)


def count_edges(s: Sentence, i: int) -> Iterator[Edge]:
    """`how many students`, `the number of different cities`, `how many of them`."""
    found = s.match(i, _COUNT)
    if found is None:
        return
    end = found[0]
    cue = "total" if "total" in [s.low(k) for k in range(i, end)] else s.low(i)
    start = s.skip(end, lex.DETERMINERS | {"of"})
    distinct = s.low(start) in lex.DISTINCT_WORDS
    if s.low(start) in ("type", "types", "kind", "kinds", "sort", "sorts") and s.low(start + 1) == "of":
        distinct = True
    after = (
        s.skip(start, lex.DISTINCT_WORDS | {"type", "types", "kind", "kinds", "of"}) if distinct else start
    )
    base: Features = ((f"count:{cue}", 1.0),)
    for mention in s.near_tables(after):
        term = Term(mention.table, "*", "count", distinct)
        yield Edge(
            i, mention.end, (Fragment("count", term, position=i),), base + s.link_features(mention, "table")
        )
    for mention in s.near_columns(after):
        yield from _counted_column(s, i, mention, distinct, base)
    yield Edge(
        i, end, (Fragment("count", Term("", "*", "count", False), position=i),), (*base, ("count:open", 1.0))
    )


def _counted_column(s: Sentence, i: int, mention: Mention, distinct: bool, base: Features) -> Iterator[Edge]:
    features = base + s.link_features(mention, "count")
    term = Term(mention.table, mention.column, "count", True)
    flag = "said" if distinct else "unsaid"
    yield Edge(
        i, mention.end, (Fragment("count", term, position=i),), (*features, (f"count:distinct:{flag}", 1.0))
    )
    column = s.column(mention)
    if column.numeric and not column.is_id and not distinct:
        plain_term = Term(mention.table, mention.column)
        yield Edge(
            i,
            mention.end,
            (Fragment("project", plain_term, position=i),),
            (*features, ("count:as_column", 1.0)),
        )
        total = Term(mention.table, mention.column, "sum")
        yield Edge(
            i, mention.end, (Fragment("project", total, position=i),), (*features, ("count:as_sum", 1.0))
        )


def aggregate_edges(s: Sentence, i: int) -> Iterator[Edge]:
    """`average price`, `minimum, maximum and average age`, `sum of points`."""
    aggs, words, j = _aggregates(s, i)
    if not aggs:
        return
    distinct = s.low(s.skip(j, _AGG_FILLERS)) in lex.DISTINCT_WORDS
    starts = s.stops(j, _AGG_FILLERS | lex.DISTINCT_WORDS)
    for mention in (m for start in starts for m in s.near_columns(start)):
        if any(agg in OF_NUMBERS for agg in aggs) and not s.column(mention).measurable:
            continue
        terms = tuple(Term(mention.table, mention.column, agg, distinct) for agg in aggs)
        fragments = tuple(Fragment("project", term, position=i) for term in terms)
        features = [*s.link_features(mention, "agg"), (f"agg:{words[0]}", 1.0)]
        features += _fit(s, mention, aggs)
        yield Edge(i, mention.end, fragments, tuple(features))
        yield from _also_columns(s, i, mention, aggs, features)


def _also_columns(
    s: Sentence, i: int, first: Mention, aggs: list[str], features: list[tuple[str, float]]
) -> Iterator[Edge]:
    """`average age and height`: the aggregate may go on over the next columns."""
    j = first.end
    mentions = [first]
    while True:
        after = s.skip(j, (",", "and", "the"))
        following = [m for m in s.columns(after) if s.column(m).numeric and m.table == first.table]
        if after == j or not following:
            return
        mentions.append(following[0])
        j = following[0].end
        fragments = tuple(
            Fragment("project", Term(m.table, m.column, agg), position=i) for m in mentions for agg in aggs
        )
        extra = [f for m in mentions[1:] for f in s.link_features(m, "agg")]
        yield Edge(i, j, fragments, (*features, *extra, ("agg:shared", 1.0)))


def _fit(s: Sentence, mention: Mention, aggs: list[str]) -> list[tuple[str, float]]:
    column = s.column(mention)
    if column.is_id:
        return [("agg:of_id", 1.0)]
    if not column.numeric and any(agg in OF_NUMBERS for agg in aggs):
        return [("agg:of_text", 1.0)]
    if column.kind == "text" and not column.measurable:
        return [("agg:extreme_of_text", 1.0)]
    return []


def _aggregates(s: Sentence, i: int) -> tuple[list[str], list[str], int]:
    """Aggregates named one after another at i, their words, and where they end."""
    aggs: list[str] = []
    words: list[str] = []
    j = i
    while s.low(j) in lex.AGGREGATES:
        aggs.append(lex.AGGREGATES[s.low(j)])
        words.append(s.low(j))
        j += 1
        after = s.skip(j, (",", "and", "the", "as", "well", "/"))
        if after > j and s.low(after) in lex.AGGREGATES:
            j = after
        else:
            break
    return list(dict.fromkeys(aggs)), words, j


def group_edges(s: Sentence, i: int) -> Iterator[Edge]:
    """`for each city`, `per month`, `by region`."""
    found = s.match(i, _EACH)
    cue = "each"
    if found is None:
        if s.low(i) != "by" or i == 0:
            return
        found, cue = (i + 1, ""), "by"
    start = s.skip(found[0], lex.DETERMINERS | {"different", "distinct", "single", "individual"})
    if s.low(start) in ("kind", "type", "category", "group", "value") and s.low(start + 1) == "of":
        start = s.skip(start + 2, lex.DETERMINERS)
    cue = s.low(i) if cue == "each" else cue
    yield from _group_at(s, i, start, (), ((f"each:{cue}", 1.0),), 0)


def _group_at(
    s: Sentence, i: int, j: int, before: tuple[Fragment, ...], features: Features, depth: int
) -> Iterator[Edge]:
    ranked = any(s.low(k) in ("top", "bottom") for k in range(i))
    for mention in s.named_columns(j):
        if ranked and s.column(mention).numeric and s.low(i) == "by":
            continue  # `top 5 products by price` are ranked by it
        fragments = (*before, Fragment("group", Term(mention.table, mention.column), position=i))
        now = features + s.link_features(mention, "group")
        yield Edge(i, mention.end, fragments, now, "group")
        yield from _second_group(s, i, mention.end, fragments, now, depth)
    for mention in s.tables(j):
        fragments = (*before, Fragment("group", Term(mention.table), position=i))
        now = features + s.link_features(mention, "table")
        yield Edge(i, mention.end, fragments, now, "group")
        yield from _second_group(s, i, mention.end, fragments, now, depth)


def _second_group(
    s: Sentence, i: int, j: int, before: tuple[Fragment, ...], features: Features, depth: int
) -> Iterator[Edge]:
    """`by customer and shop`."""
    after = s.skip(j, (",", "and"))
    if after > j and depth == 0:
        yield from _group_at(s, i, after, before, (*features, ("each:second", 1.0)), 1)
