"""What `import thermocline` offers, and what it costs."""

from __future__ import annotations

import subprocess
import sys
import tomllib

import thermocline

from .source import ROOT

HEAVY = ("duckdb", "fastapi", "httpx", "numpy", "pyarrow", "pyiceberg", "rich", "sqlglot", "typer", "uvicorn")


def test_the_public_names_are_these() -> None:
    assert sorted(thermocline.__all__) == [
        "Cancel",
        "Certificate",
        "DurableObject",
        "Result",
        "Saga",
        "TierPolicy",
        "__version__",
        "concurrent",
        "connect",
        "errors",
    ]


def test_each_public_name_resolves_and_stays_what_it_is() -> None:
    first = {name: getattr(thermocline, name) for name in thermocline.__all__}
    again = {name: getattr(thermocline, name) for name in thermocline.__all__}
    assert first == again
    assert callable(thermocline.connect)


def test_the_errors_are_these() -> None:
    kinds = sorted(thermocline.errors.KINDS)
    expected = "Conflict Corrupt Denied Fenced Invalid NotFound Overloaded TooManyRows Unavailable"
    assert kinds == expected.split()


def test_an_unknown_name_is_an_attribute_error() -> None:
    assert not hasattr(thermocline, "no_such_name")


def test_importing_loads_nothing_heavy() -> None:
    program = f"import sys, thermocline; print([m for m in {HEAVY!r} if m in sys.modules])"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert loaded.stdout.strip() == "[]"


def test_the_version_is_said_once() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert thermocline.__version__ == declared
