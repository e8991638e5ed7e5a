"""The certificate of an answer names what was read, and can be proven."""

from __future__ import annotations

from dataclasses import replace

import pytest

from thermocline.core.errors import Corrupt

from .conftest import Shop


def test_it_tells_ranges_rows_files_and_versions(shop: Shop) -> None:
    shown = shop.sql("select count(*) from sales").certificate.to_dict()
    assert shown["manifest"] == {"sales": {"shard-0": 3}}
    assert shown["fresh_to"] == {"shard-0": 66}
    assert shown["age_seconds"] == 0
    assert shown["complete"]
    tiers = shown["tables"]["sales"]["shards"]["shard-0"]
    assert {tier: part["ranges"] for tier, part in tiers.items()} == {
        "cold": [[1, 26]],
        "warm": [[27, 46]],
        "hot": [[47, 66]],
    }
    assert {tier: part["rows"] for tier, part in tiers.items()} == {"cold": 20, "warm": 20, "hot": 20}
    assert tiers["cold"]["files_read"] == 5
    assert tiers["cold"]["snapshot"] == 103
    assert tiers["warm"]["bytes"] == sum(f.stat().st_size for f in shop.owner.folder.glob("sales-warm-27*"))


def test_neighbouring_runs_are_one_range(fresh: Shop) -> None:
    fresh.owner.flush("sales")
    fresh.owner.write("products", [{"product": "p8", "name": "x", "qty": 1}])
    certificate = fresh.sql("select count(*) from sales").certificate
    tiers = {part.tier: part.ranges for part in certificate.tables["sales"]["shard-0"].tiers}
    assert tiers == {"cold": ((1, 26),), "warm": ((27, 66),), "hot": ((67, 67),)}
    certificate.verify()


def test_each_table_of_a_join_has_its_part(shop: Shop) -> None:
    certificate = shop.sql("select count(*) from sales join products using (product)").certificate
    assert set(certificate.tables) == {"sales", "products"}
    certificate.verify()


def test_a_statement_without_tables_has_an_empty_one(shop: Shop) -> None:
    certificate = shop.sql("select 1").certificate
    assert certificate.tables == {}
    assert certificate.to_dict()["complete"]


def test_two_reads_of_one_table_count_each_file_once(shop: Shop) -> None:
    sql = "select count(*) from sales a, sales b where a.product = 'p1' and b.product = 'p2'"
    (cold,) = [p for p in shop.sql(sql).certificate.tables["sales"]["shard-0"].tiers if p.tier == "cold"]
    assert (cold.files_read, cold.files_pruned) == (2, 3)


def test_a_manifest_that_lies_about_rows_is_found_out(fresh: Shop) -> None:
    state = fresh.owner.state("sales")
    run = state.manifest.warm[0]
    state.manifest = replace(state.manifest, warm=(replace(run, rows=run.rows + 1),))
    with pytest.raises(Corrupt, match="hold 20 rows"):
        fresh.sql("select count(*) from sales").certificate.verify()


def test_a_gap_between_runs_is_found_out(fresh: Shop) -> None:
    state = fresh.owner.state("sales")
    run = state.manifest.warm[0]
    state.manifest = replace(state.manifest, warm=(replace(run, lo=run.lo + 3),))
    certificate = fresh.sql("select count(*) from sales").certificate
    assert not certificate.to_dict()["complete"]
    with pytest.raises(Corrupt, match="gap"):
        certificate.verify()


def test_explain_analyze_runs_the_query_and_tells_times_and_rows(shop: Shop) -> None:
    told = shop.router.explain("select product from sales where qty > ?", [7], analyze=True)
    assert "rows out: 6" in told
    assert "Total Time" in told
    assert shop.rows("explain analyze select 1")[0] == ("query",)
