"""A stub's methods run in the object that its class and name make out."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import thermocline
from thermocline.core.errors import Invalid

from ..conftest import ROOT
from .carts import Cart


def test_a_method_runs_in_the_object_and_its_value_comes_back(lake: Any) -> None:
    cart = lake.object(Cart, "cart-7")
    assert cart.add("tea") == 1
    assert cart.add("milk") == 2
    assert lake.object(Cart, "cart-7").items() == ["tea", "milk"]


def test_what_was_written_is_there_after_a_restart(tmp_path: Path) -> None:
    with thermocline.connect(tmp_path / "lake", background=False) as lake:
        lake.object(Cart, "cart-7").add("tea")
    with thermocline.connect(tmp_path / "lake", background=False) as lake:
        assert lake.object(Cart, "cart-7").items() == ["tea"]


def test_what_was_acknowledged_outlives_a_kill(tmp_path: Path) -> None:
    program = f"""
import os, thermocline
from {Cart.__module__} import Cart
lake = thermocline.connect({str(tmp_path / "lake")!r})
for n in range(40):
    lake.object(Cart, f"cart-{{n % 7}}").add(str(n))
os._exit(9)
"""
    assert (
        subprocess.run([sys.executable, "-c", program], timeout=60, check=False, cwd=ROOT.parent).returncode
        == 9
    )
    with thermocline.connect(tmp_path / "lake", background=False) as lake:
        found = [item for n in range(7) for item in lake.object(Cart, f"cart-{n}").items()]
    assert sorted(found, key=int) == [str(n) for n in range(40)]


def test_a_name_is_the_same_object_on_every_machine_and_none_makes_a_new_one(lake: Any) -> None:
    assert lake.object(Cart, "cart-7").id.hex == lake.object(Cart, "cart-7").id.hex
    assert lake.object(Cart, "cart-7").id.hex != lake.object(Cart, "cart-8").id.hex
    first, second = lake.object(Cart), lake.object(Cart)
    first.add("tea")
    assert (first.count(), second.count()) == (1, 0)
    assert first.id.name is None


def test_a_stub_starts_nothing(lake: Any) -> None:
    lake.object(Cart, "cart-7")
    assert lake.objects().list() == []


def test_a_turn_that_raises_leaves_no_trace(lake: Any) -> None:
    cart = lake.object(Cart, "cart-7")
    cart.add("tea")
    with pytest.raises(ValueError, match="no milk"):
        cart.add_and_fail("milk")
    assert cart.items() == ["tea"]


@pytest.mark.parametrize("name", ["start", "alarm", "_hidden", "storage", "nothing"])
def test_only_public_methods_are_called_through_a_stub(name: str, lake: Any) -> None:
    assert not hasattr(lake.object(Cart, "cart-7"), name)


@pytest.mark.parametrize("kind", [str, thermocline.DurableObject, "Cart"])
def test_only_durable_objects_can_be_asked_for(kind: Any, lake: Any) -> None:
    with pytest.raises(Invalid, match="not a durable object"):
        lake.object(kind, "x")
