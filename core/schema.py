"""What a table's rows look like: the envelope every event has, and the payload fields of its table.

A schema is a list of versions. A version is never changed, only followed by a wider one that names the
sequence from which it holds, so `AS OF` shows the columns of its time. Fields carry an id that outlives
their name; files are read by the schema version they were written with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain, count
from typing import Any

import pyarrow as pa

from .errors import Invalid, nearest
from .keys import Keys, Reference
from .types import INSTANT, is_vector, parse_type, type_name
from .vectors import USUAL_INDEX, Computed, VectorIndex

ENVELOPE = pa.schema(
    [
        pa.field("_seq", pa.int64(), nullable=False),
        pa.field("_id", pa.string(), nullable=False),
        pa.field("_time", INSTANT, nullable=False),
        pa.field("_recorded_at", INSTANT, nullable=False),
        pa.field("_stream", pa.string()),
        pa.field("_position", pa.int64()),
        pa.field("_type", pa.string()),
        pa.field("_source", pa.string()),
        pa.field("_correlation_id", pa.string()),
        pa.field("_causation_id", pa.string()),
        pa.field("_tier_hint", pa.string()),
        pa.field("_ttl_seconds", pa.int64()),
        pa.field("_schema_version", pa.int32(), nullable=False),
    ]
)
"""Envelope columns, in the order in which they are stored in every tier."""

GIVEN = frozenset(ENVELOPE.names) - {"_seq", "_recorded_at", "_position", "_schema_version"}
"""Envelope fields that a caller may give; the others are assigned here."""

FIRST_FIELD_ID = 100
"""Payload field ids start here; envelope field n has id n + 1."""

ENVELOPE_IDS: Mapping[str, int] = {name: number + 1 for number, name in enumerate(ENVELOPE.names)}

SHARD_COLUMN = "_shard"
SHARD_COLUMN_ID = len(ENVELOPE) + 1
"""Which shard a row is of: only in the cold files of a table that several shards share."""

TIERS = ("hot", "warm", "cold")


@dataclass(frozen=True, slots=True)
class Field:
    """A payload column. `index`: how a column of vectors is searched. `computed`: from what it is computed,
    if nobody gives its vectors."""

    id: int
    name: str
    type: pa.DataType
    index: VectorIndex = USUAL_INDEX
    computed: Computed | None = None

    def to_dict(self) -> dict[str, object]:
        raw: dict[str, object] = {"id": self.id, "name": self.name, "type": type_name(self.type)}
        if is_vector(self.type):
            raw["index"] = self.index.to_dict()
        if self.computed is not None:
            raw["computed"] = self.computed.to_dict()
        return raw

    @staticmethod
    def from_dict(raw: Mapping[str, Any]) -> Field:
        index = VectorIndex.from_dict(raw["index"]) if "index" in raw else USUAL_INDEX
        computed = Computed.from_dict(raw["computed"]) if "computed" in raw else None
        return Field(int(raw["id"]), str(raw["name"]), parse_type(raw["type"]), index, computed)


@dataclass(frozen=True)
class Schema:
    """One version of a table's payload, in force for events with a sequence of at least `from_seq`."""

    version: int
    fields: tuple[Field, ...]
    from_seq: int = 0

    def __getstate__(self) -> dict[str, object]:
        # Without what is cached: another thread may cache more while this is being pickled.
        return {"version": self.version, "fields": self.fields, "from_seq": self.from_seq}

    @cached_property
    def by_name(self) -> dict[str, Field]:
        return {f.name: f for f in self.fields}

    @cached_property
    def by_folded_name(self) -> dict[str, Field]:
        """SQL names are case-insensitive, so two columns may not differ only by case."""
        return {f.name.lower(): f for f in self.fields}

    @cached_property
    def by_id(self) -> dict[int, Field]:
        return {f.id: f for f in self.fields}

    @cached_property
    def payload(self) -> pa.Schema:
        return pa.schema([pa.field(f.name, f.type) for f in self.fields])

    @cached_property
    def stored(self) -> pa.Schema:
        """Envelope and payload as kept in files: a field of which no value is known yet is left out."""
        return pa.schema([*ENVELOPE, *(pa.field(f.name, f.type) for f in self.fields if f.type != pa.null())])

    @cached_property
    def logged(self) -> pa.Schema:
        """Those of `stored` that come with an event: what is computed of it comes later."""
        later = {f.name for f in self.computed}
        return pa.schema([f for f in self.stored if f.name not in later])

    @cached_property
    def computed(self) -> tuple[Field, ...]:
        """The fields that are computed from others."""
        return tuple(f for f in self.fields if f.computed is not None)

    @cached_property
    def complete(self) -> pa.Schema:
        """Envelope and payload, with the fields of unknown type."""
        return pa.schema([*ENVELOPE, *self.payload])

    @cached_property
    def vector_bytes(self) -> int:
        """Of the vectors of one row: what a row weighs, where there are any."""
        return sum(4 * f.type.list_size for f in self.fields if is_vector(f.type))

    def column_ids(self) -> dict[str, int]:
        """Stored column name -> field id, envelope included."""
        return {**ENVELOPE_IDS, **{f.name: f.id for f in self.fields}}

    def to_dict(self) -> dict[str, object]:
        return {
            "version": self.version,
            "from_seq": self.from_seq,
            "fields": [f.to_dict() for f in self.fields],
        }

    @staticmethod
    def from_dict(raw: Mapping[str, object]) -> Schema:
        fields = raw["fields"]
        assert isinstance(fields, list)
        return Schema(
            version=int(str(raw["version"])),
            from_seq=int(str(raw["from_seq"])),
            fields=tuple(Field.from_dict(f) for f in fields),
        )


@dataclass(frozen=True, slots=True)
class Widened:
    """The report of a batch that brought new fields: name -> type name."""

    table: str
    version: int
    added: Mapping[str, str] = field(default_factory=dict)


def new_schema(fields: Iterable[tuple[str, pa.DataType]]) -> Schema:
    """The first version of a table. Raises `Invalid` on unusable names."""
    return widen(Schema(version=0, fields=()), fields, from_seq=0)


def widen(schema: Schema, fields: Iterable[tuple[str, pa.DataType]], *, from_seq: int) -> Schema:
    """The next version with `fields` added, or with the type of a field that had none known yet.

    Raises `Invalid` if a name cannot be a column, or if a field exists with another type.
    """
    kept = list(schema.fields)
    positions = {f.name.lower(): at for at, f in enumerate(kept)}
    next_id = max((f.id for f in kept), default=FIRST_FIELD_ID - 1) + 1
    for name, arrow in fields:
        at = positions.get(name.lower())
        if at is None:
            check_field_name(name)
            positions[name.lower()] = len(kept)
            kept.append(Field(next_id, name, arrow))
            next_id += 1
        elif kept[at].type == pa.null():
            kept[at] = replace(kept[at], type=arrow)
        elif kept[at].type != arrow:
            raise Invalid(
                f"column `{kept[at].name}` is {type_name(kept[at].type)}, not {type_name(arrow)}",
                hint="cast the values, or give them another name",
            )
    return Schema(schema.version + 1, tuple(kept), from_seq)


def check_given(schema: Schema, names: Iterable[str]) -> None:
    """Raises `Invalid` for a column that no caller gives."""
    for name in names:
        found = schema.by_folded_name.get(name.lower())
        if found is not None and found.computed is not None:
            raise Invalid(
                f"column `{found.name}` is computed, from {found.computed.text}", hint="leave it out"
            )


def with_computed(schema: Schema, field: Field, *, from_seq: int) -> Schema:
    """The next version with a column that is computed. One of its name is kept under another: its vectors are
    those of the past. Raises `Invalid`."""
    check_field_name(field.name)
    kept, taken = [], {f.name.lower() for f in schema.fields}
    for known in schema.fields:
        if known.name.lower() != field.name.lower():
            kept.append(known)
        elif known.computed is None:
            raise Invalid(f"column `{known.name}` exists", hint="choose another name")
        else:
            past = f"{known.name}_{known.computed.model}_{known.computed.version}"
            names = chain([past], (f"{past}_{number}" for number in count(2)))
            name = next(name for name in names if name.lower() not in taken)
            kept.append(replace(known, name=name, computed=replace(known.computed, past=True)))
    new_id = max((f.id for f in schema.fields), default=FIRST_FIELD_ID - 1) + 1
    return Schema(schema.version + 1, (*kept, replace(field, id=new_id)), from_seq)


def indexed(schema: Schema, name: str, index: VectorIndex, *, from_seq: int) -> Schema:
    """The next version, in which the column is searched like that. Raises `Invalid` for other columns."""
    found = schema.by_folded_name.get(name.lower())
    if found is None or not is_vector(found.type):
        vectors = [f.name for f in schema.fields if is_vector(f.type)]
        raise Invalid(f"`{name}` is no column of vectors", hint=nearest(name, vectors))
    if index.key is not None and index.key not in schema.by_name and index.key not in ENVELOPE.names:
        raise Invalid(f"no column `{index.key}` to be the key", hint=nearest(index.key, schema.by_name))
    fields = tuple(replace(f, index=index) if f == found else f for f in schema.fields)
    return Schema(schema.version + 1, fields, from_seq)


def check_field_name(name: str) -> None:
    if not name or len(name) > 255 or any(ord(c) < 32 for c in name):
        raise Invalid(f"not a column name: {name!r}", hint="1 to 255 printable characters")
    if name.startswith("_"):
        raise Invalid(
            f"`{name}` is no envelope field, and payload names do not start with _",
            hint=nearest(name, GIVEN),
        )


@dataclass(frozen=True)
class Table:
    """A table as the catalog knows it.

    `id` names its folder and never returns: a table created again after a drop is another table.
    `retention_s`: the TTL of events that give none. `primary_key`, `references`: told, not enforced.
    """

    id: str
    name: str
    schemas: tuple[Schema, ...]
    event_time: str | None = None
    clustering: tuple[str, ...] = ()
    retention_s: int | None = None
    created_seq: int = 0
    dropped_seq: int | None = None
    dropped_us: int | None = None
    primary_key: tuple[str, ...] = ()
    references: tuple[Reference, ...] = ()

    @property
    def keys(self) -> Keys:
        return Keys(self.primary_key, self.references)

    def with_keys(self, keys: Keys) -> Table:
        return replace(self, primary_key=keys.primary_key, references=keys.references)

    @property
    def schema(self) -> Schema:
        return self.schemas[-1]

    def schema_at(self, seq: int) -> Schema:
        """The version in force at `seq`; the first one for a cut before the table's first event."""
        for schema in reversed(self.schemas):
            if schema.from_seq <= seq:
                return schema
        return self.schemas[0]

    def version(self, number: int) -> Schema:
        return self.schemas[number - 1]

    def computed_until(self, column: Field) -> int | None:
        """The last sequence whose events have the computed column; `None` while that goes on."""
        for schema in self.schemas:
            found = schema.by_id.get(column.id)
            if found is not None and found.computed is not None and found.computed.past:
                return schema.from_seq - 1
        return None

    def now(self, column: Field) -> Field:
        """The column of an earlier version as it is in the newest."""
        return self.schema.by_id.get(column.id, column)

    def to_dict(self) -> dict[str, object]:
        return {
            "id": self.id,
            "name": self.name,
            "schemas": [s.to_dict() for s in self.schemas],
            "event_time": self.event_time,
            "clustering": list(self.clustering),
            "retention_s": self.retention_s,
            "created_seq": self.created_seq,
            "dropped_seq": self.dropped_seq,
            "dropped_us": self.dropped_us,
            **self.keys.to_dict(),
        }

    @staticmethod
    def from_dict(raw: Mapping[str, object]) -> Table:
        schemas, clustering = raw["schemas"], raw["clustering"]
        assert isinstance(schemas, list)
        assert isinstance(clustering, list)
        event_time = raw["event_time"]
        return Table(
            id=str(raw["id"]),
            name=str(raw["name"]),
            schemas=tuple(Schema.from_dict(s) for s in schemas),
            event_time=None if event_time is None else str(event_time),
            clustering=tuple(str(c) for c in clustering),
            retention_s=_number(raw["retention_s"]),
            created_seq=int(str(raw["created_seq"])),
            dropped_seq=_number(raw["dropped_seq"]),
            dropped_us=_number(raw["dropped_us"]),
        ).with_keys(Keys.from_dict(raw))


def _number(raw: object) -> int | None:
    return None if raw is None else int(str(raw))


def followed(lead: Table, known: Table | None, seq: int) -> Table:
    """`lead`, as the home shard has it, for another shard whose last sequence is `seq`.

    Versions that are new there are in force from its next event on; those it has stay as they are.
    """
    had = known.schemas if known else ()
    news = lead.schemas[len(had) :]
    schemas = (*had, *(Schema(s.version, s.fields, seq + 1 if had else 0) for s in news))
    return replace(lead, schemas=schemas, created_seq=known.created_seq if known else seq)
