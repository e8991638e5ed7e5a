"""YAML read with the line of everything in it, so that all that is wrong is said at once, where it stands.

compose, entries     the nodes of a text, for a reader that wants words as they are written
read_marked          dicts, lists and scalars, for one that wants values
Problems             what either finds wrong, by line
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import yaml

from .errors import Invalid

Path = tuple[str | int, ...]


@dataclass
class Problems:
    """Collects what is wrong, so that a file is mended at one go."""

    found: list[tuple[int, Invalid]] = field(default_factory=list)

    def note(self, line: int, message: str, hint: str = "") -> None:
        self.found.append((line, Invalid(message, hint=hint)))

    @contextmanager
    def noting(self, line: int) -> Iterator[None]:
        """Notes what the block raises."""
        try:
            yield
        except Invalid as problem:
            self.found.append((line, problem))

    def check(self, what: str) -> None:
        """Raises `Invalid` with all of it, if there is any."""
        if not self.found:
            return
        ordered = sorted(self.found, key=lambda problem: problem[0])
        message = "; ".join(f"line {line}: {problem.message}" for line, problem in ordered)
        hints = [(line, problem.hint) for line, problem in ordered if problem.hint]
        alone = len(ordered) == 1
        told = [hint if alone else f"line {line}: {hint}" for line, hint in hints]
        raise Invalid(f"{what}: {message}", hint="; ".join(told) or "mend these lines")


@dataclass(frozen=True, slots=True)
class Entry:
    """`key` and `value` of a mapping; `line`: of the key, from 1."""

    key: str
    value: yaml.Node
    line: int


_DEEPEST = 50
"""Collections in one another."""


def compose(text: str, what: str) -> yaml.Node | None:
    """The root of a text; `None` if it is empty. Raises `Invalid` for what is no YAML, and for what would
    take far more time or memory than its length."""
    try:
        _check_size(text, what)
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}: " if mark else ""
        raise Invalid(
            f"{what}: {where}not YAML: {error.problem or error.context}",
            hint='check the indentation there, and quote values with a colon, as in sql: "a::int"',
        ) from None
    except yaml.YAMLError as error:
        raise Invalid(f"{what}: not YAML: {error}", hint="it is text in UTF-8") from None


def _check_size(text: str, what: str) -> None:
    """A few lines of aliases stand for more than there is memory; lists in lists take the square of their
    depth."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        where = f"{what}: line {event.start_mark.line + 1}" if event.start_mark else what
        if isinstance(event, yaml.AliasEvent):
            raise Invalid(f"{where}: an alias, which is not taken here", hint="write it out")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST:
            raise Invalid(f"{where}: lists in lists in lists", hint="close them earlier")


def entries(node: yaml.MappingNode, problems: Problems) -> list[Entry]:
    """Each key once, in either case; the others are noted."""
    found: dict[str, Entry] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            problems.note(line, "a key is no name", "quote names with { at their start")
        elif (folded := key.value.lower()) in found:
            problems.note(line, f"`{key.value}` is there twice", f"put it into line {found[folded].line}")
        else:
            found[folded] = Entry(key.value, value, line)
    return list(found.values())


@dataclass
class Marked:
    """`value`: dicts, lists and scalars."""

    value: Any
    lines: Mapping[Path, int]
    problems: Problems

    def line(self, path: Path) -> int:
        """Of the nearest thing that is there."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def wrong(self, path: Path, message: str) -> None:
        """Notes a problem."""
        self.problems.note(self.line(path), message)


def read_marked(text: str, what: str) -> Marked:
    """Raises `Invalid` for what is no YAML, has one key twice, or a value that is none."""
    root = compose(text, what)
    lines: dict[Path, int] = {}
    problems = Problems()
    value = {} if root is None else _plain(root, (), lines, problems)
    problems.check(what)
    return Marked(value, lines, problems)


def _plain(node: yaml.Node, path: Path, lines: dict[Path, int], problems: Problems) -> Any:
    line = node.start_mark.line + 1
    lines.setdefault(path, line)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(child, (*path, at), lines, problems) for at, child in enumerate(node.value)]
    if not isinstance(node, yaml.MappingNode):
        return _scalar(node, line, problems)
    found: dict[str, Any] = {}
    for entry in entries(node, problems):
        lines[(*path, entry.key)] = entry.line
        found[entry.key] = _plain(entry.value, (*path, entry.key), lines, problems)
    return found


def _scalar(node: yaml.Node, line: int, problems: Problems) -> Any:
    try:
        return yaml.SafeLoader("").construct_object(node)
    except (yaml.YAMLError, ValueError):  # a tag that nobody knows, a 30th of February
        problems.note(line, f"{node.value!r} is no value", "quote it, if it is a text")
        return None
