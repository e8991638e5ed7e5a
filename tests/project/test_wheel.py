"""The wheel holds every module and nothing else: packages of a root layout are listed by hand."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from .source import ROOT, modules


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names in a wheel that is built from a copy, as building leaves traces."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md", "LICENSE", "py.typed", *map(str, modules())):
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, source / name)
    build = f"from setuptools import build_meta; build_meta.build_wheel({str(out)!r})"
    subprocess.run([sys.executable, "-c", build], cwd=source, check=True, capture_output=True)
    (built,) = out.glob("*.whl")
    return set(zipfile.ZipFile(built).namelist())


def test_the_wheel_holds_every_module_and_nothing_else(wheel: set[str]) -> None:
    held = {name for name in wheel if ".dist-info/" not in name}
    expected = {f"thermocline/{file.as_posix()}" for file in modules()} | {"thermocline/py.typed"}
    assert held == expected


def test_the_wheel_holds_the_command_and_the_licence(wheel: set[str]) -> None:
    metadata = {Path(name).name for name in wheel if ".dist-info/" in name}
    assert {"entry_points.txt", "LICENSE", "METADATA"} <= metadata
