"""What a diagnosis says, out of the JSON that an episode keeps. Pure; it names what somebody sent.

    causes(episode)          ranked, each with what it explains, its evidence and the next step
    likeliest(episode)       the first cause in a sentence
    split_rows(...) · caller_rows(...) · reason_rows(...) · change_rows(...)     what it rests on

Written by `cascadewatch.drift.diagnosis`, perhaps by another version: what is missing or of another kind is
left out.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from cascadewatch.drift.diagnosis.cause import TITLES, sentence
from cascadewatch.store.episodes import Episode
from dashboard import text_incidents as text
from dashboard.episode_words import number
from dashboard.formats import count, percent, points, quoted

Json = Mapping[str, Any]
Row = dict[str, Any]
LATEST = 253_402_300_800_000  # year 10000, past which no calendar of ours goes
TITLE: Mapping[str, str] = {str(key): title for key, title in TITLES.items()}


class Cause(NamedTuple):
    """One named cause. `points` is what it explains of the move, as a share; None: it cannot be told."""

    key: str
    points: float | None
    summary: str
    evidence: tuple[tuple[str, str], ...]
    next: str | None


def diagnosis(of: Episode) -> Json:
    """The diagnosis of an episode; {} where there is none."""
    return mapping(of.detail.get("diagnosis"))


def shift(of: Episode) -> float | None:
    """The whole move as the diagnosis counts it: after against before."""
    return number(diagnosis(of).get("points"))


def causes(of: Episode) -> list[Cause]:
    """Its causes, the likeliest first."""
    return [_cause(mapping(one)) for one in sequence(diagnosis(of).get("causes"))]


def _cause(held: Json) -> Cause:
    summary, step = held.get("summary"), held.get("next")
    return Cause(
        key=str(held.get("key") or "unknown"),
        points=number(held.get("points")),
        summary=quoted(sentence(str(summary).rstrip("."))) if summary else "",
        evidence=tuple(_evidence(mapping(one)) for one in sequence(held.get("evidence"))),
        next=quoted(str(step)) if step else None,
    )


def _evidence(held: Json) -> tuple[str, str]:
    return str(held.get("label") or ""), quoted(str(held.get("value") or ""))


def likeliest(of: Episode) -> str | None:
    """The first cause in a sentence, with what else speaks for it; None where nothing was looked at."""
    said = diagnosis(of).get("likeliest")
    if said:
        return quoted(str(said))
    first = next(iter(causes(of)), None)
    return None if first is None else first.summary or name(first.key)


def likeliest_name(of: Episode) -> str | None:
    """The first cause in a few words."""
    first = next(iter(causes(of)), None)
    return None if first is None else name(first.key)


def next_step(of: Episode) -> str | None:
    """What to do about the first cause."""
    first = next(iter(causes(of)), None)
    return None if first is None else first.next


def name(key: str) -> str:
    """A named cause as people call it.

    >>> name("verifier_broken"), name("witchcraft")
    ('The verifier is broken', 'Not known yet')
    """
    words = TITLE.get(key, TITLE["unknown"])
    return words[0].upper() + words[1:]


def reports(of: Episode) -> list[tuple[int, str]]:
    """The reports since the change: each number with the replay's name."""
    held = map(mapping, sequence(diagnosis(of).get("checks")))
    known = [(number(one.get("report")), str(one.get("replay") or "")) for one in held]
    return [(round(report), name) for report, name in known if report is not None]


def splits(of: Episode) -> dict[str, Json]:
    """The exact splits of the move, by what they are over: routes, callers."""
    found = mapping(diagnosis(of).get("mix"))
    return {kind: mapping(found.get(kind)) for kind in text.SPLITS if mapping(found.get(kind)).get("parts")}


def compared(of: Episode) -> str:
    """What the time since the change is compared with; "" where that was not kept."""
    held = diagnosis(of)
    said = text.COMPARED.get(str(held.get("against")))
    before = mapping(held.get("before"))
    rate, n = number(before.get("rate")), number(before.get("n"))
    if said is None:
        return ""
    known = rate is not None and n is not None
    return said.format(level=text.COMPARED_LEVEL.format(rate=percent(rate), n=count(n)) if known else "")


def split_words(split: Json) -> str:
    """How much of the move is mix, and how much behaviour."""
    mix, behaviour, total = (number(split.get(key)) for key in ("mix", "behaviour", "total"))
    return text.SPLIT_WORDS.format(total=points(total), behaviour=points(behaviour), mix=points(mix))


def split_rows(split: Json) -> list[Row]:
    """One row per group, those that carry most first."""
    return [_split_row(mapping(part)) for part in sequence(split.get("parts"))]


def _split_row(part: Json) -> Row:
    return {
        "name": str(part.get("name") or text.ALL_OTHERS),
        "share": _pair(part, "share_before", "share_after"),
        "rate": _pair(part, "rate_before", "rate_after"),
        "behaviour": _percentage(number(part.get("behaviour"))),
        "mix": _percentage(number(part.get("mix"))),
        "n": number(part.get("n_after")),
    }


def callers(of: Episode) -> Json:
    """Who carries the move; {} where callers were not compared."""
    return mapping(diagnosis(of).get("callers"))


def caller_words(who: Json) -> str:
    """Few callers or everybody, with the numbers that say so."""
    words = text.CALLER_VERDICTS.get(str(who.get("verdict")), text.CALLER_VERDICTS["unclear"])
    above, carried = number(who.get("above")), number(who.get("carried"))
    if above is not None:
        n = number(who.get("compared"))
        words += f" {text.CALLERS_ABOVE.format(share=percent(above, 0), n=count(n))}"
    if sequence(who.get("named")) and carried is not None:
        words += f" {text.CALLERS_CARRY.format(share=percent(min(1.0, carried), 0))}"
    return words


def caller_rows(who: Json) -> list[Row]:
    """One row per caller that moved beyond chance."""
    return [
        {
            "caller": str(one.get("caller") or ""), "escalated": number(one.get("escalated")),
            "judged": number(one.get("judged")), "expected": number(one.get("expected")),
            "excess": number(one.get("excess")), "before": _share(number(one.get("rate_before"))),
        }
        for one in map(mapping, sequence(who.get("named")))
    ]  # fmt: skip


def reason_rows(of: Episode) -> list[Row]:
    """One row per verdict reason, and per cause of a fallback, those that grew most first; then the verdicts
    that failed. All as shares before and after."""
    held = diagnosis(of)
    rows = [_reason_row(mapping(one), text.REJECTS) for one in sequence(held.get("reasons"))]
    rows += [_reason_row(mapping(one), text.FALLBACKS) for one in sequence(held.get("fallbacks"))]
    failures = mapping(held.get("judge_failures"))
    if number(failures.get("k_before")) or number(failures.get("k_after")):
        rows.append({**_reason_row(failures, text.VERDICTS), "reason": text.FAILED})
    return rows


def _reason_row(held: Json, of_what: str) -> Row:
    return {
        "reason": str(held.get("name") or text.NO_REASON),
        "of": of_what,
        "rate": _pair(held, "rate_before", "rate_after"),
        "points": _percentage(number(held.get("points"))),
        "n": number(held.get("k_after")),
    }


def change_rows(of: Episode) -> list[Row]:
    """What the events themselves say changed at that time; `time` in epoch ms."""
    return [
        {
            "time": time,
            "what": text.CHANGES.get(str(one.get("what")), str(one.get("what") or "")),
            "subject": str(one.get("subject") or ""),
            "change": " → ".join(str(v) for v in (one.get("before"), one.get("after")) if v is not None),
            "share": _percentage(number(one.get("share"))),
        }
        for one in map(mapping, sequence(diagnosis(of).get("changes")))
        if (time := number(one.get("time"))) is not None and 0 <= time < LATEST
    ]


def _pair(held: Json, before: str, after: str) -> str:
    return f"{_share(number(held.get(before)))} → {_share(number(held.get(after)))}"


def _share(value: float | None) -> str:
    return percent(value, 1 if value is not None and value < 0.1 else 0)


def _percentage(share: float | None) -> float | None:
    """0 to 100 as tables show it, and never "−0.0"."""
    return None if share is None else round(share * 100, 1) + 0.0


def mapping(value: object) -> Json:
    """A JSON object; {} for anything else."""
    return value if isinstance(value, dict) else {}


def sequence(value: object) -> Sequence[Any]:
    """A JSON array; [] for anything else."""
    return value if isinstance(value, list) else []
