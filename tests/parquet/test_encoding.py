"""A file holds exactly the rows it was given, in encodings that suit its columns."""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from thermocline.core.errors import Corrupt
from thermocline.core.schema import widen
from thermocline.tiers.parquet import decode, encode

from .rows import events, one_of_each_type


def encodings(data: pa.Buffer) -> dict[str, set[str]]:
    group = pq.read_metadata(pa.BufferReader(data)).row_group(0)
    columns = (group.column(at) for at in range(group.num_columns))
    return {c.path_in_schema: set(c.encodings) for c in columns}


@pytest.mark.parametrize("iceberg", [False, True])
def test_every_type_comes_back_as_it_was(iceberg: bool) -> None:
    rows, schema = events(one_of_each_type(500))
    data = encode(rows, schema, row_group_rows=128, iceberg=iceberg)
    assert decode(data, schema, "k").equals(rows)


def test_row_groups_have_the_size_asked_for() -> None:
    rows, schema = events({"n": pa.array(range(1000))})
    footer = pq.read_metadata(pa.BufferReader(encode(rows, schema, row_group_rows=300)))
    assert [footer.row_group(g).num_rows for g in range(footer.num_row_groups)] == [300, 300, 300, 100]


def test_dictionaries_are_for_columns_of_few_values_only() -> None:
    rows, schema = events(
        {
            "region": pa.array([["eu", "us"][i % 2] for i in range(9000)]),
            "price": pa.array([i / 7 for i in range(9000)]),
            "note": pa.array([f"note {i * 7919 % 9000}" for i in range(9000)]),
        }
    )
    found = encodings(encode(rows, schema, row_group_rows=9000))
    assert "RLE_DICTIONARY" in found["region"]
    assert "BYTE_STREAM_SPLIT" in found["price"]
    assert "DELTA_BINARY_PACKED" in found["_seq"]
    assert "DELTA_BYTE_ARRAY" in found["_id"]  # rises, so neighbours share prefixes
    assert "RLE_DICTIONARY" not in found["note"]


def test_dictionary_columns_are_taken_as_they_come() -> None:
    rows, schema = events({"region": pa.array(["eu", "us", "eu", None])})
    parts = [rows.slice(0, 2), rows.slice(2)]
    encoded = [p.set_column(13, "region", p["region"].dictionary_encode()) for p in parts]
    data = encode(pa.concat_tables(encoded), schema, row_group_rows=10)
    assert "RLE_DICTIONARY" in encodings(data)["region"]
    assert decode(data, schema, "k").equals(rows)


def test_parts_with_dictionaries_of_their_own_share_one_in_the_file() -> None:
    rows, schema = events({"sku": pa.array([f"{'ab'[i // 2500]}{i % 50}" for i in range(5000)])})
    parts = [rows.slice(0, 2500), rows.slice(2500)]
    encoded = [p.set_column(13, "sku", p["sku"].combine_chunks().dictionary_encode()) for p in parts]
    size = encode(pa.concat_tables(encoded), schema, row_group_rows=5000).size
    assert size == encode(rows, schema, row_group_rows=5000).size


def test_columns_carry_their_field_ids_nested_ones_too() -> None:
    rows, schema = events({"tags": pa.array([["a"], []])})
    arrow = pq.read_schema(pa.BufferReader(encode(rows, schema, row_group_rows=10)))
    tags = arrow.field("tags")
    assert arrow.field("_time").metadata[b"PARQUET:field_id"] == b"3"
    assert tags.metadata[b"PARQUET:field_id"] == b"100"
    assert tags.type.value_field.metadata[b"PARQUET:field_id"] == b"409600"


def test_streams_have_a_bloom_filter_and_rising_ids_need_none() -> None:
    rows, schema = events({"n": pa.array(range(5000))})
    many = rows.set_column(4, "_stream", pa.array([f"s{i * 7919 % 5000}" for i in range(5000)]))
    group = pq.read_metadata(pa.BufferReader(encode(many, schema, row_group_rows=5000))).row_group(0)
    lengths = {group.column(at).path_in_schema: group.column(at).bloom_filter_length for at in range(6)}
    assert lengths["_stream"]
    assert not lengths["_id"]


def test_a_column_that_the_file_lacks_reads_as_null() -> None:
    rows, schema = events({"n": pa.array([1, 2])})
    wider = widen(schema, [("city", pa.string())], from_seq=3)
    read = decode(encode(rows, schema, row_group_rows=10), wider, "k")
    assert read["city"].to_pylist() == [None, None]
    assert read["n"].to_pylist() == [1, 2]


def test_columns_are_found_by_id_whatever_they_are_called() -> None:
    rows, schema = events({"n": pa.array([1, 2])})
    _, renamed = events({"count": pa.array([1, 2])})
    assert decode(encode(rows, schema, row_group_rows=10), renamed, "k")["count"].to_pylist() == [1, 2]


def test_a_flipped_bit_in_a_page_is_noticed() -> None:
    rows, schema = events({"n": pa.array([i * 7919 % 1000 for i in range(1000)])})
    data = bytearray(encode(rows, schema, row_group_rows=1000))
    column = pq.read_metadata(io.BytesIO(data)).row_group(0).column(13)
    data[column.data_page_offset + column.total_compressed_size // 2] ^= 1
    with pytest.raises(OSError, match="CRC"):
        pq.read_table(io.BytesIO(data), page_checksum_verification=True)


def test_rubbish_is_corrupt_by_name() -> None:
    _, schema = events({"n": pa.array([1])})
    with pytest.raises(Corrupt, match=r"warm/1-9\.parquet"):
        decode(b"PAR1 but no more", schema, "warm/1-9.parquet")
