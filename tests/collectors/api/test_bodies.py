"""What is refused before a body is looked into: types, encodings, sizes, slowness."""

import gzip
import json
import socket
import time
import tracemalloc
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.collectors.api.conftest import Api, Serve

Build = Callable[..., dict[str, Any]]
MIB = 2**20


@pytest.mark.parametrize(
    "kind",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "",
        "application/json2",
        "application/json; charset=latin-1",
    ],
)
@pytest.mark.parametrize("path", ["/v1/events", "/v1/labels", "/v1/annotations"])
def test_only_json_is_taken_so_that_no_web_page_can_post(api: "Api", kind: str, path: str) -> None:
    answer = api.post(b"[]", path=path, Content_Type=kind)
    assert answer.status_code == 415
    assert "application/json" in answer.json()["error"]["message"]


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "gzip, gzip", "x"])
def test_only_gzip_is_unpacked(api: "Api", encoding: str) -> None:
    assert api.post(b"[]", Content_Encoding=encoding).status_code == 415


def test_identity_is_no_encoding(api: "Api") -> None:
    assert api.post(b"[]", Content_Encoding="identity").status_code == 200


def packed(raw: bytes = b"[]") -> bytes:
    return gzip.compress(raw)


@pytest.mark.parametrize(
    "raw",
    [b"[]", b"", packed()[:-3], packed()[:5], packed() + b"x", packed() + packed(), gzip.compress(packed())],
    ids=["not gzip", "empty", "no end", "no content", "something after", "two members", "nested"],
)
def test_gzip_that_is_not_whole_is_refused(api: "Api", raw: bytes) -> None:
    assert api.post(raw, Content_Encoding="gzip").status_code == 400


def test_a_body_over_the_limit_is_refused_however_it_is_sent(serve: "Serve") -> None:
    api = serve(ingest={"max_body_mib": 1})
    fits = b"[" + b" " * (MIB - 2) + b"]"

    def pieces(raw: bytes) -> Iterator[bytes]:
        for start in range(0, len(raw), 65_536):
            yield raw[start : start + 65_536]

    headers = {"Content-Type": "application/json"}
    assert api.post(fits).status_code == 200
    assert api.post(packed(fits), Content_Encoding="gzip").status_code == 200
    assert api.client.post("/v1/events", content=pieces(fits), headers=headers).status_code == 200
    for answer in (
        api.post(fits + b" "),
        api.post(packed(fits + b" "), Content_Encoding="gzip"),
        api.client.post("/v1/events", content=pieces(fits + b" "), headers=headers),
    ):
        assert answer.status_code == 413
        assert "1 MiB" in answer.json()["error"]["message"]


def test_a_gzip_bomb_costs_little_more_than_the_limit(serve: "Serve") -> None:
    api = serve(ingest={"max_body_mib": 1})
    bomb = gzip.compress(b"[" + b" " * (100 * MIB) + b"]")
    tracemalloc.start()
    try:
        assert api.post(bomb, Content_Encoding="gzip").status_code == 413
        assert tracemalloc.get_traced_memory()[1] < 8 * MIB
    finally:
        tracemalloc.stop()


def test_a_length_that_is_too_large_is_refused_without_waiting_for_it(serve: "Serve") -> None:
    api = serve(ingest={"max_body_mib": 1})
    head = request_head(api, length=2 * MIB)
    with socket.create_connection(("127.0.0.1", api.port), timeout=10) as sock:
        sock.sendall(head)
        assert sock.recv(4096).startswith(b"HTTP/1.1 413")


def test_a_body_that_never_comes_is_given_up(serve: "Serve", event: Build) -> None:
    api = serve(body_seconds=0.3)
    with socket.create_connection(("127.0.0.1", api.port), timeout=10) as sock:
        sock.sendall(request_head(api, length=100) + b"[")
        assert api.post([event(1)]).json()["accepted"] == 1  # others are served meanwhile
        assert sock.recv(4096).startswith(b"HTTP/1.1 408")


def test_a_sender_that_goes_away_leaves_nothing_behind(api: "Api", event: Build) -> None:
    whole = json.dumps([event(1)]).encode()
    with socket.create_connection(("127.0.0.1", api.port), timeout=10) as sock:
        sock.sendall(request_head(api, length=len(whole)) + whole[:-1])
    time.sleep(0.1)
    assert api.post([event(1)]).json()["accepted"] == 1


def test_bodies_beyond_the_room_for_them_are_asked_to_wait(serve: "Serve") -> None:
    api = serve(ingest={"max_body_mib": 1})
    part = b"[" + b" " * (MIB - 10)
    senders = [socket.create_connection(("127.0.0.1", api.port), timeout=10) for _ in range(5)]
    try:
        for sock in senders:
            sock.sendall(request_head(api, length=MIB) + part)
            time.sleep(0.05)
        senders[-1].settimeout(10)
        answer = senders[-1].recv(4096)
        assert answer.startswith(b"HTTP/1.1 503")
        assert b"retry-after: 1" in answer.lower()
    finally:
        for sock in senders:
            sock.close()
    time.sleep(0.2)
    assert api.post([]).status_code == 200  # the room is free again


def request_head(api: "Api", length: int) -> bytes:
    return (
        f"POST /v1/events HTTP/1.1\r\nHost: 127.0.0.1:{api.port}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    ).encode()
