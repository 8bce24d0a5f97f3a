"""How good a cascade was when a replay last looked, and what replays measured over time. Pure.

Reports are those of the replays' own models, as `replaying.own` reads them.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from cascadewatch.metrics.window import Metric
from cascadewatch.store.reports import Report, ended
from dashboard import check_words

RATES = {"false_accept": "false_accept_rate", "false_escalate": "false_escalate_rate"}


@dataclass(frozen=True, slots=True)
class Replayed:
    """A share measured by the replay `name` at `at` (epoch ms); `whole`: of the cascade, not of one model."""

    name: str
    at: int
    metric: Metric
    whole: bool = True


def last(reports: Collection[Report]) -> int | None:
    """When a replay last checked the cascade (epoch ms), the whole of it or a part; None: none did."""
    return max((of.created for of in ended(reports)), default=None)


def newest(reports: Collection[Report]) -> Replayed | None:
    """The latest measurement of the whole cascade: both tiers at the present threshold."""
    return next((found for found in reversed(quality(reports)) if found.whole), None)


def quality(reports: Collection[Report]) -> list[Replayed]:
    """Every measured quality, oldest first: of the cascade where both tiers' answers are known, else the
    accuracy of the model that was asked."""
    out = []
    for of in _oldest_first(reports):
        present, accuracy = check_words.quality_of(of), of.body["rates"].get("accuracy")
        if present is not None:
            share = Metric(present["quality"], present["n"], present["low"], present["high"])
            out.append(Replayed(of.name, of.created, share))
        elif accuracy is not None:
            share = Metric(accuracy["value"], accuracy["n"], accuracy["low"], accuracy["high"])
            out.append(Replayed(of.name, of.created, share, whole=False))
    return out


def errors(reports: Collection[Report], rate: str) -> list[Replayed]:
    """Every measured false accept or false escalate rate, oldest first."""
    out = []
    for of in _oldest_first(reports):
        found = of.body["rates"].get(rate)
        if found is not None:
            share = Metric(found["value"], found["n"], found["low"], found["high"])
            out.append(Replayed(of.name, of.created, share))
    return out


def within(found: Sequence[Replayed], span: tuple[int, int]) -> list[Replayed]:
    """Those of a range."""
    return [one for one in found if span[0] <= one.at < span[1]]


def _oldest_first(reports: Collection[Report]) -> list[Report]:
    return sorted(ended(reports), key=lambda of: of.created)
