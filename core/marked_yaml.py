"""YAML with the line of everything in it, so that what is wrong can be said where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from .errors import Invalid

Path = tuple[str | int, ...]


@dataclass
class Marked:
    """`value`: dicts, lists and scalars. `problems`: found so far, by line."""

    value: Any
    lines: Mapping[Path, int]
    problems: list[tuple[int, str]] = field(default_factory=list)

    def line(self, path: Path) -> int:
        """Of the nearest thing that is there."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def wrong(self, path: Path, message: str) -> None:
        """Notes a problem."""
        self.problems.append((self.line(path), message))

    def check(self, what: str) -> None:
        """Raises `Invalid` with all problems, if there are any."""
        if self.problems:
            told = "; ".join(f"line {line}: {message}" for line, message in sorted(self.problems))
            raise Invalid(f"{what}: {told}", hint="mend these lines")


def read_marked(text: str, what: str) -> Marked:
    """Raises `Invalid` for what is no YAML, or has one key twice."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}: " if mark else ""
        problem = error.problem or error.context
        raise Invalid(f"{what}: {where}not YAML: {problem}", hint="check the indentation there") from None
    lines: dict[Path, int] = {}
    marked = Marked({}, lines)
    if root is not None:
        marked.value = _plain(root, (), lines, marked)
    marked.check(what)
    return marked


def _plain(node: yaml.Node, path: Path, lines: dict[Path, int], marked: Marked) -> Any:
    lines[path] = node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        return [_plain(child, (*path, at), lines, marked) for at, child in enumerate(node.value)]
    if not isinstance(node, yaml.MappingNode):
        return yaml.SafeLoader("").construct_object(node)
    found: dict[str, Any] = {}
    for key, child in node.value:
        name = str(key.value)
        if name in found:
            lines[(*path, name)] = key.start_mark.line + 1
            marked.wrong((*path, name), f"`{name}` stands there twice")
        found[name] = _plain(child, (*path, name), lines, marked)
        lines[(*path, name)] = key.start_mark.line + 1
    return found
