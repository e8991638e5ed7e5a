"""What DuckDB said, told as one of our errors: no generated names, no rewritten text, no machine paths."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ..core.errors import Corrupt, Error, Invalid, NotFound, Unavailable, nearest
from .engine import EngineError

_PREFIX = re.compile(r"^[A-Za-z /]+ Error: ")
_PLACE = re.compile(r"\n\s*\nLINE \d+:.*", re.DOTALL)
_COLUMN = re.compile(
    r'(?:Referenced column|does not have a column named|Column|Could not find key) "([^"]+)"'
    r"(?: not found| in [A-Z]+ list not found|$|\n)"
)
_NO_TABLE = re.compile(r'(?:Table with name|Referenced table) "?([^"\s!]+)"?')
_DAMAGE = re.compile(
    r"parquet|thrift|decompress|zstd|snappy|page header|magic bytes|file size", re.IGNORECASE
)
_DAMAGE_KINDS = (
    "IOException",
    "InternalException",
    "FatalException",
    "SerializationException",
    "HTTPException",
)
_RESTORE = "restore it from a backup; nothing is read in its stead"


def translate(
    error: EngineError, columns: Iterable[str], tables: Iterable[str], keys: Mapping[str, str]
) -> Error:
    """`columns`, `tables`: what the statement could name; `keys`: path of a file read -> its key."""
    message = _PLACE.sub("", _PREFIX.sub("", error.message)).strip()
    damaged = sorted({key for path, key in keys.items() if path in error.message})
    if damaged:
        return Corrupt(f"damaged file: {', '.join(damaged)}", hint=_RESTORE)
    if error.kind == "OutOfMemoryException":
        return _out_of_memory(message)
    if error.kind == "InterruptException" or message == "Query interrupted":
        return Unavailable("the query was interrupted", hint="run it again")
    if may_be_damage(error) and keys:
        shown = ", ".join(sorted(set(keys.values()))[:3])
        return Corrupt(f"damaged file: {shown}: {message.splitlines()[0]}", hint=_RESTORE)
    if error.kind in ("BinderException", "CatalogException"):
        return _binder_error(message, list(columns), list(tables))
    if error.kind == "ParserException":
        return Invalid(f"not SQL: {message}", hint="check the statement")
    if error.kind in ("InternalException", "FatalException", "RuntimeError", "IOException"):
        return Unavailable(
            f"the engine failed: {message.splitlines()[0]}", hint="run it again, and report this"
        )
    return Invalid(message.splitlines()[0], hint=_hint(message))


def hushed(error: Error) -> Error:
    """For a statement whose policy computes with values that its principal must not learn: an error of the
    data could quote one."""
    if type(error) is not Invalid:
        return error
    return Invalid(
        "the statement failed on a value", hint="a policy applies to its tables, so no more is told of it"
    )


def may_be_damage(error: EngineError) -> bool:
    """Whether the cause can lie in the bytes of a file."""
    return error.kind in _DAMAGE_KINDS or _DAMAGE.search(error.message) is not None


def _binder_error(message: str, columns: list[str], tables: list[str]) -> Error:
    if found := _COLUMN.search(message):
        return NotFound(f"no column `{found[1]}`", hint=_nearest_column(found[1], columns))
    if found := _NO_TABLE.search(message):
        return NotFound(f"no table `{found[1]}` here", hint=nearest(found[1], tables))
    lines = message.splitlines()
    return Invalid(lines[0], hint=" ".join(line.strip() for line in lines[1:6]) or "check the statement")


def _nearest_column(name: str, columns: list[str]) -> str:
    """Envelope columns are offered when they are near, not when everything is listed."""
    near = nearest(name, columns)
    return near if near.startswith("did") else nearest(name, [c for c in columns if not c.startswith("_")])


def _out_of_memory(message: str) -> Unavailable:
    if "max_temp_directory_size" in message or "No space left" in message:
        return Unavailable("no space left to spill to", hint="free some space, or narrow the query")
    return Unavailable("the query needs more memory than its limit", hint="narrow it, or raise memory_limit")


def _hint(message: str) -> str:
    if message.startswith("Cannot cast list with length 0 to array"):
        # DuckDB 2.0 fills the right side of an outer join so, where it should put nulls.
        return (
            "an outer join lost the vectors of rows that are not there: join with e::FLOAT[] in their place"
        )
    rest = [line.strip() for line in message.splitlines()[1:] if line.strip() and "SET " not in line]
    return " ".join(rest[:3]) or "check the values in the statement and in the data"
