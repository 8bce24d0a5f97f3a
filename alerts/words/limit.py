"""What is said of a metric beyond a limit, and of a budget that goes too fast."""

from functools import partial

from alerts.words.drift import also
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
    mapping,
    next_fact,
    number,
    per_day,
    scope,
    total_fact,
)
from cascadewatch.drift.diagnosis import spoken
from cascadewatch.drift.diagnosis.spoken import amount, count, dollars, percent
from cascadewatch.errors import UsageError
from cascadewatch.metrics import find
from cascadewatch.store.episodes import Episode

TITLES = {"cost_ratio": "dearer than the flagship alone"}
STEPS = {
    "price_coverage": "Add a [[price]] for the models without one; the Sources page names them.",
    "verifier_overhead": "Use a cheaper verifier: a verdict should cost less than a fifth of the next tier.",
    "cost_ratio": "See on the Cost page which part grew: verdicts, retries or escalations. Until it is"
    " mended, sending everything to the flagship would be cheaper.",
}
# What a value means, where its name does not say it.
MEANS = {
    "cost_ratio": " It costs {} times what the flagship alone would have.",
    "burn_rate": " The budget of its objective is used up {} times as fast as it may be.",
}
SHARES = ("share", "score")
LOOK = "Look at the page for what changed at that time."


def firing(told: Told, speaker: Speaker) -> Words:
    """That the limit is passed."""
    episode = told.episode
    step = STEPS.get(episode.metric or "")
    facts = (
        ("What", _what(episode)),
        ("Since", f"First seen {speaker.when(episode.since)}."),
        *_budget(episode, speaker),
        *cause_facts(episode),
        *_cost(episode),
        *also(told),
        *((("Next", step),) if step else next_fact(episode, LOOK)),
    )
    return Words(_title(episode), facts)


def easing(told: Told, speaker: Speaker) -> Words:
    """That it comes back from beyond the limit."""
    words = firing(told, speaker)
    back = ("Now", "It is coming back within its limit. You hear once more, when it stays there.")
    return Words(words.title, (words.facts[0], back, *words.facts[1:]))


def resolved(told: Told, speaker: Speaker) -> Words:
    """That it is within its limit again."""
    episode = told.episode
    return Words(
        f"{scope(episode)}: {name(episode)} within its limit again",
        (
            ("What", f"{_sentence(name(episode))} is no longer {_side(episode)} {_limit(episode)}."),
            *course(episode, speaker, partial(_shown, episode)),
            *total_fact(episode),
        ),
    )


def missed(told: Told, speaker: Speaker) -> Words:
    """That it was beyond the limit before it could be told."""
    episode = told.episode
    return Words(
        f"{scope(episode)}: {name(episode)} was {_side(episode)} its limit for a time",
        (
            (
                "What",
                f"{_what(episode)} It is within its limit again. {UNTOLD}",
            ),
            *course(episode, speaker, partial(_shown, episode)),
            *cause_facts(episode),
            *total_fact(episode),
            *also(told),
        ),
    )


def name(episode: Episode) -> str:
    """The metric as people call it, in a sentence."""
    if episode.kind == "burn_rate":
        return "burn rate"
    key = episode.metric or ""
    try:
        spec, part = find(key)
    except UsageError:
        return key
    title = spec.title if spec.title[:2].isupper() else spec.title[0].lower() + spec.title[1:]
    return f"{title} ({part})" if part else title


def _title(episode: Episode) -> str:
    value = Numbers.of(episode).value
    if episode.kind == "burn_rate":
        fast = "too fast" if value is None else f"{value:.2g} times too fast"
        return f"{scope(episode)}: the budget of its objective goes {fast}"
    if episode.metric in TITLES:
        return f"{scope(episode)}: {TITLES[episode.metric]}"
    more = _more(episode, value)
    told = "" if value is None else f" {_shown(episode, value, more)},"
    return f"{scope(episode)}: {name(episode)}{told} {_side(episode)} {_limit(episode, more)}"


def _what(episode: Episode) -> str:
    numbers = Numbers.of(episode)
    if numbers.value is None:
        return f"{_sentence(name(episode))} of {scope(episode)} is {_side(episode)} {_limit(episode)}."
    more = _more(episode, numbers.value)
    value = _shown(episode, numbers.value, more)
    n = "" if not numbers.n else f", n {count(numbers.n)}"
    return (
        f"{_sentence(name(episode))} of {scope(episode)}: {value}{_between(episode, numbers, more)}, "
        f"{_side(episode)} the limit of {_limit(episode, more)}{n}.{_meaning(episode, value)}"
    )


def _meaning(episode: Episode, value: str) -> str:
    said = MEANS.get("burn_rate" if episode.kind == "burn_rate" else episode.metric or "", "")
    return said.format(value)


def _between(episode: Episode, numbers: Numbers, more: int) -> str:
    low, high = numbers.low, numbers.high
    if low is None or high is None:
        return ""
    if _unit(episode) in SHARES:
        return f" ({spoken.between(low, high, more)})"
    to = " to " if low < 0 else "–"
    return f" ({_shown(episode, low, more)}{to}{_shown(episode, high, more)})"


def _budget(episode: Episode, speaker: Speaker) -> Facts:
    if episode.kind != "burn_rate":
        return ()
    held = mapping(episode.detail.get("budget"))
    until, left = number(held.get("until")), number(held.get("left"))
    if left is not None and left <= 0:
        return (("Budget", "It is used up already."),)
    rest = "" if left is None else f"{percent(left)} of it is left"
    gone = "" if until is None else f"at this pace it is gone by {speaker.when(round(until))}"
    said = "; ".join(part for part in (rest, gone) if part)
    return (("Budget", f"{_sentence(said)}."),) if said else ()


def _cost(episode: Episode) -> Facts:
    usd = per_day(episode)
    if usd is None or usd <= 0:
        return ()
    beyond = {
        "burn_rate": " beyond what the objective allows",
        "threshold": " more than the flagship alone"
        if episode.metric == "cost_ratio"
        else " beyond the limit",
    }
    over = beyond.get(episode.kind, "")
    return (("Cost", f"About {dollars(usd)} a day{between(episode)}{over}, at today's traffic."),)


def _side(episode: Episode) -> str:
    return "below" if episode.direction == "down" else "above"


def _limit(episode: Episode, more: int = 0) -> str:
    """The limit, no finer than it was written."""
    limit = number(episode.detail.get("limit"))
    if limit is None:
        return "its limit"
    plain, fine = _shown(episode, limit), _shown(episode, limit, more)
    return plain if _figure(plain) == _figure(fine) else fine


def _figure(said: str) -> float:
    return float("".join(sign for sign in said if sign in "0123456789."))


def _more(episode: Episode, value: float | None) -> int:
    """How many more decimals it takes until a value does not read like the limit it is beyond."""
    limit = number(episode.detail.get("limit"))
    if limit is None or value is None:
        return 0
    tried = (more for more in range(4) if _shown(episode, value, more) != _shown(episode, limit, more))
    return next(tried, 0)


def _unit(episode: Episode) -> str:
    if episode.kind == "burn_rate":
        return "ratio"
    return str(episode.detail.get("unit") or "ratio")


def _shown(episode: Episode, value: float, more: int = 0) -> str:
    """A value in the unit of its metric, with so many more decimals."""
    unit = _unit(episode)
    if unit in SHARES:
        return percent(value, more)
    if unit == "usd":
        return dollars(value, more=more)
    return f"{value:,.{more}f} ms" if unit == "ms" else amount(value, more)


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
