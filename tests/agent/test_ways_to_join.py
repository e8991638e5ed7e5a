"""Where tables can be joined in two ways that are equally good, the asker chooses."""

from __future__ import annotations

import duckdb
import pytest

from thermocline.agent.catalog import build_catalog
from thermocline.agent.translate import Translation, Translator

from .shop import NOW, facts

DDL = """
create table airports (id bigint, name varchar);
create table flights (id bigint, origin_id bigint, destination_id bigint);
insert into airports values (1, 'Arlanda'), (2, 'Shannon'), (3, 'Tegel');
insert into flights values (1, 1, 2), (2, 2, 1), (3, 1, 3);
create table students (id bigint, name varchar);
create table courses (id bigint, title varchar);
create table enrolments (student_id bigint, course_id bigint);
create table waitlist (student_id bigint, course_id bigint);
insert into students values (1, 'Ann'), (2, 'Bob');
insert into courses values (1, 'Maths'), (2, 'Art');
insert into enrolments values (1, 1), (2, 1);
insert into waitlist values (1, 2);
"""
KEYS = [
    ("flights", "origin_id", "airports", "id"), ("flights", "destination_id", "airports", "id"),
    ("enrolments", "student_id", "students", "id"), ("enrolments", "course_id", "courses", "id"),
    ("waitlist", "student_id", "students", "id"), ("waitlist", "course_id", "courses", "id"),
]  # fmt: skip


@pytest.fixture(scope="module")
def translator() -> Translator:
    connection = duckdb.connect()
    connection.execute(DDL)
    return Translator(build_catalog(facts(connection), KEYS))


def test_two_keys_to_one_table_make_a_question(translator: Translator) -> None:
    asked = translator.translate("number of flights by airport", NOW)
    assert asked.kind == "clarify"
    assert ways(asked) == {"origin_id", "destination_id"}
    assert all("joined by" in option.reading for option in asked.options)


def test_a_word_of_the_key_settles_it(translator: Translator) -> None:
    asked = translator.translate("number of flights by destination airport", NOW)
    assert ways(asked) <= {"destination_id"}


def test_two_tables_in_between_make_a_question(translator: Translator) -> None:
    asked = translator.translate("names of students and the titles of their courses", NOW)
    assert asked.kind == "clarify"
    assert {table for o in asked.options for table in ("enrolments", "waitlist") if table in o.sql} == {
        "enrolments", "waitlist",
    }  # fmt: skip
    assert all("joined through" in option.reading for option in asked.options)


def test_a_word_of_the_table_in_between_settles_it(translator: Translator) -> None:
    asked = translator.translate("names of students and titles of courses on the waitlist", NOW)
    assert "waitlist" in asked.sql
    assert "enrolments" not in asked.sql


def ways(asked: Translation) -> set[str]:
    """The keys by which the options join, or the one meaning does."""
    every = [option.sql for option in asked.options] or [asked.sql]
    return {key for sql in every for key in ("origin_id", "destination_id") if key in sql}
