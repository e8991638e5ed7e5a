"""What an append promises: once, in order, all or nothing, and told where it can't be."""

from __future__ import annotations

import pytest

from thermocline.core.errors import Conflict, Invalid
from thermocline.core.owners import Append
from thermocline.tiers.steps.archive import archive
from thermocline.tiers.steps.flush import flush

from .conftest import Bench

TEA = {"_id": "e1", "product": "tea", "revenue": 4.5}


def sink(bench: Bench, tier: str) -> None:
    if tier != "hot":
        flush(bench.shard, bench.state("sales"))
    if tier == "cold":
        archive(bench.shard, bench.state("sales"))


def test_sequences_rise_without_gaps_over_commits(bench: Bench) -> None:
    first = bench.append("sales", [{"a": 1}, {"a": 2}])
    second = bench.append("sales", [{"a": 3}])
    assert (first.first_seq, first.last_seq, second.first_seq) == (1, 2, 3)


@pytest.mark.parametrize("tier", ["hot", "warm", "cold"])
def test_a_retry_is_one_event_in_whatever_tier_the_first_lies(bench: Bench, tier: str) -> None:
    bench.append("sales", [TEA])
    sink(bench, tier)
    again = bench.append("sales", [TEA])
    assert (again.rows, again.duplicates, again.first_seq) == (0, 1, None)
    assert bench.seqs("sales") == [1]


@pytest.mark.parametrize("tier", ["hot", "warm", "cold"])
def test_one_id_with_another_body_is_a_conflict_that_names_the_field(bench: Bench, tier: str) -> None:
    bench.append("sales", [TEA])
    sink(bench, tier)
    with pytest.raises(Conflict, match=r"id `e1` .* another `revenue`"):
        bench.append("sales", [{**TEA, "revenue": 5.0}])


def test_a_retry_after_reopening_is_still_one_event(bench: Bench) -> None:
    bench.append("sales", [TEA])
    bench.reopen()
    assert bench.append("sales", [TEA]).duplicates == 1


def test_the_same_id_from_two_sources_is_two_events(bench: Bench) -> None:
    bench.append("sales", [{**TEA, "_source": "a"}, {**TEA, "_source": "b"}])
    assert len(bench.rows("sales")) == 2


def test_a_batch_may_repeat_itself(bench: Bench) -> None:
    done = bench.append("sales", [TEA, TEA, {"_id": "e2", "product": "oat"}])
    assert (done.rows, done.duplicates, done.last_seq) == (2, 1, 2)


def test_a_batch_that_contradicts_itself_is_refused_whole(bench: Bench) -> None:
    with pytest.raises(Conflict):
        bench.append("sales", [TEA, {**TEA, "product": "oat"}])
    assert bench.shard.table_names() == []


@pytest.mark.parametrize("tier", ["hot", "warm", "cold"])
def test_expected_version_counts_events_in_whatever_tier_they_lie(bench: Bench, tier: str) -> None:
    bench.append("sales", [{"a": 1}, {"a": 2}], stream="cart-7", expected_version=0)
    sink(bench, tier)
    with pytest.raises(Conflict, match="stream=`cart-7`, expected=`1`, actual=`2`"):
        bench.append("sales", [{"a": 3}], stream="cart-7", expected_version=1)
    assert bench.append("sales", [{"a": 3}], stream="cart-7", expected_version=2).version == 3


def test_a_retry_of_a_success_is_no_version_conflict(bench: Bench) -> None:
    bench.append("sales", [TEA], stream="s", expected_version=0)
    again = bench.append("sales", [TEA], stream="s", expected_version=0)
    assert (again.duplicates, again.version) == (1, 1)


def test_positions_are_gapless_per_stream_over_tables(bench: Bench) -> None:
    bench.append("orders", [{"a": 1, "_stream": "s"}, {"a": 1, "_stream": "t"}])
    bench.append("stock", [{"b": 1, "_stream": "s"}])
    assert [row["_position"] for row in bench.rows("orders")] == [1, 1]
    assert [row["_position"] for row in bench.rows("stock")] == [2]


def test_several_tables_are_appended_all_or_none(bench: Bench) -> None:
    bench.append("stock", [{"left": 3}])
    with pytest.raises(Invalid, match="row 1, field `left`"):
        bench.shard.append([Append("orders", [{"a": 1}]), Append("stock", [{"left": "three"}])])
    assert bench.shard.table_names() == ["stock"]
    assert bench.shard.meta.seq == 1


def test_an_operation_that_fails_does_not_fail_its_companions_in_the_commit(bench: Bench) -> None:
    bench.append("sales", [TEA])
    good = bench.shard._prepare([Append("sales", [{"product": "oat"}])])
    bad = bench.shard._prepare([Append("sales", [{**TEA, "product": "oat"}])])
    outcomes = bench.shard._commit([good, bad, good])
    assert [isinstance(outcome, Conflict) for outcome in outcomes] == [False, True, False]
    assert bench.seqs("sales") == [1, 2, 3]


def test_recorded_instants_rise_even_if_the_clock_falls_back(bench: Bench) -> None:
    bench.append("sales", [{"a": 1}])
    bench.clock.advance(hours=-5)
    bench.append("sales", [{"a": 2}])
    bench.reopen()
    bench.append("sales", [{"a": 3}])
    recorded = [row["_recorded_at"] for row in bench.rows("sales")]
    assert recorded == sorted(set(recorded))


def test_new_fields_widen_the_table_and_are_reported(bench: Bench) -> None:
    bench.append("sales", [{"a": 1}])
    sink(bench, "cold")
    assert bench.append("sales", [{"a": 2, "b": "x"}]).added == {"b": "VARCHAR"}
    sink(bench, "warm")
    assert [row["b"] for row in bench.rows("sales")] == [None, "x"]


def test_a_field_without_a_value_gets_its_type_from_the_first_one(bench: Bench) -> None:
    bench.append("sales", [{"a": None, "b": 1}])
    assert bench.append("sales", [{"a": 7, "b": 2}]).added == {"a": "BIGINT"}
    bench.reopen()
    assert [row["a"] for row in bench.rows("sales")] == [None, 7]


def test_a_dropped_name_can_be_used_again_and_the_past_stays(bench: Bench) -> None:
    from thermocline.core.asof import AtSequence

    bench.append("sales", [{"a": 1}])
    bench.shard.drop_table("sales")
    bench.append("sales", [{"b": "new"}])
    assert [row["b"] for row in bench.rows("sales")] == ["new"]
    bench.reopen()
    assert [row["a"] for row in bench.rows("sales", AtSequence(1))] == [1]


def test_a_table_is_one_table_however_its_name_is_written(bench: Bench) -> None:
    upper = bench.shard._prepare([Append("Sales", [{"n": 1}])])
    lower = bench.shard._prepare([Append("sales", [{"N": 2}])])
    bench.shard._commit([upper, lower])
    assert bench.shard.table_names() == ["Sales"]
    assert [row["n"] for row in bench.rows("SALES")] == [1, 2]
