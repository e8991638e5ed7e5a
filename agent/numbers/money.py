"""How amounts of money are written: signs, codes and names of currencies."""

from __future__ import annotations

_SIGNS = {
    "$": "USD",
    "€": "EUR",
    "£": "GBP",
    "¥": "JPY",
    "₹": "INR",
    "₩": "KRW",
    "₽": "RUB",
    "元": "CNY",
    "₺": "TRY",
    "₿": "BTC",
    "₪": "ILS",
    "₫": "VND",
}
_CODES = [
    "usd",
    "eur",
    "gbp",
    "jpy",
    "inr",
    "krw",
    "rub",
    "cny",
    "chf",
    "cad",
    "aud",
    "nzd",
    "sek",
    "nok",
    "dkk",
    "pln",
    "czk",
    "huf",
    "brl",
    "mxn",
    "zar",
    "sgd",
    "hkd",
    "twd",
    "thb",
    "try",
    "aed",
    "ils",
    "idr",
    "php",
    "myr",
    "vnd",
]
_NAMES = {
    "USD": "dollar dollars buck bucks",
    "EUR": "euro euros",
    "GBP": "pound pounds quid sterling",
    "JPY": "yen",
    "CNY": "yuan rmb renminbi",
    "INR": "rupee rupees",
    "CHF": "franc francs",
    "KRW": "won",
    "RUB": "ruble rubles rouble roubles",
    "MXN": "peso pesos",
    "SEK": "krona kronor",
    "DKK": "krone kroner",
    "PLN": "zloty zlotys",
    "BRL": "reais",
    "TRY": "lira liras",
    "BTC": "bitcoin bitcoins btc",
}
_ADJECTIVES = {
    "us": "USD",
    "american": "USD",
    "canadian": "CAD",
    "australian": "AUD",
    "hong kong": "HKD",
    "british": "GBP",
    "swiss": "CHF",
    "turkish": "TRY",
    "japanese": "JPY",
    "chinese": "CNY",
    "indian": "INR",
}

COUNTRIES = {
    "us": "USD",
    "c": "CAD",
    "ca": "CAD",
    "a": "AUD",
    "au": "AUD",
    "hk": "HKD",
    "nz": "NZD",
    "s": "SGD",
} | {code: code.upper() for code in ("usd", "cad", "aud", "hkd", "nzd", "sgd", "mxn")}
"""What may stand before "$"."""

BEFORE = _SIGNS | {code: code.upper() for code in _CODES if code != "try"} | {"rmb": "CNY"}
"""A sign or code before a number."""

AFTER = (
    BEFORE
    | {name: code for code, names in _NAMES.items() for name in names.split()}
    | {
        f"{adjective} {name}": code
        for adjective, code in _ADJECTIVES.items()
        for name in [
            "dollar",
            "dollars",
            "pound",
            "pounds",
            "franc",
            "francs",
            "yen",
            "yuan",
            "rupee",
            "rupees",
            "lira",
        ]
    }
)
"""A sign, code or name behind a number."""

CENTS = {"cent": "USD", "cents": "USD", "¢": "USD", "pence": "GBP", "penny": "GBP", "pennies": "GBP"}
"""Hundredths, and what they are hundredths of."""

MILLIONS = {f"m{code}": code.upper() for code in _CODES}
"""Millions of a currency, as "MEUR"."""
