"""What is said when events stay away, and when a rule itself fails."""

from alerts.words.speaking import UNTOLD, Speaker, Told, Words, message, scope
from cascadewatch.drift.diagnosis.spoken import shown

UNSEEN = "Until events come again, no other rule can see what it does."


def firing(told: Told, speaker: Speaker) -> Words:
    """That nothing comes any more."""
    episode = told.episode
    return Words(
        f"{scope(episode)}: no events since {speaker.when(episode.since)}",
        (
            ("What", message(episode)),
            ("Since", f"The last event came {speaker.when(episode.since)}. {UNSEEN}"),
            ("Next", "Look whether its senders run and reach the API; the Sources page shows what arrives."),
        ),
    )  # fmt: skip


def resolved(told: Told, speaker: Speaker) -> Words:
    """That events come again."""
    episode = told.episode
    return Words(
        f"{scope(episode)}: events arrive again",
        (("What", "Events arrive again."), ("Lasted", f"{speaker.span(episode)}.")),
    )


def missed(told: Told, speaker: Speaker) -> Words:
    """That nothing came for a time."""
    words = resolved(told, speaker)
    what = ("What", f"{message(told.episode)} Events arrive again. {UNTOLD}")
    return Words(f"{scope(told.episode)}: no events for a time", (what, *words.facts[1:]))


def failing(told: Told, speaker: Speaker) -> Words:
    """That a rule fails, and so does not watch."""
    episode = told.episode
    return Words(
        f"Rule {shown(episode.rule)} fails",
        (
            ("What", message(episode)),
            (
                "Since",
                f"{speaker.when(episode.since)}. It does not watch until it works again; others go on.",
            ),
            ("Next", "Correct the rule in the settings, then run `cascadewatch check`."),
        ),
    )


def works(told: Told, speaker: Speaker) -> Words:
    """That the rule works again."""
    episode = told.episode
    return Words(
        f"Rule {shown(episode.rule)} works again",
        (("What", "The rule watches again."), ("Lasted", f"{speaker.span(episode)}.")),
    )


def failed(told: Told, speaker: Speaker) -> Words:
    """That the rule did not work for a time."""
    words = works(told, speaker)
    return Words(
        f"Rule {shown(told.episode.rule)} failed for a time", (("What", message(told.episode)), *words.facts)
    )
