"""Vectors as a column: what is written is compared as it was, whatever tier it has sunk to."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from thermocline.core.errors import Invalid
from thermocline.core.protocols import Database

from .base import Contract, refused, to_tiers

NOTES: list[dict[str, Any]] = [
    {"id": number, "embedding": None if number == 2 else [number, number + 1, 2 * number]}
    for number in range(9)
]
QUESTION = [1.0, 2.0, 3.0]
NEAREST = [3, 4, 5, 6, 7, 8, 1, 0]
"""By the angle to the question."""


class Vectors(Contract):
    @pytest.fixture
    def notes(self, shop: Database) -> Database:
        shop.sql("create table notes (id bigint, embedding float[3])")
        shop.append("notes", NOTES)
        return shop

    @pytest.mark.parametrize(
        "given", [QUESTION, tuple(QUESTION), np.array(QUESTION), np.array(QUESTION, np.float32)]
    )
    def test_the_nearest_come_first_by_every_way_to_write_it(self, notes: Database, given: Any) -> None:
        to_tiers(notes, "notes")
        for distance in ("array_cosine_distance(embedding, $q)", "embedding <=> $q"):
            found = notes.sql(f"select id from notes order by {distance} limit 8", {"q": given})
            assert [row[0] for row in found.rows()] == NEAREST

    def test_a_vector_written_out_is_as_good_as_a_parameter(self, notes: Database) -> None:
        written = "array_distance(embedding, [1, 2, 3])"
        found = notes.sql(f"select id, {written} as d from notes order by embedding <-> [1, 2, 3] limit 2")
        assert found.rows() == [(1, 1.0), (0, pytest.approx(11**0.5))]
        greatest = "array_inner_product(embedding, $q) desc nulls last"
        assert notes.sql(f"select id from notes order by {greatest} limit 1", {"q": QUESTION}).rows() == [
            (8,)
        ]

    def test_a_column_without_a_name_is_called_as_it_was_written(self, notes: Database) -> None:
        found = notes.sql(
            "select embedding <=> $q, array_distance(embedding, [1,2,3]) from notes", {"q": QUESTION}
        )
        assert found.columns == ["(embedding <=> $q)", "array_distance(embedding, [1,2,3])"]

    def test_a_row_without_a_vector_has_no_distance(self, notes: Database) -> None:
        for distance in ("array_cosine_distance(embedding, $q)", "embedding <=> $q"):
            found = notes.sql(f"select id from notes where ({distance}) is null", {"q": QUESTION})
            assert found.rows() == [(2,)]

    def test_vectors_come_back_as_they_were_given(self, notes: Database) -> None:
        to_tiers(notes, "notes")
        found = notes.sql("select id, embedding from notes order by id").rows()
        assert [list(vector) if vector is not None else None for _, vector in found] == [
            note["embedding"] for note in NOTES
        ]

    @pytest.mark.parametrize("wrong", [[1, 2], [1, 2, 3, 4], [1, None, 3], [1, float("nan"), 3], "abc"])
    def test_what_is_no_vector_of_that_length_is_refused(self, notes: Database, wrong: Any) -> None:
        with refused(Invalid, "embedding"):
            notes.append("notes", [{"id": 10, "embedding": wrong}])

    def test_a_question_of_another_length_is_refused(self, notes: Database) -> None:
        with refused(Invalid):
            notes.sql("select id from notes order by array_cosine_distance(embedding, $q)", {"q": [1.0, 2.0]})

    # -- how they are searched -------------------------------------------------------------------

    def test_another_measure_is_that_of_searches_from_then_on(self, notes: Database) -> None:
        to_tiers(notes, "notes")
        assert [row["id"] for row in notes.search(QUESTION, k=2).dicts()] == NEAREST[:2]
        notes.sql("create index on notes (embedding) with (metric = 'l2')")
        assert [row["id"] for row in notes.search(QUESTION, k=2).dicts()] == [1, 0]
        notes.append("notes", [{"id": 9, "embedding": QUESTION}])
        assert [row["id"] for row in notes.search(QUESTION, k=2).dicts()] == [9, 1]

    def test_of_events_with_one_key_the_newest_alone_is_found(self, shop: Database) -> None:
        shop.sql("create table docs (doc varchar, body varchar, meaning float[2])")
        shop.sql("create index on docs (meaning) with (key = 'doc')")

        def says(doc: str | None, body: str, meaning: list[float] | None) -> None:
            shop.append("docs", [{"doc": doc, "body": body, "meaning": meaning}])

        says("a", "first", [1.0, 0.0])
        says("b", "first", [0.9, 0.1])
        says(None, "nobody's", [0.8, 0.2])
        shop.flush()
        mark = shop.bookmark()
        says("a", "second", [0.0, 1.0])
        says("b", "gone", None)

        def found(**options: Any) -> list[str]:
            return [row["body"] for row in shop.search([1.0, 0.0], table="docs", **options).dicts()]

        assert found() == ["nobody's", "second"]
        assert found(where="body <> 'second'") == ["nobody's"]
        assert found(as_of=mark) == ["first", "first", "nobody's"]

    # -- vectors that are computed ----------------------------------------------------------------

    def test_a_text_is_searched_by_the_model_of_its_column(self, shop: Database) -> None:
        shop.sql(
            "create table talks (title varchar, body varchar,"
            " meaning float[256] generated always as (embed('hashing', title || ' ' || body)))"
        )
        talks = [("tea", "leaves in hot water"), ("cycling", "two wheels and a chain"), ("silence", None)]
        shop.append("talks", [{"title": title, "body": body} for title, body in talks])
        shop.embed()
        mark = shop.bookmark()
        shop.flush()
        shop.append("talks", [{"title": "rivers", "body": "cold water on stones"}])
        shop.embed("talks")
        found = shop.search("wheels", table="talks", k=1)
        assert [row["title"] for row in found.dicts()] == ["cycling"]
        assert "missing" not in found.certificate.to_dict()["tables"]["talks"]
        both = shop.search("water", table="talks", k=2, mode="both").dicts()
        assert {row["title"] for row in both} == {"tea", "rivers"}
        then = shop.search("water", table="talks", k=1, as_of=mark).dicts()
        assert [row["title"] for row in then] == ["tea"]
        shop.sql(
            "alter table talks alter column meaning float[512] generated always as (embed('hashing', body))"
        )
        shop.embed("talks")
        assert [row["title"] for row in shop.search("wheels", table="talks", k=1).dicts()] == ["cycling"]
        assert shop.sql("select distinct len(meaning) from talks where body is not null").rows() == [(512,)]
        assert shop.sql("select max(len(meaning)) from talks", as_of=mark).rows() == [(256,)]

    @pytest.mark.parametrize(
        "statement",
        [
            "create index on notes (id)",
            "create index on notes using hsnw (embedding)",
            "create index on notes (embedding) with (metric = 'hamming')",
            "create index on notes (embedding) with (prefix = 3)",
            "create index on notes (embedding) with (key = 'ids')",
            "create index on notes (embedding) with (tier = 'warm')",
            "create index on notes (id, embedding)",
        ],
    )
    def test_an_index_that_cannot_be_is_refused(self, notes: Database, statement: str) -> None:
        with refused(Invalid):
            notes.sql(statement)

    # -- search -----------------------------------------------------------------------------------

    @pytest.fixture
    def reviews(self, shop: Database) -> Database:
        """Ten reviews over three tiers, each with a vector along an axis of its own."""
        shop.sql(
            "create table reviews (id bigint, title varchar, body varchar, stars bigint, meaning float[10])"
        )
        texts = [
            "the handle broke",
            "tea, tea and more tea",
            "a fine pot",
            "broke after a day",
            "handle with care",
        ]
        rows = [
            {
                "id": number,
                "title": f"review {number}",
                "body": texts[number % 5],
                "stars": number % 4,
                "meaning": [1.0 if axis == number else 0.1 * axis for axis in range(10)],
            }
            for number in range(10)
        ]
        shop.append("reviews", rows)
        to_tiers(shop, "reviews")
        return shop

    def test_a_search_finds_what_is_nearest_to_a_vector(self, reviews: Database) -> None:
        question = [1.0 if axis == 4 else 0.1 * axis for axis in range(10)]
        found = reviews.search(question, table="reviews", k=3)
        assert found.columns == ["_id", "id", "title", "body", "stars", "_distance"]
        assert found.dicts()[0]["id"] == 4
        assert found.dicts()[0]["_distance"] == pytest.approx(0, abs=1e-6)
        assert [row["_distance"] for row in found.dicts()] == sorted(
            row["_distance"] for row in found.dicts()
        )
        assert found.certificate.to_dict()["complete"]

    def test_conditions_tiers_and_points_in_time_hold_for_a_search(self, reviews: Database) -> None:
        question = np.eye(10)[9]
        found = reviews.search(question, k=20, where="stars = $stars or id = 0", params={"stars": 3})
        assert {row["id"] for row in found.dicts()} == {0, 3, 7}
        assert {row["id"] for row in reviews.search(question, k=20, tiers=["warm"]).dicts()} == {3, 4, 5}
        assert {row["id"] for row in reviews.search(question, k=20, tiers=["hot", "cold"]).dicts()} == {
            *range(3),
            *range(6, 10),
        }
        mark = reviews.bookmark()
        reviews.append("reviews", [{"id": 10, "meaning": [0.0] * 9 + [1.0]}])
        assert reviews.search(question, k=1).dicts()[0]["id"] == 10
        assert reviews.search(question, k=1, as_of=mark).dicts()[0]["id"] == 9

    def test_words_are_found_by_how_seldom_they_are(self, reviews: Database) -> None:
        found = reviews.search("Handle, broke!", table="reviews", mode="words", k=4).dicts()
        assert {row["id"] for row in found[:2]} == {0, 5}  # both words
        assert {row["id"] for row in found[2:]} <= {3, 8, 4, 9}
        assert found[0]["_score"] > found[2]["_score"] > 0
        assert reviews.search("nowhere", mode="words").rows() == []

    def test_meaning_and_words_are_ranked_as_one(self, reviews: Database) -> None:
        question = [1.0 if axis == 8 else 0.1 * axis for axis in range(10)]
        found = reviews.search("broke", vector=question, mode="both", k=3).dicts()
        assert found[0]["id"] == 8  # first by meaning, and the word is in it
        assert [row["_score"] for row in found] == sorted((row["_score"] for row in found), reverse=True)

    def test_what_a_search_lacks_is_said(self, reviews: Database) -> None:
        question = [0.0] * 9 + [1.0]
        with refused(Invalid, "embedder", "mode"):
            reviews.search("broken handle")
        with refused(Invalid, "10 numbers"):
            reviews.search([1.0, 2.0])
        with refused(Invalid, "k="):
            reviews.search(question, k=0)
        with refused(Invalid, "hot, warm, cold"):
            reviews.search(question, tiers=["lukewarm"])
        with refused(Invalid, "vector column", "meaning"):
            reviews.search(question, column="meanings")
        with refused(Invalid, "not a vector"):
            reviews.search(["a"] * 10)  # type: ignore[list-item]
        reviews.append("other", [{"n": 1}])
        with refused(Invalid, "table="):
            reviews.search(question)
