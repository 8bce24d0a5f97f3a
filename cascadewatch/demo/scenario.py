"""What is arranged around the recorded content: cascades, routes, callers and the incidents.

Every choice of the demo that was not recorded stands in this module, so that docs/demo.md and the
annotations can name it.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from cascadewatch.demo import rhythm

VERIFIER = "cross-model-agreement"
FORMAT_CHECK = "format-check"
LOW_AGREEMENT = "low_agreement"

CALLERS = tuple(f"tenant-{n:02d}" for n in range(1, 61))
CALLER_WEIGHTS = tuple(rank**-0.9 for rank in range(1, len(CALLERS) + 1))  # Zipf-like
NEWCOMER = "tenant-61"
NEWCOMER_ROUTE = "contracts"
NEWCOMER_SHARE = 0.30  # of the documents cascade, once it is there

LOOSE_THRESHOLD = 0.25  # what the coding cascade's threshold becomes
BROKEN_SHARE = 0.85  # answers the broken verifier rejects unread; with its usual rejects about 90 %
LABEL_SHARE = 0.12  # of requests, drawn at random, carry the recorded correctness
TEXT_DAYS = 7  # labelled requests this recent also carry prompt and answers


@dataclass(frozen=True, slots=True)
class Route:
    """`share` of its cascade's traffic; `hard` is the share drawn from recorded items whose score is
    below 0.5 (39 % over all items), None for the route that asks about primes."""

    name: str
    share: float
    hard: float | None


@dataclass(frozen=True, slots=True)
class Cascade:
    """One cascade; `threshold` is its verifier's at the start, `first_caller` its busiest tenant."""

    name: str
    share: float
    routes: tuple[Route, ...]
    threshold: float
    objective: float
    quality_bar: float
    first_caller: int


CASCADES = (
    Cascade(
        "support",
        share=0.45,
        routes=(
            Route("faq", 0.40, 0.33),
            Route("orders", 0.28, 0.38),
            Route("billing", 0.20, 0.44),
            Route("returns", 0.12, 0.52),
        ),
        threshold=0.5,
        objective=0.45,
        quality_bar=0.88,
        first_caller=0,
    ),
    Cascade(
        "documents",
        share=0.30,
        routes=(
            Route("summary", 0.45, 0.30),
            Route("extraction", 0.30, 0.39),
            Route(NEWCOMER_ROUTE, 0.17, 0.70),
            Route("number-check", 0.08, None),
        ),
        threshold=0.5,
        objective=0.45,
        quality_bar=0.80,
        first_caller=20,
    ),
    Cascade(
        "coding",
        share=0.25,
        routes=(
            Route("completion", 0.45, 0.34),
            Route("review", 0.25, 0.43),
            Route("tests", 0.20, 0.42),
            Route("explain", 0.10, 0.45),
        ),
        threshold=0.75,
        objective=0.50,
        quality_bar=0.88,
        first_caller=40,
    ),
)


class Annotation(NamedTuple):
    """A mark on the time line; `cascade` and `route` None: it concerns all of them."""

    time_ms: int
    cascade: str | None
    route: str | None
    text: str


class Deploy(NamedTuple):
    """A revision and the moment (epoch ms) from which a cascade runs it."""

    time_ms: int
    revision: str


@dataclass(frozen=True, slots=True)
class Calendar:
    """When the arranged things happen, in epoch milliseconds."""

    start: int
    end: int
    broken: int  # the support verifier, until `mended`
    mended: int
    snapshot: int  # new model snapshots on documents / number-check
    onboarded: int  # the new tenant on documents / contracts
    loosened: int  # the coding verifier's threshold
    deploys: dict[str, tuple[Deploy, ...]]

    def revision(self, cascade: str, time_ms: int) -> str:
        """The revision the cascade runs at that moment."""
        made = self.deploys[cascade]
        return made[max(0, bisect_right(made, time_ms, key=lambda d: d.time_ms) - 1)].revision


def calendar(now_ms: int, zone: ZoneInfo) -> Calendar:
    """The incidents and deploys of the 30 days that end at `now_ms`; all on weekdays, by daylight."""
    start = now_ms - rhythm.DAYS * rhythm.DAY_MS
    broken = rhythm.workday(now_ms, zone, days_ago=9, hour=13)
    snapshot = rhythm.workday(now_ms, zone, days_ago=16, hour=15)
    loosened = rhythm.workday(now_ms, zone, days_ago=5, hour=11)
    moments = {
        "support": (rhythm.workday(now_ms, zone, 20, 10), rhythm.workday(now_ms, zone, 12, 14)),
        "documents": (snapshot,),
        "coding": (rhythm.workday(now_ms, zone, 18, 16), loosened),
    }
    return Calendar(
        start=start,
        end=now_ms,
        broken=broken,
        mended=broken + 3 * rhythm.HOUR_MS,
        snapshot=snapshot,
        onboarded=rhythm.workday(now_ms, zone, days_ago=5, hour=9),
        loosened=loosened,
        deploys={
            name: tuple(Deploy(time, _revision(time, zone)) for time in (start, *times))
            for name, times in moments.items()
        },
    )


def nothing_happens(start: int, end: int) -> Calendar:
    """From `start` to `end` (epoch ms) each cascade stays as it begins."""
    deploys: dict[str, tuple[Deploy, ...]] = {cascade.name: (Deploy(start, "1"),) for cascade in CASCADES}
    return Calendar(start, end, end, end, end, end, end, deploys)


def _revision(time_ms: int, zone: ZoneInfo) -> str:
    return f"{datetime.fromtimestamp(time_ms / 1000, zone):%Y-%m-%d}.1"


def annotations(when: Calendar) -> list[Annotation]:
    """One mark for each arranged thing, in time order; each text starts with "demo"."""
    marks = [
        Annotation(when.start, None, None,
                   "demo: recorded answers, re-timed to end now; about 5 % of requests are arranged to show"
                   " cache hits, routing, fallbacks, retries and judge failures"),
        Annotation(when.broken, "support", None, "demo: verifier broken for three hours (arranged):"
                   " it rejects well-formed answers for their format"),
        Annotation(when.mended, "support", None, "demo: verifier mended (arranged)"),
        Annotation(when.snapshot, "documents", "number-check",
                   "demo: gpt-3.5-turbo-0301 and gpt-4-0314 replaced by their 0613 snapshots"
                   " (time arranged, behaviour recorded)"),
        Annotation(when.onboarded, "documents", NEWCOMER_ROUTE,
                   f"demo: {NEWCOMER} starts to send harder documents (arranged)"),
        Annotation(when.loosened, "coding", None,
                   f"demo: verifier threshold lowered from 0.75 to {LOOSE_THRESHOLD} (arranged)"),
        *(Annotation(deploy.time_ms, cascade, None,
                     f"demo: deploy {deploy.revision}, nothing else changes (arranged)")
          for cascade in ("support", "coding")
          for deploy in when.deploys[cascade][1:] if deploy.time_ms != when.loosened),
    ]  # fmt: skip
    return sorted(marks, key=lambda mark: mark.time_ms)
