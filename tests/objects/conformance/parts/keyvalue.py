"""Values under keys, in order, beside the tables and in the same transaction."""

from __future__ import annotations

from typing import Any

import pytest

import thermocline
from thermocline.core.errors import Invalid

from ..worlds import Conformance, World


class Keys(thermocline.DurableObject):
    def put(self, key: Any, value: Any = None) -> None:
        self.storage.put(key, value)

    def get(self, key: str, *default: Any) -> Any:
        return self.storage.get(key, *default)

    def delete(self, key: str) -> bool:
        return self.storage.delete(key)

    def list(self, **options: Any) -> dict[str, Any]:
        return self.storage.list(**options)

    def put_what_cannot_be_kept(self) -> None:
        self.storage.put({"good": 1, "bad": lambda: 1})

    def put_and_forgive(self, entries: dict[Any, Any]) -> None:
        try:
            self.storage.put(entries)
        except Invalid:
            self.storage.put("forgiven", True)

    def change_a_value_after_putting_it(self) -> Any:
        value = [1]
        self.storage.put("list", value)
        value.append(2)
        return self.storage.get("list")

    def empty(self) -> None:
        self.storage.delete_all()

    def make_a_table(self) -> None:
        self.storage.exec("CREATE TABLE t AS SELECT 5 AS x")

    def read_the_table(self) -> Any:
        return self.storage.exec("SELECT x FROM t").one()


class KeyValue(Conformance):
    def test_a_value_is_found_under_its_key(self, world: World) -> None:
        keys = world.object(Keys)
        keys.put("a", 1)
        world.leave_memory(keys)
        assert keys.get("a") == 1

    def test_a_key_that_is_not_there_gives_the_default(self, world: World) -> None:
        keys = world.object(Keys)
        assert (keys.get("a"), keys.get("a", 5)) == (None, 5)

    def test_none_is_a_value(self, world: World) -> None:
        keys = world.object(Keys)
        keys.put("a", None)
        assert (keys.get("a", 5), keys.list()) == (None, {"a": None})

    def test_values_of_all_kinds_are_kept(self, world: World) -> None:
        keys = world.object(Keys)
        value = {"deep": [1, 2.5, None, b"\0", ("a", {1, 2})], "big": 10**30}
        keys.put("a", value)
        assert keys.get("a") == value

    def test_a_later_value_takes_the_place_of_the_earlier(self, world: World) -> None:
        keys = world.object(Keys)
        keys.put("a", 1)
        keys.put("a", "two")
        assert keys.list() == {"a": "two"}

    def test_a_mapping_is_put_at_once(self, world: World) -> None:
        keys = world.object(Keys)
        keys.put({"a": 1, "b": 2})
        assert keys.list() == {"a": 1, "b": 2}

    def test_a_mapping_with_a_bad_entry_is_not_put_at_all(self, world: World) -> None:
        keys = world.object(Keys)
        keys.put_and_forgive({"a": 1, "": 2})
        assert keys.list() == {"forgiven": True}

    def test_a_deleted_key_is_gone_and_said_to_have_been_there(self, world: World) -> None:
        keys = world.object(Keys)
        keys.put("a", 1)
        assert (keys.delete("a"), keys.delete("a"), keys.get("a")) == (True, False, None)

    def test_a_value_is_kept_as_it_was_put(self, world: World) -> None:
        assert world.object(Keys).change_a_value_after_putting_it() == [1]

    def test_keys_are_listed_in_the_order_of_their_bytes(self, world: World) -> None:
        keys = world.object(Keys)
        keys.put(dict.fromkeys(["ü", "b", "a10", "Z", "a9", "☕"], 0))
        assert list(keys.list()) == ["Z", "a10", "a9", "b", "ü", "☕"]

    def test_a_prefix_bounds_a_listing(self, world: World) -> None:
        keys = world.object(Keys)
        keys.put(dict.fromkeys(["a", "b", "b1", "b2", "c"], 0))
        assert list(keys.list(prefix="b")) == ["b", "b1", "b2"]

    @pytest.mark.parametrize("prefix", ["%", "_", "*", "é", "☕", "\U0010ffff"])
    def test_any_text_is_a_prefix(self, prefix: str, world: World) -> None:
        keys = world.object(Keys)
        keys.put(dict.fromkeys([f"{prefix}1", f"{prefix}{prefix}", "a", "b"], 0))
        assert set(keys.list(prefix=prefix)) == {f"{prefix}1", f"{prefix}{prefix}"}

    def test_a_listing_starts_at_a_key_and_ends_before_one(self, world: World) -> None:
        keys = world.object(Keys)
        keys.put(dict.fromkeys("abcde", 0))
        assert list(keys.list(start="b", end="d")) == ["b", "c"]
        assert list(keys.list(start="bb")) == ["c", "d", "e"]

    def test_a_listing_may_be_short_and_backwards(self, world: World) -> None:
        keys = world.object(Keys)
        keys.put(dict.fromkeys("abcde", 0))
        assert list(keys.list(limit=2, reverse=True)) == ["e", "d"]
        assert keys.list(limit=0) == {}

    @pytest.mark.parametrize("key", ["", 5, None, "x" * 2049, "é" * 1025])
    def test_what_is_no_key_is_refused(self, key: Any, world: World) -> None:
        with pytest.raises(Invalid, match="not a key"):
            world.object(Keys).put(key, 1)

    def test_a_key_of_the_greatest_length_is_kept(self, world: World) -> None:
        keys = world.object(Keys)
        keys.put("x" * 2048, 1)
        assert keys.get("x" * 2048) == 1

    def test_what_cannot_be_kept_is_refused(self, world: World) -> None:
        keys = world.object(Keys)
        with pytest.raises(Invalid, match="`bad` can't be kept"):
            keys.put_what_cannot_be_kept()
        assert keys.list() == {}

    def test_keys_and_tables_are_beside_each_other(self, world: World) -> None:
        keys = world.object(Keys)
        keys.put("a", 1)
        keys.make_a_table()
        assert (keys.read_the_table(), keys.list()) == ((5,), {"a": 1})

    def test_all_of_them_can_be_deleted_and_put_again(self, world: World) -> None:
        keys = world.object(Keys)
        keys.put("a", 1)
        keys.empty()
        assert keys.list() == {}
        keys.put("b", 2)
        assert keys.list() == {"b": 2}
