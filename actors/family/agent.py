"""What an agent keeps: the turns of its conversation, memories by name, questions that wait for an answer,
queries that somebody vouched for, corrections, and a log of where each of its answers came from."""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any

from ...core.clock import iso, now_us
from ...core.errors import Invalid, NotFound
from ..objects.base import DurableObject

_SCHEMA = (
    """CREATE TABLE IF NOT EXISTS turns
       (number INTEGER PRIMARY KEY AUTOINCREMENT, role TEXT, content TEXT, at TEXT)""",
    "CREATE TABLE IF NOT EXISTS memories (name TEXT PRIMARY KEY, value TEXT, at TEXT)",
    """CREATE TABLE IF NOT EXISTS questions
       (number INTEGER PRIMARY KEY AUTOINCREMENT, question TEXT, options TEXT, at TEXT, answer TEXT,
        answered_at TEXT)""",
    "CREATE TABLE IF NOT EXISTS verified (key TEXT PRIMARY KEY, question TEXT, sql TEXT, by TEXT, at TEXT)",
    """CREATE TABLE IF NOT EXISTS corrections
       (number INTEGER PRIMARY KEY AUTOINCREMENT, question TEXT, was TEXT, instead TEXT, at TEXT)""",
    """CREATE TABLE IF NOT EXISTS provenance
       (number INTEGER PRIMARY KEY AUTOINCREMENT, question TEXT, kind TEXT, sql TEXT, reading TEXT,
        ranges TEXT, given TEXT, at TEXT)""",
)


class AgentDO(DurableObject):
    """Its name is `<database>/<agent>`. Contents and values are anything that JSON can say."""

    def start(self) -> None:
        for statement in _SCHEMA:
            self.storage.exec(statement)

    # -- conversation -----------------------------------------------------------------------------

    def say(self, role: str, content: Any) -> int:
        """Appends a turn; returns its number, which rises."""
        values = (role, _packed(content), self._now())
        number: int = self.storage.exec(
            "INSERT INTO turns (role, content, at) VALUES (?, ?, ?) RETURNING number", *values
        ).one()[0]
        return number

    def turns(self, after: int = 0, limit: int | None = None) -> list[dict[str, Any]]:
        """number, role, content and at of the turns behind a number, in their order."""
        rows = self.storage.exec(
            "SELECT * FROM turns WHERE number > ? ORDER BY number LIMIT ?",
            after,
            -1 if limit is None else limit,
        ).dicts()
        return [{**row, "content": json.loads(row["content"])} for row in rows]

    def forget_turns(self, up_to: int | None = None) -> int:
        """How many went; all of them without `up_to`. Numbers are not given again."""
        last = (1 << 63) - 1 if up_to is None else up_to
        return self.storage.exec("DELETE FROM turns WHERE number <= ?", last).rows_written

    # -- memories ---------------------------------------------------------------------------------

    def remember(self, name: str, value: Any) -> None:
        """Replaces what was remembered under the name."""
        values = (name, _packed(value), self._now())
        self.storage.exec("INSERT OR REPLACE INTO memories VALUES (?, ?, ?)", *values)

    def recall(self, name: str) -> Any:
        """Raises `NotFound`."""
        found = self.storage.exec("SELECT value FROM memories WHERE name = ?", name).all()
        if not found:
            raise NotFound(f"nothing is remembered as `{name}`", hint="memories() lists what is")
        return json.loads(found[0][0])

    def memories(self, prefix: str = "") -> dict[str, Any]:
        """By name, in order of names."""
        rows = self.storage.exec(
            "SELECT name, value FROM memories WHERE substr(name, 1, ?) = ? ORDER BY name", len(prefix), prefix
        )
        return {name: json.loads(value) for name, value in rows}

    def forget(self, name: str) -> bool:
        """False if nothing was remembered under the name."""
        return self.storage.exec("DELETE FROM memories WHERE name = ?", name).rows_written > 0

    # -- questions --------------------------------------------------------------------------------

    def ask(self, question: str, options: list[str] | None = None) -> int:
        """Leaves a question open; returns its number."""
        values = (question, _packed(options or []), self._now())
        number: int = self.storage.exec(
            "INSERT INTO questions (question, options, at) VALUES (?, ?, ?) RETURNING number", *values
        ).one()[0]
        return number

    def answer(self, number: int, answer: str) -> None:
        """Raises `NotFound` for a question that is not open, `Invalid` for what is none of its options."""
        found = self.storage.exec(
            "SELECT options FROM questions WHERE number = ? AND answer IS NULL", number
        ).all()
        if not found:
            raise NotFound(f"question {number} is not open", hint="open_questions() lists those that are")
        options = json.loads(found[0][0])
        if options and answer not in options:
            raise Invalid(f"{answer!r} is none of the options", hint=" or ".join(map(repr, options)))
        values = (answer, self._now(), number)
        self.storage.exec("UPDATE questions SET answer = ?, answered_at = ? WHERE number = ?", *values)

    def open_questions(self) -> list[dict[str, Any]]:
        """number, question, options and at of those without an answer."""
        rows = self.storage.exec(
            "SELECT number, question, options, at FROM questions WHERE answer IS NULL ORDER BY number"
        ).dicts()
        return [{**row, "options": json.loads(row["options"])} for row in rows]

    # -- what somebody vouched for ------------------------------------------------------------------

    def verify(self, question: str, sql: str, by: str = "owner") -> None:
        """From now on the question is answered by this SQL."""
        values = (question_key(question), question, sql, by, self._now())
        self.storage.exec("INSERT OR REPLACE INTO verified VALUES (?, ?, ?, ?, ?)", *values)

    def verified(self, question: str | None = None) -> list[dict[str, Any]]:
        """question, sql, by and at of all of them, or of the one that answers a question."""
        where, values = ("", ()) if question is None else (" WHERE key = ?", (question_key(question),))
        return self.storage.exec(
            f"SELECT question, sql, by, at FROM verified{where} ORDER BY question", *values
        ).dicts()

    def unverify(self, question: str) -> bool:
        """False if it was not verified."""
        gone = self.storage.exec("DELETE FROM verified WHERE key = ?", question_key(question))
        return gone.rows_written > 0

    def correct(self, question: str, was: str | None, instead: str) -> None:
        """Notes that an answer was wrong, and by which SQL it is answered from now on."""
        values = (question, was, instead, self._now())
        self.storage.exec("INSERT INTO corrections (question, was, instead, at) VALUES (?, ?, ?, ?)", *values)
        self.verify(question, instead, "correction")

    def corrections(self) -> list[dict[str, Any]]:
        """number, question, was, instead and at, in their order."""
        return self.storage.exec("SELECT * FROM corrections ORDER BY number").dicts()

    # -- where answers came from --------------------------------------------------------------------

    def note(self, entry: dict[str, Any]) -> int:
        """Logs an answer: question, kind, sql, reading, ranges (by table, shard and tier), given (the answer
        that it built on). Returns its number, which rises."""
        values = [entry.get(name) for name in ("question", "kind", "sql", "reading")]
        packed = (_packed(entry.get("ranges")), _packed(entry.get("given")))
        number: int = self.storage.exec(
            "INSERT INTO provenance (question, kind, sql, reading, ranges, given, at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING number",
            *(*values, *packed, self._now()),
        ).one()[0]
        return number

    def provenance(self, after: int = 0) -> list[dict[str, Any]]:
        """The log behind a number, in its order."""
        rows = self.storage.exec("SELECT * FROM provenance WHERE number > ? ORDER BY number", after).dicts()
        return [
            {**row, "ranges": json.loads(row["ranges"]), "given": json.loads(row["given"])} for row in rows
        ]

    # -- the whole --------------------------------------------------------------------------------

    def bookmark(self) -> str:
        """A point to which a fork can go back."""
        return self.storage.bookmark()

    def fork(self, name: str, bookmark: str | None = None) -> None:
        """A new agent of the same database that begins with this one's state, or with its past one.

        Raises `Conflict` if it exists already.
        """
        database = (self.ctx.id.name or "").rpartition("/")[0]
        self.storage.fork(bookmark or self.storage.bookmark(), f"{database}/{name}")

    def forget_all(self) -> None:
        """Turns, memories, questions, verified queries, corrections and the log."""
        self.storage.delete_all()
        self.start()

    def _now(self) -> str:
        return iso(now_us(self.ctx.clock))


def own_name(principal: str, conversation: str = "") -> str:
    """The name under which a principal's conversation is kept, or without one what it keeps as an agent: no
    conversation of anybody else, the owner included, leads to it."""
    return f"of-{hashlib.sha256(f'{principal}/{conversation}'.encode()).hexdigest()[:40]}"


def question_key(question: str) -> str:
    """Equal for questions that differ in spelling only.

    >>> question_key("How many  orders?") == question_key("how many orders")
    True
    """
    return " ".join(re.findall(r"[\w.%-]+", question.lower()))


def _packed(value: Any) -> str:
    try:
        return json.dumps(value)
    except (TypeError, ValueError) as error:
        raise Invalid(f"can't be kept: {error}", hint="texts, numbers, lists and dicts") from error
