"""The one versioned statement of where a table's events lie in one shard.

    cold <= cold_to  <  warm <= warm_to  <  hot

A manifest is immutable. The next one is published under the next number by a create-only put, so exactly
one writer can make it, and a reader that holds number 41 keeps a complete picture whatever comes after.
A run says: every event of this table with lo < seq <= hi is in these files, and there are `rows` of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from .errors import Corrupt
from .ids import checksum
from .schema import Table
from .vectors import Kind, Metric

Bound = int | float | str
"""A value in a file's statistics: instants as microseconds, dates as days, the rest as themselves."""


@dataclass(frozen=True, slots=True)
class FileRef:
    """An immutable file and what it must contain to be read."""

    key: str
    bytes: int
    digest: str


@dataclass(frozen=True, slots=True)
class VectorPart:
    """How the vectors of one column of a data file are found; see `tiers.vectors`.

    `field`: the column's id. `rows`: those that have a vector. `how`: what was asked for
    (`core.vectors.VectorIndex.built`); `kind`, `metric`: of the index that was made. `shortlist`,
    `probes`, `found`: how far its searches look. `index`: the index. `places`: where in the data file each
    vector is.
    """

    field: int
    rows: int
    how: str
    kind: Kind
    metric: Metric
    shortlist: int
    probes: int
    found: float
    index: FileRef
    places: FileRef


@dataclass(frozen=True, slots=True)
class DataFile:
    """A Parquet file of one table, with what planning needs to know of it.

    `stats`: field id -> (smallest, largest) over the values that are not null; a field is absent where
    no sound bound is known (all null, NaN, long text). `ttl_rows`, `cold_hints`: rows that have a TTL, rows
    whose `_tier_hint` is cold. `ids`: the sidecar of id fingerprints, if any. `vectors`: the columns that
    have an index in this file; a search looks at every vector of the others. `missing`: field id -> rows at
    most whose computed vector is still missing.
    """

    key: str
    bytes: int
    digest: str
    rows: int
    schema_version: int
    seq_min: int
    seq_max: int
    stats: Mapping[int, tuple[Bound, Bound]] = field(default_factory=dict)
    ttl_rows: int = 0
    cold_hints: int = 0
    ids: FileRef | None = None
    vectors: tuple[VectorPart, ...] = ()
    missing: Mapping[int, int] = field(default_factory=dict)

    @property
    def beside(self) -> tuple[FileRef, ...]:
        """The files that go with it."""
        parts = (ref for part in self.vectors for ref in (part.index, part.places))
        return (*((self.ids,) if self.ids else ()), *parts)

    @property
    def ref(self) -> FileRef:
        return FileRef(self.key, self.bytes, self.digest)


@dataclass(frozen=True, slots=True)
class Run:
    """All events of the table with lo < seq <= hi, and the files they are in."""

    lo: int
    hi: int
    rows: int
    files: tuple[DataFile, ...]


@dataclass(frozen=True, slots=True)
class ColdRef:
    """The Iceberg side of a manifest: the snapshot, its metadata files, and our own list of its data files.

    The list is a file of its own, as it changes only with an archive and can be long. `ids`: fingerprints
    of the ids of all archived rows, in a few sorted files. `url`: of the store at that time, as Iceberg keeps
    absolute locations and a lake may be moved.
    """

    identifier: str
    url: str
    snapshot_id: int
    file_list: FileRef
    rows: int
    files: int
    bytes: int
    metadata: tuple[FileRef, ...] = ()
    ids: tuple[FileRef, ...] = ()


@dataclass(frozen=True, slots=True)
class Expired:
    """Rows with lo < seq <= hi that are gone for good; history before `until_us` can't be told exactly."""

    lo: int
    hi: int
    rows: int
    until_us: int
    reason: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """`published_seq`: the shard's last sequence at publication, the cut that `VERSION AS OF` names."""

    version: int
    table: Table
    shard: str
    epoch: int
    published_seq: int
    published_us: int
    warm_to: int = 0
    cold_to: int = 0
    warm: tuple[Run, ...] = ()
    cold: ColdRef | None = None
    expired: tuple[Expired, ...] = ()

    def files(self) -> list[FileRef]:
        """Every file a reader of this version needs, except the data files that `cold.file_list` lists."""
        refs = [ref for run in self.warm for file in run.files for ref in (file.ref, *file.beside)]
        if self.cold:
            refs += [self.cold.file_list, *self.cold.ids]
        return refs


def with_expired(expired: tuple[Expired, ...], gone: Expired) -> tuple[Expired, ...]:
    """One entry for each range: its rows add up, its latest instant holds."""
    merged = gone
    others = []
    for entry in expired:
        if (entry.lo, entry.hi, entry.reason) == (gone.lo, gone.hi, gone.reason):
            until_us = max(entry.until_us, merged.until_us)
            merged = replace(merged, rows=entry.rows + merged.rows, until_us=until_us)
        else:
            others.append(entry)
    return (*others, merged)


def empty_manifest(table: Table, shard: str, epoch: int) -> Manifest:
    """Version 0, which is never written: everything is hot."""
    return Manifest(version=0, table=table, shard=shard, epoch=epoch, published_seq=0, published_us=0)


def encode_manifest(manifest: Manifest) -> bytes:
    return seal({"manifest": _manifest_dict(manifest)})


def decode_manifest(data: bytes, name: str) -> Manifest:
    """Raises `Corrupt` with `name` when a single bit differs from what was written."""
    return _manifest(unseal(data, name)["manifest"])


def encode_files(files: tuple[DataFile, ...]) -> bytes:
    return seal({"files": [_file_dict(f) for f in files]})


def decode_files(data: bytes, name: str) -> tuple[DataFile, ...]:
    return tuple(_file(f) for f in unseal(data, name)["files"])


def seal(value: Mapping[str, Any]) -> bytes:
    """One line of JSON, and a second line with the checksum of the first."""
    body = orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)
    return body + b"\n" + checksum(body).encode() + b"\n"


def unseal(data: bytes, name: str) -> Any:
    """The value of a sealed file; `Corrupt` with `name` if it is not exactly what was written."""
    body, newline, rest = data.partition(b"\n")
    if not newline or rest != checksum(body).encode() + b"\n":
        raise Corrupt(f"damaged file: {name}", hint="restore it from a backup; nothing is read in its stead")
    return orjson.loads(body)


def _ref_dict(ref: FileRef) -> dict[str, Any]:
    return {"key": ref.key, "bytes": ref.bytes, "digest": ref.digest}


def _file_dict(file: DataFile) -> dict[str, Any]:
    return {
        **_ref_dict(file.ref),
        "rows": file.rows,
        "schema_version": file.schema_version,
        "seq": [file.seq_min, file.seq_max],
        "stats": {str(k): v for k, v in file.stats.items()},
        "ttl_rows": file.ttl_rows,
        "cold_hints": file.cold_hints,
        "ids": _ref_dict(file.ids) if file.ids else None,
        "vectors": [_vector_part_dict(part) for part in file.vectors],
        "missing": {str(k): v for k, v in file.missing.items()},
    }


def _vector_part_dict(part: VectorPart) -> dict[str, Any]:
    return {
        "field": part.field,
        "rows": part.rows,
        "how": part.how,
        "kind": part.kind,
        "metric": part.metric,
        "shortlist": part.shortlist,
        "probes": part.probes,
        "found": part.found,
        "index": _ref_dict(part.index),
        "places": _ref_dict(part.places),
    }


def _manifest_dict(m: Manifest) -> dict[str, Any]:
    return {
        "version": m.version,
        "shard": m.shard,
        "epoch": m.epoch,
        "published_seq": m.published_seq,
        "published_us": m.published_us,
        "warm_to": m.warm_to,
        "cold_to": m.cold_to,
        "warm": [
            {"lo": r.lo, "hi": r.hi, "rows": r.rows, "files": [_file_dict(f) for f in r.files]}
            for r in m.warm
        ],
        "cold": m.cold
        and {
            "identifier": m.cold.identifier,
            "url": m.cold.url,
            "snapshot_id": m.cold.snapshot_id,
            "file_list": _ref_dict(m.cold.file_list),
            "rows": m.cold.rows,
            "files": m.cold.files,
            "bytes": m.cold.bytes,
            "metadata": [_ref_dict(r) for r in m.cold.metadata],
            "ids": [_ref_dict(r) for r in m.cold.ids],
        },
        "expired": [
            {"lo": e.lo, "hi": e.hi, "rows": e.rows, "until_us": e.until_us, "reason": e.reason}
            for e in m.expired
        ],
        "table": m.table.to_dict(),
    }


def _file(raw: Mapping[str, Any]) -> DataFile:
    return DataFile(
        key=raw["key"],
        bytes=raw["bytes"],
        digest=raw["digest"],
        rows=raw["rows"],
        schema_version=raw["schema_version"],
        seq_min=raw["seq"][0],
        seq_max=raw["seq"][1],
        stats={int(k): (v[0], v[1]) for k, v in raw["stats"].items()},
        ttl_rows=raw["ttl_rows"],
        cold_hints=raw["cold_hints"],
        ids=FileRef(**raw["ids"]) if raw["ids"] else None,
        vectors=tuple(
            VectorPart(**{**part, "index": FileRef(**part["index"]), "places": FileRef(**part["places"])})
            for part in raw.get("vectors", ())
        ),
        missing={int(k): v for k, v in raw.get("missing", {}).items()},
    )


def _manifest(raw: Mapping[str, Any]) -> Manifest:
    cold = raw["cold"]
    return Manifest(
        version=raw["version"],
        table=Table.from_dict(raw["table"]),
        shard=raw["shard"],
        epoch=raw["epoch"],
        published_seq=raw["published_seq"],
        published_us=raw["published_us"],
        warm_to=raw["warm_to"],
        cold_to=raw["cold_to"],
        warm=tuple(
            Run(r["lo"], r["hi"], r["rows"], tuple(_file(f) for f in r["files"])) for r in raw["warm"]
        ),
        cold=cold
        and ColdRef(
            identifier=cold["identifier"],
            url=cold["url"],
            snapshot_id=cold["snapshot_id"],
            file_list=FileRef(**cold["file_list"]),
            rows=cold["rows"],
            files=cold["files"],
            bytes=cold["bytes"],
            metadata=tuple(FileRef(**r) for r in cold["metadata"]),
            ids=tuple(FileRef(**r) for r in cold["ids"]),
        ),
        expired=tuple(Expired(**e) for e in raw["expired"]),
    )
