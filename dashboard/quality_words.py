"""Whether the answers are right, in a sentence, and what to do where nobody knows. Pure."""

from cascadewatch.metrics.quality import label_sources
from dashboard import text_replays as text
from dashboard.facts import Facts, is_checked
from dashboard.formats import ago, count, duration, percent, span_words


def sentence(facts: Facts) -> str:
    """How many answers are right by the newest look, and when anybody looked."""
    age = facts.checked_age
    if facts.quality_age is None or age is None:
        return _unknown(facts)
    share = facts.quality
    parts = []
    if share.value is not None:
        parts.append(
            text.RIGHT_SENTENCE.format(
                value=percent(share.value), reach=span_words(share.low, share.high),
                from_what=source(facts), bar=_against_bar(facts),
            )
        )  # fmt: skip
    last = facts.last_check
    parts.append(text.NEVER_DRAWN if last is None else text.LABELLED.format(ago=ago(last, facts.now)))
    parts.append(replays(facts))
    if not is_checked(facts):
        parts.append(text.OLD_CHECK.format(age=duration(age)))
    return " ".join(parts)


def source(facts: Facts) -> str:
    """What the number rests on."""
    if facts.is_replayed and facts.replayed is not None:
        n = count(facts.replayed.metric.n)
        return text.FROM_REPORT_SENTENCE.format(name=facts.replayed.name, n=n)
    found = label_sources(facts.window)
    return text.FROM_LABELS_SENTENCE.format(n=count(sum(found.values())), sources=", ".join(sorted(found)))


def replays(facts: Facts) -> str:
    """When replays last looked, at the whole cascade or at parts of it."""
    if facts.route is not None:
        return text.NOT_OF_ROUTES
    parts = None if facts.last_replay is None else ago(facts.last_replay, facts.now)
    if facts.replayed is None:
        return text.NEVER_REPLAYED if parts is None else text.ONLY_PARTS.format(ago=parts)
    whole = text.CHECKED_LAST.format(ago=ago(facts.replayed.at, facts.now))
    if facts.last_replay is None or facts.last_replay <= facts.replayed.at:
        return whole
    return f"{whole} {text.PARTS_SINCE.format(ago=parts)}"


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


def _unknown(facts: Facts) -> str:
    """That no figure is known, and what was looked at all the same."""
    if facts.route is None and facts.last_replay is None:
        return text.NONE_DRAWN if facts.window.labels else text.NOTHING_KNOWN
    labels = text.NEVER_DRAWN if facts.window.labels else text.NO_LABEL
    return f"{text.NOBODY_KNOWS} {labels} {replays(facts)}"
