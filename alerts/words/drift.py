"""What is said of a rate that moved: up is cost at risk, down is quality at risk."""

from typing import NamedTuple

from alerts.words.speaking import (
    UNTOLD,
    Facts,
    Numbers,
    Speaker,
    Told,
    Words,
    between,
    cause_facts,
    course,
    is_checked,
    mapping,
    next_fact,
    number,
    per_day,
    scope,
    text,
    title_of_diagnosis,
    total_fact,
)
from cascadewatch.drift.diagnosis import spoken
from cascadewatch.drift.diagnosis.spoken import count, dollars, percent, points
from cascadewatch.store.episodes import Episode

SURE = 4  # standard errors of its baseline; a smaller move may be the baseline's own error
CHECK_FIRST = (
    "Run a verifier check before anything else: the same answers, right and wrong, past the verifier."
)


class Rate(NamedTuple):
    """A metric in a title, in a sentence, and what it means when it goes up or down."""

    short: str
    whole: str
    up: str = ""
    down: str = ""


RATES = {
    "escalation_rate": Rate(
        "escalation", "the escalation rate", "More requests go on to dearer tiers: cost is at risk.",
        "The verifier accepts more: quality is at risk, unless the answers got better.",
    ),
    "flagship_share": Rate(
        "flagship share", "the flagship's share", "More requests reach the flagship: cost is at risk.",
        "Fewer requests reach the flagship: quality is at risk.",
    ),
    "judge_failure_rate": Rate(
        "judge failures", "the judge failure rate",
        "Answers go unjudged: cost or quality is at risk, by what the cascade does then.",
    ),
    "fallback_rate": Rate(
        "fallbacks", "the fallback rate", "More requests go up because something failed: cost is at risk."
    ),
    "exhausted_rate": Rate(
        "exhausted requests", "the exhausted rate",
        "More users get an answer the verifier rejects: quality is at risk.",
    ),
    "retry_rate": Rate("retries", "the retry rate", "Tiers are asked again more often."),
    "cache_hit_rate": Rate(
        "cache hits", "the cache hit rate", "", "More requests are paid for: cost is at risk."
    ),
}  # fmt: skip


def firing(told: Told, speaker: Speaker) -> Words:
    """That it moved: what, from what to what, since when, why, at what cost, and what to do."""
    episode = told.episode
    return Words(
        title(episode),
        (
            ("What moved", _moved(episode)),
            ("Since", _since(episode, speaker)),
            *cause_facts(episode),
            *_cost(episode),
            *also(told),
            *_next(episode),
        ),
    )


def easing(told: Told, speaker: Speaker) -> Words:
    """That it is on its way back."""
    words = firing(told, speaker)
    back = ("Now", "It is on its way back to its baseline. You hear once more, when it is there.")
    return Words(words.title, (words.facts[0], back, *words.facts[1:]))


def resolved(told: Told, speaker: Speaker) -> Words:
    """That it is over: how long it lasted, how far it went, what it cost."""
    episode = told.episode
    rate, numbers = rate_of(episode), Numbers.of(episode)
    level = "" if numbers.baseline is None else f" of {percent(numbers.baseline)}"
    return Words(
        f"{scope(episode)}: {rate.short} back to normal",
        (
            ("What", f"{_sentence(rate.whole)} of {scope(episode)} is back at its baseline{level}."),
            *course(episode, speaker, _about),
            *total_fact(episode),
            *_cause_of_past(episode),
            *_after_a_fall(episode),
        ),
    )


def missed(told: Told, speaker: Speaker) -> Words:
    """That it moved and came back before it could be told."""
    episode = told.episode
    rate, numbers = rate_of(episode), Numbers.of(episode)
    way = "rose" if _rose(episode) else "fell"
    far = "" if numbers.shift is None else f" by {points(numbers.shift)}"
    return Words(
        f"{scope(episode)}: {rate.short} {way}{far} and came back",
        (
            (
                "What moved",
                f"{_from_to(episode)} It is back to normal. {UNTOLD}",
            ),
            *course(episode, speaker, _about),
            *cause_facts(episode),
            *total_fact(episode),
            *also(told),
            *_after_a_fall(episode),
        ),
    )


def title(episode: Episode) -> str:
    """On one line: where, what, which way, how far."""
    named = title_of_diagnosis(episode)
    risk = ", quality at risk" if _is_quality(episode) and Numbers.of(episode).shift is not None else ""
    return _short(episode, f"{named}, " if named else "") + risk


def _short(episode: Episode, named: str = "") -> str:
    rate, numbers = rate_of(episode), Numbers.of(episode)
    way = "up" if _rose(episode) else "down"
    if numbers.value is None or numbers.shift is None:
        return f"{scope(episode)}: {named}{rate.short} {way}"
    to = f"to about {percent(numbers.value)}"
    return f"{scope(episode)}: {named}{rate.short} {way} {points(numbers.shift)} {to}"


def rate_of(episode: Episode) -> Rate:
    """The words of its metric."""
    metric = episode.metric or "rate"
    return RATES.get(metric, Rate(metric, metric))


def also(told: Told) -> Facts:
    """What this episode speaks for."""
    if not told.children:
        return ()
    named = [f"{_brief(child)}{'' if child.is_open else ' (over)'}" for child in told.children[:5]]
    more = len(told.children) - len(named)
    return (("Also", "; ".join([*named, *([f"{more} more"] if more else [])]) + "."),)


def _brief(child: Episode) -> str:
    if child.kind == "drift":
        return _short(child)
    return f"{scope(child)}: {(text(child.detail.get('message')) or child.rule).rstrip('.')}"


def _moved(episode: Episode) -> str:
    numbers, tolerance = Numbers.of(episode), number(episode.detail.get("tolerance"))
    parts = [_from_to(episode)]
    if numbers.shift is not None and tolerance is not None:
        inside = abs(numbers.shift) <= tolerance
        verb = "It moved, so far within" if inside else "It breached"
        parts.append(f"{verb} the tolerance of {points(tolerance)}.")
    rate = rate_of(episode)
    meaning = rate.up if _rose(episode) else rate.down
    return " ".join([*parts, *([meaning] if meaning else [])])


def _from_to(episode: Episode) -> str:
    """The rate with its interval and n against its baseline."""
    rate, numbers = rate_of(episode), Numbers.of(episode)
    if numbers.value is None:
        return f"{_sentence(rate.whole)} of {scope(episode)} moved."
    inside = spoken.between(numbers.low, numbers.high)
    about = f"about {percent(numbers.value)}{f' ({inside})' if inside else ''}"
    n = "" if not numbers.n else f", over {count(numbers.n)} requests"
    if numbers.baseline is None or numbers.shift is None:
        return f"{_sentence(rate.whole)} of {scope(episode)}: {about}{n}."
    side = "above" if numbers.shift > 0 else "below"
    usual = "the" if _is_learning(episode) else "its baseline of"
    seen = " seen so far" if _is_learning(episode) else ""
    against = f"{points(numbers.shift)} {side} {usual} {percent(numbers.baseline)}{seen}"
    return f"{_sentence(rate.whole)} of {scope(episode)}: {about}, {against}{n}."


def _since(episode: Episode, speaker: Speaker) -> str:
    days = speaker.settings.alerts.false_alarm_days
    chance = f"A move like this happens by chance less than once in {days} days."
    return f"{speaker.when(episode.since)}, as far as can be told. {chance}{_doubt(episode)}"


def _doubt(episode: Episode) -> str:
    """What a thin baseline, or none at all, takes away from that."""
    if _is_learning(episode):
        return " There is no baseline yet, so only gross breaks are told: see whether this is normal here."
    held, shift = mapping(episode.detail.get("normal")), Numbers.of(episode).shift
    error, n = number(held.get("error")), number(held.get("requests"))
    if error is None or n is None or shift is None or abs(shift) > SURE * error:
        return ""
    return (
        f" But its baseline rests on {count(n)} requests and may itself be {points(2 * error)} off: if"
        " nothing explains the move, accept the new level."
    )


def _is_learning(episode: Episode) -> bool:
    return mapping(episode.detail.get("normal")).get("learning") is True


def _cost(episode: Episode) -> Facts:
    usd = per_day(episode)
    if usd is None:
        return ()
    reach = between(episode)
    if usd < 0:
        caution = "Do not count this as a saving yet." if _is_quality(episode) else ""
        return (("Cost", f"The bill fell by about {dollars(-usd)} a day{reach}. {caution}".rstrip()),)
    return (("Cost", f"About {dollars(usd)} more a day{reach} at today's traffic{_each(episode)}."),)


def _each(episode: Episode) -> str:
    held = episode.detail.get("cost_usd_per_day")
    assert isinstance(held, dict)
    extra, each, what = number(held.get("extra")), number(held.get("each")), text(held.get("what"))
    if extra is None or each is None or what is None or extra < 1:
        return ""
    return f": {count(extra)} more {what} a day at {dollars(each)} each"


def _next(episode: Episode) -> Facts:
    (_, step), *_ = next_fact(episode, "Look at the page, then at what was deployed at that time.")
    if _is_quality(episode) and not _asks_to_check(episode) and not is_checked(episode):
        return (("Next", f"{CHECK_FIRST} {step}"),)
    return (("Next", step),)


def _asks_to_check(episode: Episode) -> bool:
    """Whether the step is a verifier check, or is of a version that did not say what its step asks for."""
    causes = mapping(episode.detail.get("diagnosis")).get("causes")
    first = mapping(causes[0]) if isinstance(causes, list) and causes else {"asks": None}
    return first.get("asks", "verifier check") == "verifier check"


def _cause_of_past(episode: Episode) -> Facts:
    return cause_facts(episode)[:1]


def _about(rate: float) -> str:
    return f"About {percent(rate)}"


def _after_a_fall(episode: Episode) -> Facts:
    if not _is_quality(episode):
        return ()
    return (("Next", "Look at a sample of what was served in that time: it was checked less strictly."),)


def _is_quality(episode: Episode) -> bool:
    return episode.metric in ("escalation_rate", "flagship_share") and not _rose(episode)


def _rose(episode: Episode) -> bool:
    shift = Numbers.of(episode).shift
    return episode.direction == "up" if shift is None or episode.direction else shift > 0


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
