"""Patterns for stored values that stand by themselves: `in Paris`, `the "Gold" medal`, `"Ada Byron"`."""

from __future__ import annotations

from collections.abc import Iterator

from ..catalog import Column
from ..english import lexicon as lex
from ..english.inflection import words
from ..linking.mentions import Mention
from ..query import Scalar, Term
from ..values import normalise
from .conditions import COMPARED_BY, more_values
from .fragments import Edge, Features, Fragment
from .sentence import Found, Sentence

_ORIGINS = words("origin source departure depart start from")
_ENDS = words("destination arrival arrive end to target")


def value_conditions(s: Sentence, i: int) -> Iterator[Edge]:
    """A stored value by itself, or before its column: `in Paris`, `the "Gold" medal`."""
    if s.tokens[i].value is not None and s.low(s.back(i)) in COMPARED_BY:
        return
    for mention in s.mentions.values.get(i, ()):
        column = s.catalog.column_of[(mention.table, mention.column)]
        term = Term(mention.table, mention.column)
        value: Scalar = mention.value
        number = s.tokens[i].value
        if column.numeric and number is not None:
            value = number
        near = s.affinity(mention.table, i, mention.end)
        features: Features = (
            ("value:score", mention.score), ("value:tokens", float(mention.end - mention.start)),
            (f"near:value:{near}", 1.0), *_value_style(s, mention, column),
        )  # fmt: skip
        fragment = Fragment("cond", term, "=", (value,), position=i)
        yield Edge(i, mention.end, (fragment,), (*features, ("pat:value", 1.0)), "rel")
        found = Found(value, mention.end, "stored")
        values, joiner, end = more_values(s, found, column)
        if len(values) > 1:
            several = Fragment("cond", term, "=", values, joiner=joiner, position=i)
            yield Edge(i, end, (several,), (*features, (f"pat:values_{joiner}", 1.0)), "rel")
        after = s.skip(mention.end, ("as", "in", "for", "the", "their", "its", "is"))
        for named in s.columns(after):
            if (named.table, named.column) == (mention.table, mention.column):
                yield Edge(i, named.end, (fragment,), (*features, ("pat:value_column", 1.0)), "rel")


def _value_style(s: Sentence, mention: Mention, column: Column) -> Features:
    """How the value is written, and whether the word is rather a name of the schema."""
    token = s.tokens[mention.start]
    out: list[tuple[str, float]] = []
    if mention.score <= 0.6 and token.kind == "word":
        out.append(("value:partial", 1.0))
    if token.kind == "quoted":
        out.append(("value:quoted", 1.0))
    elif token.kind == "number":
        out.append(("value:number", 1.0))
        if not column.numeric and column.kind == "text":
            out.append(("value:number_text", 1.0))
        if isinstance(token.value, int) and 1900 <= token.value <= 2100:
            timely = {"year", "date", "time"} & set(column.words) or column.kind == "date"
            out.append(("value:year" if timely else "value:year_elsewhere", 1.0))
    elif token.capital:
        out.append(("value:capital", 1.0))
    else:
        out.append(("value:lower", 1.0))
    if token.low == token.text and mention.value.isupper() and token.kind == "word":
        out.append(("value:capitals", 1.0))
    out += _direction(s, mention, column)
    if any(m.end >= mention.end and m.full for m in (*s.columns(mention.start), *s.tables(mention.start))):
        out.append(("value:also_name", 1.0))
    if mention.table in s.catalog.by_name and column in s.catalog.names_of(mention.table):
        out.append(("value:in_name_column", 1.0))
    return tuple(out)


def _direction(s: Sentence, mention: Mention, column: Column) -> list[tuple[str, float]]:
    """Whether `from` and `to` before a value suit a column of origin or destination."""
    words = set(column.words)
    fits = {"from": bool(words & _ORIGINS), "to": bool(words & _ENDS)}
    for back in range(mention.start - 1, max(-1, mention.start - 4), -1):
        low = s.low(back)
        if low in fits:
            other = fits["to" if low == "from" else "from"]
            return [("value:way_fits", 1.0)] if fits[low] else [("value:way_against", 1.0)] if other else []
        if low not in lex.DETERMINERS and low not in ("city", "airport", "station", "town", "in", "at"):
            break
    return []


def quoted_conditions(s: Sentence, i: int) -> Iterator[Edge]:
    """Quoted text that no column holds as a whole: a first and a last name, or the name of what stands
    before.
    """
    token = s.tokens[i]
    if token.kind != "quoted" or s.mentions.values.get(i):
        return
    words = str(token.value).split()
    for cut in range(1, len(words)):
        ones, others = (
            s.catalog.values.find(normalise(" ".join(part))) for part in (words[:cut], words[cut:])
        )
        for one in ones:
            for other in others:
                if one.table == other.table and one.column != other.column:
                    fragments = tuple(
                        Fragment("cond", Term(p.table, p.column), "=", (p.value,), position=i)
                        for p in (one, other)
                    )
                    near = s.affinity(one.table, i, i + 1)
                    yield Edge(
                        i, i + 1, fragments, (("value:full_name", 1.0), (f"near:value:{near}", 1.0)), "rel"
                    )
    for table in s.spoken_tables:
        for column in s.catalog.names_of(table)[:1]:
            near = s.affinity(table, i, i + 1)
            fragment = Fragment("cond", Term(table, column.name), "=", (str(token.value),), position=i)
            yield Edge(i, i + 1, (fragment,), (("value:unknown", 1.0), (f"near:unknown:{near}", 1.0)), "rel")
