"""AS OF: what was known at a sequence, an instant, a version or a bookmark, wherever it lies by now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from thermocline.core.errors import Invalid, NotFound
from thermocline.core.protocols import Database

from ...conftest import FakeClock
from .base import ROWS, Contract, count, refused


class History:
    """Two rows, a while, three more: and each name of the moment between."""

    def __init__(self, shop: Database, clock: FakeClock) -> None:
        done = shop.append("sales", ROWS[:2])
        assert done.last_seq is not None
        self.seq = done.last_seq
        self.bookmark = shop.bookmark()
        clock.advance(seconds=10)
        self.instant = clock.now
        clock.advance(seconds=10)
        shop.append("sales", [{**row, "late": True} for row in ROWS[2:]])


FORMS: dict[str, Callable[[History], Any]] = {
    "sequence": lambda past: past.seq,
    "sequence as text": lambda past: str(past.seq),
    "aware datetime": lambda past: past.instant,
    "another zone": lambda past: past.instant.astimezone(timezone(timedelta(hours=-7))),
    "naive datetime": lambda past: past.instant.replace(tzinfo=None),
    "text": lambda past: past.instant.isoformat(),
    "text with a space": lambda past: past.instant.strftime("%Y-%m-%d %H:%M:%S"),
    "bookmark": lambda past: past.bookmark,
}
SQL_FORMS: dict[str, Callable[[History], str]] = {
    "for system_time as of": lambda past: f"sales for system_time as of '{past.instant.isoformat()}'",
    "for timestamp as of": lambda past: f"sales for timestamp as of '{past.instant.isoformat()}'",
    "timestamp as of": lambda past: f"sales timestamp as of '{past.instant.isoformat()}'",
    "at (timestamp)": lambda past: f"sales at (timestamp => '{past.instant.isoformat()}')",
}
STEPS: dict[str, Callable[[Database], object]] = {
    "hot": lambda _: None,
    "flushed": lambda shop: shop.flush("sales"),
    "partly flushed": lambda shop: shop.flush("sales", up_to=1),
    "compacted": lambda shop: (shop.flush("sales", up_to=1), shop.flush("sales"), shop.compact("sales")),
    "archived": lambda shop: shop.archive("sales"),
    "expired": lambda shop: (shop.archive("sales"), shop.expire("sales")),
}


class TimeTravel(Contract):
    @pytest.fixture
    def past(self, shop: Database, clock: FakeClock) -> History:
        return History(shop, clock)

    @pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
    def test_each_form_names_the_same_moment(
        self, shop: Database, past: History, form: Callable[[History], Any]
    ) -> None:
        assert count(shop, "sales") == 5
        assert count(shop, "sales", as_of=form(past)) == 2

    @pytest.mark.parametrize("form", SQL_FORMS.values(), ids=SQL_FORMS)
    def test_sql_can_name_it_too(self, shop: Database, past: History, form: Callable[[History], str]) -> None:
        assert shop.sql(f"select count(*) from {form(past)}").rows() == [(2,)]

    def test_sql_can_compare_two_moments(self, shop: Database, past: History) -> None:
        sql = f"""select count(*) from sales as now
                  left join sales for system_time as of '{past.instant.isoformat()}' as before using (_seq)
                  where before.n is null"""
        assert shop.sql(sql).rows() == [(3,)]

    @pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
    def test_the_past_stays_the_same_as_its_events_sink(
        self, shop: Database, past: History, step: Callable[[Database], object]
    ) -> None:
        step(shop)
        for as_of in (past.seq, past.instant, past.bookmark):
            result = shop.sql("select _id, n from sales order by n", as_of=as_of)
            assert result.rows() == [("sale-1", 1), ("sale-2", 2)]
            result.certificate.verify()
        assert count(shop, "sales") == 5

    def test_a_version_is_the_cut_at_which_it_was_published(self, shop: Database, past: History) -> None:
        shop.flush("sales", up_to=past.seq)
        certificate = shop.sql("select 1 from sales").certificate.to_dict()
        (version,) = certificate["manifest"]["sales"].values()
        shop.append("sales", [{"n": 6}])
        shop.flush("sales")
        assert count(shop, "sales") == 6
        assert count(shop, "sales", as_of=f"version:{version}") == 5
        assert shop.sql(f"select count(*) from sales version as of {version}").rows() == [(5,)]

    @pytest.mark.usefixtures("past")
    def test_an_unknown_version_is_not_found(self, shop: Database) -> None:
        with refused(NotFound, "999"):
            count(shop, "sales", as_of="version:999")

    def test_the_columns_are_those_of_the_time(self, shop: Database, past: History) -> None:
        assert shop.schema("sales").names == ["product", "revenue", "n", "late"]
        assert shop.schema("sales", as_of=past.seq).names == ["product", "revenue", "n"]
        assert shop.schema("sales", as_of=past.instant).names == ["product", "revenue", "n"]
        assert shop.sql("select * from sales", as_of=past.seq).columns == ["product", "revenue", "n"]

    def test_the_certificate_tells_the_moment(self, shop: Database, past: History) -> None:
        told = shop.sql("select * from sales", as_of=past.seq).certificate.to_dict()
        assert told["as_of"] == str(past.seq)
        assert told["fresh_to"] == dict.fromkeys(told["fresh_to"], past.seq)
        told = shop.sql("select * from sales", as_of=past.instant).certificate.to_dict()
        assert datetime.fromisoformat(told["as_of"]) == past.instant

    @pytest.mark.usefixtures("past")
    def test_before_the_first_event_there_are_none(self, shop: Database) -> None:
        assert count(shop, "sales", as_of=0) == 0
        assert count(shop, "sales", as_of=datetime(2001, 1, 1, tzinfo=UTC)) == 0

    @pytest.mark.usefixtures("past")
    def test_the_present_instant_holds_still(self, shop: Database, clock: FakeClock) -> None:
        """Once asked, an instant gives the same answer for ever, though an append comes at once."""
        now = clock.now
        before = count(shop, "sales", as_of=now)
        shop.append("sales", [{"n": 6}])
        assert count(shop, "sales", as_of=now) == before

    @pytest.mark.usefixtures("past")
    @pytest.mark.parametrize("as_of", ["9999-01-01", datetime(9999, 1, 1, tzinfo=UTC)], ids=str)
    def test_the_future_is_refused(self, shop: Database, as_of: Any) -> None:
        with refused(Invalid, "future"):
            count(shop, "sales", as_of=as_of)

    @pytest.mark.usefixtures("past")
    def test_a_sequence_not_yet_given_is_refused(self, shop: Database) -> None:
        with refused(Invalid, "1000000"):
            count(shop, "sales", as_of=1_000_000)

    @pytest.mark.usefixtures("past")
    @pytest.mark.parametrize("as_of", [-1, "yesterday", "", True, 1.5, "version:x", object], ids=repr)
    def test_what_is_no_moment_is_refused(self, shop: Database, as_of: Any) -> None:
        with refused(Invalid):
            count(shop, "sales", as_of=as_of)

    @pytest.mark.usefixtures("past")
    def test_a_bookmark_names_now(self, shop: Database) -> None:
        bookmark = shop.bookmark()
        shop.append("sales", [{"n": 6}])
        assert count(shop, "sales", as_of=bookmark) == 5
        assert shop.bookmark() != bookmark

    def test_a_dropped_table_is_still_there_in_the_past(self, shop: Database, past: History) -> None:
        shop.sql("drop table sales")
        assert count(shop, "sales", as_of=past.seq) == 2
