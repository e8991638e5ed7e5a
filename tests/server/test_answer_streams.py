"""An answer that is cut off, wherever, is an error and never a shorter answer."""

from __future__ import annotations

import itertools
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pytest

import thermocline
from thermocline.core.arrow_wire import decode_answer, decode_rows, encode_answer, encode_rows
from thermocline.core.certificate import Certificate, ShardPart, TierPart
from thermocline.core.errors import Corrupt, Error, Invalid, Unavailable
from thermocline.core.results import Result

CERTIFICATE = Certificate(
    tables={"t": {"shard-0": ShardPart(3, 9, (TierPart("warm", ((1, 9),), 9, files_read=1, bytes=5),))}},
    as_of="9",
    age_seconds=0.5,
)
SCHEMA = pa.schema([("n", pa.int64()), ("k", pa.dictionary(pa.int32(), pa.string()))])


def batch(rows: int) -> pa.RecordBatch:
    keys = pa.array([f"k{n % 3}" for n in range(rows)]).dictionary_encode()
    return pa.record_batch({"n": pa.array(range(rows), pa.int64()), "k": keys}, schema=SCHEMA)


def answer(*batches: pa.RecordBatch, then: Error | None = None) -> Result:
    def walk() -> Iterator[pa.RecordBatch]:
        yield from batches
        if then is not None:
            raise then

    return Result(pa.RecordBatchReader.from_batches(SCHEMA, walk()), CERTIFICATE)


def sent(result: Result) -> bytes:
    return b"".join(encode_answer(result, lambda _error: None))


def test_a_whole_answer_arrives_with_its_certificate() -> None:
    arrived = decode_answer(sent(answer(batch(3), batch(0), batch(4))))
    assert arrived.schema == SCHEMA
    assert arrived.certificate.to_dict() == CERTIFICATE.to_dict()
    assert arrived.arrow().column("n").to_pylist() == [0, 1, 2, 0, 1, 2, 3]


def test_an_answer_without_rows_arrives() -> None:
    assert decode_answer(sent(answer())).arrow().schema == SCHEMA


def test_any_arrow_reader_reads_it() -> None:
    assert pa.ipc.open_stream(sent(answer(batch(3)))).read_all().num_rows == 3


def test_a_cut_at_any_byte_is_unavailable() -> None:
    whole = sent(answer(batch(3), batch(4)))
    # Behind the last batch only the end mark of the Arrow format itself may be missing.
    for length in range(len(whole) - 8):
        with pytest.raises(Unavailable, match="broke off"):
            decode_answer(whole[:length]).arrow()


def test_a_missing_batch_is_noticed() -> None:
    pieces = list(encode_answer(answer(batch(3), batch(3), batch(3)), lambda _error: None))
    with pytest.raises(Unavailable, match="after 6 rows"):
        decode_answer(b"".join([pieces[0], *pieces[2:]])).arrow()


def test_an_error_on_the_way_arrives_as_itself() -> None:
    told: list[Error] = []
    broken = Corrupt("damaged file: a.parquet", hint="restore it")
    stream = b"".join(encode_answer(answer(batch(3), then=broken), told.append))
    batches = decode_answer(stream).batches()
    assert next(batches).num_rows == 3
    with pytest.raises(Corrupt, match=r"a\.parquet") as caught:
        next(batches)
    assert caught.value.hint == "restore it"
    assert told == [broken]


def test_a_reader_that_knows_nothing_of_errors_fails_too() -> None:
    with pytest.raises(pa.ArrowInvalid):
        pa.ipc.open_stream(sent(answer(batch(3), then=Corrupt("x", hint="y")))).read_all()


def test_an_error_before_the_first_row_is_raised_where_it_can_be_a_status() -> None:
    with pytest.raises(Corrupt):
        sent(answer(then=Corrupt("x", hint="y")))


def test_rows_sent_in_arrow_are_whole_or_refused() -> None:
    whole = encode_rows(pa.Table.from_batches([batch(5)]))
    assert decode_rows(whole).num_rows == 5
    for length in (0, 1, 8, len(whole) // 2, len(whole) - 8, len(whole) - 1):
        with pytest.raises(Invalid):
            decode_rows(whole[:length])


def test_damaged_arrow_is_refused_or_read_and_never_crashes() -> None:
    whole = encode_rows(pa.table({"s": ["tea", "milk", None], "n": [1, 2, 3]}))
    for at, bit in itertools.product(range(0, len(whole), 3), (0, 7)):
        flipped = bytearray(whole)
        flipped[at] ^= 1 << bit
        with suppress(Invalid, UnicodeDecodeError):
            decode_rows(bytes(flipped)).to_pylist()


SERVER = """
import sys, thermocline
from thermocline.server.run import serve
with thermocline.connect(sys.argv[1], background=False) as lake:
    lake.database("acme").append("t", [{"n": n, "text": "x" * 1000} for n in range(1_000)])
    serve(lake, port=0)
"""


@pytest.mark.parametrize("stream", [False, True])
def test_a_server_that_dies_in_the_middle_of_an_answer_leaves_an_error(tmp_path: Path, stream: bool) -> None:
    program = [sys.executable, "-c", SERVER, str(tmp_path / "lake")]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        with thermocline.connect(server.stdout.readline().split()[-1]) as lake:
            shop = lake.database("acme")
            result = shop.sql("select a.* from t a, range(10_000)", stream=True)
            batches = result.batches()
            rows = next(batches).num_rows
            server.send_signal(signal.SIGKILL)
            with pytest.raises(Unavailable, match="broke"):
                rows += sum(batch.num_rows for batch in batches)
            assert 0 < rows < 1_000 * 10_000
            with pytest.raises(Unavailable, match="no lake answers"):
                shop.sql("select count(*) from t", stream=stream)
