"""Streams: the ordered events of one subject, over all tables and tiers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from thermocline.core.errors import Invalid
from thermocline.core.protocols import Database

from .base import Contract, refused


def cart(shop: Database) -> None:
    """Five events of `cart-7`, alternating between two tables, and one of another stream."""
    for n in range(1, 6):
        table = "added" if n % 2 else "removed"
        shop.append(table, [{"_id": f"e{n}", "n": n, f"{table}_at": n * 10}], stream="cart-7")
    shop.append("added", [{"n": 99}], stream="cart-8")


class Streams(Contract):
    def test_positions_are_gapless_from_one_over_all_tables(self, shop: Database) -> None:
        cart(shop)
        events = shop.stream("cart-7").read()
        assert [(event["_position"], event["_id"]) for event in events] == [(n, f"e{n}") for n in range(1, 6)]
        assert shop.stream("cart-7").version == 5
        assert shop.stream("cart-7").name == "cart-7"

    def test_an_event_shows_envelope_and_payload(self, shop: Database) -> None:
        given = {"_id": "e", "_type": "added", "_time": "2026-01-01T00:00:00Z", "n": 2**53 + 1, "x": b"\x00"}
        shop.append("added", [given], stream="cart-7")
        (event,) = shop.stream("cart-7").read()
        assert event["_time"] == datetime(2026, 1, 1, tzinfo=UTC)
        assert {name: event[name] for name in ("_id", "_type", "n", "x", "_stream", "_position")} == {
            "_id": "e", "_type": "added", "n": 2**53 + 1, "x": b"\x00", "_stream": "cart-7", "_position": 1,
        }  # fmt: skip
        assert event["_seq"] >= 1

    def test_an_event_shows_the_fields_of_its_own_table(self, shop: Database) -> None:
        cart(shop)
        first, second, *_ = shop.stream("cart-7").read()
        assert (first["added_at"], second["removed_at"]) == (10, 20)
        assert "removed_at" not in first

    @pytest.mark.parametrize(
        ("options", "expected"),
        [
            ({"after": 3}, [4, 5]),
            ({"limit": 2}, [1, 2]),
            ({"after": 1, "limit": 2}, [2, 3]),
            ({"backwards": True}, [5, 4, 3, 2, 1]),
            ({"backwards": True, "limit": 2}, [5, 4]),
            ({"backwards": True, "after": 3}, [5, 4]),
            ({"after": 5}, []),
            ({"limit": 0}, []),
        ],
        ids=str,
    )
    def test_a_part_of_it_can_be_read(
        self, shop: Database, options: dict[str, int], expected: list[int]
    ) -> None:
        cart(shop)
        assert [event["n"] for event in shop.stream("cart-7").read(**options)] == expected  # type: ignore[arg-type]

    def test_it_reads_the_same_from_every_tier(self, shop: Database) -> None:
        cart(shop)
        before = shop.stream("cart-7").read()
        for step in (lambda: shop.flush("added"), lambda: shop.archive("added"), shop.flush, shop.archive):
            step()
            assert shop.stream("cart-7").read() == before
            assert shop.stream("cart-7").version == 5

    def test_an_unknown_stream_is_new(self, shop: Database) -> None:
        assert shop.stream("nobody").version == 0
        assert shop.stream("nobody").read() == []

    @pytest.mark.parametrize("name", ["a/b", "..", ".", "Grüße 你好", "100%/?&#=", "it's", "x" * 300])
    def test_a_stream_may_have_any_name(self, shop: Database, name: str) -> None:
        shop.append("t", [{"n": 1}], stream=name)
        assert shop.stream(name).version == 1
        assert [event["_stream"] for event in shop.stream(name).read()] == [name]

    def test_rows_can_name_their_streams(self, shop: Database) -> None:
        done = shop.append("t", [{"_stream": name} for name in ("a", "b", "a")])
        assert done.version is None
        assert (shop.stream("a").version, shop.stream("b").version) == (2, 1)

    @pytest.mark.parametrize("options", [{"after": -1}, {"limit": -1}], ids=str)
    def test_negative_bounds_are_refused(self, shop: Database, options: dict[str, int]) -> None:
        cart(shop)
        with refused(Invalid):
            shop.stream("cart-7").read(**options)  # type: ignore[arg-type]

    def test_streams_belong_to_a_tenant(self, shop: Database, sales: Database) -> None:
        cart(shop)
        assert sales.name == shop.name
        assert sales.stream("cart-7").version == 5
