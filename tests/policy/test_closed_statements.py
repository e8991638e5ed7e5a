"""Files, settings, the engine's own definitions and second statements are nobody's, not even the owner's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import pytest

from thermocline.actors.database import LakeDatabase
from thermocline.core.errors import Error

STATEMENTS = [
    line
    for line in (Path(__file__).parent / "attempted" / "closed.sql").read_text().splitlines()
    if line and not line.startswith("--")
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    (folder / "a.csv").write_text("a\n1\n")
    (folder / "a.json").write_text('{"a": 1}\n')
    plain = duckdb.connect(str(folder / "other.db"))
    plain.execute("CREATE TABLE t (a INTEGER)")
    plain.execute(f"COPY (SELECT 1 AS a) TO '{folder}/a.parquet'")
    plain.close()
    return folder


def test_there_are_many() -> None:
    assert len(set(STATEMENTS)) >= 60


@pytest.mark.parametrize("text", STATEMENTS)
def test_it_works_elsewhere_and_not_here(text: str, folder: Path, shop: LakeDatabase, priya: Any) -> None:
    text = text.replace("{folder}", str(folder))
    plain = duckdb.connect()
    plain.execute("CREATE TABLE orders (id INTEGER, amount DOUBLE)")
    plain.execute(text)
    plain.close()
    shop.sql("GRANT ALL PRIVILEGES ON DATABASE acme TO priya")
    for database in (priya, shop):
        with pytest.raises(Error):
            database.sql(text)
    assert shop.sql("SELECT count(*) FROM orders").rows() == [(6,)]
