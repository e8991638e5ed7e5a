"""Imports point one way, and each heavy library has one room."""

from __future__ import annotations

from pathlib import Path

import pytest

from .source import Import, imports, modules

LAYERS = ("core", "embedders", "tiers", "router", "agent", "actors", "torture", "server", "cli")
"""Each may import those before it; server and cli do not know each other."""

ROOMS = {
    "daft": ("router/daft_engine.py",),
    "duckdb": ("router/",),
    "faiss": ("tiers/vectors/index.py",),
    "fastapi": ("server/",),
    "httpx": ("sdks/", "embedders/", "agent/providers/"),
    "mcp": ("agent/mcp/",),
    "mcp_types": ("agent/mcp/",),
    "obstore": ("tiers/object_store.py",),
    "prompt_toolkit": ("cli/",),
    "pyiceberg": ("tiers/cold/",),
    "rich": ("cli/",),
    "sqlite3": ("tiers/hot/", "tiers/objects/", "tiers/intake/files/sqlite_records.py"),
    "typer": ("cli/",),
    "uvicorn": ("server/",),
}


def _layer(path: str) -> str:
    folder, slash, _ = path.partition("/")
    return folder if slash else "root"


def _allowed(importer: str, imported: str) -> bool:
    if importer in ("root", imported) or imported == "root":
        return True
    if importer == "sdks":
        return imported == "core"
    if imported == "sdks" or {importer, imported} == {"server", "cli"}:
        return (importer, imported) == ("cli", "server")
    return LAYERS.index(imported) < LAYERS.index(importer)


def _own(found: Import) -> str | None:
    """The layer that an import of ours reaches; `None` for somebody else's module."""
    package, *rest = found.module.split(".")
    if package != "thermocline":
        return None
    return rest[0] if rest and rest[0] in (*LAYERS, "sdks") else "root"


@pytest.mark.parametrize("file", modules(), ids=str)
def test_imports_point_one_way(file: Path) -> None:
    wrong = [
        f"{found.file}:{found.line} imports {found.module}"
        for found in imports(file)
        if (layer := _own(found)) and not _allowed(_layer(found.file), layer)
    ]
    assert not wrong, f"{' <- '.join(LAYERS)}; sdks import core alone"


@pytest.mark.parametrize("library", ROOMS)
def test_a_library_is_imported_only_in_its_room(library: str) -> None:
    wrong = [
        f"{found.file}:{found.line} imports {found.module}"
        for file in modules()
        for found in imports(file)
        if found.module.split(".")[0] == library and not found.file.startswith(ROOMS[library])
    ]
    assert not wrong, f"{library} belongs to {' '.join(ROOMS[library])}"


def test_the_package_imports_itself_relatively() -> None:
    wrong = [
        f"{file}:{number}"
        for file in modules()
        for number, line in enumerate((Path(__file__).parents[2] / file).read_text().splitlines(), 1)
        if line.lstrip().startswith(("import thermocline", "from thermocline"))
    ]
    assert not wrong, "write `from ..core import errors`, so that type checkers resolve it in any checkout"
