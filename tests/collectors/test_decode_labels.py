"""Labels and annotations as they are sent."""

import json
from typing import Any

import pytest

from cascadewatch.errors import InputError
from collectors.decode import Annotation, TooManyError, decode_labels, decode_one

NOW = 1_795_262_400_000  # 2026-11-21T12:00:00Z


def label(**fields: Any) -> dict[str, Any]:
    return {"id": "e-1", "attempt": 0, "correct": True, "label_source": "human", **fields}


def annotation(**fields: Any) -> bytes:
    return json.dumps({"time": "2026-11-21T12:00:00Z", "text": "judge-v3 is out", **fields}).encode()


def test_array_object_and_lines_say_the_same() -> None:
    sent = [label(), label(id="e-2", sampling="random", probability=0.1)]
    lines = b"\n".join(json.dumps(x).encode() for x in sent)
    found = decode_labels(json.dumps(sent).encode(), False, NOW)
    assert found == decode_labels(json.dumps({"labels": sent}).encode(), False, NOW)
    assert found == decode_labels(lines, True, NOW)
    assert [x.probability for _, x in found[0]] == [1.0, 0.1]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"attempt": 16}, "attempt"),
        ({"correct": "yes"}, "correct"),
        ({"label_source": "vendor"}, "label_source"),
        ({"probability": 2}, "probability"),
        ({"atempt": 0}, "atempt"),
        ({"time": "2026-11-21T13:00:00Z"}, "time"),
    ],
)
def test_an_invalid_label_is_refused_alone(fields: dict[str, Any], field: str) -> None:
    labels, rejections = decode_labels(json.dumps([label(**fields), label(id="ok")]).encode(), False, NOW)
    assert [(i, x.id) for i, x in labels] == [(1, "ok")]
    assert [(r.index, r.id, r.field) for r in rejections] == [(0, "e-1", field)]


def test_null_is_the_same_as_leaving_out() -> None:
    nulls = label(source=None, sampling=None, probability=None, time=None)
    found, rejections = decode_labels(json.dumps([nulls, label(correct=None)]).encode(), False, NOW)
    assert [x for _, x in found] == [
        x for _, x in decode_labels(json.dumps([label()]).encode(), False, NOW)[0]
    ]
    assert [(r.index, r.field) for r in rejections] == [(1, "correct")]


def test_labels_that_are_no_json_or_too_many_are_refused_whole() -> None:
    with pytest.raises(InputError, match="labels"):
        decode_labels(b'{"events": []}', False, NOW)
    with pytest.raises(TooManyError):
        decode_labels(b"[1,2]", False, NOW, limit=1)


def test_null_in_an_annotation_is_the_same_as_leaving_out() -> None:
    assert decode_one(annotation(cascade=None, deploy=None), Annotation) == decode_one(
        annotation(), Annotation
    )
    with pytest.raises(InputError, match="text: expected a string"):
        decode_one(annotation(text=None, deploy=None), Annotation)


def test_an_annotation_has_a_time_and_a_text() -> None:
    found = decode_one(annotation(cascade="support"), Annotation)
    assert (found.text, found.cascade, found.route) == ("judge-v3 is out", "support", None)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (annotation(time="yesterday"), "time: expected an RFC 3339 time"),
        (annotation(text=""), "text: expected"),
        (annotation(text="x" * 2001), "text: expected"),
        (annotation(rout="x"), "did you mean route?"),
        (annotation(cascade="x" * 129), "128 characters"),
        (b"[]", "the body: expected an object"),
        (b"{", "JSON"),
    ],
)
def test_an_annotation_that_cannot_be_read_says_why(raw: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words.replace("?", "[?]")):
        decode_one(raw, Annotation)
