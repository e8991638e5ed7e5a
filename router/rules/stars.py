"""`*` means the payload: envelope columns that are shown because they are named are excluded from stars."""

from __future__ import annotations

import re
from dataclasses import replace

from sqlglot.tokenizer_core import TokenType

from ...core.errors import Invalid
from ...core.types import quote
from ..bind import Bound, Ref, Select
from ..syntax import Node, Splice


def payload_stars(bound: Bound) -> Bound:
    """
    >>> from thermocline.router.rules.envelope import envelope_columns
    >>> from thermocline.router.rules.samples import bound, text
    >>> text(payload_stars(envelope_columns(bound("select _seq, * from t"))))
    'select _seq, * EXCLUDE ("t"."_seq") from t'
    >>> text(payload_stars(envelope_columns(bound("from t order by _seq"))))
    'SELECT * EXCLUDE ("t"."_seq") from t order by _seq'
    """
    splices: list[Splice] = []
    for select in bound.selects:
        refs = [bound.refs[number] for number in select.refs if bound.refs[number].envelope]
        if not refs:
            continue
        if select.natural:
            raise Invalid(
                "NATURAL JOIN cannot stand beside envelope columns", hint="name the columns with USING (...)"
            )
        for star in select.stars:
            splices += _star(bound, select, star, refs)
    return replace(bound, splices=(*bound.splices, *splices))


def _star(bound: Bound, select: Select, star: Node, refs: list[Ref]) -> list[Splice]:
    relation = star.get("relation_name", "").lower()
    shown = [ref for ref in refs if not relation or ref.label == relation]
    by_hand = {name.lower() for name in star.get("exclude_list", ())}
    hidden: dict[str, None] = {}
    for ref in shown:
        for name in ref.envelope:
            if name in by_hand:
                continue
            merged = name in select.using or bool(relation)
            hidden[quote(name) if merged else f"{quote(ref.alias or ref.name)}.{quote(name)}"] = None
    if not hidden:
        return []
    if "expr" in star:
        _check_pattern(star["expr"], [name for ref in shown for name in ref.envelope])
        return []
    return _excluding(bound, select, star, ", ".join(hidden))


def _excluding(bound: Bound, select: Select, star: Node, hidden: str) -> list[Splice]:
    """Splices `hidden` into the star's EXCLUDE list, or gives it one."""
    source = bound.source
    start = source.start(star)
    if start is None:
        return [Splice(at := _from_word(bound, select), at, f"SELECT * EXCLUDE ({hidden}) ")]
    index = source.token_at(start)
    while source.tokens[index].token_type != TokenType.STAR:
        index += 1
    after = source.tokens[index].end + 1
    if not star.get("exclude_list") and not star.get("qualified_exclude_list"):
        return [Splice(after, after, f" EXCLUDE ({hidden})")]
    opening = source.tokens[index + 2]
    if opening.token_type == TokenType.L_PAREN:
        return [Splice(opening.end + 1, opening.end + 1, hidden + ", ")]
    last = index + 2
    while source.tokens[last + 1].token_type == TokenType.DOT:
        last += 2
    return [
        Splice(opening.start, opening.start, f"({hidden}, "),
        Splice(end := source.tokens[last].end + 1, end, ")"),
    ]


def _from_word(bound: Bound, select: Select) -> int:
    """Where the FROM of a statement without SELECT stands."""
    places = [place[0] for number in select.refs if (place := bound.refs[number].place)]
    tokens = bound.source.tokens
    index = bound.source.token_at(min(places, default=0))
    while index and tokens[index].token_type != TokenType.FROM:
        index -= 1
    if tokens[index].token_type != TokenType.FROM:
        raise Invalid("envelope columns need a SELECT list here", hint="write SELECT ... FROM ...")
    return tokens[index].start


def _check_pattern(expression: Node, envelope: list[str]) -> None:
    """COLUMNS('pattern') and COLUMNS(lambda) choose by name: they must not choose what stays hidden."""
    pattern = expression.get("literal", {}).get("text", ".*")
    if any(re.search(pattern, name, re.IGNORECASE) for name in envelope):
        raise Invalid(
            "COLUMNS(...) could choose envelope columns that the statement names elsewhere",
            hint="name its columns, or write COLUMNS(* EXCLUDE (...))",
        )
