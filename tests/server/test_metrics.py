"""Metrics: each is registered, each is emitted, and the page shows them."""

from __future__ import annotations

import re
from pathlib import Path

import httpx

from thermocline.core.protocols import Lakehouse
from thermocline.server.metrics import DURATION_BOUNDS_S, ERRORS, METRICS, Metrics, reference

PAGE = Path(__file__).resolve().parents[2] / "docs" / "metrics.md"
LINE = re.compile(r'^[a-z_]+(\{([a-z_]+="[^"]*",?)+\})? -?[0-9.e+]+$')


def test_the_page_is_current() -> None:
    assert PAGE.read_text() == reference(), "python -m thermocline.server.metrics > docs/metrics.md"


def scraped(http: httpx.Client) -> dict[str, float]:
    lines = http.get("/metrics").text.splitlines()
    values = [line for line in lines if not line.startswith("#")]
    assert all(LINE.match(line) for line in values)
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in values)}


def use(http: httpx.Client) -> None:
    rows = [{"_id": "a", "n": 1}, {"_id": "b", "n": 2}]
    http.post("/v1/acme/tables/t/append", json=rows)
    http.post("/v1/acme/tables/t/append", json=rows)
    http.post("/v1/acme/append", json={"t": [{"n": 3}], "u": [{"n": 4}]})
    http.post("/v1/acme/sql", json={"sql": "select count(*) from t"})
    http.post("/v1/acme/sql", json={"sql": "select * from nothing"})
    http.post("/v1/acme/flush", params={"table": "t"})
    http.get("/v1/acme/streams/anything/at/all")
    http.get("/nowhere")


def test_what_happens_is_counted(http: httpx.Client) -> None:
    use(http)
    found = scraped(http)
    expected = {
        'thermocline_appended_rows_total{database="acme",table="t"}': 3,
        'thermocline_appended_rows_total{database="acme",table="u"}': 1,
        'thermocline_duplicate_rows_total{database="acme",table="t"}': 2,
        'thermocline_queries_total{database="acme"}': 2,
        "thermocline_queries_running": 0,
        'thermocline_errors_total{kind="NotFound"}': 2,
        'thermocline_tier_rows{database="acme",table="t",tier="warm"}': 3,
        'thermocline_tier_rows{database="acme",table="u",tier="hot"}': 1,
        'thermocline_requests_total{method="POST",route="/v1/{db}/sql",status="200"}': 1,
        'thermocline_requests_total{method="POST",route="/v1/{db}/sql",status="404"}': 1,
        'thermocline_requests_total{method="GET",route="/v1/{db}/streams/{name:path}",status="200"}': 1,
        'thermocline_requests_total{method="GET",route="other",status="404"}': 1,
        'thermocline_request_seconds_count{route="/v1/{db}/sql"}': 2,
        'thermocline_request_seconds_bucket{route="/v1/{db}/sql",le="+Inf"}': 2,
    }
    assert {name: found.get(name) for name in expected} == expected


def test_every_registered_metric_is_emitted_and_no_other(http: httpx.Client) -> None:
    use(http)
    emitted = {re.split(r"[{ ]", name)[0] for name in scraped(http)}
    emitted = {re.sub(r"_(bucket|sum|count)$", "", name) for name in emitted}
    assert emitted == {metric.name for metric in METRICS}


def test_a_database_that_nobody_made_is_not_measured(http: httpx.Client, lake: Lakehouse) -> None:
    http.get("/v1/nobody/tables")
    assert "nobody" not in http.get("/metrics").text
    assert lake.databases() == []


def test_names_follow_the_conventions() -> None:
    for metric in METRICS:
        assert metric.name.startswith("thermocline_")
        assert metric.name.endswith("_total") == (metric.kind == "counter")
        assert metric.help.endswith(".")


def test_a_histogram_counts_what_is_at_or_below_each_bound() -> None:
    metrics = Metrics()
    for seconds in (0.001, 0.002, 100):
        metrics.observe("/x", seconds=seconds)
    lines = [line for line in metrics.text().splitlines() if "_bucket" in line]
    counts = [int(line.rpartition(" ")[2]) for line in lines]
    assert len(lines) == len(DURATION_BOUNDS_S) + 1
    assert (counts[0], counts[1], counts[-2], counts[-1]) == (1, 2, 2, 3)


def test_labels_are_escaped() -> None:
    metrics = Metrics()
    metrics.add(ERRORS, 'a"b\\c\nd')
    assert 'kind="a\\"b\\\\c\\nd"' in metrics.text()
