"""Readings of a question: the best paths of edges and skipped tokens from its first token to its last."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from ..english import lexicon as lex
from ..english.inflection import words
from .edges import edges_of
from .fragments import Edge, Features, Fragment
from .sentence import Sentence, before, word_class

WIDTH = 24
PATHS = 28

_NOUNS = frozenset(("skip:word", "skip:named", "skip:capital"))
_NEGATABLE = frozenset(("cond", "touch", "entity", "having", "null"))
_COUNTABLE = frozenset(("project", "count", "entity"))
_SKIPPED_CUES = (
    ("neg", lex.NEGATIONS | lex.EXCEPTIONS),
    ("distinct", lex.DISTINCT_WORDS),
    ("each", frozenset(("each", "every", "per"))),
    ("sup", frozenset(lex.MORE_WORDS)),
    ("agg", frozenset(lex.AGGREGATES)),
    ("order", words("sort sorted order ordered descending ascending alphabetical alphabetically")),
    ("count", frozenset(("number", "count"))),
    ("compare", words("above below over under than before after between")),
    ("contains", words("contain contains containing letter substring")),
)


UNPLACED = frozenset(
    f"skip:{kind}"
    for kind in ("word", "named", "value", "capital", "quoted", "number", "date", "time", "neg")
)
"""Kinds of skipped tokens that may carry meaning."""


@dataclass(frozen=True, slots=True)
class Path:
    """One reading: its fragments, what speaks for it, and the sum of that."""

    fragments: tuple[Fragment, ...]
    features: dict[str, float]
    score: float
    skipped: tuple[int, ...] = ()


@dataclass(slots=True)
class _Trail:
    """What spoke for a state, the last of it first."""

    before: _Trail | None
    features: Features


@dataclass(slots=True)
class _State:
    score: float
    fragments: tuple[Fragment, ...]
    trail: _Trail | None
    mode: str
    role: str = "start"
    connector: str = ""
    negated: bool = False
    distinct: bool = False
    skipped: tuple[int, ...] = ()


def paths(s: Sentence, weights: Mapping[str, float], width: int = WIDTH, most: int = PATHS) -> list[Path]:
    """The best readings, best first."""
    edges = edges_of(s)
    scored = [[(edge, _context(s, edge), _dot(edge.features, weights)) for edge in at] for at in edges]
    columns: list[list[_State]] = [[] for _ in range(len(s) + 1)]
    columns[0].append(_State(0.0, (), None, "head"))
    for i in range(len(s)):
        skip = _skip_features(s, i)
        noun = f"{skip}<{before(s, i)}" if skip in _NOUNS else ""
        for state in _prune(columns[i], width):
            columns[i + 1].append(_skipped(s, i, state, skip, noun, weights))
            for edge, context, base in scored[i]:
                following = _taken(edge, context, base, state, weights)
                if following is not None:
                    columns[edge.end].append(following)
    return [_finish(state, weights) for state in _prune(columns[len(s)], most)]


def _dot(features: Features, weights: Mapping[str, float]) -> float:
    return sum(weights.get(name, 0.0) * value for name, value in features)


def _prune(states: list[_State], width: int) -> list[_State]:
    """The best states, one for each meaning so far."""
    states.sort(key=lambda state: -state.score)
    seen: set[object] = set()
    kept: list[_State] = []
    for state in states:
        key = (state.fragments, state.mode, state.negated, state.distinct)
        if key not in seen:
            seen.add(key)
            kept.append(state)
            if len(kept) >= width:
                break
    return kept


def _context(s: Sentence, edge: Edge) -> tuple[str, str]:
    """The closed-class words around an edge."""
    return before(s, edge.start), word_class(s, edge.end)


def _taken(
    edge: Edge, context: tuple[str, str], base: float, state: _State, weights: Mapping[str, float]
) -> _State | None:
    """The state after an edge, or nothing where its fragment stands already."""
    role = edge.fragments[0].role
    label = _label(edge.fragments[-1])
    names = (
        f"{role}@{state.mode}",
        f"{role}<{context[0]}",
        f"{role}^{context[1]}",
        f"{label}>{state.role}",
        f"{role}|{state.connector}",
        f"take:{role}",
    )
    features: list[tuple[str, float]] = [(name, 1.0) for name in names]
    fragments = edge.fragments
    negated, distinct = state.negated, state.distinct
    if negated and role in _NEGATABLE:
        features.append((f"negates:{role}", 1.0))
        fragments = tuple(replace(f, negated=not f.negated) for f in fragments)
        negated = False
    if distinct and role in _COUNTABLE:
        features.append((f"distinguishes:{role}", 1.0))
        fragments = tuple(_made_distinct(f) for f in fragments)
        distinct = False
    if state.connector:
        fragments = (replace(fragments[0], connector=state.connector), *fragments[1:])
    score = state.score + base + _dot(tuple(features), weights)
    return _State(
        score,
        state.fragments + fragments,
        _Trail(state.trail, edge.features + tuple(features)),
        edge.mode or state.mode,
        label,
        state.connector if role in ("touch", "group") else "",
        negated,
        distinct,
        state.skipped,
    )


def _label(fragment: Fragment) -> str:
    """The role, finer for what is asked for: whether it is aggregated."""
    if fragment.role == "project" and fragment.term is not None and fragment.term.agg:
        return "agg"
    return fragment.role


def _made_distinct(fragment: Fragment) -> Fragment:
    assert fragment.term is not None
    return replace(fragment, term=replace(fragment.term, distinct=True))


def _skip_features(s: Sentence, i: int) -> str:
    """What is lost when token i is left out."""
    token = s.tokens[i]
    if token.kind == "punct":
        return ""
    if i in s.timed:
        return "skip:time"
    if token.kind in ("quoted", "number", "date") or isinstance(token.value, (int, float)):
        return "skip:" + ("number" if token.kind == "word" else token.kind)
    for name, cues in _SKIPPED_CUES:
        if token.low in cues:
            return f"skip:{name}"
    if i in s.mentions.valued and (token.low not in lex.FUNCTION_WORDS or (token.capital and i > 0)):
        return "skip:value"
    if token.low in lex.FUNCTION_WORDS:
        return ""
    if i in s.mentions.covered:
        return "skip:named"
    return "skip:capital" if token.capital and i > 0 else "skip:word"


def _skipped(
    s: Sentence, i: int, state: _State, skip: str, noun: str, weights: Mapping[str, float]
) -> _State:
    low = s.low(i)
    mode = _mode_after(s, i, state)
    connector = low if low in ("and", "or", "but", "nor", ",") else state.connector
    if low in lex.EXCEPTIONS:
        connector = "but"
    if low == "both" or low == "either":
        connector = low
    negated = state.negated != (low in lex.NEGATIONS | lex.EXCEPTIONS)
    distinct = state.distinct or low in lex.DISTINCT_WORDS
    features: Features = ((skip, 1.0), (f"{skip}@{mode}", 1.0)) if skip else ()
    if noun:
        features = (*features, (noun, 1.0))
    score = state.score + _dot(features, weights)
    trail = _Trail(state.trail, features) if features else state.trail
    skipped = (*state.skipped, i) if skip in UNPLACED else state.skipped
    return _State(score, state.fragments, trail, mode, state.role, connector, negated, distinct, skipped)


def _mode_after(s: Sentence, i: int, state: _State) -> str:
    """Which part of the question follows a skipped word."""
    low = s.low(i)
    if low in (".", "?", ";") or (
        low in lex.COMMANDS and word_class(s, i - 1) in (",", "edge", "and", ".", "?")
    ):
        return "head"
    if low in ("what", "how") or (
        low in ("which", "who", "where", "when") and word_class(s, i - 1) in ("edge", ",", "and", ".")
    ):
        return "head" if i == 0 or state.mode != "rel" or low in ("what", "how") else "rel"
    if low in lex.RELATIVES:
        return "rel"
    if low in ("in", "on", "at", "from", "by", "for") and state.mode == "head" and state.fragments:
        return "prep"
    return state.mode


def _finish(state: _State, weights: Mapping[str, float]) -> Path:
    features: dict[str, float] = {}
    for part in _trail(state.trail):
        for name, value in part:
            features[name] = features.get(name, 0.0) + value
    score = state.score
    for name, lost in (("lost:neg", state.negated), ("lost:distinct", state.distinct)):
        if lost:
            features[name] = 1.0
            score += weights.get(name, 0.0)
    return Path(state.fragments, features, score, state.skipped)


def _trail(trail: _Trail | None) -> Iterator[Features]:
    while trail is not None:
        yield trail.features
        trail = trail.before
