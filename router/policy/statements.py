"""The statements that change or show a policy.

    GRANT SELECT (a, b), INSERT ON sales | DATABASE acme | SCHEMA customer_abc TO priya, analyst
    REVOKE SELECT ON sales FROM priya           GRANT analyst TO priya
    CREATE ROLE analyst                         DROP ROLE analyst
    CREATE TOKEN FOR priya                      DROP TOKEN FOR priya
    ALTER ROLE priya SET app.customer_id = '7'  ALTER ROLE priya SET max_query_runtime = '30s'
    CREATE MASKING POLICY m ON customers (email) USING full | partial(1, 4) | hash | null | (left(email, 2))
    CREATE ROW ACCESS POLICY p ON orders USING (customer_id = current_setting('app.customer_id'))
    CREATE VIRTUAL SCHEMA customer_{id} SET app.customer_id = '{id}'
    DROP MASKING POLICY m     DROP ROW ACCESS POLICY p     DROP VIRTUAL SCHEMA customer_{id}
    SHOW GRANTS [FOR priya]   SHOW POLICIES

A mask or a row policy may end with TO roles and EXCEPT roles; without them it is for all named principals.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ...core.access import METHODS, PRIVILEGES, Audience, checked_name
from ...core.errors import Invalid, nearest
from ...core.limits import LIMITS
from ..head import Head

_ALL = ("ALL", "PRIVILEGES")
_LIMITS = {*LIMITS, "allowed_tables"}


class PolicyStatement:
    """Base of these statements."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class GrantOn(PolicyStatement):
    """`privileges`: (name, columns). `kind`: table, database or schema; `name`: of what it is given."""

    privileges: tuple[tuple[str, tuple[str, ...]], ...]
    kind: Literal["table", "database", "schema"]
    name: str
    who: tuple[str, ...]
    revoked: bool


@dataclass(frozen=True, slots=True)
class GrantRole(PolicyStatement):
    role: str
    who: tuple[str, ...]
    revoked: bool


@dataclass(frozen=True, slots=True)
class CreateRole(PolicyStatement):
    role: str
    if_not_exists: bool


@dataclass(frozen=True, slots=True)
class DropRole(PolicyStatement):
    role: str
    if_exists: bool


@dataclass(frozen=True, slots=True)
class AlterRole(PolicyStatement):
    """`value`: `None` to take the setting back."""

    role: str
    setting: str
    value: str | None


@dataclass(frozen=True, slots=True)
class CreateToken(PolicyStatement):
    """What a principal shows at a door; another one takes its place."""

    who: str


@dataclass(frozen=True, slots=True)
class DropToken(PolicyStatement):
    who: str


@dataclass(frozen=True, slots=True)
class CreateMask(PolicyStatement):
    name: str
    table: str
    column: str
    method: str
    arguments: tuple[int | str, ...]
    audience: Audience


@dataclass(frozen=True, slots=True)
class CreateRowPolicy(PolicyStatement):
    name: str
    table: str
    using: str
    audience: Audience


@dataclass(frozen=True, slots=True)
class DropPolicy(PolicyStatement):
    name: str
    if_exists: bool


@dataclass(frozen=True, slots=True)
class CreateSchema(PolicyStatement):
    name: str
    settings: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class DropSchema(PolicyStatement):
    name: str
    if_exists: bool


@dataclass(frozen=True, slots=True)
class ShowGrants(PolicyStatement):
    who: str | None


@dataclass(frozen=True, slots=True)
class ShowPolicies(PolicyStatement):
    pass


def read_policy_statement(head: Head) -> PolicyStatement | None:
    """`None` for a statement of another kind. Raises `Invalid`."""
    if head.takes("GRANT"):
        return _grant(head, revoked=False)
    if head.takes("REVOKE"):
        return _grant(head, revoked=True)
    if head.takes("CREATE", "ROLE") or head.takes("CREATE", "USER"):
        if_not_exists = head.takes("IF", "NOT", "EXISTS")
        return head.last(CreateRole(_who(head), if_not_exists))
    if head.takes("DROP", "ROLE") or head.takes("DROP", "USER"):
        if_exists = head.takes("IF", "EXISTS")
        return head.last(DropRole(_who(head), if_exists))
    if head.takes("ALTER", "ROLE") or head.takes("ALTER", "USER"):
        return _alter_role(head)
    if head.takes("CREATE", "TOKEN", "FOR"):
        return head.last(CreateToken(_who(head)))
    if head.takes("DROP", "TOKEN", "FOR"):
        return head.last(DropToken(_who(head)))
    if head.takes("CREATE", "MASKING", "POLICY"):
        return _create_mask(head)
    if head.takes("CREATE", "ROW", "ACCESS", "POLICY"):
        return _create_row_policy(head)
    if head.takes("DROP", "MASKING", "POLICY") or head.takes("DROP", "ROW", "ACCESS", "POLICY"):
        if_exists = head.takes("IF", "EXISTS")
        return head.last(DropPolicy(head.name(), if_exists))
    if head.takes("CREATE", "VIRTUAL", "SCHEMA"):
        return _create_schema(head)
    if head.takes("DROP", "VIRTUAL", "SCHEMA"):
        if_exists = head.takes("IF", "EXISTS")
        return head.last(DropSchema(_pattern(head), if_exists))
    if head.takes("SHOW", "GRANTS"):
        return head.last(ShowGrants(_who(head) if head.takes("FOR") else None))
    if head.takes("SHOW", "POLICIES"):
        return head.last(ShowPolicies())
    return None


def _grant(head: Head, *, revoked: bool) -> GrantOn | GrantRole:
    """Privileges stand before an ON; without one it is a role that is granted."""
    first = head.name()
    if first.lower() not in (*PRIVILEGES, "all"):
        return _grant_role(head, first, revoked)
    privileges = [*_privilege(head, first)]
    while head.takes(","):
        privileges += _privilege(head, head.name())
    head.expect("ON", hint="GRANT SELECT ON sales TO priya")
    kind: Literal["table", "database", "schema"] = "table"
    if head.takes("DATABASE"):
        kind = "database"
    elif head.takes("SCHEMA"):
        kind = "schema"
    elif head.takes("ALL", "TABLES"):
        return _granted(head, privileges, "database", "", revoked)
    else:
        head.takes("TABLE")
    name = _pattern(head) if kind == "schema" else "*" if head.takes("*") else head.name()
    return _granted(head, privileges, kind, name, revoked)


def _granted(
    head: Head,
    privileges: list[tuple[str, tuple[str, ...]]],
    kind: Literal["table", "database", "schema"],
    name: str,
    revoked: bool,
) -> GrantOn:
    if kind != "table" and any(columns for _, columns in privileges):
        raise Invalid("columns are granted of one table", hint="GRANT SELECT (a, b) ON sales TO priya")
    return head.last(GrantOn(tuple(privileges), kind, name, _people(head, revoked), revoked))


def _grant_role(head: Head, role: str, revoked: bool) -> GrantRole:
    if not (head.at("TO") or head.at("FROM")):
        raise Invalid(f"no privilege `{role}`", hint=nearest(role, [*PRIVILEGES, "all"]))
    return head.last(GrantRole(checked_name(role), _people(head, revoked), revoked))


def _privilege(head: Head, word: str) -> list[tuple[str, tuple[str, ...]]]:
    name = word.lower()
    if name == "all":
        head.takes("PRIVILEGES")
        return [(privilege, ()) for privilege in PRIVILEGES]
    if name not in PRIVILEGES:
        raise Invalid(f"no privilege `{word}`", hint=nearest(word, [*PRIVILEGES, "all"]))
    columns = tuple(column.lower() for column in head.names()) if head.at("(") else ()
    if columns and name != "select":
        raise Invalid(f"{name} is granted of a whole table", hint="only SELECT takes columns")
    return [(name, columns)]


def _people(head: Head, revoked: bool) -> tuple[str, ...]:
    head.expect("FROM" if revoked else "TO")
    found = [_who(head)]
    while head.takes(","):
        found.append(_who(head))
    return tuple(found)


def _who(head: Head) -> str:
    for word in ("ROLE", "USER"):
        head.takes(word)
    return checked_name(head.text())


def _alter_role(head: Head) -> AlterRole:
    role = _who(head)
    if head.takes("RESET"):
        return head.last(AlterRole(role, head.name(), None))
    head.expect("SET", hint="ALTER ROLE priya SET app.customer_id = '7'")
    setting, value = _setting(head)
    return head.last(AlterRole(role, setting, value))


def _setting(head: Head) -> tuple[str, str]:
    name = head.name()
    if name not in _LIMITS and "." not in name:
        raise Invalid(
            f"no setting `{name}`",
            hint=f"{', '.join(sorted(_LIMITS))}, or one of your own with a dot, such as app.customer_id",
        )
    if not head.takes("TO"):
        head.expect("=")
    return name, head.text()


def _create_mask(head: Head) -> CreateMask:
    name = head.name()
    head.expect("ON", hint="CREATE MASKING POLICY m ON customers (email) USING hash")
    table, columns = head.name(), head.names()
    if len(columns) != 1:
        raise Invalid("a masking policy is of one column", hint="make one for each")
    if not head.takes("AS"):
        head.expect("USING")
    if head.at("("):
        head.expect("(")
        method: str = "expression"
        arguments: tuple[int | str, ...] = (head.up_to(")"),)
        head.expect(")")
    else:
        method = head.name().lower()
        arguments = _numbers(head) if method == "partial" else ()
    if method not in METHODS:
        raise Invalid(f"no masking method `{method}`", hint=nearest(method, METHODS))
    return head.last(CreateMask(name, table, columns[0].lower(), method, arguments, _audience(head)))


def _numbers(head: Head) -> tuple[int, ...]:
    """How many characters stay: in front, at the end."""
    head.expect("(", hint="partial(1, 4) keeps the first character and the last four")
    first = head.text()
    head.expect(",", hint="partial(1, 4)")
    last = head.text()
    head.expect(")")
    if not (first.isdigit() and last.isdigit()):
        raise Invalid("partial takes two counts", hint="partial(1, 4)")
    return int(first), int(last)


def _create_row_policy(head: Head) -> CreateRowPolicy:
    name = head.name()
    head.expect("ON", hint="CREATE ROW ACCESS POLICY p ON orders USING (region = 'eu')")
    table = head.name()
    head.expect("USING")
    head.expect("(", hint="USING (region = 'eu')")
    using = head.up_to(")")
    head.expect(")")
    if not using:
        raise Invalid("a row policy needs a condition", hint="USING (region = 'eu')")
    return head.last(CreateRowPolicy(name, table, using, _audience(head)))


def _audience(head: Head) -> Audience:
    to: tuple[str, ...] = ()
    exempt: tuple[str, ...] = ()
    if head.takes("TO"):
        to = _list_of_names(head)
    if head.takes("EXCEPT"):
        head.takes("TO")
        exempt = _list_of_names(head)
    return Audience(to, exempt)


def _list_of_names(head: Head) -> tuple[str, ...]:
    found = [_who(head)]
    while head.takes(","):
        found.append(_who(head))
    return tuple(found)


def _create_schema(head: Head) -> CreateSchema:
    name = _pattern(head)
    settings = []
    head.expect("SET", hint="CREATE VIRTUAL SCHEMA customer_{id} SET app.customer_id = '{id}'")
    settings.append(_setting(head))
    while head.takes(","):
        settings.append(_setting(head))
    return head.last(CreateSchema(name, tuple(settings)))


def _pattern(head: Head) -> str:
    """A schema's name, quoted or not, with `{name}` for what differs."""
    parts = [head.text()]
    while head.at("{"):
        head.expect("{")
        parts.append("{" + head.text() + "}")
        head.expect("}")
        if head.continues():
            parts.append(head.text())
    return "".join(parts)
