"""Events are the same wherever the bytes of a stream are cut."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from thermocline.agent.providers.events import Event, events

LINES = st.sampled_from(
    [
        "data: a",
        "data:b",
        "data: ü\u2028",
        "data",
        "event: x",
        "event:",
        ": note",
        "",
        "",
        "id: 1",
        "data:  c",
    ]
)


@given(
    st.lists(st.tuples(LINES, st.sampled_from(["\n", "\r\n", "\r"])), max_size=12),
    st.lists(st.integers(0, 200), max_size=8),
)
def test_cuts_make_no_difference(lines: list[tuple[str, str]], cuts: list[int]) -> None:
    said = "".join(line + end for line, end in lines).encode() + b":"
    places = sorted({0, len(said), *(cut % (len(said) + 1) for cut in cuts)})
    parts = [said[a:b] for a, b in pairwise(places)]
    assert list(events(parts)) == list(events([said]))


def test_fields_are_read_as_specified() -> None:
    said = b"data: one\ndata:two\ndata:  three\n\nevent: end\ndata\n\nevent: alone\n\ndata: late"
    assert list(events([said])) == [Event("", "one\ntwo\n three"), Event("end", "")]


def test_a_carriage_return_and_a_line_feed_end_one_line() -> None:
    said = b"data: a\r\ndata: b\r\n\r\n"
    for at in range(len(said)):
        assert list(events([said[:at], said[at:]])) == [Event("", "a\nb")]
