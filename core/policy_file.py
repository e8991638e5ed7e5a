"""A policy as one YAML file: text -> `Policy`, `Policy` -> text. Tokens and the salt are not in it.

    roles:            analyst: {members: [priya], settings: {app.customer_id: "7"}}
    databases:        acme: {select: [analyst], insert: etl}
    tables:           acme.sales: {select: [analyst]}
    columns:          acme.customers.email: {mask: "partial(1, 4)", except: [support]}
                      acme.staff.name: {select: [analyst]}
    rowFilters:       acme.orders: {name: own, using: "customer_id = current_setting('app.customer_id')"}
    schemas:          acme.customer_{id}: {settings: {app.customer_id: "{id}"}, select: [partner]}
    allowed_tables:   priya: [acme.sales]
    compute_limits:   priya: {max_query_runtime: 30s, max_memory: 1GB, max_rows: 1000}

A list of one may be written without brackets, and keys in either case: rowFilters, row_filters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from .access import (
    METHODS,
    PRIVILEGES,
    Audience,
    Grant,
    Mask,
    Policy,
    Principal,
    RowPolicy,
    VirtualSchema,
    checked_name,
)
from .errors import Invalid, NotFound, nearest
from .limits import LIMITS, NUMBERS, limit_number, memory_bytes, runtime_seconds
from .marked_yaml import Entry, Problems, compose, entries
from .policy_changes import with_filter, with_mask, with_member
from .policy_text import policy_text

WHAT = "policy"
SECTIONS = (
    "roles",
    "databases",
    "tables",
    "columns",
    "rowFilters",
    "schemas",
    "allowed_tables",
    "compute_limits",
)
_OTHER_WORDS = {
    "principals": "roles",
    "users": "roles",
    "rowpolicies": "rowfilters",
    "virtualschemas": "schemas",
    "filter": "using",
    "condition": "using",
    "exempt": "except",
    "setting": "settings",
    "member": "members",
    "all": "all",
}
_GRANTS = (*PRIVILEGES, "all")
_PARTIAL = re.compile(r"^partial\s*\(\s*(\d+)\s*,\s*(\d+)\s*\)$", re.IGNORECASE)
_EXPRESSION = re.compile(r"^(?:expression\s*:)\s*(.+)$|^\((.+)\)$", re.IGNORECASE | re.DOTALL)


def read_policy(text: str) -> Policy:
    """The policy that a file describes, of version 0. Raises `Invalid`, with all that is wrong by line."""
    return _Reader().policy(compose(text, WHAT))


def replaced(before: Policy, wanted: Policy) -> Policy:
    """What a file says in place of all but tokens and salt; `before` itself if that is the same."""
    tokens = {p.name: p.token for p in before.principals if p.token}
    people = {p.name: p for p in wanted.principals}
    for name, token in tokens.items():
        people[name] = replace(people.get(name, Principal(name)), token=token)
    after = replace(
        wanted, version=before.version, salt=before.salt, principals=tuple(people[n] for n in sorted(people))
    )
    return before if policy_text(after) == policy_text(before) else replace(after, version=before.version + 1)


def given_text(source: str | Path) -> str:
    """Of the file that is named; or the text itself, which has a colon or lines. Raises `NotFound`."""
    if isinstance(source, str) and ("\n" in source or ": " in source or source.startswith("{")):
        return source
    try:
        return Path(source).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NotFound(
            f"no policy file {source}: {error}", hint="name a file in YAML, or give its text"
        ) from None


# -- reading --------------------------------------------------------------------------------------


@dataclass
class _Reader:
    problems: Problems = field(default_factory=Problems)
    made: Policy = field(default_factory=Policy)
    columns: dict[tuple[str, str, str, str], set[str]] = field(default_factory=dict)
    people: dict[str, Principal] = field(default_factory=dict)

    def policy(self, root: yaml.Node | None) -> Policy:
        readers: dict[str, Callable[[Entry], None]] = {
            "roles": self._role,
            "databases": self._database,
            "tables": self._table,
            "columns": self._column,
            "rowfilters": self._row_filters,
            "schemas": self._schema,
            "allowedtables": self._allowed,
            "computelimits": self._limits,
        }
        if root is not None and not _empty(root):
            self._each(Entry("", root, root.start_mark.line + 1), lambda s: self._section(s, readers))
        self._whole()
        self.problems.check(WHAT)
        return self.made

    def _section(self, section: Entry, readers: Mapping[str, Callable[[Entry], None]]) -> None:
        read = readers.get(_word(section.key))
        if read is None:
            raise Invalid(f"no section `{section.key}`", hint=nearest(section.key, SECTIONS))
        if _word(section.key) in ("allowedtables", "computelimits") and not _names_people(section.value):
            raise Invalid(f"`{section.key}` does not say whose", hint=f"{section.key}: {{priya: ...}}")
        if not _empty(section.value):
            self._each(section, read)

    def _each(self, of: Entry, read: Callable[[Entry], None]) -> None:
        with self.problems.noting(of.line):
            for entry in self._entries(of.value):
                with self.problems.noting(entry.line):
                    read(entry)

    def _entries(self, node: yaml.Node) -> list[Entry]:
        """Of a mapping, each key once."""
        if not isinstance(node, yaml.MappingNode):
            raise Invalid(f"{_kind(node)} where names and what holds for them are", hint="name: {...}")
        return entries(node, self.problems)

    def _members(self, entry: Entry, *known: str) -> dict[str, Entry]:
        """What is said of a name, by words that are known."""
        found = {}
        for each in self._entries(entry.value):
            word = _word(each.key)
            if word not in map(_word, known):
                self.problems.note(each.line, f"`{entry.key}` has no `{each.key}`", nearest(each.key, known))
            else:
                found[word] = each
        return found

    # -- sections ---------------------------------------------------------------------------------

    def _role(self, entry: Entry) -> None:
        """`analyst: [priya]` stands for its members."""
        role = checked_name(entry.key)
        said = {"members": entry}
        if isinstance(entry.value, yaml.MappingNode):
            said = self._members(entry, "members", "settings")
        self._person(role)
        for member in _names(said["members"].value) if "members" in said else ():
            self.made = with_member(self.made, role, member)
        if "settings" in said:
            self._change(role, settings=self._settings(said["settings"]))

    def _database(self, entry: Entry) -> None:
        self._grant(self._members(entry, *_GRANTS), lambda who, name: Grant(who, name, entry.key))

    def _table(self, entry: Entry) -> None:
        database, table = _parts(entry.key, 2, "acme.sales")
        self._grant(self._members(entry, *_GRANTS), lambda who, name: Grant(who, name, database, table))

    def _grant(self, said: Mapping[str, Entry], make: Callable[[str, str], Grant]) -> None:
        for word, entry in said.items():
            for who in _names(entry.value):
                for name in PRIVILEGES if word == "all" else (word,):
                    self._granted(make(who, name))

    def _granted(self, grant: Grant) -> None:
        if grant not in self.made.grants:
            self.made = replace(self.made, grants=(*self.made.grants, grant))

    def _column(self, entry: Entry) -> None:
        """`email: hash` stands for its mask."""
        database, table, column = _parts(entry.key, 3, "acme.customers.email")
        said = {"mask": entry}
        if isinstance(entry.value, yaml.MappingNode):
            whole = _with_whole_partial(entry.value)
            said = self._members(replace(entry, value=whole), "mask", "name", "to", "except", *PRIVILEGES)
        for privilege in (p for p in PRIVILEGES if p in said):
            if privilege != "select":
                raise Invalid(f"{privilege} is granted of a whole table", hint=f"tables: {database}.{table}")
            for who in _names(said[privilege].value):
                self.columns.setdefault((who, "select", database, table), set()).add(column.lower())
        if "mask" in said:
            method, arguments = _mask(said["mask"].value)
            name = _text(said["name"].value) if "name" in said else f"{table}_{column}"
            mask = Mask(name, database, table, column.lower(), method, arguments, _audience(said))
            self.made = with_mask(self.made, mask)
        elif {"to", "except", "name"} & said.keys():
            raise Invalid(f"`{entry.key}` has no mask", hint=f"mask: {', '.join(METHODS)}")

    def _row_filters(self, entry: Entry) -> None:
        """One or a list of them; a bare text is the condition."""
        database, table = _parts(entry.key, 2, "acme.orders")
        items = entry.value.value if isinstance(entry.value, yaml.SequenceNode) else [entry.value]
        for number, item in enumerate(items, 1):
            line = item.start_mark.line + 1
            with self.problems.noting(line):
                self._row_filter(Entry(entry.key, item, line), database, table, number)

    def _row_filter(self, entry: Entry, database: str, table: str, number: int) -> None:
        said = {"using": entry}
        if isinstance(entry.value, yaml.MappingNode):
            said = self._members(entry, "name", "using", "to", "except")
        if "using" not in said:
            raise Invalid(f"a filter of `{entry.key}` has no condition", hint="using: \"region = 'eu'\"")
        name = _text(said["name"].value) if "name" in said else _default_name(table, number)
        using = _text(said["using"].value)
        self.made = with_filter(self.made, RowPolicy(name, database, table, using, _audience(said)))

    def _schema(self, entry: Entry) -> None:
        """With settings it is made; without, one that there is is granted."""
        database, name = _parts(entry.key, 2, "acme.customer_{id}")
        said = self._members(entry, "settings", *_GRANTS)
        if "settings" in said:
            schema = VirtualSchema(database, name, self._settings(said.pop("settings")))
            self.made = replace(self.made, schemas=(*self.made.schemas, schema))
        self._grant(said, lambda who, privilege: Grant(who, privilege, database, schema=name))

    def _allowed(self, entry: Entry) -> None:
        names = tuple(name.lower() for name in _list(entry.value))
        self._change(checked_name(entry.key), allowed_tables=names)

    def _limits(self, entry: Entry) -> None:
        said = self._members(entry, *LIMITS)
        who = checked_name(entry.key)
        if "maxqueryruntime" in said:
            self._change(who, max_runtime_s=runtime_seconds(_text(said["maxqueryruntime"].value)))
        if "maxmemory" in said:
            limit = _text(said["maxmemory"].value)
            memory_bytes(limit)
            self._change(who, max_memory=limit)
        numbers = {name: said[_word(name)].value for name in NUMBERS if _word(name) in said}
        self._change(who, limits={name: limit_number(name, _text(node)) for name, node in numbers.items()})

    def _settings(self, entry: Entry) -> dict[str, str]:
        return {each.key: _text(each.value) for each in self._entries(entry.value)}

    # -- all of it --------------------------------------------------------------------------------

    def _person(self, name: str) -> Principal:
        return self.people.setdefault(name, Principal(name))

    def _change(self, name: str, **said: Any) -> None:
        self.people[name] = replace(self._person(name), **said)

    def _whole(self) -> None:
        for (who, privilege, database, table), columns in self.columns.items():
            self._granted(Grant(who, privilege, database, table, columns=tuple(sorted(columns))))
        people = tuple(self.people[name] for name in sorted(self.people))
        self.made = replace(self.made, version=0, principals=people)


def _with_whole_partial(node: yaml.MappingNode) -> yaml.MappingNode:
    """`{mask: partial(1, 4)}` as it is meant: YAML reads a key `4)` there."""
    pairs = list(node.value)
    for at, (key, value) in enumerate(pairs[:-1]):
        (rest, none) = pairs[at + 1]
        cut = isinstance(value, yaml.ScalarNode) and "(" in value.value and ")" not in value.value
        if cut and isinstance(rest, yaml.ScalarNode) and rest.value.endswith(")") and _empty(none):
            whole = yaml.ScalarNode(
                value.tag, f"{value.value}, {rest.value}", value.start_mark, rest.end_mark
            )
            pairs[at : at + 2] = [(key, whole)]
            break
    return yaml.MappingNode(node.tag, pairs, node.start_mark, node.end_mark)


def _mask(node: yaml.Node) -> tuple[str, tuple[int | str, ...]]:
    """`hash`, `partial(1, 4)`, `expression: SQL`, `(SQL)`; or as a mapping, `{partial: [1, 4]}`."""
    if isinstance(node, yaml.MappingNode) and len(node.value) == 1:
        (key, value) = node.value[0]
        written = ", ".join(_list(value)) if isinstance(value, yaml.SequenceNode) else _text(value)
        shown = f"partial({written})" if _word(key.value) == "partial" else f"{key.value}: {written}"
    else:
        shown = _text(node).strip()
    if found := _PARTIAL.match(shown):
        return "partial", (int(found[1]), int(found[2]))
    if found := _EXPRESSION.match(shown):
        return "expression", ((found[1] or found[2]).strip(),)
    method = shown.lower()
    if method.startswith("partial"):
        raise Invalid("partial takes two counts, in front and at the end", hint='mask: "partial(1, 4)"')
    if method == "expression" or method not in METHODS:
        forms = ("full", "partial(1, 4)", "hash", "null", "expression: left(email, 2)")
        raise Invalid(f"no masking method `{shown}`", hint=nearest(shown, forms))
    return method, ()


def _audience(said: Mapping[str, Entry]) -> Audience:
    to, exempt = (tuple(_names(said[word].value)) if word in said else () for word in ("to", "except"))
    return Audience(to, exempt)


def _parts(key: str, count: int, example: str) -> list[str]:
    parts = key.split(".", count - 1)
    if len(parts) < count or not all(parts):
        raise Invalid(f"`{key}` does not say of which {'database' if count == 2 else 'table'}", hint=example)
    return parts


def _names(node: yaml.Node) -> list[str]:
    return list(dict.fromkeys(map(checked_name, _list(node))))


def _list(node: yaml.Node) -> list[str]:
    """One, several behind commas, or a list; nothing is an empty one."""
    if isinstance(node, yaml.SequenceNode):
        return [_text(item) for item in node.value]
    if _empty(node):
        return []
    return [part.strip() for part in _text(node).split(",") if part.strip()]


def _text(node: yaml.Node) -> str:
    """As it is written: `7`, `on` and `null` are words here."""
    if not isinstance(node, yaml.ScalarNode):
        raise Invalid(f"{_kind(node)} where a text is expected", hint="quote it, if it is one")
    return str(node.value)


def _empty(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.value in ("", "~") and node.tag.endswith(":null")


def _names_people(node: yaml.Node) -> bool:
    """Whether its keys are names, and not those of a limit."""
    limits = set(map(_word, LIMITS))
    return isinstance(node, yaml.MappingNode) and not any(
        isinstance(key, yaml.ScalarNode) and _word(key.value) in limits for key, _ in node.value
    )


def _kind(node: yaml.Node) -> str:
    return {"mapping": "names with values", "sequence": "a list", "scalar": "a text"}[node.id]


def _word(key: str) -> str:
    """`rowFilters`, `row_filters` and `row-filters` are one."""
    folded = re.sub(r"[_\-\s]", "", key).lower()
    return _OTHER_WORDS.get(folded, folded)


def _default_name(table: str, number: int) -> str:
    return f"{table}_rows" if number == 1 else f"{table}_rows_{number}"
