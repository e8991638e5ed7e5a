"""A small grammar: named patterns over tokens, each with a function that makes a value of what it matched.

    rule("month", in_year, "<month:name> ,? of? <year>")

reads: a `month` is a `name`, perhaps a comma, perhaps "of", and a `year`; `in_year` gets the context of the
parse (the calendar, say) and both values by their names. In a pattern, `a|b` is either word, `?` makes the
one before it optional, `( )` groups, `<name>` is another part of the grammar and `<slot:name>` the same under
another name for the function.

Where several rules match the same tokens, the first stands. A function that returns `None` refuses, and so
does one that leaves the calendar (`OverflowError`). No part may begin with itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
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
    """`slots`: the names under which the function gets the values of the parts, in their order."""

    name: str
    build: Build
    steps: tuple[Step, ...]
    slots: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Terminal:
    """A part that is one token. `keys`: those it may begin with; `read`: the value, or `None` to refuse."""

    name: str
    keys: frozenset[str]
    read: Read


def rule(name: str, build: Build, *patterns: str) -> tuple[Rule, ...]:
    """Every way to leave out what is optional becomes a rule of its own."""
    return tuple(
        Rule(name, build, steps, tuple(step.slot for step in steps if isinstance(step, Part)))
        for pattern in patterns
        for steps in _ways(_Source(pattern).sequence())
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


@dataclass(slots=True)
class Node:
    """Where rules of one part stand after the same steps: what may come next, and which rules end here.

    `words` and `parts` carry the keys that the next token must be one of.
    """

    words: list[tuple[frozenset[str], Node]] = field(default_factory=list)
    parts: list[tuple[frozenset[str], str, Node]] = field(default_factory=list)
    ends: list[tuple[int, Rule]] = field(default_factory=list)


class Grammar:
    """The rules of each part as a tree, so that steps they begin with in common are taken once."""

    def __init__(self, terminals: Iterable[Terminal], rules: Iterable[Rule]) -> None:
        self.terminals = {terminal.name: terminal for terminal in terminals}
        self._rules: dict[str, list[Rule]] = {}
        for each in rules:
            self._rules.setdefault(each.name, []).append(each)
        self._firsts: dict[str, frozenset[str]] = {}
        self._trees = {name: self._tree(name) for name in self._rules}
        self.starts = {name: self._by_first(tree) for name, tree in self._trees.items()}

    def _tree(self, name: str) -> Node:
        root = Node()
        for order, each in enumerate(self._rules[name]):
            node = root
            for step in each.steps:
                node = self._next(node, step)
            node.ends.append((order, each))
        return root

    def _next(self, node: Node, step: Step) -> Node:
        if isinstance(step, Words):
            found = next((after for keys, after in node.words if keys == step.keys), None)
            if found is None:
                node.words.append((step.keys, found := Node()))
            return found
        found = next((after for _, name, after in node.parts if name == step.name), None)
        if found is None:
            node.parts.append((self._first(step), step.name, found := Node()))
        return found

    def _by_first(self, root: Node) -> dict[str, Node]:
        """For each token a part may begin with, the steps that can take it."""
        keys = frozenset().union(*(keys for keys, _ in root.words), *(keys for keys, _, _ in root.parts))
        return {
            key: Node(
                [edge for edge in root.words if key in edge[0]],
                [edge for edge in root.parts if key in edge[0]],
            )
            for key in keys
        }

    def _first(self, step: Step) -> frozenset[str]:
        if isinstance(step, Words):
            return step.keys
        if step.name in self.terminals:
            return self.terminals[step.name].keys
        if step.name not in self._firsts:
            firsts = (self._first(each.steps[0]) for each in self._rules[step.name])
            self._firsts[step.name] = frozenset().union(*firsts)
        return self._firsts[step.name]


_DEPTH = 40
"""How deep parts may nest. No phrase that means something comes near."""


class Parse:
    """What each part of the grammar matches from each token on; nothing is matched twice."""

    def __init__(self, grammar: Grammar, tokens: tuple[Token, ...], context: object) -> None:
        self._grammar = grammar
        self._keys = [token.key for token in tokens]
        self._tokens = tokens
        self._context = context
        self._known: dict[tuple[str, int], dict[int, Any]] = {}
        self._depth = 0

    def at(self, name: str, begin: int) -> dict[int, Any]:
        """Where a `name` that begins at this token may end (the token behind it) -> its value."""
        found = self._known.get((name, begin))
        if found is None:
            self._depth += 1
            found = self._known[name, begin] = self._parse(name, begin) if self._depth <= _DEPTH else {}
            self._depth -= 1
        return found

    def _parse(self, name: str, begin: int) -> dict[int, Any]:
        if begin >= len(self._keys):
            return {}
        if terminal := self._grammar.terminals.get(name):
            value = terminal.read(self._tokens[begin]) if self._keys[begin] in terminal.keys else None
            return {} if value is None else {begin + 1: value}
        start = self._grammar.starts[name].get(self._keys[begin])
        if start is None:
            return {}
        matches: list[tuple[int, int, Rule, tuple[Any, ...]]] = []
        self._walk(start, begin, (), matches)
        found: dict[int, Any] = {}
        for _, end, matched, values in sorted(matches, key=itemgetter(0)):
            if end not in found and (value := self._value(matched, values)) is not None:
                found[end] = value
        return found

    def _walk(
        self,
        node: Node,
        at: int,
        values: tuple[Any, ...],
        matches: list[tuple[int, int, Rule, tuple[Any, ...]]],
    ) -> None:
        for order, ended in node.ends:
            matches.append((order, at, ended, values))
        if at == len(self._keys):
            return
        key = self._keys[at]
        for keys, after in node.words:
            if key in keys:
                self._walk(after, at + 1, values, matches)
        for keys, name, after in node.parts:
            if key in keys:
                for end, value in self.at(name, at).items():
                    self._walk(after, end, (*values, value), matches)

    def _value(self, matched: Rule, values: tuple[Any, ...]) -> object:
        try:
            return matched.build(self._context, **dict(zip(matched.slots, values, strict=True)))
        except OverflowError:
            return None
