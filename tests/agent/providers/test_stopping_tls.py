"""A deadline and a cancellation reach a connection under TLS as well, at each of its stages."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from thermocline.agent.providers.openai import OpenAI
from thermocline.core.errors import Unavailable
from thermocline.core.protocols import Cancel
from thermocline.core.services import Service

from .serving import ASKED, KEY, cancelling

pytest.importorskip("cryptography")

STAGES = {
    "before the handshake": None,
    "before the answer": b"",
    "in the answer": b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n: wait\n",
}


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of this machine, with its key, signed by itself."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(address, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    path.write_bytes(private + made.public_bytes(pem))
    return path


@pytest.fixture(params=list(STAGES))
def hanging(
    request: pytest.FixtureRequest, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[OpenAI, threading.Event]]:
    """A provider whose service hangs from a stage on, and when it does."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    reached = threading.Event()

    with ExitStack() as opened:
        listening = opened.enter_context(socket.create_server(("127.0.0.1", 0)))

        def serve() -> None:
            connection, _ = listening.accept()
            answer = STAGES[request.param]
            if answer is not None:
                connection = context.wrap_socket(connection, server_side=True)
                connection.recv(65_536)
                connection.sendall(answer)
            opened.enter_context(connection)
            reached.set()

        thread = threading.Thread(target=serve)
        thread.start()
        url = f"https://127.0.0.1:{listening.getsockname()[1]}/v1"
        yield OpenAI("some-model", Service(url, KEY)), reached
        thread.join()


def _seconds(provider: OpenAI, match: str, timeout: float, cancel: Cancel | None = None) -> float:
    began = time.monotonic()
    with pytest.raises(Unavailable, match=match):
        provider.complete(ASKED, timeout=timeout, max_tokens=9, cancel=cancel)
    return time.monotonic() - began


def test_the_deadline_reaches_it(hanging: tuple[OpenAI, threading.Event]) -> None:
    provider, _ = hanging
    assert 0.4 < _seconds(provider, "did not answer within|does not answer", timeout=0.5) < 5


def test_a_cancellation_reaches_it(hanging: tuple[OpenAI, threading.Event]) -> None:
    provider, reached = hanging
    cancel = Cancel()
    with cancelling(cancel, reached):
        assert _seconds(provider, "cancelled", timeout=60, cancel=cancel) < 5
