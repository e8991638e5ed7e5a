"""An answer that is a series, drawn: in the terminal, or as a PNG."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core.errors import Invalid, Unavailable

if TYPE_CHECKING:
    from ..core.answers import Answer

_BAR = 40
_MOST = 60
_EIGHTHS = " ▏▎▍▌▋▊▉█"


def plot_answer(answer: Answer, file: Path | None) -> None:
    """`file`: where the PNG goes, `None` for the terminal. Raises `Invalid` for what is no series."""
    if answer.data is None:
        raise Invalid("there are no rows to plot", hint="leave --plot out")
    labels, name, values = series(answer.data.columns, answer.data.rows())
    if file is None:
        print("\n".join(bars(labels, values)))
    else:
        _png(answer.reading or answer.question, labels, name, values, file)


def series(
    columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> tuple[list[str], str, list[float | None]]:
    """(labels, what is measured, values): the last column of numbers over the columns before it."""
    numeric = [at for at in range(len(columns)) if all(_is_number(row[at]) for row in rows)]
    if not rows or not numeric or len(columns) < 2:
        raise Invalid("this answer is no series", hint="ask for a number by something: revenue by month")
    measure = numeric[-1]
    named = [at for at in range(len(columns)) if at != measure]
    labels = [" ".join(_label(row[at]) for at in named) for row in rows]
    return labels, columns[measure], [None if r[measure] is None else float(r[measure]) for r in rows]


def bars(labels: Sequence[str], values: Sequence[float | None]) -> list[str]:
    """
    >>> bars(["a", "b"], [2.0, 1.0])[1].rstrip().endswith("1")
    True
    """
    shown = list(zip(labels, values, strict=True))[:_MOST]
    width = max(len(label) for label, _ in shown)
    top = max((abs(value) for _, value in shown if value is not None), default=0.0) or 1.0
    lines = []
    for label, value in shown:
        eighths = 0 if value is None else round(abs(value) / top * _BAR * 8)
        bar = "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()
        told = "-" if value is None else f"{value:,.2f}".rstrip("0").rstrip(".")
        lines.append(f"{label:<{width}}  {bar:<{_BAR}}  {told}")
    if len(values) > _MOST:
        lines.append(f"... and {len(values) - _MOST:,} more")
    return lines


def _png(title: str, labels: list[str], name: str, values: list[float | None], file: Path) -> None:
    try:
        import matplotlib as mpl
    except ImportError:
        raise Unavailable(
            "matplotlib is not installed", hint="pip install 'thermocline[plot]', or --plot - draws here"
        ) from None
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(9, 4.5), layout="constrained")
    heights = [float("nan") if value is None else value for value in values]
    if len(values) > 12:
        axes.plot(labels, heights, marker="o", markersize=3)
        axes.set_xticks(range(0, len(labels), max(1, len(labels) // 12)))
    else:
        axes.bar(labels, heights)
    axes.set_title(title, fontsize=10)
    axes.set_ylabel(name)
    axes.tick_params(axis="x", rotation=45)
    figure.savefig(file, dpi=120, format="png")
    plt.close(figure)


def _is_number(value: object) -> bool:
    return value is None or (isinstance(value, int | float | Decimal) and not isinstance(value, bool))


def _label(value: object) -> str:
    text = "-" if value is None else str(value)
    return text.removesuffix("+00:00").removesuffix(" 00:00:00")
