"""Whether the answers are right, in a sentence, and what to do where nobody knows. Pure."""

from collections.abc import Sequence

from cascadewatch.metrics.quality import label_sources
from dashboard import text_replays as text
from dashboard.facts import FRESH, Facts
from dashboard.formats import ago, count, duration, percent, span_words
from dashboard.replayed import Replayed


def sentence(facts: Facts, measured: Sequence[Replayed] = ()) -> str:
    """How many answers are right by the newest look, and when anybody looked; `measured` are all replays'
    figures, oldest first."""
    if facts.quality_age is None:
        return text.NONE_DRAWN if facts.window.labels else text.NOTHING_KNOWN
    share = facts.quality
    parts = []
    if share.value is not None:
        parts.append(
            text.RIGHT_SENTENCE.format(
                value=percent(share.value), reach=span_words(share.low, share.high),
                from_what=source(facts), bar=_against_bar(facts),
            )
        )  # fmt: skip
    parts.append(_looks(facts, measured))
    if facts.quality_age > FRESH:
        parts.append(text.OLD_CHECK.format(age=duration(facts.quality_age)))
    return " ".join(parts)


def source(facts: Facts) -> str:
    """What the number rests on."""
    if facts.is_replayed and facts.replayed is not None:
        n = count(facts.replayed.metric.n)
        return text.FROM_REPORT_SENTENCE.format(name=facts.replayed.name, n=n)
    found = label_sources(facts.window)
    return text.FROM_LABELS_SENTENCE.format(n=count(sum(found.values())), sources=", ".join(sorted(found)))


def next_step(facts: Facts, has_replays: bool) -> str | None:
    """What would tell more; None where labels and replays both do."""
    if facts.last_check is None:
        return text.NEXT_LABELS if has_replays else f"{text.NEXT_LABELS} {text.NEXT_REPLAY}"
    return None if has_replays else text.NEXT_REPLAY


def _against_bar(facts: Facts) -> str:
    bar, share = facts.quality_bar, facts.quality
    if bar is None or share.low is None or share.high is None:
        return ""
    words = text.AT_BAR
    if share.low >= bar:
        words = text.ABOVE_BAR
    elif share.high < bar:
        words = text.BELOW_BAR
    return words.format(bar=percent(bar, 0))


def _looks(facts: Facts, measured: Sequence[Replayed]) -> str:
    last, replayed = facts.last_check, facts.replayed
    labels = text.NEVER_DRAWN if last is None else text.LABELLED.format(ago=ago(last, facts.now))
    if replayed is not None:
        replays = text.CHECKED_LAST.format(ago=ago(replayed.at, facts.now))
    elif measured:
        replays = text.ONLY_PARTS.format(ago=ago(measured[-1].at, facts.now))
    else:
        replays = text.NEVER_REPLAYED
    return f"{labels} {replays}"
