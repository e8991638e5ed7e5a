"""An Iceberg catalog that is older than the lake is noticed before anything is archived on top of it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from thermocline.core.errors import Corrupt

from .opening import Clock, opened

COUNT = "select count(*) from t"


@pytest.mark.parametrize("kept", ["none", "older"])
def test_nothing_is_archived_on_top_of_an_older_catalog(kept: str, tmp_path: Path) -> None:
    lake_path, catalog = tmp_path / "lake", tmp_path / "lake" / "catalog.sqlite"
    with opened(lake_path, Clock()) as lake:
        lake.database.append("t", [{"n": 1}, {"n": 2}])
        lake.database.archive("t")
    if kept == "older":
        shutil.copy(catalog, tmp_path / "old.sqlite")
    with opened(lake_path, Clock()) as lake:
        lake.database.append("t", [{"n": 3}])
        lake.database.archive("t")
        lake.database.append("t", [{"n": 4}])
    Path(f"{catalog}.seal").unlink()
    catalog.unlink()
    if kept == "older":
        shutil.copy(tmp_path / "old.sqlite", catalog)
    with opened(lake_path, Clock()) as lake:
        for step in (lake.database.archive, lake.database.expire):
            with pytest.raises(Corrupt, match="catalog"):
                step("t")
        assert lake.database.sql(COUNT).rows() == [(4,)]
        with pytest.raises(Corrupt, match="catalog"):
            lake.database.verify()
