"""Carries out the statements about a policy: what the next version of it is, and what there is to show."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Protocol

import pyarrow as pa

from ...core.access import (
    Access,
    Grant,
    Mask,
    Policy,
    RowPolicy,
    VirtualSchema,
)
from ...core.certificate import Certificate
from ...core.errors import Denied, Invalid, NotFound, nearest
from ...core.limits import NUMBERS, limit_number, memory_bytes, runtime_seconds
from ...core.policy_changes import (
    granted,
    revoked,
    with_filter,
    with_mask,
    with_member,
    with_principal,
    with_schema,
    with_token,
    without_member,
    without_principal,
    without_rule,
    without_schema,
)
from ...core.results import Result
from ...core.schema import ENVELOPE_IDS, Table
from ...core.types import quote
from ..engine import Engine
from ..syntax import parse
from .check import bare_name
from .expressions import resolved, settings_named
from .statements import (
    AlterRole,
    CreateMask,
    CreateRole,
    CreateRowPolicy,
    CreateSchema,
    CreateToken,
    DropPolicy,
    DropRole,
    DropSchema,
    DropToken,
    GrantOn,
    GrantRole,
    PolicyStatement,
    ShowGrants,
    ShowPolicies,
)

_Row = tuple[str | None, ...]


class Policies(Protocol):
    """Where the policy of the lake is kept."""

    def current(self) -> Policy: ...

    def new_token(self) -> str:
        """A text that nobody can guess."""
        ...

    def change(self, make: Callable[[Policy], Policy]) -> Policy:
        """Puts what `make` makes of the newest version into force."""
        ...


def administer(
    statement: PolicyStatement,
    policies: Policies,
    access: Access | None,
    database: str,
    tables: Callable[[str], Table],
    engine: Engine,
) -> Result:
    """Raises `Denied` unless it is the owner who asks, or somebody for their own grants."""
    principal = None if access is None else access.principal
    match statement:
        case ShowGrants(who):
            if principal is not None and who not in (None, principal):
                raise Denied(f"`{principal}` may see only their own grants", hint="SHOW GRANTS")
            return _grants_shown(policies.current(), who or principal)
        case ShowPolicies():
            _check_owner(principal)
            return _policies_shown(policies.current(), database)
    _check_owner(principal)
    _check_rule(statement, database, tables, engine)
    if isinstance(statement, CreateToken):
        token = policies.new_token()
        policies.change(lambda policy: with_token(policy, statement.who, token))
        return Result(pa.table({"token": [token]}), Certificate())
    after = policies.change(lambda policy: changed(policy, statement, database))
    return Result(pa.table({"version": [after.version]}), Certificate())


def changed(policy: Policy, statement: PolicyStatement, database: str) -> Policy:
    """The policy after a statement. Raises `Invalid`, `NotFound`."""
    match statement:
        case GrantOn():
            grants = _grants(statement, database)
            return revoked(policy, grants) if statement.revoked else granted(policy, grants)
        case GrantRole(role, who, taken):
            change = without_member if taken else with_member
            for member in who:
                policy = change(policy, role, member)
            return policy
        case CreateRole(role, if_not_exists):
            if policy.knows(role) and not if_not_exists:
                raise Invalid(f"role `{role}` is there already", hint="CREATE ROLE IF NOT EXISTS")
            return with_principal(policy, policy.principal(role))
        case DropRole(role, if_exists):
            return policy if if_exists and not policy.knows(role) else without_principal(policy, role)
        case DropToken(who):
            return with_token(policy, who, None)
        case AlterRole():
            return _altered(policy, statement)
        case CreateMask(name, table, column, method, arguments, audience):
            return with_mask(
                policy, Mask(name, database, bare_name(table), column, method, tuple(arguments), audience)
            )
        case CreateRowPolicy(name, table, using, audience):
            return with_filter(policy, RowPolicy(name, database, bare_name(table), using, audience))
        case DropPolicy(name, if_exists):
            try:
                return without_rule(policy, database, name)
            except NotFound:
                if if_exists:
                    return policy
                raise
        case CreateSchema(name, settings):
            return with_schema(policy, VirtualSchema(database, name, dict(settings)))
        case DropSchema(name, if_exists):
            if if_exists and not any(s.name.lower() == name.lower() for s in policy.schemas):
                return policy
            return without_schema(policy, database, name)
        case _:
            return policy


def _check_owner(principal: str | None) -> None:
    if principal is not None:
        raise Denied(f"`{principal}` may not change or list the policy", hint="the lake's owner can")


def _check_rule(
    statement: PolicyStatement, database: str, tables: Callable[[str], Table], engine: Engine
) -> None:
    """A rule that could never be applied is refused now, not when somebody asks."""
    match statement:
        case CreateMask() | CreateRowPolicy():
            made = changed(Policy(), statement, database)
            rules: list[Mask | RowPolicy] = [*made.masks, *made.filters]
            for rule in rules:
                check_rule(rule, tables, engine)
        case GrantOn(kind="table", name=name, privileges=privileges) if name != "*":
            columns = {column for _, listed in privileges for column in listed}
            known = {*tables(bare_name(name)).schema.by_folded_name, *ENVELOPE_IDS} if columns else set()
            for column in columns - known:
                raise NotFound(f"no column `{column}` in `{name}`", hint=nearest(column, known))


def check_rule(rule: Mask | RowPolicy, tables: Callable[[str], Table], engine: Engine) -> None:
    """Raises `NotFound`, `Invalid` and `Denied` for a rule that can't be applied to its table."""
    table = tables(rule.table)
    match rule:
        case RowPolicy(using=using):
            _check_expression(using, table, rule.database, tables, engine)
        case Mask(column=column, method=method, arguments=arguments):
            known = {*table.schema.by_folded_name, *ENVELOPE_IDS}
            if column not in known:
                raise NotFound(f"no column `{column}` in `{table.name}`", hint=nearest(column, known))
            if method == "expression":
                _check_expression(str(arguments[0]), table, rule.database, tables, engine)


def _check_expression(
    text: str, table: Table, database: str, tables: Callable[[str], Table], engine: Engine
) -> None:
    parse(f"SELECT {text}\n FROM {quote(table.name)}", engine)  # so that no bracket in it ends one around it
    named = settings_named(text, table.name, engine)
    resolved(
        text,
        engine=engine,
        database=database,
        table=table.name,
        label=table.name,
        schema=table.schema,
        schema_of=lambda name: tables(name).schema,
        settings=dict.fromkeys(named, ""),
        principal="",
    )


def _grants(statement: GrantOn, database: str) -> list[Grant]:
    found = []
    for who in statement.who:
        for privilege, columns in statement.privileges:
            match statement.kind:
                case "database":
                    grant = Grant(who, privilege, statement.name or database)
                case "schema":
                    grant = Grant(who, privilege, database, schema=statement.name)
                case "table":
                    of, _, table = statement.name.rpartition(".")
                    grant = Grant(who, privilege, of or database, table, columns=tuple(sorted(columns)))
            found.append(grant)
    return found


def _altered(policy: Policy, statement: AlterRole) -> Policy:
    person, value = policy.principal(statement.role), statement.value
    match statement.setting:
        case "max_query_runtime":
            person = replace(person, max_runtime_s=None if value is None else runtime_seconds(value))
        case "max_memory":
            if value is not None:
                memory_bytes(value)
            person = replace(person, max_memory=value)
        case "allowed_tables":
            names = None if value is None else tuple(n.strip().lower() for n in value.split(",") if n.strip())
            person = replace(person, allowed_tables=names)
        case name if name in NUMBERS:
            limits = {known: number for known, number in person.limits.items() if known != name}
            limits |= {} if value is None else {name: limit_number(name, value)}
            person = replace(person, limits=limits)
        case setting:
            settings = {name: known for name, known in person.settings.items() if name != setting}
            person = replace(person, settings=settings if value is None else {**settings, setting: value})
    return with_principal(policy, person)


def _grants_shown(policy: Policy, who: str | None) -> Result:
    """`who`: with the roles that this name has, `None` for all."""
    roles = None if who is None else policy.roles_of(who)
    rows: list[_Row] = [
        (g.who, g.privilege, g.database, g.schema, g.table, ", ".join(g.columns) or None)
        for g in policy.grants
        if roles is None or g.who in roles
    ]
    rows += [
        (member, f"role {role}", None, None, None, None)
        for role, member in policy.members
        if roles is None or member in roles
    ]
    names = ("who", "privilege", "database", "schema", "table", "columns")
    return Result(_table(names, sorted(rows, key=str)), Certificate())


def _policies_shown(policy: Policy, database: str) -> Result:
    def audience(rule: Mask | RowPolicy) -> str:
        to = f"to {', '.join(rule.audience.to)}" if rule.audience.to else "to all"
        return to + (f" except {', '.join(rule.audience.exempt)}" if rule.audience.exempt else "")

    rows: list[_Row] = [
        (m.name, "mask", m.table, m.column, _method(m), audience(m))
        for m in policy.masks
        if m.database.lower() == database.lower()
    ]
    rows += [
        (f.name, "rows", f.table, None, f.using, audience(f))
        for f in policy.filters
        if f.database.lower() == database.lower()
    ]
    rows += [
        (s.name, "schema", None, None, _settings(s.settings), "whom it is granted")
        for s in policy.schemas
        if s.database.lower() == database.lower()
    ]
    return Result(_table(("name", "kind", "table", "column", "rule", "applies"), rows), Certificate())


def _method(mask: Mask) -> str:
    given = ", ".join(map(str, mask.arguments))
    return f"{mask.method}({given})" if given else mask.method


def _settings(settings: Mapping[str, str]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in settings.items())


def _table(names: tuple[str, ...], rows: list[_Row]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    arrays = [pa.array(column, pa.string()) for column in columns]
    return pa.Table.from_arrays(arrays, names=list(names))
