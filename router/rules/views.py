"""Each table reference is read through a view of its session that bears the table's own name.

So nearly every statement runs as it was written. Where one name is read in two ways (at two points in time,
under two conditions), the further ones get a name of their own, and the old one as alias.
"""

from __future__ import annotations

from dataclasses import replace

from ...core.types import quote
from ..bind import Bound, Ref
from ..syntax import Splice


def view_names(bound: Bound) -> Bound:
    """
    >>> from thermocline.router.rules.samples import bound, text
    >>> text(view_names(bound("select * from t where a > (select avg(a) from t)")))
    'select * from t where a > (select avg(a) from "t_2" AS "t")'
    >>> text(view_names(bound("with t as (select 1 as a) select * from acme.t")))
    'with t as (select 1 as a) select * from "t_2" AS "t"'
    """
    taken = {token.text.lower() for token in bound.source.tokens}
    views: dict[object, str] = {}
    refs: dict[int, Ref] = {}
    splices: list[Splice] = []
    # References without a place in the text cannot be renamed, so they choose first.
    for ref in sorted(bound.refs, key=lambda r: (r.place is not None, r.number)):
        need = _need(bound, ref)
        used = set(views.values()) | ({ref.name} if _shadowed(bound, ref) else set())
        view = ref.view or views.get(need) or _free_name(ref.name, used, taken)
        views[need] = view
        refs[ref.number] = replace(ref, view=view)
        written = ref.point or ref.name
        if ref.place is not None and (len(ref.path) > 1 or view.lower() != written.lower()):
            alias = "" if ref.alias or view.lower() == written.lower() else f" AS {quote(ref.name)}"
            splices.append(Splice(*ref.place, quote(view) + alias))
    return replace(bound.with_refs(refs), splices=(*bound.splices, *splices))


def _need(bound: Bound, ref: Ref) -> object:
    """Equal for references that the same rows and columns serve."""
    select = bound.selects[ref.select]
    unconditional = "where_clause" not in select.node and not select.conditions and not _limited(select.node)
    key = (ref.name.lower(), ref.point, ref.columns, ref.envelope, _shadowed(bound, ref))
    return key if unconditional else (*key, ref.number)


def _shadowed(bound: Bound, ref: Ref) -> bool:
    """Whether its bare name could be taken for a common table expression of the statement."""
    return len(ref.path) > 1 and ref.name.lower() in bound.ctes


def _limited(node: dict[str, object]) -> bool:
    return "modifiers" in node


def _free_name(name: str, used: set[str], taken: set[str]) -> str:
    lowered = {view.lower() for view in used}
    if name.lower() not in lowered:
        return name
    number = 2
    while f"{name}_{number}".lower() in lowered | taken:
        number += 1
    return f"{name}_{number}"
