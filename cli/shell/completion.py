"""What Tab offers: dot-commands, tables, their columns, and the words of SQL."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from ...core.errors import Error
from ...core.protocols import Database
from ...core.schema import ENVELOPE

WORDS = """
    select from where group by order having limit offset distinct as on using join left right full inner cross
    asof union all intersect except with recursive case when then else end and or not in is null like ilike
    between exists cast try_cast over partition rows range preceding following current row qualify window
    filter interval values insert into create table drop explain analyze asc desc nulls first last true false
    count sum avg min max median quantile_cont stddev arg_max arg_min any_value string_agg list array_agg
    row_number rank dense_rank lag lead first_value last_value coalesce nullif round abs floor ceil greatest
    least lower upper length substring replace trim split_part regexp_matches regexp_extract concat strftime
    date_trunc date_part extract now current_date current_timestamp json_extract json_extract_string unnest
    list_contains struct_pack for system_time of timestamp version
""".split()  # noqa: SIM905 - a paragraph reads better than a hundred quoted words

_WORD = re.compile(r"[A-Za-z_][\w]*$")
_QUALIFIED = re.compile(r"([A-Za-z_]\w*)\.(\w*)$")


def offer(
    before: str, *, commands: Iterable[str], columns: Mapping[str, Iterable[str]]
) -> tuple[str, list[str]]:
    """(the part of a word before the cursor, what it may become). `columns`: by table.

    After `sales.` the columns of sales; after `.` at the start of a line the dot-commands; else names of the
    lake first, then words of SQL, in capitals if the word began so.
    """
    if before.startswith((".", "\\")) and " " not in before:
        return before, [command for command in commands if command.startswith("." + before[1:])]
    if (found := _QUALIFIED.search(before)) and found[1] in columns:
        return found[2], _starting(found[2], columns[found[1]])
    found = _WORD.search(before)
    if not found:
        return "", []
    word = found.group()
    names = [*columns, *(name for fields in columns.values() for name in fields), *ENVELOPE.names]
    words = [w.upper() for w in WORDS] if word.isupper() else WORDS
    return word, list(dict.fromkeys([*_starting(word, names), *_starting(word, words)]))


class LakeCompleter(Completer):
    """Reads names from the database when they are asked for, and again after each statement."""

    def __init__(self, database: Database, commands: Iterable[str]) -> None:
        self._database = database
        self._commands = list(commands)
        self._columns: dict[str, list[str]] | None = None

    def forget(self, database: Database) -> None:
        self._database = database
        self._columns = None

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        del complete_event
        if self._columns is None:
            self._columns = known_columns(self._database)
        part, offers = offer(document.text_before_cursor, commands=self._commands, columns=self._columns)
        for text in offers:
            yield Completion(quoted(text), start_position=-len(part))


def known_columns(database: Database) -> dict[str, list[str]]:
    """Table -> its columns; none when the lake cannot be asked, since completion must not fail."""
    try:
        return {table: database.schema(table).names for table in database.tables()}
    except Error:
        return {}


def quoted(name: str) -> str:
    """With quotes where SQL needs them: `"Flight Date"`."""
    return name if re.fullmatch(r"\.?\w+", name) else '"' + name.replace('"', '""') + '"'


def _starting(part: str, names: Iterable[str]) -> list[str]:
    return [name for name in names if name.lower().startswith(part.lower()) and name != part]
