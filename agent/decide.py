"""Answer, ask back, or refuse: how sure the best meaning is, from evidence that was weighed on known
questions.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

from .catalog import Catalog, bare
from .english import lexicon as lex
from .english.inflection import degree, words
from .parsing.assemble import Candidate
from .parsing.measures import SHARES
from .parsing.modifiers import unknown_modifiers
from .parsing.sentence import Sentence
from .query import MetricQuery, Term, own_terms, to_dict

MOST_OPTIONS = 4


@dataclass(frozen=True, slots=True)
class Model:
    """Weights of evidence for two events, and the confidence each decision needs; a tie needs least.

    `answer`: the best meaning is right. `among`: one of the options is.
    """

    answer: Mapping[str, float]
    among: Mapping[str, float]
    answer_from: float = 0.8
    clarify_from: float = 0.85
    tied_from: float = 0.12


@dataclass(frozen=True, slots=True)
class Decision:
    """`kind` is answer, clarify or refuse; `options` are the candidates to choose from, `unplaced` the words
    that the best of them leaves out."""

    kind: str
    confidence: float
    options: tuple[Candidate, ...] = ()
    unplaced: tuple[str, ...] = ()


@cache
def default_model() -> Model:
    """The fitted model that comes with the package."""
    loaded = json.loads(files(__package__).joinpath("confidence.json").read_text())
    return Model(**loaded)


def decide(candidates: Sequence[Candidate], s: Sentence, model: Model) -> Decision:
    """What to do with the ranked candidates of a question."""
    unplaced = unplaced_words(candidates[0], s) if candidates else _content(s)
    if not candidates:
        return Decision("refuse", 0.0, unplaced=unplaced)
    found = evidence(candidates, s)
    confidence = probability(model.answer, found)
    options = distinct_meanings(candidates, s.catalog)
    equal = tied(options, s.catalog)
    if len(equal) > 1 and confidence >= model.tied_from:
        return Decision("clarify", confidence, equal)
    if confidence >= model.answer_from and not _passes_over(candidates[0], s):
        return Decision("answer", confidence, options[:MOST_OPTIONS], unplaced)
    if len(options) > 1 and not unplaced and probability(model.among, found) >= model.clarify_from:
        return Decision("clarify", confidence, options[:MOST_OPTIONS])
    return Decision("refuse", confidence, options[:MOST_OPTIONS], unplaced)


_YES_OR_NO = words("is are was were do does did has have had")
_UNITS = frozenset(("hour", "day", "week", "month", "quarter", "year"))
_NEVER_LEFT_OUT = (
    "skip:value", "skip:quoted", "skip:capital", "skip:number", "skip:date", "skip:time", "skip:sup",
    "lost:neg",
)  # fmt: skip


def _passes_over(candidate: Candidate, s: Sentence) -> bool:
    """Whether the best meaning leaves out what must never be guessed past: a value, a negation, a time, which
    rows are meant, what is computed of them, or the name that was asked for.
    """
    left_out = any(candidate.features.get(name, 0.0) > 0 for name in _NEVER_LEFT_OUT)
    said = any(s.low(i) in SHARES or _is_most(s.low(i)) for i in candidate.skipped)
    lost = _loses_name(candidate.query, s) or _loses_unit(candidate.query, s)
    return left_out or said or lost or _asks_yes_or_no(s) or bool(unknown_modifiers(s))


def _is_most(word: str) -> bool:
    """`busiest`: a superlative that nothing here is measured by."""
    found = degree(word)
    return found is not None and found[1] == "est"


def _asks_yes_or_no(s: Sentence) -> bool:
    """`is revenue going up?`: rows are no answer to it. `Are there orders without customers?` they answer."""
    return s.low(0) in _YES_OR_NO and s.low(1) not in ("there", "we", "any")


def unplaced_words(candidate: Candidate, s: Sentence) -> tuple[str, ...]:
    """The content words that a meaning leaves out, in the order of the question."""
    left_out = sorted({*candidate.skipped, *unknown_modifiers(s)})
    return tuple(s.tokens[i].text for i in left_out if s.tokens[i].low not in lex.FUNCTION_WORDS)


def _content(s: Sentence) -> tuple[str, ...]:
    return tuple(t.text for t in s.tokens if t.kind != "punct" and t.low not in lex.FUNCTION_WORDS)


def distinct_meanings(candidates: Sequence[Candidate], catalog: Catalog) -> tuple[Candidate, ...]:
    """The best candidate of each meaning, best first. Rows shown by their name, key or all of their columns
    are one meaning: nobody wants to be asked which.
    """
    best: dict[object, Candidate] = {}
    for candidate in candidates:
        best.setdefault(_rows_meant(candidate.query, catalog), candidate)
    return tuple(best.values())


def _rows_meant(query: MetricQuery, catalog: Catalog) -> object:
    """The meaning, however rows are shown."""
    shown = tuple(dict.fromkeys(_as_row(term, catalog) for term in query.select))
    return meaning(replace(query, select=shown), catalog)


def _as_row(term: Term, catalog: Catalog) -> Term:
    """The row that a name or a key stands for."""
    if term.aggregated or term.grain or term.column == "*":
        return term
    names = [column.name for column in catalog.names_of(term.table)]
    key = catalog.key_of(term.table)
    return Term(term.table) if term.column in names or (key and key.name == term.column) else term


def meaning(query: MetricQuery, catalog: Catalog) -> object:
    """What two queries have in common that say the same: not how they group or repeat rows."""
    asked = frozenset(
        (t.table, t.column, t.agg, t.metric, t.grain) for t in map(_counted(catalog), query.select)
    )
    other = (
        None if query.combine is None else (query.combine[0], query.combine[1].where, query.combine[1].having)
    )
    rows = query.where, query.having, query.order, query.limit, other, frozenset(query.via)
    return asked, rows, query.rows_only, query.per_group


def _counted(catalog: Catalog) -> Callable[[Term], Term]:
    """A count of keys as the count of rows that it is."""

    def plain(term: Term) -> Term:
        key = catalog.key_of(term.table) if term.agg == "count" and term.distinct else None
        return Term(term.table, "*", "count") if key is not None and key.name == term.column else term

    return plain


def tied(options: Sequence[Candidate], catalog: Catalog) -> tuple[Candidate, ...]:
    """The best meaning, and those as good as it that differ only in like-named columns, in which date of a
    table is meant, or in the way that tables are joined.
    """
    best = options[0]
    words, columns = in_words(best.query, catalog), _columns(best.query)
    alike = [best]
    for other in options[1:MOST_OPTIONS]:
        gap = best.score - other.score
        if gap > _NEAR or in_words(other.query, catalog) != words or _settled(best, other):
            continue
        swapped = columns ^ _columns(other.query)
        dates = any(catalog.column_of[key].kind == "date" for key in swapped & catalog.column_of.keys())
        one_table = len({table for table, _ in swapped}) == 1 and not dates
        if gap <= (_NEAR if one_table or other.query.via != best.query.via else _SAME):
            alike.append(other)
    return tuple(alike)


_NEAR, _SAME = 1.0, 0.3


def _settled(best: Candidate, other: Candidate) -> bool:
    """`flights by destination airport`: the question names one of two ways to join."""
    said = [candidate.features.get("join:said", 0.0) for candidate in (best, other)]
    return said[0] > said[1]


def in_words(query: MetricQuery, catalog: Catalog) -> str:
    """The query with each column replaced by its words without numbers, each date by one word: equal for
    like-named columns, and for dates.
    """
    return repr(_worded(to_dict(query), catalog))


def _worded(value: object, catalog: Catalog) -> object:
    if isinstance(value, list):
        return [_worded(item, catalog) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("kind") == "term":
        column = catalog.column_of.get((value["table"], value.get("column", "*")))
        words = ("*",) if column is None else ("date",) if column.kind == "date" else bare(column.words)
        return ("term", words, value.get("agg", ""), value.get("distinct", False), value.get("grain", ""))
    return {
        name: _worded(item, catalog) for name, item in value.items() if name not in ("tables", "group", "via")
    }


def _columns(query: MetricQuery) -> frozenset[tuple[str, str]]:
    return frozenset((t.table, t.column) for t in own_terms(query))


def evidence(candidates: Sequence[Candidate], s: Sentence) -> dict[str, float]:
    """What speaks for and against the best candidate."""
    top = candidates[0]
    mass = [math.exp(c.score - top.score) for c in candidates]
    total = sum(mass)
    meanings = [meaning(c.query, s.catalog) for c in candidates]
    same = [other == meanings[0] for other in meanings]
    shared = sum(m for m, alike in zip(mass, same, strict=True) if alike) / total
    rows = [_rows_meant(c.query, s.catalog) for c in candidates]
    shown = sum(m for m, other in zip(mass, rows, strict=True) if other == rows[0]) / total
    rivals = [c for c, alike in zip(candidates, same, strict=True) if not alike]
    gap = min(6.0, top.score - rivals[0].score) if rivals else 6.0
    options = distinct_meanings(candidates, s.catalog)[:3]
    named = sum(math.exp(c.score - top.score) for c in options) / total
    left_out = len(unplaced_words(top, s))
    content = max(1, len(_content(s)))
    found = {
        "bias": 1.0, "p:top": mass[0] / total, "p:meaning": shared, "p:rows": shown, "p:options": named,
        "gap": gap, "gap:small": float(gap < 0.5), "gap:large": float(gap > 3.0),
        "p:sure": float(shared > 0.9), "p:surest": float(shared > 0.97),
        "unplaced": float(min(left_out, 4)), "unplaced:any": float(left_out > 0),
        "unplaced:share": left_out / content, "content": min(content, 20) / 10.0,
        "joins": min(top.features.get("join:count", 0.0), 4.0),
    }  # fmt: skip
    found["name:lost"] = float(_loses_name(top.query, s))
    found.update(_bends(found))
    found.update(_surroundings(top.query, s.catalog))
    for name, value in top.features.items():
        found[f"is:{name}"] = max(-4.0, min(4.0, value))
    return found


def _loses_name(query: MetricQuery, s: Sentence) -> bool:
    """Whether a name is asked for, and no column of names has a part in the query."""
    asked = any(token.kind == "word" and token.low in ("name", "names") for token in s.tokens)
    return asked and not any(_is_name(term, s.catalog) for term in own_terms(query))


def _loses_unit(query: MetricQuery, s: Sentence) -> bool:
    """Whether a unit of time is asked for (`which day`), and groups are made of instants."""
    asked = any(token.low in _UNITS and i not in s.timed for i, token in enumerate(s.tokens))
    columns = [s.catalog.column_of.get((term.table, term.column)) for term in query.group if not term.grain]
    return asked and any(column is not None and column.kind == "date" for column in columns)


def _is_name(term: Term, catalog: Catalog) -> bool:
    names = catalog.names_of(term.table) if term.table in catalog.by_name else ()
    column = catalog.column_of.get((term.table, term.column))
    if column is None:
        return bool(names) and term.column == "*" and not term.aggregated
    return column in names or "name" in column.words


_MASSES = ("p:top", "p:meaning", "p:rows", "p:options")


def _bends(found: Mapping[str, float]) -> dict[str, float]:
    """What lets the sum of weights bend: shares squared, and evidence that counts more beside other."""
    bends = {f"{name}:squared": found[name] ** 2 for name in _MASSES}
    bends |= {f"{name}:less": float(found[name] < 0.5) for name in _MASSES}
    return bends | {
        "p:top&meaning": found["p:top"] * found["p:meaning"],
        "p:placed": found["p:meaning"] * float(found["unplaced"] == 0),
        "unplaced&content": found["unplaced"] * found["content"],
    }


def probability(weights: Mapping[str, float], found: Mapping[str, float]) -> float:
    """How likely an event is by its evidence."""
    score = sum(weights.get(name, 0.0) * value for name, value in found.items())
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, score))))


def _surroundings(query: MetricQuery, catalog: Catalog) -> dict[str, float]:
    """How much the catalog holds that could be meant instead: its size, and columns of the same name."""
    names = Counter(bare(column.words) for column in catalog.column_of.values())
    used = {(t.table, t.column) for t in own_terms(query)} & catalog.column_of.keys()
    shared = max((names[bare(catalog.column_of[key].words)] for key in used), default=1)
    return {
        "tables": math.log(len(catalog.tables)),
        "columns": math.log(1 + len(catalog.column_of)),
        "same_name": float(min(shared, 6) - 1),
    }
