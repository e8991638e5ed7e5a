"""Patterns for which rows count: comparisons, values, text matches, missing values."""

from __future__ import annotations

from collections.abc import Iterator

from ..catalog import Column
from ..english import adjectives
from ..english import lexicon as lex
from ..english.inflection import degree, words
from ..english.tokens import number_at
from ..query import Scalar, Term
from .fragments import Edge, Features, Fragment
from .sentence import Found, Sentence, phrases

COMPARE = phrases(lex.COMPARATORS)
TRAILING = phrases(lex.TRAILING_COMPARATORS)
_CONTAINS = phrases(lex.CONTAINS)
_NULL = phrases(lex.NULL_PHRASES)
_LINKERS = (
    lex.COPULAS
    | lex.DETERMINERS
    | {"'s", "of", "either", "be", "by", "in", "on", "at", "with", "number", "have", "has", "had"}
)
COMPARED_BY = words(
    """
    than before after least most over above below under between exceeding since to until
    """
)
_GENERAL = words("high low large small great big few little more less good bad")
_NEGATIVE = frozenset(("not", "n't", "never", "isn't", "aren't", "doesn't", "don't", "no"))
_OP_FLIP = {">": "<", "<": ">", ">=": "<=", "<=": ">=", "=": "=", "!=": "!="}


def column_conditions(s: Sentence, i: int) -> Iterator[Edge]:
    """A column, then what its value must be: `age is older than 20`, `name contains "x"`, `grade 1`."""
    for mention in s.columns(i):
        column = s.column(mention)
        base = s.link_features(mention, "cond")
        yield from _after_column(s, i, mention.end, column, base)


def _after_column(s: Sentence, i: int, end: int, column: Column, base: Features) -> Iterator[Edge]:
    term = Term(column.table, column.name)
    j, negated = _linking_words(s, end)
    yield from _contains(s, i, end, j, column, term, negated, base)
    null = s.match(end, _NULL) or s.match(j - 1, _NULL)
    if null:
        fragment = Fragment("null", term, negated=null[1] == "no", position=i)
        yield Edge(i, null[0], (fragment,), (*base, ("pat:null", 1.0)), "rel")
    yield from _between(s, i, j, column, term, negated, base)
    compare = s.match(j, COMPARE)
    if compare:
        k = s.skip(compare[0], lex.DETERMINERS | {"of"})
        yield from _compared(s, i, k, compare[1], column, term, base, "col_cmp", negated)
    adjective = _comparative(s, j)
    if adjective:
        op = ">" if adjective[1] > 0 else "<"
        suits = adjective[2] in _GENERAL or any(
            m.word in column.words for m in adjectives.measures(adjective[2])
        )
        said: Features = (("adj:suits" if suits else "adj:misfit", 1.0),)
        yield from _compared(s, i, adjective[0], op, column, term, (*base, *said), "col_adj", negated)
    how = "bare" if j == end else "linked"
    for found in s.scalars(j, column):
        yield from _equal(s, i, found, column, term, base, how, negated)


def _linking_words(s: Sentence, end: int) -> tuple[int, bool]:
    """Past copulas and determiners after a column; whether a negation stands among them."""
    j, negated = end, False
    while j < len(s) and j < end + 5:
        low = s.low(j)
        if s.tokens[j].kind == "quoted" or (s.match(j, COMPARE) and low not in ("not", "only", "just")):
            break
        if low in _NEGATIVE:
            negated = not negated
        elif low not in _LINKERS and low not in (
            "only",
            "either",
            "value",
            "equal",
            "to",
            "exactly",
            ",",
            "(",
            "the",
        ):
            break
        if low in (",", "in") and j > end:
            break
        j += 1
    return j, negated


def _compared(
    s: Sentence,
    i: int,
    j: int,
    op: str,
    column: Column,
    term: Term,
    base: Features,
    pattern: str,
    negated: bool,
) -> Iterator[Edge]:
    """A comparing phrase and the value behind it, or an aggregate as in `than the average`."""
    if negated:
        op = {">": "<=", "<": ">=", ">=": "<", "<=": ">", "=": "!=", "!=": "="}[op]
    for found in s.scalars(j, column):
        sized = column.kind == "text" and op not in ("=", "!=")
        if sized and (
            found.quality not in ("number", "date") or (found.quality == "number" and not column.measurable)
        ):
            continue
        fits = type_feature(column, found)
        fragment = Fragment("cond", term, op, (found.value,), position=i)
        end = s.skip(found.end, column.words[1:])  # `10 kg` of `weight_kg`
        yield Edge(i, end, (fragment,), (*base, (f"pat:{pattern}", 1.0), *fits), "rel")
    yield from _with_column(s, i, j, op, column, term, base)
    every = s.low(j - 1) if s.low(j - 1) in ("all", "any", "every", "some") else ""
    if every and not s.scalars(j, column):
        most = (op in (">", ">=")) == (every in ("all", "any", "every"))
        inner = "max" if most else "min"
        fragment = Fragment("cond", term, op, inner=inner, position=i)
        yield Edge(i, j, (fragment,), (*base, (f"pat:inner_{every}", 1.0)), "rel")
    agg = lex.AGGREGATES.get(s.low(j))
    if agg:
        k = s.skip(j + 1, ("value", "of", "the", "all"))
        ends = [m.end for m in s.columns(k) if (m.table, m.column) == (column.table, column.name)]
        end = max(ends, default=j + 1)
        fragment = Fragment("cond", term, op, inner=agg, position=i)
        yield Edge(i, end, (fragment,), (*base, ("pat:inner", 1.0)), "rel")


def _with_column(
    s: Sentence, i: int, j: int, op: str, column: Column, term: Term, base: Features
) -> Iterator[Edge]:
    """`lower than its cost`: another column; `below the price of all cars`: the most or least of the
    same one.
    """
    if op in ("=", "!="):
        return
    for mention in s.columns(j):
        other = s.column(mention)
        if (mention.table, mention.column) == (column.table, column.name):
            k = s.skip(mention.end, ("of", "for"))
            every = s.low(k)
            if k > mention.end and every in ("all", "any", "every", "some", "each"):
                most = (op in (">", ">=")) == (every != "some")
                inner = Fragment("cond", term, op, inner="max" if most else "min", position=i)
                yield Edge(i, k + 1, (inner,), (*base, ("pat:inner_of", 1.0)), "rel")
        elif column.numeric and other.numeric and not other.is_id and mention.full:
            compared = Fragment("cond", term, op, other=Term(mention.table, mention.column), position=i)
            features = (*base, *s.link_features(mention, "cond"), ("pat:column_column", 1.0))
            yield Edge(i, mention.end, (compared,), features, "rel")


def _equal(
    s: Sentence, i: int, found: Found, column: Column, term: Term, base: Features, how: str, negated: bool
) -> Iterator[Edge]:
    trailing = s.match(found.end, TRAILING)
    fits = type_feature(column, found)
    if trailing and found.quality == "number":
        fragment = Fragment("cond", term, trailing[1], (found.value,), position=i)
        yield Edge(i, trailing[0], (fragment,), (*base, ("pat:trailing", 1.0), *fits), "rel")
    values, joiner, end = more_values(s, found, column)
    features = (*base, (f"pat:eq_{how}:{found.quality}", 1.0), *fits)
    if len(values) > 1:
        fragment = Fragment("cond", term, "=", values, negated=negated, joiner=joiner, position=i)
        yield Edge(i, end, (fragment,), (*features, (f"pat:values_{joiner}", 1.0)), "rel")
    fragment = Fragment("cond", term, "=", (found.value,), negated=negated, position=i)
    yield Edge(i, found.end, (fragment,), features, "rel")


def more_values(s: Sentence, first: Found, column: Column) -> tuple[tuple[Scalar, ...], str, int]:
    """`A, B or C` of one column: the values, the word that joins them, where they end."""
    values, joiner, end = [first.value], "", first.end
    while True:
        j = s.skip(end, (",", "or", "and", "either", "nor", "both", "/", "the", "in", "a", "an"))
        between = [s.low(k) for k in range(end, j)]
        if not between or not any(word in (",", "or", "and", "nor", "/") for word in between):
            break
        following = [f for f in s.scalars(j, column) if f.quality == first.quality or f.quality == "stored"]
        if not following:
            break
        values.append(following[0].value)
        joiner = next((word for word in ("or", "nor", "and") if word in between), joiner)
        end = following[0].end
    return tuple(values), joiner or "and", end


def type_feature(column: Column, found: Found) -> Features:
    number = isinstance(found.value, (int, float))
    if number and column.kind == "text":
        known = str(found.value) in column.values
        return (("type:number_in_text_known" if known else "type:number_to_text", 1.0),)
    if (
        number
        and column.numeric
        and isinstance(column.low, (int, float))
        and isinstance(column.high, (int, float))
    ):
        value = float(found.value)
        span = float(column.high) - float(column.low)
        if not column.low - span <= value <= column.high + span:
            return (("type:out_of_range", 1.0),)
        return (("type:in_range", 1.0),)
    if not number and column.numeric:
        return (("type:text_to_number", 1.0),)
    return ()


def _between(
    s: Sentence, i: int, j: int, column: Column, term: Term, negated: bool, base: Features
) -> Iterator[Edge]:
    if s.low(j) not in ("between", "from", "ranging", "range"):
        return
    start = s.skip(j, ("between", "from", "ranging", "range", "the", "of"))
    for low in s.scalars(start, column):
        k = s.skip(low.end, ("and", "to", "the", "-"))
        for high in s.scalars(k, column) if k > low.end else ():
            fragment = Fragment("cond", term, "between", (low.value, high.value), negated=negated, position=i)
            yield Edge(
                i, high.end, (fragment,), (*base, ("pat:between", 1.0), *type_feature(column, low)), "rel"
            )


def _contains(
    s: Sentence, i: int, end: int, j: int, column: Column, term: Term, negated: bool, base: Features
) -> Iterator[Edge]:
    for at in {end, j, s.skip(end, ("that", "which", "who", "also", "name", "names"))}:
        found = s.match(at, _CONTAINS)
        if not found:
            continue
        k = s.skip(found[0], lex.CONTAINS_FILLERS)
        for text, stop in _texts(s, k):
            fragment = Fragment("cond", term, found[1], (text,), negated=negated, position=i)
            kind = "fit" if column.kind == "text" else "misfit"
            features = (*base, (f"pat:contains_{kind}", 1.0))
            yield Edge(i, stop, (fragment,), features, "rel")
            again = s.skip(stop, lex.CONTAINS_FILLERS | {"or", "and", ","})
            joiner = next((s.low(n) for n in range(stop, again) if s.low(n) in ("or", "and")), "")
            for other, last in _texts(s, again) if joiner else ():
                second = Fragment(
                    "cond", term, found[1], (other,), negated=negated, connector=joiner, position=i
                )
                yield Edge(i, last, (fragment, second), (*features, ("pat:contains_two", 1.0)), "rel")


def _texts(s: Sentence, k: int) -> Iterator[tuple[str, int]]:
    """The text to look for at k."""
    if k >= len(s):
        return
    token = s.tokens[k]
    if (
        token.kind in ("quoted", "number", "date")
        or (token.kind == "word" and token.low not in lex.FUNCTION_WORDS)
        or token.capital
    ):
        yield str(token.value) if token.kind == "quoted" else token.text, k + 1


def text_before_column(s: Sentence, i: int) -> Iterator[Edge]:
    """`with the word "x" in their title`, `have "x" as part of the name`."""
    found = s.match(i, _CONTAINS)
    if not found:
        return
    k = s.skip(found[0], lex.CONTAINS_FILLERS)
    for text, stop in _texts(s, k):
        j = s.skip(
            stop, lex.DETERMINERS | {"in", "as", "part", "of", "substring", "at", "within", "somewhere"}
        )
        if j == stop:
            continue
        for mention in s.columns(j):
            term = Term(mention.table, mention.column)
            fragment = Fragment("cond", term, found[1], (text,), position=i)
            features = (*s.link_features(mention, "cond"), ("pat:contains_before", 1.0))
            yield Edge(i, mention.end, (fragment,), features, "rel")


def _comparative(s: Sentence, i: int) -> tuple[int, int, str] | None:
    """(end, direction, base adjective) of `older than`, `more expensive than` at i."""
    found = degree(s.low(i))
    if found and found[1] == "er" and s.low(i + 1) == "than":
        base = found[0] if adjectives.measures(found[0]) else found[0] + "e"
        sign = adjectives.GENERAL_DEGREE.get(base, 1)
        return s.skip(i + 2, lex.DETERMINERS | {"of"}), sign, base
    if s.low(i) in ("more", "less") and s.low(i + 2) == "than" and adjectives.measures(s.low(i + 1)):
        sign = adjectives.GENERAL_DEGREE.get(s.low(i + 1), 1) * (1 if s.low(i) == "more" else -1)
        return s.skip(i + 3, lex.DETERMINERS | {"of"}), sign, s.low(i + 1)
    return None


def adjective_conditions(s: Sentence, i: int) -> Iterator[Edge]:
    """`older than 20`, `more expensive than the average`: the column is what the adjective measures."""
    found = _comparative(s, i)
    if found is None:
        return
    end, _, base = found
    for column, sign, features in measured_columns(s, i, base):
        if column.kind == "date":
            yield from _born(s, i, end, column, sign, features)
            continue
        direction = sign if s.low(i) != "less" else -sign
        op = ">" if direction > 0 else "<"
        term = Term(column.table, column.name)
        for edge in _compared(s, i, end, op, column, term, features, "adj_cmp", False):
            stop = (
                s.skip(edge.end, ("years", "year", "old", "of", "age"))
                if base in ("old", "young")
                else edge.end
            )
            yield Edge(edge.start, stop, edge.fragments, edge.features, "rel")


def _born(s: Sentence, i: int, j: int, column: Column, sign: int, features: Features) -> Iterator[Edge]:
    """`older than 40` of a date of birth: born before the day so many years ago."""
    number = number_at(s.tokens, j)
    if number is None or not 0 < number[0] < 130:
        return
    day = f"{s.now.year - int(number[0]):04d}-{s.now.month:02d}-{min(s.now.day, 28):02d}"
    term = Term(column.table, column.name)
    fragment = Fragment("cond", term, ">" if sign > 0 else "<", (day,), position=i)
    end = s.skip(number[1], ("years", "year", "old", "of", "age"))
    yield Edge(i, end, (fragment,), (*features, ("pat:adj_born", 1.0)), "rel")


def measured_columns(s: Sentence, i: int, adjective: str) -> Iterator[tuple[Column, int, Features]]:
    """Columns that an adjective may speak of, with the direction and features."""
    best: list[tuple[float, Column, int, Features]] = []
    for measure in adjectives.measures(adjective):
        for table in s.catalog.tables:
            for column in table.columns:
                if not _speaks_of(measure.word, column) or column.is_id:
                    continue
                near = s.affinity(column.table, i, i + 1)
                rank = 1.0 - 0.08 * measure.rank - (0.0 if len(column.words) == 1 else 0.1)
                wanted = 0.0 if near in ("none", "unspoken") else 0.5 if near == "neighbour" else 1.0
                features: Features = ((f"near:adj:{near}", 1.0), ("adj:rank", rank))
                if column.name == table.time_column:
                    features = (*features, ("time:chosen", 1.0))
                best.append((rank + wanted, column, measure.sign, features))
    best.sort(key=lambda entry: -entry[0])
    seen: set[tuple[str, str]] = set()
    for _, column, sign, features in best:
        if (column.table, column.name) not in seen and len(seen) < 4:
            seen.add((column.table, column.name))
            yield column, sign, features


def _speaks_of(word: str, column: Column) -> bool:
    """Whether a column is what the word names: `date` is also any column of instants, as `shipped_at`."""
    return word in column.words or (word == "date" and column.kind == "date")


def flag_conditions(s: Sentence, i: int) -> Iterator[Edge]:
    """A column of yes and no, named as what a row has: `have wifi`, `approved by`."""
    for mention in s.columns(i):
        column = s.column(mention)
        yes = _yes(column)
        if yes is not None:
            fragment = Fragment("cond", Term(mention.table, mention.column), "=", (yes,), position=i)
            yield Edge(
                i, mention.end, (fragment,), (*s.link_features(mention, "cond"), ("pat:flag", 1.0)), "rel"
            )


def _yes(column: Column) -> Scalar | None:
    """The value that says yes in a column that says only yes or no."""
    if column.kind == "bool":
        return True
    if not 1 <= column.distinct <= 3 or not column.values:
        return None
    lower = {value.lower(): value for value in column.values}
    for yes, no in (("yes", "no"), ("true", "false"), ("y", "n"), ("t", "f"), ("1", "0")):
        if set(lower) & {yes, no} and set(lower) <= {yes, no, "unknown", "other"}:
            found = lower.get(yes, yes if yes != "yes" else "Yes")
            return int(found) if column.numeric else found
    return None
