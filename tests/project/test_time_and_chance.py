"""Time and chance come in by the front door: as a `Clock` and as `Entropy`, never from the machine."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from .source import modules, tree

REPLACEMENTS = {
    "datetime.now": "the injected Clock (core/clock.py)",
    "datetime.utcnow": "the injected Clock (core/clock.py)",
    "datetime.today": "the injected Clock (core/clock.py)",
    "date.today": "the injected Clock (core/clock.py)",
    "time.time": "the injected Clock, or time.monotonic for a span",
    "time.time_ns": "the injected Clock, or time.monotonic_ns for a span",
    "uuid.uuid1": "core.ids.uuid7s with the injected Entropy",
    "uuid.uuid4": "core.ids.uuid7s with the injected Entropy",
    "os.urandom": "the injected Entropy (core/ids.py)",
}
BANNED_MODULES = {
    "random": "the injected Entropy (core/ids.py), or a seeded numpy Generator",
    "secrets": "the injected Entropy (core/ids.py)",
}
DOORS = {
    "core/clock.py",
    "core/ids.py",
    "actors/local.py",
    "actors/cluster/far.py",
    "actors/cluster/lake.py",
    "actors/cluster/host_actor.py",
    "sdks/lakehouse/http.py",
    "torture/cluster.py",
    "torture/embedded.py",
    "torture/faults.py",
    "torture/sabotage.py",
    "torture/workload.py",
}
"""Where the machine's own clock and entropy are the defaults, and where chance comes from a seed."""


def _uses(file: Path) -> Iterator[str]:
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name | ast.Attribute):
            owner = node.value.id if isinstance(node.value, ast.Name) else node.value.attr
            if replacement := REPLACEMENTS.get(f"{owner}.{node.attr}"):
                yield f"{file}:{node.lineno}: {owner}.{node.attr}: use {replacement}"
        elif isinstance(node, ast.Import):
            for name in node.names:
                if replacement := BANNED_MODULES.get(name.name):
                    yield f"{file}:{node.lineno}: import {name.name}: use {replacement}"
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            for name in node.names:
                used = f"{node.module}.{name.name}"
                if replacement := REPLACEMENTS.get(used) or BANNED_MODULES.get(node.module or ""):
                    yield f"{file}:{node.lineno}: {used}: use {replacement}"


def test_nothing_asks_the_machine_for_time_or_chance() -> None:
    found = [use for file in modules() if str(file) not in DOORS for use in _uses(file)]
    assert not found, "\n".join(found)


def test_the_doors_are_where_this_test_says() -> None:
    assert [door for door in sorted(DOORS) if not list(_uses(Path(door)))] == []
