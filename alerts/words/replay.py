"""What is said of a replay or verifier check that ended worse than before, or not at all."""

from collections.abc import Mapping
from typing import Any

from alerts.words.speaking import (
    UNTOLD,
    Facts,
    Speaker,
    Told,
    Words,
    mapping,
    message,
    named,
    number,
    text,
    texts,
)
from cascadewatch.drift.diagnosis.spoken import listed, percent, shown
from cascadewatch.store.episodes import Episode

RATES = {"false_accept": "false accepts", "accuracy": "accuracy", "false_escalate": "false escalations"}
MEANS = {
    "false_accept": "The verifier lets more wrong answers through: quality is at risk.",
    "accuracy": "The model answers worse than it did: quality is at risk.",
    "false_escalate": "The verifier sends more right answers up: cost is at risk.",
}
STEPS = {
    "false_accept": "Read the answers it accepts now, then mend the verifier or raise its threshold.",
    "accuracy": "Read the answers that are wrong now, and look at which model really answered.",
    "false_escalate": "Read the answers it rejects now, then mend the verifier or lower its threshold.",
}
LOOK = "Look at the report."
TWICE = "Two runs in a row say so."
WHY_SURE = {"schedule": TWICE, "alert": TWICE, "confirmation": "A second run confirms it."}


def firing(told: Told, speaker: Speaker) -> Words:
    """What got worse, from what to what, over how many cases, since when, and what to do."""
    about = _about(told.episode)
    facts = (
        ("What moved", _moved(told.episode)),
        ("Since", _since(told.episode, speaker)),
        *_notes(about),
        *_others(about),
        ("Next", _next(about, speaker)),
    )
    return Words(_title(told.episode), facts)


def resolved(told: Told, speaker: Speaker) -> Words:
    """That the next report is not worse any more."""
    episode = told.episode
    about = _about(episode)
    last = mapping(mapping(episode.detail.get("cleared")).get(str(about.get("replay"))))
    report, verdict = number(last.get("report")), text(last.get("verdict"))
    now = "It is over."
    if report is not None and verdict is not None:
        now = f"Report {report:.0f} of it is {verdict}: {speaker.report(round(report))}"
    what = f"The {_name(about)} is not worse any more. {now}"
    facts = (("What", what), ("Lasted", f"{speaker.span(episode)}."))
    return Words(f"{named(episode.cascade)}: {_name(about)} no longer worse", facts)


def missed(told: Told, speaker: Speaker) -> Words:
    """That it was worse, and is not any more."""
    words = resolved(told, speaker)
    what = ("What moved", f"{_moved(told.episode)} {UNTOLD}")
    return Words(f"{_title(told.episode)}, for a time", (what, *words.facts))


def _title(episode: Episode) -> str:
    about = _about(episode)
    where = f"{named(episode.cascade)}: {_name(about)}"
    if about.get("state") == "incomplete":
        return f"{where} incomplete twice in a row"
    rate = _first(about)
    after, before = number(rate.get("value")), number(rate.get("baseline"))
    name = RATES.get(str(rate.get("name")))
    if name is None or after is None or before is None:
        return f"{where} regressed"
    way = "up" if after > before else "down"
    return f"{where}: {name} {way} from {percent(before)} to {percent(after)}"


def _name(about: Mapping[str, Any]) -> str:
    return f"{text(about.get('kind')) or 'replay'} {shown(text(about.get('replay')) or '')}".strip()


def _moved(episode: Episode) -> str:
    """Each rate that got worse, with its numbers and cases."""
    about = _about(episode)
    said = [_sentence(rate) for rate in about.get("rates") or () if text(mapping(rate).get("sentence"))]
    if not said:
        return message(episode)
    meaning = MEANS.get(str(_first(about).get("name")))
    return " ".join([*said, *([meaning] if meaning else [])])


def _sentence(rate: Mapping[str, Any]) -> str:
    words = str(rate["sentence"])
    return f"{words[:1].upper()}{words[1:]}"


def _since(episode: Episode, speaker: Speaker) -> str:
    about = _about(episode)
    before = number(about.get("before"))
    said = f"The run of {speaker.when(episode.since)}"
    if before is not None:
        said += f"; that of {speaker.when(round(before))} was not"
        said += " incomplete" if about.get("state") == "incomplete" else " worse"
    sure = WHY_SURE.get(str(about.get("cause")))
    return f"{said}. {sure}" if sure else f"{said}."


def _notes(about: Mapping[str, Any]) -> Facts:
    said = texts(about.get("notes"))
    return (("Noted", " ".join(said)),) if said else ()


def _others(about: Mapping[str, Any]) -> Facts:
    names = texts(about.get("others"))
    return (("Also", f"{listed(names)}, in the same way."),) if names else ()


def _next(about: Mapping[str, Any], speaker: Speaker) -> str:
    report = number(about.get("report"))
    page = speaker.replays if report is None else speaker.report(round(report))
    if about.get("state") == "incomplete":
        return f"See which calls failed, mend that, and run it again: {page}"
    step = STEPS.get(str(_first(about).get("name")), LOOK)
    return f"{step} Side by side: {page}"


def _first(about: Mapping[str, Any]) -> Mapping[str, Any]:
    rates = about.get("rates")
    return mapping(rates[0]) if isinstance(rates, list) and rates else {}


def _about(episode: Episode) -> Mapping[str, Any]:
    return mapping(episode.detail.get("about"))
