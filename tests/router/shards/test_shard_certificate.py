"""The certificate and EXPLAIN name every shard: those read with their ranges, the others with the reason."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from thermocline.core.certificate import Certificate
from thermocline.core.errors import Corrupt

from .conftest import Shop

NAMES = ("shard-0", "shard-1", "shard-2", "shard-3")


def test_every_shard_has_its_ranges_rows_and_freshness(shop: Shop) -> None:
    shown = shop.sql("select count(*) from sales").certificate.to_dict()
    shards = shown["tables"]["sales"]["shards"]
    assert tuple(shards) == NAMES
    assert sum(tier["rows"] for shard in shards.values() for tier in shard.values()) == 60
    assert {tier for shard in shards.values() for tier in shard} == {"hot", "warm"}
    assert shown["fresh_to"] == {name: shop.owner.shards[name].bookmark_seq() for name in NAMES}
    assert tuple(shown["manifest"]["sales"]) == NAMES
    assert shown["complete"]
    assert "pruned" not in shown["tables"]["sales"]


def test_a_pruned_shard_is_stated_as_pruned_and_nothing_is_missing(shop: Shop) -> None:
    certificate = shop.sql("select count(*) from sales where product = 'p1'").certificate
    home = shop.owner.map.route("p1")
    others = [name for name in NAMES if name != home]
    assert set(certificate.tables["sales"]) == {home}
    assert certificate.pruned == {"sales": dict.fromkeys(others, "product = 'p1'")}
    shown = certificate.to_dict()
    assert shown["complete"]
    assert shown["tables"]["sales"]["pruned"] == dict.fromkeys(others, "product = 'p1'")
    again = Certificate.from_dict(shown)
    assert again.pruned == certificate.pruned
    again.verify()


def test_a_shard_that_one_of_two_readings_needs_is_not_pruned(shop: Shop) -> None:
    sql = "select count(*) from sales a, sales b where a.product = 'p1' and b.product = 'p2'"
    certificate = shop.sql(sql).certificate
    read = {shop.owner.map.route("p1"), shop.owner.map.route("p2")}
    assert set(certificate.tables["sales"]) == read
    assert set(certificate.pruned["sales"]) == set(NAMES) - read
    certificate.verify()


def test_verify_reads_the_footers_of_every_shard(fresh: Shop) -> None:
    certificate = fresh.sql("select count(*) from sales").certificate
    certificate.verify()
    for shard in NAMES[1:]:
        state = fresh.owner.shards[shard].state("sales")
        if not any(run.rows for run in state.manifest.warm):
            continue
        run, kept = state.manifest.warm[0], state.manifest
        state.manifest = replace(kept, warm=(replace(run, rows=run.rows + 1), *kept.warm[1:]))
        with pytest.raises(Corrupt, match=f"sales in {shard}"):
            fresh.sql("select count(*) from sales").certificate.verify()
        state.manifest = kept


def test_a_gap_in_one_shard_makes_the_answer_incomplete(fresh: Shop) -> None:
    state = fresh.owner.shards["shard-3"].state("sales")
    run = state.manifest.warm[0]
    state.manifest = replace(state.manifest, warm=(replace(run, lo=run.lo + 1), *state.manifest.warm[1:]))
    certificate = fresh.sql("select count(*) from sales").certificate
    assert not certificate.to_dict()["complete"]
    with pytest.raises(Corrupt, match="shard-3"):
        certificate.verify()


def test_explain_shows_a_tree_for_each_shard_and_why_others_are_left_out(shop: Shop) -> None:
    told = shop.router.explain("select qty from sales")
    assert "table sales, reads 4 of 4 shards" in told
    assert re.findall(r"─ (shard-\d), manifest \d+, up to sequence \d+", told) == [*NAMES]
    told = shop.router.explain("select qty from sales where product in ('p1', 'p1') and qty > 100")
    assert "table sales, reads 1 of 4 shards" in told
    assert "product in ('p1', 'p1'): rules out 3 shards, " in told
    assert told.count("manifest") == 1


def test_files_of_all_shards_are_pruned_by_their_statistics(shop: Shop) -> None:
    told = shop.router.explain("select qty from sales where day > '2030-01-01'")
    assert "day > '2030-01-01': rules out 3 files" in told
    told = shop.router.explain("select _time from sales order by _time desc limit 3")
    assert "_time >= 2026-01-17T01:00:00Z: rules out 2 files" in told
