"""What a verifier's logged answer says, where its call is not marked with a verdict."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from collectors.litellm_marks import SYNONYMS

FORMS = frozenset({"choices", "output", "content"})  # of chat completions, Responses and Messages

_FIRST_WORD = re.compile(r"[A-Za-z]+")
_FENCE = re.compile(r"```(?:[A-Za-z]*[ \t\r]*\n|json\b)?\s*")


def told_by(response: bytes) -> dict[str, Any]:
    """What a verifier's own answer says: an object with `verdict` and perhaps `score`, or a text that
    begins with accept or reject, either also in a fence. Of any other answer `unparseable`; {} where
    none was logged, or one of a form that is not read."""
    text = _unfenced(_answer(_json(response)).strip())
    if not text:
        return {}
    said = _json(text.encode())
    if isinstance(said, dict):
        word, score = str(said.get("verdict", "")), said.get("score")
    else:
        word, score = text, None
    first = (_FIRST_WORD.match(word.lstrip(" \n\t\"'*`")) or ("",))[0].lower()
    outcome = SYNONYMS.get(first, first)
    outcome = outcome if outcome in ("accept", "reject") else "unparseable"
    if isinstance(score, bool) or not isinstance(score, int | float):
        return {"outcome": outcome}
    return {"outcome": outcome, "score": score}


def _answer(response: Any) -> str:
    """The text of an answer; "" where there is none."""
    if isinstance(response, str):
        inner = _json(response.encode())
        is_form = isinstance(inner, dict) and "verdict" not in inner and (not inner or FORMS & inner.keys())
        return _answer(inner) if is_form else response
    try:
        return "".join(_texts(response))
    except (LookupError, TypeError, AttributeError):
        return ""


def _texts(response: dict[str, Any]) -> Iterator[str]:
    """The parts of an answer; raises what comes of an answer that is of none of the forms."""
    if "choices" in response:
        contents = [response["choices"][0]["message"]["content"]]
    elif "output" in response:
        contents = [item["content"] for item in response["output"] if item.get("type") == "message"]
    else:
        contents = [response["content"]]
    for content in contents:
        parts = [content] if isinstance(content, str) else [part.get("text") for part in content]
        yield from (part for part in parts if isinstance(part, str))


def _unfenced(text: str) -> str:
    """A text out of the fence it begins with."""
    fence = _FENCE.match(text)
    return text[fence.end() :].partition("```")[0].strip() if fence else text


def _json(text: bytes) -> Any:
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
