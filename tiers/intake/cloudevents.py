"""CloudEvents 1.0 as rows: attributes into the envelope, `data` into payload fields.

Source: CloudEvents 1.0.2, https://github.com/cloudevents/spec. Where the envelope has no place, an
attribute becomes a payload field of its name, so nothing is lost; a JSON `datacontenttype` says nothing
that the payload does not, and is left out.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from ...core.errors import Invalid

_ENVELOPE = {
    "id": "_id",
    "source": "_source",
    "type": "_type",
    "time": "_time",
    "subject": "_stream",
    "correlationid": "_correlation_id",
    "causationid": "_causation_id",
    "tierhint": "_tier_hint",
    "ttlseconds": "_ttl_seconds",
}
_NOT_PAYLOAD = frozenset({"specversion", "data", "data_base64", "datacontenttype"})
_REQUIRED = ("id", "source", "type")


def is_cloudevent(row: Mapping[str, Any]) -> bool:
    return "specversion" in row


def to_row(event: Mapping[str, Any], number: int, *, stream_given: bool) -> dict[str, Any]:
    """The event as a row with envelope fields. `number`: its row, from 1, for errors.

    `subject` is the stream unless `stream_given`, or the event has a `_stream` of its own; then it
    is a payload field. Raises `Invalid` if a required attribute is missing.
    """
    if event["specversion"] != "1.0":
        raise Invalid(
            f"row {number}: CloudEvents version {event['specversion']!r}",
            hint='specversion "1.0" is understood',
        )
    for name in _REQUIRED:
        if not isinstance(event.get(name), str) or not event[name]:
            raise Invalid(
                f"row {number}: a CloudEvent without `{name}`",
                hint="id, source, type and specversion are required and not empty",
            )
    row = _data(event, number)
    for name, value in event.items():
        if name in _NOT_PAYLOAD or value is None:
            continue
        target = _ENVELOPE.get(name, name)
        if name == "subject" and (stream_given or event.get("_stream") is not None):
            target = name
        elif name == "ttlseconds" and isinstance(value, str) and value.isdecimal():
            value = int(value)  # over HTTP headers every extension is text
        _put(row, target, value, number)
    content = event.get("datacontenttype")
    if content is not None and not _is_json(content):
        _put(row, "datacontenttype", content, number)
    return row


def _data(event: Mapping[str, Any], number: int) -> dict[str, Any]:
    data = event.get("data")
    encoded = event.get("data_base64")
    if encoded is not None:
        if data is not None:
            raise Invalid(f"row {number}: both `data` and `data_base64`", hint="give one of them")
        try:
            return {"data": base64.b64decode(encoded, validate=True)}
        except (binascii.Error, TypeError, ValueError):
            raise Invalid(f"row {number}, field `data_base64`: not base64", hint="encode the bytes") from None
    if data is None:
        return {}
    if not isinstance(data, Mapping):
        return {"data": data}
    for name in data:
        if isinstance(name, str) and name.startswith("_"):
            raise Invalid(
                f"row {number}, field `{name}`: names in `data` do not start with _",
                hint="rename it; envelope fields are attributes of the event",
            )
    return dict(data)


def _put(row: dict[str, Any], name: str, value: Any, number: int) -> None:
    if name in row:
        raise Invalid(
            f"row {number}: `{name}` is both an attribute of the CloudEvent and a field of its data",
            hint="rename one of them",
        )
    row[name] = value


def _is_json(content: Any) -> bool:
    kind = str(content).partition(";")[0].strip().lower()
    return kind == "application/json" or kind.endswith("+json")
