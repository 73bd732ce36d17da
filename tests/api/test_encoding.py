"""Answers are compressed for those who take them so, and say the same."""

import gzip
import socket

import pytest

from ledger.api.contract.description import served
from ledger.api.http.answers import ZIPPED_MIN, takes_zipped
from tests.api.serving import HOST, Served, serving

NOVEMBER = "/v1/exchanges/IL-HAMAS-2023-11"


@pytest.mark.parametrize(
    ("said", "takes"),
    [
        ("gzip", True),
        ("gzip, deflate, br, zstd", True),
        ("br;q=1, gzip; q=0.5", True),
        ("GZIP", True),
        ("gzip;q=0.001", True),
        ("gzip;q=0", False),
        ("gzip;q=0.000, br", False),
        ("x-gzip", False),
        ("identity", False),
        ("", False),
    ],
)
def test_a_client_says_whether_it_takes_compressed_answers(said: str, takes: bool) -> None:
    assert takes_zipped(said) == takes


PATHS = (f"{NOVEMBER}", f"{NOVEMBER}/claims", f"{NOVEMBER}/rounds.csv", "/v1/events", "/v1/openapi.json", "/page.js")


@pytest.mark.parametrize("path", PATHS)
def test_a_compressed_answer_says_the_same_in_fewer_bytes(demo: Served, path: str) -> None:
    for _ in range(2):  # made, and then ready
        plain, zipped = demo.get(path), demo.get(path, Accept_Encoding="gzip, br")
        assert "content-encoding" not in plain.headers
        assert zipped.headers["content-encoding"] == "gzip"
        assert gzip.decompress(zipped.body) == plain.body
        assert len(zipped.body) < len(plain.body) / 2
        assert plain.headers["vary"] == zipped.headers["vary"] == "accept-encoding"
        assert {name: text for name, text in zipped.headers.items() if name in KEPT} == {
            name: text for name, text in plain.headers.items() if name in KEPT
        }


KEPT = ("content-type", "ledger-position", "link", "cache-control", "content-security-policy", "x-content-type-options")


@pytest.mark.parametrize("path", [NOVEMBER, f"{NOVEMBER}/claims.csv", "/page.js", "/"])
def test_a_compressed_answer_is_not_sent_again_either(demo: Served, path: str) -> None:
    zipped = demo.get(path, Accept_Encoding="gzip")
    assert zipped.headers["etag"].startswith('W/"')  # its bytes are not those of the plain one
    again = demo.get(path, Accept_Encoding="gzip", If_None_Match=zipped.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    assert demo.get(path, If_None_Match=zipped.headers["etag"]).status == 304


def test_what_is_small_is_sent_as_it_is(demo: Served) -> None:
    got = demo.get(f"{NOVEMBER}/pauses", Accept_Encoding="gzip")
    assert len(got.body) < ZIPPED_MIN
    assert "content-encoding" not in got.headers


@pytest.mark.parametrize("path", [NOVEMBER, "/v1/events", "/page.js", "/v1/nothing"])
def test_head_gives_the_headers_of_get_and_no_body(demo: Served, path: str) -> None:
    plain = demo.get(path)
    with socket.create_connection((HOST, demo.port), timeout=5) as client:
        client.sendall(f"HEAD {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        head, _, body = b"".join(iter(lambda: client.recv(65536), b"")).partition(b"\r\n\r\n")
    assert body == b""
    assert f"content-length: {len(plain.body)}".encode() in head
    assert head.split()[1] == str(plain.status).encode()


def test_what_anybody_may_ask_for_as_often_as_he_likes_is_compressed_once(
    demo: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    compress, compressed = gzip.compress, list[int]()

    def counted(body: bytes, *given: int, **more: int) -> bytes:
        compressed.append(len(body))
        return compress(body, *given, **more)

    monkeypatch.setattr(gzip, "compress", counted)
    with serving(demo.url) as server:
        got = [server.get("/v1/openapi.json", Accept_Encoding="gzip") for _ in range(3)]
    assert {gzip.decompress(each.body) for each in got} == {served()}
    assert compressed.count(len(served())) <= 1
