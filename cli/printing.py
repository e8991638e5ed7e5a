"""What a verb says on stdout and stderr."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .options import Format

if TYPE_CHECKING:
    from ..core.certificate import Certificate
    from ..core.results import Result


def show_result(result: Result, style: Format, *, certificate: bool = False) -> None:
    """The rows on stdout; the certificate after a table, inside JSON, and on stderr beside the rest."""
    from . import output

    if style is Format.table:
        show_table(result)
        if certificate:
            print("\n".join(certificate_lines(result.certificate)))
        return
    output.STDOUT_FORMATS[style](result, sys.stdout.buffer)
    sys.stdout.buffer.flush()
    if certificate and style is not Format.json:
        print("\n".join(certificate_lines(result.certificate)), file=sys.stderr)


def show_table(result: Result) -> None:
    from . import output

    width, limit = terminal()
    lines = output.table_lines(result, width=width, limit=limit)
    if limit is not None and len(result) > limit:
        lines[-1] += " (--format csv prints all)"
    print("\n".join(lines))


def show_rows(names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A small table of text."""
    from .table import draw

    print("\n".join(draw(names, rows, numbers=[False] * len(names), width=terminal()[0])))


def terminal() -> tuple[int | None, int | None]:
    """Width and row limit where a person looks on; `None`s in a pipe, which gets everything."""
    from . import output

    if not sys.stdout.isatty():
        return None, None
    return shutil.get_terminal_size().columns, output.TERMINAL_ROWS


def show_json(value: Any) -> None:
    from ..core.values import to_json

    print(to_json(value).decode())


def certificate_lines(certificate: Certificate) -> list[str]:
    """What an answer read, a line per tier.

    certificate: complete, as of now, fresh to shard-0:1000000
      sales  shard-0  manifest 41
        cold  1-700000        700,000 rows   3 files read, 27 pruned   snapshot 5551
    """
    shown = certificate.to_dict()
    fresh = ", ".join(f"{shard}:{seq}" for shard, seq in certificate.fresh_to.items())
    state = "complete" if shown["complete"] else "INCOMPLETE"
    lines = [f"certificate: {state}, as of {certificate.as_of or 'now'}, fresh to {fresh or 'nothing'}"]
    for table, shards in certificate.tables.items():
        for shard, part in shards.items():
            lines.append(f"  {table}  {shard}  manifest {part.manifest}")
            for tier in part.tiers:
                spans = ", ".join(f"{first}-{last}" for first, last in tier.ranges) or "-"
                rows = "hidden" if tier.rows is None else f"{tier.rows:,}"
                line = f"    {tier.tier:<5} {spans:<20} {rows:>13} rows"
                if tier.tier != "hot":
                    line += (
                        f"   {tier.files_read} files read, {tier.files_pruned} pruned, {tier.bytes:,} bytes"
                    )
                if tier.snapshot is not None:
                    line += f"   snapshot {tier.snapshot}"
                lines.append(line)
    lines += [f"  expired: {entry}" for entry in certificate.expired]
    return lines
