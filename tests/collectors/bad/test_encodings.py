"""Bodies that are not what their headers say. Sizes, bombs and slowness are in tests/collectors/api."""

import gzip
import zlib

import pytest

from tests.collectors.bad.asked import Asked, encoded, event

BODY = encoded([event("packed")])
PACKED = gzip.compress(BODY)

GZIP: dict[str, bytes] = {
    "not packed at all": BODY,
    "nothing": b"",
    "a line end": b"\n",
    "the first byte": PACKED[:1],
    "the magic alone": PACKED[:2],
    "the head alone": PACKED[:10],
    "the first half": PACKED[: len(PACKED) // 2],
    "all but the last byte": PACKED[:-1],
    "all but the check sum": PACKED[:-8],
    "a wrong check sum": PACKED[:-8] + b"\0\0\0\0" + PACKED[-4:],
    "a wrong length": PACKED[:-4] + b"\xff\xff\xff\xff",
    "a changed byte": PACKED[:40] + bytes([PACKED[40] ^ 0xFF]) + PACKED[41:],
    "a byte more": PACKED + b"x",
    "zeros after it": PACKED + b"\0" * 512,
    "two members": PACKED + PACKED,
    "packed twice": gzip.compress(PACKED),
    "zlib": zlib.compress(BODY),
    "deflate alone": zlib.compress(BODY)[2:-4],
    "another method": PACKED[:2] + b"\x07" + PACKED[3:],
    "reserved flags": PACKED[:3] + b"\xe0" + PACKED[4:],
    "a name that never ends": PACKED[:3] + b"\x08" + PACKED[4:10] + b"a" * 4096,
    "packed nothing": gzip.compress(b""),
    "packed bytes that are no JSON": gzip.compress(b"\xff\xfe"),
}
ENCODINGS = (
    "br", "deflate", "zstd", "compress", "x-gzip", "gzip, gzip", "gzip,identity", "identity, gzip",
    "gzip;q=1",
    "*", "utf-8", "gzip\t,", "GZIP2", "../gzip", "é",
)  # fmt: skip
TYPES = (
    "", "text/plain", "text/json", "application/xml", "application/x-www-form-urlencoded",
    "multipart/form-data",
    "application/json, text/plain", "application/json; charset=latin-1", "application/json; charset=utf-16",
    "application/json; charset=\"UTF-16\"", "application/x-protobuf", "application/json2",
    "application /json",
    "application/vnd.api+json", "json", "*/*", "x" * 5000,
)  # fmt: skip
TAKEN = (
    "application/json", "APPLICATION/JSON", "application/json;", "application/json; charset=utf-8",
    'application/json; charset="UTF-8"', "application/json ;charset=utf-8; x=y",
)  # fmt: skip


@pytest.mark.parametrize("case", GZIP)
def test_gzip_that_is_not_whole_is_refused(asked: Asked, case: str) -> None:
    assert asked.post(GZIP[case], Content_Encoding="gzip").status == 400


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_another_encoding_is_refused(asked: Asked, encoding: str) -> None:
    assert asked.post(PACKED, Content_Encoding=encoding.encode()).status == 415


@pytest.mark.parametrize("kind", TYPES, ids=[f"{t[:40]}/{len(t)}" for t in TYPES])
@pytest.mark.parametrize("path", ["/v1/events", "/v1/silences"])
def test_another_type_is_refused(asked: Asked, path: str, kind: str) -> None:
    assert asked.post(b"[]", path, Content_Type=kind).status == 415


@pytest.mark.parametrize("kind", TAKEN)
def test_every_spelling_of_json_is_taken(asked: Asked, kind: str) -> None:
    assert asked.post(b"[]", Content_Type=kind).status == 200


@pytest.mark.parametrize("length", ["-1", "x", "", "1e3", "9" * 30, "0x10", "١"])
def test_a_length_that_lies_changes_nothing(asked: Asked, length: str) -> None:
    """A server cuts the body where the length says; what the app is told besides, it does not rely on."""
    said = asked.post(b"[]", Content_Length=length.encode())
    assert said.status in (200, 400, 413)
