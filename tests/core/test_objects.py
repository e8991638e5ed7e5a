"""Messages between objects, as bytes."""

from __future__ import annotations

import pickle

import pytest

from thermocline.core.errors import NotFound
from thermocline.core.objects import pack, unpack


def test_a_value_comes_back_as_it_was() -> None:
    assert unpack(pack({"a": [1, b"x"]}, 1_000, "it")) == {"a": [1, b"x"]}


def test_a_value_of_a_class_that_is_not_here_says_what_is_missing() -> None:
    elsewhere = pickle.dumps(pytest.raises, 0).replace(b"_pytest.raises", b"shop_of_others")
    with pytest.raises(NotFound, match="shop_of_others") as caught:
        unpack(elsewhere)
    assert "install" in caught.value.hint
