"""CloudEvents 1.0 come in as they are, also among ordinary rows."""

from __future__ import annotations

from typing import Any

import pytest

from thermocline.core.errors import Invalid
from thermocline.core.types import type_name
from thermocline.tiers.intake.normalise import normalise

EVENT = {"specversion": "1.0", "id": "1", "source": "/till/3", "type": "sale"}


def one(**more: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    batch = normalise([{**EVENT, **more}], None)
    return {k: v[0] for k, v in batch.envelope.items()}, {k: v[0] for k, v in batch.payload.items()}


def test_attributes_become_the_envelope_and_data_the_payload() -> None:
    envelope, payload = one(
        subject="cart-7", time="2026-11-01T10:00:00Z", datacontenttype="application/json",
        correlationid="c", causationid="d", tierhint="warm", ttlseconds="60",
        partitionkey="p", data={"price": 4.5},
    )  # fmt: skip
    assert envelope == {
        "_id": "1", "_source": "/till/3", "_type": "sale", "_stream": "cart-7", "_time": 1793527200000000,
        "_correlation_id": "c", "_causation_id": "d", "_tier_hint": "warm", "_ttl_seconds": 60,
    }  # fmt: skip
    assert payload == {"price": 4.5, "partitionkey": "p"}


def test_data_that_is_no_object_is_one_field() -> None:
    assert one(data=[1, 2])[1] == {"data": "[1,2]"}
    assert one(data="text", datacontenttype="text/plain")[1] == {
        "data": "text",
        "datacontenttype": "text/plain",
    }
    assert one(data_base64="/w==")[1] == {"data": b"\xff"}
    assert one(data=None, time=None)[1] == {}


def test_a_subject_names_no_stream_where_another_is_given() -> None:
    assert one(subject="s", _stream="t") == (
        {"_id": "1", "_source": "/till/3", "_type": "sale", "_stream": "t"},
        {"subject": "s"},
    )
    batch = normalise([{**EVENT, "subject": "s"}], None, stream="t")
    assert "_stream" not in batch.envelope
    assert batch.payload == {"subject": ["s"]}


def test_events_and_rows_mix() -> None:
    batch = normalise([{"price": 1}, {**EVENT, "data": {"price": 2}}], None)
    assert batch.payload == {"price": [1, 2]}
    assert batch.envelope["_id"] == [None, "1"]
    assert type_name(batch.types["price"]) == "BIGINT"


@pytest.mark.parametrize(
    "wrong",
    [
        {"specversion": "0.3"},
        {"id": ""},
        {"id": None},
        {"source": 5},
        {"type": None},
        {"data": 1, "data_base64": "/w=="},
        {"data_base64": "%"},
        {"data": {"_time": 1}},
        {"data": {"x": 1}, "x": "2"},
    ],
)
def test_an_event_that_breaks_the_rules_is_refused_by_row(wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid, match=r"^row 2") as caught:
        normalise([{"a": 1}, {**EVENT, **wrong}], None)
    assert caught.value.hint
