"""What is said when the month's money for replays is nearly spent."""

from alerts.words.speaking import UNTOLD, Facts, Speaker, Told, Words, mapping, message, number, text
from cascadewatch.drift.diagnosis.spoken import count, dollars, percent, shown
from cascadewatch.store.episodes import Episode

NEXT = "Run replays less often or on fewer cases, or raise `month_usd` under [replays]."


def firing(told: Told, speaker: Speaker) -> Words:
    """How much is gone, on what, and what happens when all of it is."""
    episode = told.episode
    facts = (
        ("What", _what(episode)),
        ("Since", f"First seen {speaker.when(episode.since)}; counted since {_start(episode, speaker)}."),
        *_by(episode),
        ("Then", "When all of it is gone, runs that cost money end incomplete until the next month."),
        ("Next", f"{NEXT} What each run cost: {speaker.replays}"),
    )
    return Words(_title(episode), facts)


def resolved(told: Told, speaker: Speaker) -> Words:
    """That there is money again."""
    episode = told.episode
    money = text(mapping(episode.detail.get("cleared")).get("money"))
    now = "There is money for replays again." if money is None else f"Replays have spent or hold {money}."
    facts = (("What", now), ("Lasted", f"{speaker.span(episode)}."))
    return Words("Replays: money for them again", facts)


def missed(told: Told, speaker: Speaker) -> Words:
    """That there was hardly any money for a time."""
    words = resolved(told, speaker)
    what = ("What", f"{_what(told.episode)} {UNTOLD}")
    return Words(f"{_title(told.episode)}, for a time", (what, *words.facts))


def _title(episode: Episode) -> str:
    share = number(mapping(episode.detail.get("about")).get("share"))
    gone = "nearly all" if share is None else percent(share)
    return f"Replays: {gone} of the month's money is spent"


def _what(episode: Episode) -> str:
    about = mapping(episode.detail.get("about"))
    spent, month = number(about.get("spent_usd")), number(about.get("month_usd"))
    limit = number(episode.detail.get("limit"))
    if spent is None or month is None:
        return message(episode)
    beyond = "" if limit is None else f", more than {percent(limit)}"
    return f"All replays of the month have spent or hold {dollars(spent)} of {dollars(month)}{beyond}."


def _start(episode: Episode, speaker: Speaker) -> str:
    start = number(mapping(episode.detail.get("about")).get("start"))
    return "the first of the month" if start is None else speaker.when(round(start))


def _by(episode: Episode) -> Facts:
    held = mapping(episode.detail.get("about")).get("by")
    rows = [mapping(row) for row in held] if isinstance(held, list) else []
    said = [
        f"{shown(str(row.get('replay')))} {dollars(usd)} in {count(runs)} {'run' if runs == 1 else 'runs'}"
        for row in rows
        if (usd := number(row.get("usd"))) is not None and (runs := number(row.get("runs"))) is not None
    ]
    return (("On", f"{'; '.join(said)}."),) if said else ()
