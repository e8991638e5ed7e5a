"""Who may call: the key, the names of a loopback server, other origins, and the address it binds."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

import thermocline
from thermocline.core.errors import Denied, Invalid, Unavailable
from thermocline.core.protocols import Lakehouse
from thermocline.server.run import prepare, serve

from ..serving import serving

PATHS = [
    "/v1/databases",
    "/metrics",
    "/docs",
    "/openapi.json",
    "/nowhere",
    "/v1/acme/streams/health",
    "/health/",
]


@pytest.fixture
def locked(lake: Lakehouse) -> Iterator[httpx.Client]:
    """A client without a key, of a server that has one."""
    with serving(lake, api_key="sésame") as url, httpx.Client(base_url=url, trust_env=False) as client:
        yield client


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("shown", [None, "Bearer wrong", "Bearer", "Basic sésame", "sésame", "Bearer sésam"])
def test_without_the_key_nothing_opens(locked: httpx.Client, path: str, shown: str | None) -> None:
    headers = {} if shown is None else {b"Authorization": shown.encode()}
    reply = locked.get(path, headers=headers)
    assert reply.status_code == 401
    assert reply.headers["WWW-Authenticate"] == "Bearer"
    assert reply.json()["error"]["kind"] == "Denied"


def test_health_needs_no_key(locked: httpx.Client) -> None:
    assert locked.get("/health").json() == {"status": "ok", "writable": True, "problem": None}


def test_the_key_opens(lake: Lakehouse) -> None:
    with serving(lake, api_key="sésame") as url:
        with thermocline.connect(url, api_key="sésame") as client:
            assert client.databases() == []
        with thermocline.connect(url) as client, pytest.raises(Denied, match="API key") as caught:
            client.databases()
        assert "api_key" in caught.value.hint


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8380", "127.0.0.1.evil.example", ""])
def test_a_loopback_server_answers_to_loopback_names_alone(http: httpx.Client, host: str) -> None:
    reply = http.get("/v1/databases", headers={"Host": host})
    assert (reply.status_code, reply.json()["error"]["kind"]) == (403, "Denied")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1:8380", "[::1]:8380", "[::1]"])
def test_loopback_names_are_its_own(http: httpx.Client, host: str) -> None:
    assert http.get("/v1/databases", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
def test_pages_of_other_origins_are_refused(http: httpx.Client, origin: str) -> None:
    reply = http.post("/v1/acme/flush", headers={"Origin": origin})
    assert (reply.status_code, reply.json()["error"]["kind"]) == (403, "Denied")


def test_a_page_of_this_server_may_call(http: httpx.Client, url: str) -> None:
    assert http.post("/v1/acme/flush", headers={"Origin": url}).status_code == 200


@pytest.mark.parametrize("key", [None, ""])
@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "lake.example"])
def test_other_addresses_need_a_key(lake: Lakehouse, host: str, key: str | None) -> None:
    with pytest.raises(Invalid, match="API key") as caught:
        serve(lake, host=host, port=0, api_key=key)
    assert "THERMOCLINE_API_KEY" in caught.value.hint


def test_with_a_key_it_binds_elsewhere_and_answers_to_any_name(lake: Lakehouse) -> None:
    with serving(lake, host="0.0.0.0", api_key="k") as url:
        port = url.rpartition(":")[2]
        reply = httpx.get(
            f"http://127.0.0.1:{port}/v1/databases",
            headers={"Host": "lake.example", "Authorization": "Bearer k"},
            trust_env=False,
        )
    assert reply.status_code == 200


def test_a_taken_port_is_unavailable_though_its_server_is_still_starting(lake: Lakehouse) -> None:
    _, listening = prepare(lake, "127.0.0.1", 0, None)
    with listening, pytest.raises(Unavailable, match="listen") as caught:
        prepare(lake, "127.0.0.1", listening.getsockname()[1], None)
    assert "--port" in caught.value.hint
