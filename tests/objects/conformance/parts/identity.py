"""A name is one object, the same for every caller on every machine; a stub starts nothing."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import unicodedata
from typing import Any

import pytest

import thermocline
from thermocline.core.errors import Invalid, NotFound
from thermocline.core.objects import SLOTS, named_id

from ....conftest import ROOT
from ..worlds import Conformance, World, fresh


class Thing(thermocline.DurableObject):
    def start(self) -> None:
        self.storage.put("starts", self.storage.get("starts", 0) + 1)

    def set(self, value: Any) -> None:
        self.storage.put("value", value)

    def value(self) -> Any:
        return self.storage.get("value")

    def self_knowledge(self) -> tuple[Any, ...]:
        return self.ctx.id.class_ref, self.ctx.id.name, self.ctx.id.hex


class OtherThing(Thing):
    pass


class Identity(Conformance):
    def test_one_name_is_one_object(self, world: World) -> None:
        name = fresh()
        world.object(Thing, name).set("tea")
        assert world.object(Thing, name).value() == "tea"

    def test_two_names_are_two_objects(self, world: World) -> None:
        one, other = world.object(Thing), world.object(Thing)
        one.set("tea")
        assert (one.value(), other.value()) == ("tea", None)

    def test_two_classes_with_one_name_are_two_objects(self, world: World) -> None:
        name = fresh()
        world.object(Thing, name).set("tea")
        assert world.object(OtherThing, name).value() is None

    def test_an_id_is_the_blake2_of_class_and_name(self, world: World) -> None:
        stub = world.object(Thing, "cart-7")
        text = f"{Thing.__module__}:Thing\0cart-7"
        assert stub.id.hex == hashlib.blake2b(text.encode(), digest_size=16).hexdigest()

    def test_two_objects_without_a_name_are_two(self, world: World) -> None:
        one, other = world.lake.object(Thing), world.lake.object(Thing)
        one.set("tea")
        assert one.id.name is None
        assert one.id.hex != other.id.hex
        assert other.value() is None

    def test_an_object_without_a_name_is_found_again_by_its_id(self, world: World) -> None:
        stub = world.lake.object(Thing)
        stub.set("tea")
        assert world.lake.objects().reach(stub.id).value() == "tea"

    def test_getting_a_stub_starts_nothing(self, world: World) -> None:
        stub = world.object(Thing)
        with pytest.raises(NotFound):
            world.lake.objects().inspect(stub)

    def test_an_object_knows_its_class_its_name_and_its_id(self, world: World) -> None:
        stub = world.object(Thing)
        assert stub.self_knowledge() == (stub.id.class_ref, stub.id.name, stub.id.hex)

    def test_a_name_may_be_any_text(self, world: World) -> None:
        names = ["a/b", "../up", "Tee für zwei ☕", "'; DROP TABLE", "\n", "x" * 1024]
        for name in names:
            world.object(Thing, name).set(name)
        assert [world.object(Thing, name).value() for name in names] == names

    def test_names_that_look_alike_are_different(self, world: World) -> None:
        names = ["é", unicodedata.normalize("NFD", "é"), "E", "e", "e "]
        for name in names:
            world.object(Thing, name).set(name)
        assert [world.object(Thing, name).value() for name in names] == names

    @pytest.mark.parametrize("name", ["", "x" * 1025, "é" * 513, 5, b"name"])
    def test_what_is_no_name_is_refused(self, name: Any, world: World) -> None:
        with pytest.raises(Invalid, match="not an object's name"):
            world.lake.object(Thing, name)

    @pytest.mark.parametrize("kind", [int, thermocline.DurableObject, "Thing", None])
    def test_what_is_no_class_of_objects_is_refused(self, kind: Any, world: World) -> None:
        with pytest.raises(Invalid, match="not a durable object's class"):
            world.lake.object(kind, "name")


class IdentityInProcess(Conformance):
    def test_an_id_does_not_depend_on_the_process(self) -> None:
        program = "from thermocline.core.objects import named_id; print(named_id('shop:Cart', 'é').hex)"
        found = {
            subprocess.run(
                [sys.executable, "-c", program],
                env=os.environ | {"PYTHONHASHSEED": seed},
                capture_output=True,
                text=True,
                check=True,
                cwd=ROOT.parent,
            ).stdout.strip()
            for seed in ("1", "2")
        }
        assert found == {named_id("shop:Cart", "é").hex}

    def test_names_spread_over_all_slots(self) -> None:
        assert {named_id("shop:Cart", f"cart-{n}").slot for n in range(5_000)} == set(range(SLOTS))
