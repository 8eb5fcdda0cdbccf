# SPDX-License-Identifier: GPL-3.0-or-later

"""Certificates: a real TLS server with a certificate of its own authority."""

from __future__ import annotations

import datetime
import http.server
import ipaddress
import os
import ssl
import threading
import typing as t
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.failures import ConfigurationError
from ansible_collections.clusterops.kube_proxy.plugins.module_utils._adapters.ovh.api_errors import TransportError


class _EmptyList(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"[]")

    def log_message(self, format: str, *args: t.Any) -> None:
        pass


class _Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request: t.Any, client_address: t.Any) -> None:
        """A client that refuses the certificate is what these tests are about."""


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "kube_proxy test")])
    now = datetime.datetime.now(datetime.timezone.utc)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
def tls_url(certificate: Path) -> t.Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with _Server(("127.0.0.1", 0), _EmptyList) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"https://127.0.0.1:{server.server_port}/1.0"
        server.shutdown()
        thread.join()


def test_unknown_authority_is_refused_at_once(connect: t.Any, tls_url: str) -> None:
    rig = connect("token", endpoint=tls_url)
    with pytest.raises(TransportError, match="ca_path") as caught:
        rig.get()
    assert caught.value.maybe_processed is False
    assert rig.waits == []


def test_ca_path_names_the_authority(connect: t.Any, tls_url: str, certificate: Path) -> None:
    assert connect("token", endpoint=tls_url, ca_path=str(certificate)).get() == []


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("absent.pem", "does not exist"),
        ("text.pem", "no certificates"),
        ("pipe.pem", "cannot be read: it is a named pipe"),
    ],
)
def test_unfit_ca_path(connect: t.Any, tmp_path: Path, name: str, reason: str) -> None:
    (tmp_path / "text.pem").write_text("no certificate", encoding="utf-8")
    os.mkfifo(tmp_path / "pipe.pem")
    with pytest.raises(ConfigurationError, match=reason) as caught:
        connect("token", ca_path=str(tmp_path / name))
    assert caught.value.option == "ca_path"


@pytest.mark.parametrize("name", ["text.pem", "pipe.pem"])
def test_unfit_certificates_of_the_environment(
    connect: t.Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (tmp_path / "text.pem").write_text("no certificate", encoding="utf-8")
    os.mkfifo(tmp_path / "pipe.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / name))
    with pytest.raises(ConfigurationError, match="SSL_CERT_FILE"):
        connect("token", endpoint="ovh-eu")


def test_relative_certificates_of_the_environment_are_those_of_the_folder(
    connect: t.Any, tls_url: str, certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a task goes to another folder after authorities were loaded."""
    for folder, text in (("first", certificate.read_text(encoding="utf-8")), ("second", "no certificate")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "authorities.pem").write_text(text, encoding="utf-8")
        os.utime(tmp_path / folder / "authorities.pem", (0, 0))
    monkeypatch.setenv("SSL_CERT_FILE", "authorities.pem")
    monkeypatch.chdir(tmp_path / "first")
    assert connect("token", endpoint=tls_url).get() == []
    monkeypatch.chdir(tmp_path / "second")
    with pytest.raises(ConfigurationError, match="SSL_CERT_FILE"):
        connect("token", endpoint=tls_url)
