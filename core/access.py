"""Who may see what: grants, masks and row filters as one value, and pure decisions over it.

    Policy --(principal, database, settings)--> Access --(table)--> TableAccess: columns, masks, filters

A principal is a name that somebody is known by; a role is a name that is granted to others. Who has no name
is the lake's owner, and sees all. A named principal sees what was granted, and nothing else.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from .errors import Denied, Invalid, nearest
from .limits import MAX_ROWS, MODEL_LIMITS, memory_bytes

PRIVILEGES = ("select", "insert", "create", "manage")
"""select: read. insert: append. create: make tables. manage: flush, archive, index, drop."""

METHODS = ("full", "partial", "hash", "null", "expression")

_WHO = re.compile(r"^[A-Za-z][\w.@\-]{0,62}$")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: a principal, or the owner (`None`), through a door (sdk, http, cli, mcp). `settings`: what
    whoever let the caller in vouches for."""

    principal: str | None = None
    door: str = "sdk"
    settings: tuple[tuple[str, str], ...] = ()


OWNER = Caller()

PRINCIPAL_HEADER, SETTINGS_HEADER = "Thermocline-Principal", "Thermocline-Settings"
"""How the owner says over HTTP as whom a call is made."""


def token_digest(token: str) -> str:
    """What is kept of a principal's token: tokens are long and random, so a plain hash is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


def caller(principal: str | None, settings: Mapping[str, str] | None, door: str) -> Caller:
    """Raises `Invalid` for settings of nobody, or a name that can't be one."""
    if principal is None:
        if settings:
            raise Invalid("settings are a principal's", hint='database("acme", principal="priya", ...)')
        return Caller(None, door)
    given = tuple(sorted((str(name), str(value)) for name, value in (settings or {}).items()))
    return Caller(checked_name(principal), door, given)


@dataclass(frozen=True, slots=True)
class Grant:
    """`database`: `*` for all. `schema`: a virtual one, whose name may be a pattern. `table`: `*` for all.

    `columns`: folded; none for all of them.
    """

    who: str
    privilege: str
    database: str
    table: str = "*"
    schema: str | None = None
    columns: tuple[str, ...] = ()


def new_grant(who: str, privilege: str, database: str, table: str = "*") -> Grant:
    """Raises `Invalid` for what is no name, or no privilege."""
    if privilege not in PRIVILEGES:
        raise Invalid(f"no privilege `{privilege}`", hint=nearest(privilege, PRIVILEGES))
    return Grant(checked_name(who), privilege, database, table)


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom a mask or a filter is for: all named principals, or those `to` whom it is; never `exempt` ones."""

    to: tuple[str, ...] = ()
    exempt: tuple[str, ...] = ()

    def holds(self, roles: frozenset[str]) -> bool:
        return (not self.to or not roles.isdisjoint(self.to)) and roles.isdisjoint(self.exempt)


@dataclass(frozen=True, slots=True)
class Mask:
    """What is shown instead of a column. `arguments`: of `partial` how many characters stay in front and at
    the end, of `expression` its SQL."""

    name: str
    database: str
    table: str
    column: str
    method: str
    arguments: tuple[Any, ...] = ()
    audience: Audience = Audience()


@dataclass(frozen=True, slots=True)
class RowPolicy:
    """Only rows for which `using`, an SQL condition, holds are there."""

    name: str
    database: str
    table: str
    using: str
    audience: Audience = Audience()


@dataclass(frozen=True, slots=True)
class VirtualSchema:
    """A name in front of tables that stands for settings: `customer_{id}` for any `id`, which the values of
    the settings may quote as `{id}`."""

    database: str
    name: str
    settings: Mapping[str, str]

    def settings_of(self, name: str) -> dict[str, str] | None:
        """The settings that a concrete name stands for; `None` if it is not this schema's."""
        holders = re.findall(r"\{(\w+)\}", self.name)
        pattern = re.sub(r"\\\{\w+\\\}", r"(\\w+)", re.escape(self.name))
        found = re.fullmatch(pattern, name, re.IGNORECASE)
        if found is None:
            return None
        values = dict(zip(holders, found.groups(), strict=True))
        return {key: _filled(value, values) for key, value in self.settings.items()}


@dataclass(frozen=True, slots=True)
class Principal:
    """What is noted of a name. `allowed_tables`: the only ones, whatever is granted; `None` for all.

    `max_runtime_s`, `max_memory`: of each of its queries. `limits`: the others by name, see `core.limits`.
    `token`: digest of what it shows at a door.
    """

    name: str
    settings: Mapping[str, str] = field(default_factory=dict)
    allowed_tables: tuple[str, ...] | None = None
    max_runtime_s: float | None = None
    max_memory: str | None = None
    limits: Mapping[str, float] = field(default_factory=dict)
    token: str | None = None


@dataclass(frozen=True)
class Policy:
    """All of it, of one lake. `version` rises with each change; 0 is a lake that has none.

    `members`: (role, who has it). `salt`: what hashes are made with, so that nobody can compute them.
    """

    version: int = 0
    grants: tuple[Grant, ...] = ()
    members: tuple[tuple[str, str], ...] = ()
    masks: tuple[Mask, ...] = ()
    filters: tuple[RowPolicy, ...] = ()
    schemas: tuple[VirtualSchema, ...] = ()
    principals: tuple[Principal, ...] = ()
    salt: str = ""

    def roles_of(self, who: str) -> frozenset[str]:
        """The principal's own name, and the roles it has, also by way of others."""
        found = {who.lower()}
        while more := {role for role, member in self.members if member in found} - found:
            found |= more
        return frozenset(found)

    def principal(self, who: str) -> Principal:
        return next((p for p in self.principals if p.name == who.lower()), Principal(who.lower()))

    def knows(self, who: str) -> bool:
        """Whether anything is said of the name."""
        who = who.lower()
        return any(
            [
                any(p.name == who for p in self.principals),
                any(g.who == who for g in self.grants),
                any(who in pair for pair in self.members),
            ]
        )

    def holder(self, token: str) -> str | None:
        """Whose the digest of a token is."""
        return next((p.name for p in self.principals if p.token == token), None)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @staticmethod
    def from_dict(raw: Mapping[str, Any]) -> Policy:
        return Policy(
            version=int(raw["version"]),
            grants=tuple(Grant(**{**g, "columns": tuple(g["columns"])}) for g in raw["grants"]),
            members=tuple((role, member) for role, member in raw["members"]),
            masks=tuple(
                Mask(**{**m, "arguments": tuple(m["arguments"]), "audience": _audience(m["audience"])})
                for m in raw["masks"]
            ),
            filters=tuple(RowPolicy(**{**f, "audience": _audience(f["audience"])}) for f in raw["filters"]),
            schemas=tuple(VirtualSchema(**s) for s in raw["schemas"]),
            principals=tuple(
                Principal(**{**p, "allowed_tables": _tuple(p["allowed_tables"])}) for p in raw["principals"]
            ),
            salt=str(raw["salt"]),
        )


@dataclass(frozen=True, slots=True)
class TableAccess:
    """What one principal has of one table. `columns`: folded, `None` for all.

    `settings`: what `current_setting` tells the filters.
    """

    privileges: frozenset[str]
    columns: frozenset[str] | None
    masks: tuple[Mask, ...]
    filters: tuple[RowPolicy, ...]
    settings: Mapping[str, str]

    @property
    def restricts(self) -> bool:
        return self.columns is not None or bool(self.masks) or bool(self.filters)


@dataclass(frozen=True)
class Access:
    """What one principal, or the owner (`None`), has of one database.

    `given`: settings that whoever opened the database for the principal vouches for.
    """

    policy: Policy
    principal: str | None
    database: str
    given: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for those who see the same."""
        return self.policy.version, self.principal, self.given

    @cached_property
    def roles(self) -> frozenset[str]:
        return frozenset() if self.principal is None else self.policy.roles_of(self.principal)

    @cached_property
    def settings(self) -> Mapping[str, str]:
        """By name: those of the roles, over them the principal's own, over them the given ones."""
        own = (self.principal or "").lower()
        people = sorted((self.policy.principal(r) for r in self.roles), key=lambda p: (p.name == own, p.name))
        merged: dict[str, str] = {}
        for person in people:
            merged.update(person.settings)
        return {**merged, **dict(self.given)}

    @cached_property
    def max_runtime_s(self) -> float | None:
        """The least of what its roles may take."""
        return min((s for p in self._people if (s := p.max_runtime_s) is not None), default=None)

    @cached_property
    def max_memory(self) -> str | None:
        own = [p for p in self._people if p.max_memory is not None]
        return min((str(p.max_memory) for p in own), key=memory_bytes, default=None)

    @cached_property
    def max_rows(self) -> int | None:
        """Of one answer."""
        found = self._least(MAX_ROWS)
        return None if found is None else int(found)

    @cached_property
    def model_limits(self) -> Mapping[str, float]:
        """What it may take of a language model, by the names in `core.limits`."""
        return {name: least for name in MODEL_LIMITS if (least := self._least(name)) is not None}

    def memory(self, given: str | None) -> str | None:
        """The lesser of a query's own limit and of what the principal may take."""
        limits = [limit for limit in (given, self.max_memory) if limit is not None]
        return min(limits, key=memory_bytes, default=None)

    def table(self, name: str, schema: str | None = None) -> TableAccess | None:
        """`None` if nothing of the table is granted. `schema`: the virtual one through which it is read."""
        settings, parted = self.settings, dict[str, str]()
        if schema is not None:
            found = self._schema(schema)
            if found is None:
                return None
            parted = found[1]
            settings = {**settings, **parted}
        privileges, columns = self._granted(name, schema)
        if not privileges or not self._allowed(name):
            return None
        masks = tuple(m for m in self.policy.masks if self._meant(m, name) and m.audience.holds(self.roles))
        filters = tuple(
            f
            for f in self.policy.filters
            if self._meant(f, name) and (schema is not None or f.audience.holds(self.roles))
        )
        if self.principal is None:
            masks, filters = (), filters if schema is not None else ()
        if schema is not None and not any(setting in f.using for f in filters for setting in parted):
            raise Denied(
                f"no row access policy parts `{name}` by customer, so `{schema}.{name}` would be all of it",
                hint=f"CREATE ROW ACCESS POLICY ... ON {name} USING (... = current_setting('...'))",
            )
        return TableAccess(privileges, columns, masks, filters, settings)

    def grants_itself(self, table: str) -> bool:
        """Whether it is granted by its own name, and not only with all of its database."""
        grants = (g for g in self._grants if g.privilege == "select" and g.schema is None)
        return any(g.table.lower() == table.lower() for g in grants)

    def may(self, privilege: str, table: str = "*") -> bool:
        """Whether a privilege holds for a table, or for the whole database."""
        if self.principal is None:
            return True
        if table != "*":
            return privilege in self._granted(table, None)[0] and self._allowed(table)
        return any(
            g.privilege == privilege and g.table == "*" and not g.columns and g.schema is None
            for g in self._grants
        )

    def check(self, privilege: str, table: str = "*") -> None:
        """Raises `Denied`."""
        if not self.may(privilege, table):
            raise denied(self.principal, privilege, self.database if table == "*" else table)

    @property
    def any(self) -> bool:
        """Whether anything of the database is granted."""
        return self.principal is None or bool(self._grants)

    def _least(self, limit: str) -> float | None:
        return min((p.limits[limit] for p in self._people if limit in p.limits), default=None)

    @property
    def changes(self) -> bool:
        """Whether anything beside reading is granted."""
        return self.principal is None or any(g.privilege != "select" for g in self._grants)

    @cached_property
    def _people(self) -> list[Principal]:
        return [self.policy.principal(role) for role in self.roles]

    @cached_property
    def _grants(self) -> list[Grant]:
        return [g for g in self.policy.grants if g.who in self.roles and same_name(g.database, self.database)]

    def _granted(self, table: str, schema: str | None) -> tuple[frozenset[str], frozenset[str] | None]:
        """(privileges, columns that may be read)."""
        if self.principal is None:
            return frozenset(PRIVILEGES), None
        grants = [g for g in self._grants if same_name(g.table, table) and self._through(g, schema)]
        reading = [g for g in grants if g.privilege == "select"]
        whole = not reading or any(not g.columns for g in reading)
        columns = None if whole else frozenset(column for g in reading for column in g.columns)
        return frozenset(g.privilege for g in grants), columns

    def _through(self, grant: Grant, schema: str | None) -> bool:
        if schema is None or grant.schema is None:
            return grant.schema is None and schema is None
        found = self._schema(schema)
        return found is not None and grant.schema.lower() in (schema.lower(), found[0].name.lower())

    def _schema(self, name: str) -> tuple[VirtualSchema, dict[str, str]] | None:
        for schema in self.policy.schemas:
            settings = schema.settings_of(name) if same_name(schema.database, self.database) else None
            if settings is not None:
                return schema, settings
        return None

    def _allowed(self, table: str) -> bool:
        names = {table.lower(), f"{self.database}.{table}".lower()}
        return all(p.allowed_tables is None or not names.isdisjoint(p.allowed_tables) for p in self._people)

    def _meant(self, rule: Mask | RowPolicy, table: str) -> bool:
        return same_name(rule.database, self.database) and rule.table.lower() == table.lower()

    def is_schema(self, name: str) -> bool:
        return self._schema(name) is not None


def grants_told(policy: Policy, database: str) -> list[dict[str, Any]]:
    """The grants that are about a database, in a fixed order."""
    found = [
        {
            "who": g.who,
            "privilege": g.privilege,
            "table": g.table,
            "schema": g.schema,
            "columns": list(g.columns),
        }
        for g in policy.grants
        if same_name(g.database, database)
    ]
    return sorted(found, key=lambda grant: [str(value) for value in grant.values()])


def denied(principal: str | None, privilege: str, what: str) -> Denied:
    """The same whether it exists or not, so that nothing is learnt of it."""
    return Denied(
        f"`{principal}` may not {privilege} `{what}`",
        hint=f"the owner can allow it: GRANT {privilege.upper()} ON {what} TO {principal}",
    )


def checked_name(who: str) -> str:
    """A principal's or a role's name, folded. Raises `Invalid`."""
    if not _WHO.match(who):
        raise Invalid(f"not a name of a principal: {who!r}", hint="a letter, then letters, digits, _ . @ -")
    return who.lower()


def same_name(pattern: str, name: str) -> bool:
    return pattern == "*" or pattern.lower() == name.lower()


def _filled(template: str, values: Mapping[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda m: values.get(m[1], m[0]), template)


def _audience(raw: Mapping[str, Any]) -> Audience:
    return Audience(tuple(raw["to"]), tuple(raw["exempt"]))


def _tuple(value: Any) -> tuple[str, ...] | None:
    return None if value is None else tuple(value)
