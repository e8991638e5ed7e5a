"""Lakes of the shop, built once and copied for each who changes them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import thermocline
from thermocline.core.protocols import Lakehouse

from . import shop


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("shop") / "lake"
    shop.build(path)
    return path


@pytest.fixture(scope="session")
def guarded(built: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """The same with a policy; principal -> token."""
    path = tmp_path_factory.mktemp("guarded") / "lake"
    shutil.copytree(built, path)
    return path, shop.add_policy(path)


@pytest.fixture
def folder(built: Path, tmp_path: Path) -> Path:
    """A lake of one's own, closed."""
    return Path(shutil.copytree(built, tmp_path / "lake"))


@pytest.fixture(scope="session")
def lake(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lakehouse]:
    """For those who only read."""
    path = shutil.copytree(built, tmp_path_factory.mktemp("read") / "lake")
    with thermocline.connect(path, background=False) as opened:
        yield opened


@pytest.fixture
def own_lake(folder: Path) -> Iterator[Lakehouse]:
    """For those who change it."""
    with thermocline.connect(folder, background=False) as opened:
        yield opened


@pytest.fixture
def guarded_folder(guarded: tuple[Path, dict[str, str]], tmp_path: Path) -> Path:
    return Path(shutil.copytree(guarded[0], tmp_path / "lake"))


@pytest.fixture
def tokens(guarded: tuple[Path, dict[str, str]]) -> dict[str, str]:
    return guarded[1]


@pytest.fixture
def guarded_lake(guarded_folder: Path) -> Iterator[Lakehouse]:
    with thermocline.connect(guarded_folder, background=False) as opened:
        yield opened
