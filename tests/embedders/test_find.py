"""Embedders by name, and what is said of those that can't be had."""

from __future__ import annotations

import numpy as np
import pytest

from thermocline.core.errors import Invalid, Unavailable
from thermocline.embedders.find import find


def test_one_name_gives_one_embedder_for_each_length() -> None:
    assert find("hashing", 32) is find("hashing", 32)
    assert find("hashing", 64).dimensions == 64


def test_hashing_knows_words_alone() -> None:
    same, other, none = find("hashing", 256).embed(["Tea, with milk", "milk with TEA", ""])
    np.testing.assert_allclose(same, other)
    assert not none.any()


@pytest.mark.parametrize("name", ["no-such", "minilm/small", "openai/", "sentence-transformers/"])
def test_an_unknown_name_is_refused(name: str) -> None:
    with pytest.raises(Invalid, match="no embedder"):
        find(name, 8)


def test_a_length_that_the_model_does_not_have_is_refused() -> None:
    with pytest.raises(Invalid, match="384"):
        find("minilm", 512)


def test_a_service_that_nobody_named_is_unavailable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    with pytest.raises(Unavailable) as caught:
        find("openai/some-model", 8)
    assert "OPENAI_BASE_URL" in caught.value.hint
