"""Reports in words: their verdict, whether what they measured still holds, how they compare. Pure."""

from collections.abc import Collection, Mapping
from typing import Any, Literal

from cascadewatch.replay.binding import differences
from cascadewatch.settings import Settings
from cascadewatch.store.reports import Report
from dashboard import text_replays as text
from dashboard.formats import DAY, dollars, duration

Tone = Literal["red", "orange", "gray"]
OLD = 30 * DAY  # of a calibration
NAMED = 3  # models named in a sentence


def badge(of: Report, pinned: int | None) -> tuple[str, Tone]:
    """The verdict in a word, coloured by what is at risk: red is money, orange is quality."""
    if pinned == of.id:
        return text.PINNED, "gray"
    return text.VERDICTS.get(of.verdict, of.verdict), tone(of)


def tone(of: Report) -> Tone:
    """Grey where nothing is bad."""
    if of.verdict == "incomplete":
        return "orange"
    if of.verdict != "regressed":
        return "gray"
    bad = {name for name, rate in of.body["rates"].items() if rate["verdict"] == "regressed"}
    return "red" if bad == {"false_escalate"} else "orange"


def sentence(of: Report, pinned: int | None) -> str:
    """What it found, with what else was noticed; first of all, if another model than usual was asked.

    The verdict itself stands beside it, in a badge or a column.
    """
    other = [] if of.override is None else [text.OTHER_MODEL.format(model=of.override)]
    if pinned == of.id:
        rates = "; ".join(_plain(rate["sentence"]) for rate in of.body["rates"].values())
        found = [text.PINNED_SENTENCE, f"{rates[:1].upper()}{rates[1:]}."]
    else:
        found = [str(of.body["sentence"]).removeprefix(f"{of.verdict.capitalize()}. ")]
    return " ".join([*other, *found, *(note for note in of.body["notes"] if note not in found[0])])


def _plain(words: str) -> str:
    """A rate's sentence without its comparison, which a baseline does not have."""
    return words.partition("; not compared")[0].partition(" against ")[0]


def spent(of: Report) -> str:
    """What the run cost: nothing is told only where that is known."""
    usd = of.body["spent_usd"]
    if usd is None:
        return text.SPENT_UNKNOWN
    return text.SPENT.format(usd=dollars(usd)) if usd else text.SPENT_NOTHING


def stale(of: Report, settings: Settings, models: Collection[str], now: int) -> list[str]:
    """Why a report's calibration may no longer hold; nothing while it does.

    `models` are those that the cheap tier of live traffic has lately been.
    """
    found = [] if now - of.created <= OLD else [text.STALE_AGE.format(age=duration(now - of.created))]
    differs = differences(of.body["provenance"], settings, of.name)
    found += [f"It {one.words}" for one in differs]
    measured = of.body["provenance"].get("models") or {}
    if measured and models and not set(measured) & set(models):
        found.append(text.STALE_MODEL.format(old=_listed(measured), new=_listed(models)))
    return found


def _listed(names: Collection[str]) -> str:
    shown = sorted(names)[:NAMED]
    return ", ".join(shown) + (" …" if len(names) > NAMED else "")


def quality_of(of: Report) -> Mapping[str, Any] | None:
    """How good the whole cascade is on the eval set: both tiers at the present threshold; None if unknown."""
    swept = of.body.get("sweep") or {}
    present: Mapping[str, Any] | None = swept.get("present")
    return present


def latest(reports: Collection[Report], key: str) -> dict[str, Report]:
    """The newest report of each name that has this part in it, newest first, of the replays' own reports."""
    found: dict[str, Report] = {}
    for report in sorted(reports, key=lambda r: -r.created):
        if report.body.get(key):
            found.setdefault(report.name, report)
    return found
