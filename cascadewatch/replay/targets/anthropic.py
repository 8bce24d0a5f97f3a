"""Anthropic's messages."""

from collections.abc import Mapping
from typing import Any

from cascadewatch.model import Usage
from cascadewatch.replay.case import Turn
from cascadewatch.replay.targets.hosted import Hosted, Said
from cascadewatch.replay.targets.reading import count, object_in, text_in
from cascadewatch.settings.replaying import Model

BASE_URL = "https://api.anthropic.com/v1"
VERSION = "2023-06-01"


class Anthropic(Hosted):
    """Posts to base_url/messages."""

    kind = "anthropic"
    hottest = 1.0

    def __init__(self, table: Model) -> None:
        key = {} if table.api_key is None else {"x-api-key": table.api_key.reveal()}
        headers = {"anthropic-version": VERSION, **key}
        super().__init__(table, f"{table.base_url or BASE_URL}/messages", headers)

    def body(self, turns: tuple[Turn, ...]) -> dict[str, Any]:
        """The messages, and what the system says apart from them."""
        system = "\n\n".join(turn.content for turn in turns if turn.role == "system")
        said = [{"role": turn.role, "content": turn.content} for turn in turns if turn.role != "system"]
        return {"messages": said} | ({"system": system} if system else {})

    def read(self, body: Mapping[str, Any]) -> Said:
        """All parts that are text. Raises CallError."""
        parts = body.get("content")
        texts = [text_in(object_in(part).get("text")) for part in parts] if isinstance(parts, list) else []
        return Said("".join(texts), body.get("stop_reason") == "refusal", _usage(body.get("usage")))


def _usage(raw: Any) -> Usage | None:
    """Anthropic counts cached tokens apart, as events do."""
    if not isinstance(raw, dict):
        return None
    given, output = count(raw.get("input_tokens")), count(raw.get("output_tokens"))
    if given is None or output is None:
        return None
    read, write = count(raw.get("cache_read_input_tokens")), count(raw.get("cache_creation_input_tokens"))
    return Usage(input=given, cache_read=read, cache_write=write, output=output)
