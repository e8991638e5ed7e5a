"""Keys that somebody told decide how tables are joined."""

from __future__ import annotations

from pathlib import Path

import thermocline

from .conftest import NOW


def test_a_reference_joins_columns_whose_names_say_nothing(tmp_path: Path) -> None:
    with thermocline.connect(tmp_path / "lake", clock=lambda: NOW, background=False) as lake:
        shop = lake.database("acme")
        shop.sql("CREATE TABLE makers (code BIGINT PRIMARY KEY, title VARCHAR)")
        shop.sql("CREATE TABLE products (id BIGINT PRIMARY KEY, made BIGINT REFERENCES makers, price DOUBLE)")
        shop.append("makers", [{"code": 7, "title": "Ada"}, {"code": 8, "title": "Bob"}])
        shop.append("products", [{"id": n, "made": 7 + n % 2, "price": float(n)} for n in range(5)])
        draft = shop.model_draft()
        assert "products.made -> makers.code" in draft
        answer = shop.ask("average price of products for each maker title", guess=True)
        assert "makers.code = products.made" in str(answer.sql) or "products.made = makers.code" in str(
            answer.sql
        )
