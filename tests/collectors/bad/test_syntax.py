"""What is no JSON, or JSON of a form nobody can mean: depth, encodings of text, shapes of whole bodies."""

import pytest

from tests.collectors.bad.asked import Asked, encoded, event, literal

DEEP = {
    "lists": ("[", "]"),
    "objects": ('{"a":', "}"),
    "both in turn": ('[{"a":', "}]"),
    "objects with a neighbour": ('{"b":1,"a":', "}"),
}
LEVELS = (29, 33, 100, 5_000, 100_000)
FIELDS = ("extra", "tags", "attempts", "text", "labels", "attempts.0.usage", "attempts.0.verdict")


@pytest.mark.parametrize("levels", LEVELS)
@pytest.mark.parametrize("shape", DEEP)
def test_depth_is_refused_wherever_it_stands(asked: Asked, shape: str, levels: int) -> None:
    opening, closing = DEEP[shape]
    deep = opening * levels + "1" + closing * levels
    fields = FIELDS if levels < 100_000 else FIELDS[:1]
    lines = [literal(event(f"{shape} {levels} {path}"), path, deep) for path in fields]
    said = asked.lines(*lines, encoded(event(f"{shape} {levels}")))
    assert (said.status, said.body["accepted"], said.body["rejected"]) == (200, 1, len(fields))
    whole = asked.post(b"[" + lines[0] + b"]")
    assert whole.status == (200 if levels == 29 and shape != "both in turn" else 400)


@pytest.mark.parametrize("levels", LEVELS)
@pytest.mark.parametrize(
    "path", ["/v1/events", "/v1/labels", "/v1/annotations", "/v1/silences", "/v1/baselines"]
)
def test_a_body_that_is_nothing_but_depth_is_refused(asked: Asked, path: str, levels: int) -> None:
    for opening, closing in DEEP.values():
        said = asked.post((opening * levels + "1" + closing * levels).encode(), path)
        assert said.status == 400 or said.body["accepted"] == 0
        assert asked.post((opening * levels).encode(), path).status == 400


NOT_JSON: dict[str, bytes] = {
    "nothing": b"",
    "a blank": b" ",
    "line ends": b"\r\n\r\n",
    "a word": b"hello",
    "a word of Python": b"None",
    "a comment": b"// [] \n[]",
    "single quotes": b"[{'id': 1}]",
    "unquoted key": b'[{id: "a"}]',
    "comma at the end": b"[1,]",
    "comma at the end of an object": b'[{"id": "a",}]',
    "comma alone": b"[,]",
    "colon missing": b'[{"id" "a"}]',
    "value missing": b'[{"id":}]',
    "key missing": b'[{:"a"}]',
    "number as a key": b'[{1: "a"}]',
    "closed twice": b"[]]",
    "two bodies": b"[] []",
    "cut in a string": b'[{"id": "a',
    "cut in an escape": b'[{"id": "a\\',
    "cut in a unicode escape": b'[{"id": "\\u12',
    "cut in a number": b'[{"id": 1e',
    "cut in a word": b'[{"id": tru',
    "unknown escape": b'[{"id": "\\x41"}]',
    "octal escape": b'[{"id": "\\101"}]',
    "raw line end in a string": b'[{"id": "a\nb"}]',
    "raw tab in a string": b'[{"id": "a\tb"}]',
    "raw NUL in a string": b'[{"id": "a\0b"}]',
    "raw NUL outside": b"[\0]",
    "NUL after the body": b"[]\0",
    "lone high surrogate": b'[{"id": "\\ud800"}]',
    "lone low surrogate": b'[{"id": "\\udc00"}]',
    "surrogates the wrong way": b'[{"id": "\\udc00\\ud800"}]',
    "surrogate and a letter": b'[{"id": "\\ud800a"}]',
    "surrogate as UTF-8": b'[{"id": "\xed\xa0\x80"}]',
    "surrogate pair as UTF-8": b'[{"id": "\xed\xa0\xbd\xed\xb8\x80"}]',
    "invalid byte": b'[{"id": "\xff"}]',
    "lone continuation": b'[{"id": "\x80"}]',
    "cut character": b'[{"id": "\xe2\x82"}]',
    "overlong slash": b'[{"id": "\xc0\xaf"}]',
    "overlong NUL": b'[{"id": "\xc0\x80"}]',
    "beyond Unicode": b'[{"id": "\xf4\x90\x80\x80"}]',
    "latin-1": "[{'id': 'é'}]".replace("'", '"').encode("latin-1"),
    "UTF-16": encoded([event()]).decode().encode("utf-16"),
    "UTF-16 without a mark": encoded([event()]).decode().encode("utf-16-le"),
    "UTF-32": encoded([event()]).decode().encode("utf-32"),
    "mark of UTF-8 twice": b"\xef\xbb\xbf\xef\xbb\xbf[]",
    "mark in the midst": b"[\xef\xbb\xbf]",
    "ANSI": b"\x1b[31m[]",
    "a BOM alone": b"\xef\xbb\xbf",
    "gzip without saying so": b"\x1f\x8b\x08\x00\x00\x00",
    "XML": b'<?xml version="1.0"?><a/>',
    "a form": b"id=a&time=b",
    "pickle": b"\x80\x04\x95\x0b\x00\x00\x00\x00\x00\x00\x00\x8c\x07builtins\x94.",
    "MessagePack": b"\x81\xa2id\xa1a",
    "YAML": b"- id: a\n  time: b\n",
    "Infinity": b"[Infinity]",
    "a number too long for Python": b"[{" + b"1" * 5_000 + b"}]",
}
OTHER_FORMS: dict[str, bytes] = {
    "null": b"null",
    "true": b"true",
    "a number": b"5",
    "a string": b'"x"',
    "an empty object": b"{}",
    "one event": encoded(event()),
    "events that are no list": b'{"events": 5}',
    "events that are null": b'{"events": null}',
    "events that are an object": b'{"events": {"0": {}}}',
    "events with company": b'{"events": [], "more": 1}',
    "another name for events": b'{"Events": []}',
    "labels sent as events": b'{"labels": []}',
    "__proto__": b'{"__proto__": {"events": []}, "events": []}',
}


@pytest.mark.parametrize("case", NOT_JSON)
def test_a_body_that_is_no_json_is_refused_whole_and_a_line_alone(asked: Asked, case: str) -> None:
    raw = NOT_JSON[case]
    assert asked.post(raw).status == 400
    lines = [line for line in raw.replace(b"\r", b"\n").split(b"\n") if line.strip()]
    good = encoded(event(f"beside {case}"))
    said = asked.lines(good, *lines, good)
    assert (said.status, said.body["accepted"], said.body["duplicate"]) == (200, 1, 1)
    assert said.body["rejected"] == len(lines)


@pytest.mark.parametrize("case", OTHER_FORMS)
def test_json_of_another_form_is_refused_whole(asked: Asked, case: str) -> None:
    said = asked.post(OTHER_FORMS[case])
    assert said.status == 400
    assert "expected" in said.reasons[0]


@pytest.mark.parametrize(
    "value", [b"null", b"true", b"0", b"1.5", b'"x"', b"[]", b"[[]]", b"{}", b'[{"id":"a"}]']
)
def test_a_record_that_is_no_event_is_refused_in_its_place(asked: Asked, value: bytes) -> None:
    good = encoded(event("between"))
    said = asked.post(b"[" + value + b"," + good + b"," + value + b"]")
    assert said.status == 200
    assert [e["index"] for e in said.body["errors"]] == [0, 2]
