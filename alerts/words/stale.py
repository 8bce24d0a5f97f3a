"""What is said of quality that nobody has checked, and of calibrations that may not hold."""

from alerts.words.speaking import UNTOLD, Speaker, Told, Words, mapping, message, named, number, texts
from cascadewatch.drift.diagnosis.spoken import listed
from cascadewatch.store.episodes import Episode


def firing(told: Told, speaker: Speaker) -> Words:
    """What is out of date, since when, and what to run."""
    episode = told.episode
    facts = (
        ("What", _what(episode)),
        ("Since", f"{speaker.when(episode.since)}. Nothing has to be wrong; nobody would know."),
        ("Next", _next(episode, speaker)),
    )
    return Words(_title(episode), facts)


def resolved(told: Told, speaker: Speaker) -> Words:
    """That it was checked."""
    episode = told.episode
    what = ("What", "Its quality was checked, and its verifier's calibration is up to date.")
    lasted = ("Lasted", f"{speaker.span(episode)}.")
    return Words(f"{named(episode.cascade)}: quality checked", (what, lasted))


def missed(told: Told, speaker: Speaker) -> Words:
    """That it was late, and was made up for."""
    words = resolved(told, speaker)
    what = ("What", f"{_what(told.episode)} {UNTOLD} It was checked since.")
    return Words(f"{_title(told.episode)}, for a time", (what, *words.facts[1:]))


def _title(episode: Episode) -> str:
    about = mapping(episode.detail.get("about"))
    what = "its verifier's calibration is out of date" if about.get("late") is False else "quality unchecked"
    return f"{named(episode.cascade)}: {what}"


def _what(episode: Episode) -> str:
    reasons = texts(mapping(episode.detail.get("about")).get("reasons"))
    return " ".join(reasons) or message(episode)


def _next(episode: Episode, speaker: Speaker) -> str:
    about = mapping(episode.detail.get("about"))
    commands = [f"`{command}`" for command in texts(about.get("commands"))]
    report = number(about.get("calibration"))
    last = "" if report is None else f" The last calibration: {speaker.report(round(report))}"
    if not commands:
        return f"Run a replay, or label a random sample of answers.{last}"
    return f"Run {listed(commands)}, or label a random sample of answers.{last}"
