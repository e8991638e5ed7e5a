"""Measures our numbers against the English cases of Recognizers-Text (its published JSON specifications).

`python -m thermocline.tests.agent.recognizers_numbers` prints the figures and every case that differs.

A case is one expected result, or a text in which nothing is to be found. Known differences, applied to all
alike: their range from a to b leaves b out, ours holds it; their cents are a unit, ours a hundredth of one.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from thermocline.agent.numbers import Number, find_numbers, find_ranges

from .recognizers import FOLDER

MODELS = ("NumberModel", "NumberRangeModel", "OrdinalModel", "PercentModel", "CurrencyModel")


@dataclass(frozen=True)
class NumberCase:
    """`wanted`: the resolution of the result; `None` where nothing is to be found."""

    model: str
    text: str
    said: str
    wanted: dict[str, Any] | None


def number_cases() -> Iterator[NumberCase]:
    for model in MODELS:
        for entry in json.loads((FOLDER / f"{model}.json").read_text(encoding="utf-8-sig")):
            if not entry["Results"]:
                yield NumberCase(model, entry["Input"], "", None)
            for result in entry["Results"]:
                if result["TypeName"] != "ordinal.relative" and result["Resolution"].get("value") not in (
                    None,
                    "null",
                ):
                    yield NumberCase(model, entry["Input"], result["Text"], result["Resolution"])


def holds(case: NumberCase) -> bool:
    if case.model == "NumberRangeModel":
        return _range_holds(case)
    found = [number for number in find_numbers(case.text) if _of_model(case.model, number)]
    if case.wanted is None:
        return not found
    return any(_same(case, number) for number in found if _overlap(case, number))


def _of_model(model: str, number: Number) -> bool:
    if model == "NumberModel":
        return number.kind != "ordinal"
    return {"OrdinalModel": "ordinal", "PercentModel": "percent", "CurrencyModel": "currency"}[
        model
    ] == number.kind


def _overlap(case: NumberCase, number: Number) -> bool:
    text = re.sub(r"\s", " ", case.text.lower())
    starts = (match.start() for match in re.finditer(re.escape(re.sub(r"\s", " ", case.said.lower())), text))
    return any(start < number.stop and number.start < start + len(case.said) for start in starts)


def _same(case: NumberCase, number: Number) -> bool:
    wanted = case.wanted or {}
    value = _decimal(wanted["value"])
    if wanted.get("unit") in ("Cent", "Pence", "Penny"):
        value = value / 100 if value is not None else None
    right_unit = "isoCurrency" not in wanted or wanted["isoCurrency"] == number.unit
    return (
        value is not None
        and right_unit
        and abs(Decimal(number.value) - value) <= abs(value) * Decimal("1e-9")
    )


def _decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text.rstrip("%"))
    except InvalidOperation:
        return None


def _range_holds(case: NumberCase) -> bool:
    found = find_ranges(case.text)
    if case.wanted is None:
        return not found
    low, high = case.wanted["value"][1:-1].split(",")
    for each in found:
        closed = (case.wanted["value"][0] == "[", case.wanted["value"][-1] == "]")
        inside = (each.low_in, each.high_in)
        two_ended = each.low is not None and each.high is not None
        same_ends = inside == closed or (two_ended and closed == (True, False) and inside == (True, True))
        if _bound(each.low) == _bound(low) and _bound(each.high) == _bound(high) and same_ends:
            return True
    return False


def _bound(value: object) -> Decimal | None:
    return None if value in (None, "") else Decimal(str(value))


def number_shares() -> dict[str, tuple[int, int]]:
    """Model -> held, asked."""
    held: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    for case in number_cases():
        asked[case.model] += 1
        held[case.model] += holds(case)
    return {model: (held[model], asked[model]) for model in asked}


def main() -> None:
    for case in number_cases():
        if not holds(case):
            found = find_ranges(case.text) if case.model == "NumberRangeModel" else find_numbers(case.text)
            print(f"{case.model} {case.text[:100]!r}: {case.said!r} {case.wanted}")
            print(f"         {found}")
    for model, (held, asked) in number_shares().items():
        print(f"{model:16} {held:4} of {asked:4} {held / asked:.1%}")


if __name__ == "__main__":
    main()
