"""What a report is bound to: the verifier, its prompt, its threshold and the models it was measured with.

Where the settings say otherwise today, its calibration may not hold any more.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from cascadewatch.errors import ConfigError
from cascadewatch.replay.python_file import hash_of_file
from cascadewatch.settings import Settings
from cascadewatch.settings.replaying import Verifier
from cascadewatch.store.reports import OVERRIDE

ASKS = "asks"  # the model behind a verifier's [model.NAME]
FILES = {"prompt_hash": ("prompt_file", "prompt"), "file_hash": ("file", "file")}
PLAIN = ("kind", "samples", "score", "words", "function", "required", "forbidden")


class Difference(NamedTuple):
    """What differs (replay, verifier, threshold, prompt, file, model, target, or a key of the verifier's
    table), in words that go on from "It" or "The calibration of report 7"."""

    what: str
    words: str


def asked_by(settings: Settings, table: Verifier) -> dict[str, str]:
    """The model a verifier asks, as its provider names it; {} for one that asks none."""
    model = settings.model.get(table.model or "")
    return {} if model is None or model.model is None else {ASKS: model.model}


def differences(provenance: Mapping[str, Any], settings: Settings, name: str) -> list[Difference]:
    """What the settings say otherwise of [replay.NAME] than when a report of it was made."""
    replay = settings.replay.get(name)
    if replay is None:
        return [Difference("replay", f"is of [replay.{name}], which is not in the configuration any more.")]
    return [
        *_of_verifier(provenance.get("verifier") or {}, settings, name),
        *_of_target(provenance, settings, name),
    ]


def _of_verifier(then: Mapping[str, Any], settings: Settings, name: str) -> Iterator[Difference]:
    now = settings.replay[name].verifier
    if not then:
        return
    if then.get("name") != now:
        names = f"{then.get('name')}; [replay.{name}] names {now or 'none'} now."
        yield Difference("verifier", f"was measured with the verifier {names}")
        return
    table = settings.verifier.get(now or "")
    if table is None:
        return
    yield from _plain(then, table)
    if table.threshold is not None and then.get("threshold") != table.threshold:
        old = "no threshold" if then.get("threshold") is None else f"threshold {then['threshold']:g}"
        yield Difference("threshold", f"was measured at {old}; the configuration says {table.threshold:g}.")
    yield from _files(then, table)
    asks = asked_by(settings, table).get(ASKS)
    if asks is not None and then.get(ASKS, asks) != asks:
        yield Difference("model", f"is of a verifier that asked {then[ASKS]}; it asks {asks} now.")


def _plain(then: Mapping[str, Any], table: Verifier) -> Iterator[Difference]:
    for key in PLAIN:
        value = getattr(table, key)
        value = list(value) if isinstance(value, tuple) else value
        if key in then and value is not None and then[key] != value:
            yield Difference(
                key, f"is of a verifier with {key} {_short(then[key])}; it is {_short(value)} now."
            )


def _files(then: Mapping[str, Any], table: Verifier) -> Iterator[Difference]:
    """By the hash of its prompt or file."""
    for key, (place, what) in FILES.items():
        file = getattr(table, place)
        if key not in then or file is None:
            continue
        try:
            same = hash_of_file(file) == then[key]
        except ConfigError as error:
            yield Difference(what, f"is of a {what} of the verifier that cannot be read now: {error}.")
            continue
        if not same:
            yield Difference(what, f"is of another {what} of the verifier: {file.name} has changed since.")


def _of_target(provenance: Mapping[str, Any], settings: Settings, name: str) -> Iterator[Difference]:
    then, now = provenance.get("target") or {}, settings.model.get(settings.replay[name].target or "")
    if provenance.get(OVERRIDE) or now is None:
        return
    for key in ("model", "answer"):
        if key in then and then[key] != getattr(now, key):
            yield Difference(
                "target", f"is of answers by {then[key]}; [replay.{name}] asks {getattr(now, key)} now."
            )


def _short(value: object) -> str:
    return str(value)[:60]
