"""The column types of a lake, as SQL names and as Arrow types.

One textual vocabulary serves `CREATE TABLE`, the manifest, HTTP and error messages:

    BOOLEAN INTEGER BIGINT FLOAT DOUBLE DECIMAL(p,s) VARCHAR BLOB DATE TIME TIMESTAMP TIMESTAMPTZ
    JSON UUID  FLOAT[n]  T[]  STRUCT(a T, b T)  and "NULL" (no value seen yet, so nothing is stored)

FLOAT[n] is a vector: n finite numbers, or null as a whole. It stands for itself, not inside LIST or STRUCT.

Narrow and unsigned integers are held in the next wider type here, as Iceberg has neither.
"""

from __future__ import annotations

import re

import pyarrow as pa

from .errors import Invalid

JSON = pa.json_(pa.string())
UUID = pa.uuid()
INSTANT = pa.timestamp("us", tz="UTC")

MAX_VECTOR = 16_384
"""The most numbers of a vector."""

_BY_NAME: dict[str, pa.DataType] = {
    "BOOLEAN": pa.bool_(),
    "INTEGER": pa.int32(),
    "BIGINT": pa.int64(),
    "FLOAT": pa.float32(),
    "DOUBLE": pa.float64(),
    "VARCHAR": pa.string(),
    "BLOB": pa.binary(),
    "DATE": pa.date32(),
    "TIME": pa.time64("us"),
    "TIMESTAMP": pa.timestamp("us"),
    "TIMESTAMPTZ": INSTANT,
    "JSON": JSON,
    "UUID": UUID,
    "NULL": pa.null(),
}
_BY_TYPE = {arrow: name for name, arrow in _BY_NAME.items()}

_ALIASES = {
    "BOOL": "BOOLEAN", "TINYINT": "INTEGER", "SMALLINT": "INTEGER", "INT": "INTEGER", "INT1": "INTEGER",
    "INT2": "INTEGER", "INT4": "INTEGER", "INT8": "BIGINT", "UTINYINT": "INTEGER", "USMALLINT": "INTEGER",
    "UINTEGER": "BIGINT", "UBIGINT": "DECIMAL(20,0)", "HUGEINT": "DECIMAL(38,0)", "LONG": "BIGINT",
    "REAL": "FLOAT", "FLOAT4": "FLOAT", "FLOAT8": "DOUBLE", "NUMERIC": "DECIMAL", "TEXT": "VARCHAR",
    "STRING": "VARCHAR", "CHAR": "VARCHAR", "BYTEA": "BLOB", "BINARY": "BLOB", "VARBINARY": "BLOB",
    "DATETIME": "TIMESTAMP", "TIMESTAMP WITH TIME ZONE": "TIMESTAMPTZ", "TIMESTAMP_S": "TIMESTAMP",
    "TIMESTAMP_MS": "TIMESTAMP", "TIMESTAMP_NS": "TIMESTAMP", "STRUCT": "STRUCT",
}  # fmt: skip

_TOKEN = re.compile(r'\s*("(?:[^"]|"")*"|[A-Za-z_][A-Za-z0-9_]*|\d+|[(),\[\]])')


def vector(length: int) -> pa.DataType:
    """The type FLOAT[length]."""
    return pa.list_(pa.float32(), length)


def is_vector(arrow: pa.DataType) -> bool:
    return bool(pa.types.is_fixed_size_list(arrow) and arrow.value_type == pa.float32())


def type_name(arrow: pa.DataType) -> str:
    """The SQL name of a stored type: `DECIMAL(10,2)`, `FLOAT[384]`, `STRUCT(a BIGINT, b VARCHAR[])`."""
    if arrow in _BY_TYPE:
        return _BY_TYPE[arrow]
    if is_vector(arrow):
        return f"FLOAT[{arrow.list_size}]"
    if pa.types.is_decimal128(arrow):
        return f"DECIMAL({arrow.precision},{arrow.scale})"
    if pa.types.is_list(arrow):
        return type_name(arrow.value_type) + "[]"
    if pa.types.is_struct(arrow):
        inner = ", ".join(f"{quote(field.name)} {type_name(field.type)}" for field in arrow)
        return f"STRUCT({inner})"
    raise Invalid(f"no column type for Arrow's {arrow}", hint="convert it first; see docs/types.md")


def parse_type(text: str) -> pa.DataType:
    """The Arrow type of a SQL type name. Raises `Invalid` with the known names."""
    tokens = _TOKEN.findall(text)
    if "".join(tokens).replace(" ", "") != re.sub(r"\s", "", text) or not tokens:
        raise _unknown(text)
    parsed, rest = _parse(tokens, text)
    if rest:
        raise _unknown(text)
    return parsed


def stored_type(arrow: pa.DataType) -> pa.DataType:
    """The type in which a value of `arrow` is kept: `int8` -> INTEGER, `large_string` -> VARCHAR.

    Raises `Invalid` where no stored type holds every value.
    """
    t = pa.types
    if t.is_dictionary(arrow) or t.is_run_end_encoded(arrow):
        return stored_type(arrow.value_type)
    if arrow in _BY_TYPE:
        return arrow
    if t.is_integer(arrow):
        if arrow in (pa.int8(), pa.int16(), pa.uint8(), pa.uint16()):
            return pa.int32()
        return pa.int64() if arrow == pa.uint32() else pa.decimal128(20, 0)
    if t.is_float16(arrow):
        return pa.float32()
    if t.is_decimal(arrow) and arrow.precision <= 38:
        return pa.decimal128(arrow.precision, max(arrow.scale, 0))
    if t.is_large_string(arrow) or t.is_string_view(arrow):
        return pa.string()
    if t.is_large_binary(arrow) or t.is_binary_view(arrow) or t.is_fixed_size_binary(arrow):
        return pa.binary()
    if t.is_date64(arrow):
        return pa.date32()
    if t.is_time(arrow):
        return pa.time64("us")
    if t.is_timestamp(arrow):
        return INSTANT if arrow.tz else pa.timestamp("us")
    if t.is_fixed_size_list(arrow) and arrow.value_type in (pa.float16(), pa.float32()):
        return vector(arrow.list_size)
    if t.is_list(arrow) or t.is_large_list(arrow) or t.is_fixed_size_list(arrow) or t.is_list_view(arrow):
        return pa.list_(_within(stored_type(arrow.value_type)))
    if t.is_struct(arrow):
        return pa.struct([pa.field(field.name, _within(stored_type(field.type))) for field in arrow])
    if isinstance(arrow, pa.BaseExtensionType):
        return stored_type(arrow.storage_type)
    raise Invalid(
        f"no column type holds Arrow's {arrow}", hint="cast the column to one of the types in docs/types.md"
    )


def _within(stored: pa.DataType) -> pa.DataType:
    """A stored type inside LIST or STRUCT, where a vector is a list."""
    return pa.list_(pa.float32()) if is_vector(stored) else stored


def quote(name: str) -> str:
    """A name as a SQL identifier, always quoted."""
    return '"' + name.replace('"', '""') + '"'


def _parse(tokens: list[str], text: str) -> tuple[pa.DataType, list[str]]:
    if not tokens:
        raise _unknown(text)
    name, rest = tokens[0].upper(), tokens[1:]
    if [word.upper() for word in tokens[1:4]] == ["WITH", "TIME", "ZONE"]:
        name, rest = name + " WITH TIME ZONE", tokens[4:]
    name = _ALIASES.get(name, name)
    parsed: pa.DataType
    if name == "STRUCT":
        parsed, rest = _parse_struct(rest, text)
    elif name.startswith("DECIMAL"):
        parsed, rest = _parse_decimal(name, rest)
    elif name in _BY_NAME:
        parsed = _BY_NAME[name]
        if name == "VARCHAR" and rest[:1] == ["("]:  # VARCHAR(20): the length is a comment in analytics
            rest = rest[3:]
    else:
        raise _unknown(text)
    if len(rest) >= 3 and rest[0] == "[" and rest[1].isdigit() and rest[2] == "]":
        return _parse_vector(parsed, int(rest[1]), text), rest[3:]
    while rest[:2] == ["[", "]"]:
        parsed, rest = pa.list_(parsed), rest[2:]
    return parsed, rest


def _parse_vector(item: pa.DataType, length: int, text: str) -> pa.DataType:
    if item != pa.float32():
        raise Invalid(f"no type {text!r}: vectors are of FLOAT", hint=f"FLOAT[{length}], or a list: T[]")
    if not 1 <= length <= MAX_VECTOR:
        raise Invalid(f"FLOAT[{length}] is out of range", hint=f"1 to {MAX_VECTOR:,} numbers")
    return vector(length)


def _parse_decimal(name: str, rest: list[str]) -> tuple[pa.DataType, list[str]]:
    if "(" in name:  # an alias with its own numbers, such as UBIGINT
        precision, scale = (int(part) for part in name[8:-1].split(","))
        return pa.decimal128(precision, scale), rest
    match rest:
        case ["(", precision_text, ",", scale_text, ")", *after] if (precision_text + scale_text).isdigit():
            precision, scale = int(precision_text), int(scale_text)
        case ["(", precision_text, ")", *after] if precision_text.isdigit():
            precision, scale = int(precision_text), 0
        case after:
            precision, scale = 18, 3
    if not 1 <= precision <= 38 or scale > precision:
        raise Invalid(f"DECIMAL({precision},{scale}) is out of range", hint="at most 38 digits")
    return pa.decimal128(precision, scale), after


def _parse_struct(rest: list[str], text: str) -> tuple[pa.DataType, list[str]]:
    if rest[:1] != ["("]:
        raise _unknown(text)
    fields = []
    while True:
        if len(rest) < 3:
            raise _unknown(text)
        name = rest[1][1:-1].replace('""', '"') if rest[1].startswith('"') else rest[1]
        inner, rest = _parse(rest[2:], text)
        fields.append(pa.field(name, inner))
        if rest[:1] == [")"]:
            return pa.struct(fields), rest[1:]
        if rest[:1] != [","]:
            raise _unknown(text)


def _unknown(text: str) -> Invalid:
    known = ", ".join(name for name in _BY_NAME if name != "NULL")
    return Invalid(
        f"unknown type {text!r}", hint=f"known: {known}, DECIMAL(p,s), FLOAT[n], T[], STRUCT(name T, ...)"
    )
