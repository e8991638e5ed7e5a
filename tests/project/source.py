"""The project's own source, for tests that read it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
OUTSIDE = {"tests", "benchmarks", "docs", "examples", "build", "dist"}


@dataclass(frozen=True, slots=True)
class Import:
    """`module`: absolute, the package's own as `thermocline....`."""

    file: str
    line: int
    module: str


@cache
def modules() -> tuple[Path, ...]:
    """Every Python file of the package, relative to the root, sorted."""
    files = (path.relative_to(ROOT) for path in ROOT.rglob("*.py"))
    own = (f for f in files if f.parts[0] not in OUTSIDE and not f.parts[0].startswith("."))
    return tuple(sorted(own))


def tree(file: Path) -> ast.Module:
    return ast.parse((ROOT / file).read_text(), filename=str(file))


@cache
def imports(file: Path) -> tuple[Import, ...]:
    """Each import, also those inside functions and under TYPE_CHECKING."""
    return tuple(_imports(file))


def _imports(file: Path) -> Iterator[Import]:
    package = ["thermocline", *file.parts[:-1]]
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield Import(str(file), node.lineno, name.name)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            if node.module:
                yield Import(str(file), node.lineno, ".".join([*base, node.module]))
            else:
                for name in node.names:
                    yield Import(str(file), node.lineno, ".".join([*base, name.name]))
