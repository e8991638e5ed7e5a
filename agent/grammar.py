"""A small grammar: named patterns over tokens, each with a function that makes a value of what it matched.

    rule("month", in_year, "<month:name> ,? of? <year>")

reads: a `month` is a `name`, perhaps a comma, perhaps "of", and a `year`; `in_year` gets the context of the parse
(the calendar, say) and both values by their names. In a pattern, `a|b` is either word, `?` makes the one before it optional, `( )` groups,
`<name>` is another part of the grammar and `<slot:name>` the same under another name for the function.

Where several rules match the same tokens, the first stands. A function that returns `None` refuses, and so does one
that leaves the calendar (`OverflowError`). No part may begin with itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .tokens import Token

Build = Callable[..., object]
Read = Callable[[Token], object]


@dataclass(frozen=True, slots=True)
class Words:
    """One token out of these."""

    keys: frozenset[str]


@dataclass(frozen=True, slots=True)
class Part:
    """Another part of the grammar; its value goes to the function as `slot`."""

    slot: str
    name: str


Step = Words | Part


@dataclass(frozen=True, slots=True)
class Rule:
    name: str
    build: Build
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Terminal:
    """A part that is one token. `keys`: those it may begin with; `read`: the value, or `None` to refuse."""

    name: str
    keys: frozenset[str]
    read: Read


def rule(name: str, build: Build, *patterns: str) -> tuple[Rule, ...]:
    """Every way to leave out what is optional becomes a rule of its own."""
    return tuple(
        Rule(name, build, steps) for pattern in patterns for steps in _ways(_Source(pattern).sequence())
    )


def words(name: str, values: Mapping[str, object]) -> Terminal:
    """One word out of a table."""
    return Terminal(name, frozenset(values), lambda token: values[token.key])


def digits(name: str, low: int, high: int, length: int | None = None) -> Terminal:
    """A number in digits from `low` to `high`, written with `length` digits."""

    def read(token: Token) -> int | None:
        if length is not None and len(token.text) != length:
            return None
        return token.number if low <= token.number <= high else None

    return Terminal(name, frozenset("0"), read)


# An item of a pattern is a step, or a sequence of items; each may be optional.
_Item = tuple[Any, bool]


class _Source:
    """Reads one pattern."""

    def __init__(self, pattern: str) -> None:
        self._parts: list[str] = re.findall(r"<[a-z0-9_:]+>|\((?=\S)|\)|\?|[^\s()?<]+|<(?=\s)", pattern)
        self._at = 0

    def sequence(self) -> list[_Item]:
        items: list[_Item] = []
        while self._at < len(self._parts) and self._parts[self._at] != ")":
            part = self._take()
            item = self._group() if part == "(" else _step(part)
            items.append((item, self._optional()))
        return items

    def _group(self) -> list[_Item]:
        items = self.sequence()
        self._take()
        return items

    def _optional(self) -> bool:
        found = self._at < len(self._parts) and self._parts[self._at] == "?"
        self._at += found
        return found

    def _take(self) -> str:
        self._at += 1
        return self._parts[self._at - 1]


def _step(part: str) -> Step:
    if part.startswith("<") and part != "<":
        slot, _, name = part[1:-1].partition(":")
        return Part(slot, name or slot)
    return Words(frozenset(part.split("|")))


def _ways(items: list[_Item]) -> list[tuple[Step, ...]]:
    ways: list[tuple[Step, ...]] = [()]
    for item, optional in items:
        heads = _ways(item) if isinstance(item, list) else [(item,)]
        ways = [way + head for head in heads for way in ways] + (ways if optional else [])
    return ways


class Grammar:
    """Rules by the part they belong to and the token they may begin with."""

    def __init__(self, terminals: Iterable[Terminal], rules: Iterable[Rule]) -> None:
        self.terminals = {terminal.name: terminal for terminal in terminals}
        self._rules: dict[str, list[Rule]] = {}
        for each in rules:
            self._rules.setdefault(each.name, []).append(each)
        self._firsts: dict[str, frozenset[str]] = {}
        self.index = {name: self._by_first(name) for name in self._rules}

    def _by_first(self, name: str) -> dict[str, list[Rule]]:
        index: dict[str, list[Rule]] = {}
        for each in self._rules[name]:
            for key in self._first(each.steps[0]):
                index.setdefault(key, []).append(each)
        return index

    def _first(self, step: Step) -> frozenset[str]:
        if isinstance(step, Words):
            return step.keys
        if step.name in self.terminals:
            return self.terminals[step.name].keys
        if step.name not in self._firsts:
            self._firsts[step.name] = frozenset().union(
                *(self._first(r.steps[0]) for r in self._rules[step.name])
            )
        return self._firsts[step.name]


class Parse:
    """What each part of the grammar matches from each token on; nothing is matched twice."""

    def __init__(self, grammar: Grammar, tokens: tuple[Token, ...], context: object) -> None:
        self._grammar = grammar
        self._tokens = tokens
        self._context = context
        self._known: dict[tuple[str, int], dict[int, Any]] = {}

    def at(self, name: str, begin: int) -> dict[int, Any]:
        """Where a `name` that begins at this token may end (the token behind it) -> its value."""
        found = self._known.get((name, begin))
        if found is None:
            found = self._known[name, begin] = self._parse(name, begin)
        return found

    def _parse(self, name: str, begin: int) -> dict[int, Any]:
        if begin >= len(self._tokens):
            return {}
        token = self._tokens[begin]
        terminal = self._grammar.terminals.get(name)
        if terminal is not None:
            value = terminal.read(token) if token.key in terminal.keys else None
            return {} if value is None else {begin + 1: value}
        found: dict[int, Any] = {}
        for each in self._grammar.index[name].get(token.key, ()):
            for end, slots in self._follow(each.steps, begin):
                if end not in found and (value := self._value(each, dict(slots))) is not None:
                    found[end] = value
        return found

    def _value(self, made_by: Rule, slots: dict[str, Any]) -> object:
        try:
            return made_by.build(self._context, **slots)
        except OverflowError:
            return None

    def _follow(self, steps: tuple[Step, ...], begin: int) -> list[tuple[int, tuple[tuple[str, Any], ...]]]:
        """Every way through these steps: the token behind it, and what filled the slots."""
        states: list[tuple[int, tuple[tuple[str, Any], ...]]] = [(begin, ())]
        for step in steps:
            if isinstance(step, Words):
                states = [
                    (at + 1, slots)
                    for at, slots in states
                    if at < len(self._tokens) and self._tokens[at].key in step.keys
                ]
            else:
                states = [
                    (end, (*slots, (step.slot, value)))
                    for at, slots in states
                    for end, value in self.at(step.name, at).items()
                ]
            if not states:
                break
        return states
