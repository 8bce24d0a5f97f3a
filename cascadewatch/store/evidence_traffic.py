"""What a day brings now, and what requests cost lately: the terms of a move's price."""

from sqlalchemy import Connection

from cascadewatch.drift.diagnosis.price import Traffic
from cascadewatch.drift.hours import HOUR_MS
from cascadewatch.metrics.counterfactual import route_ratios, token_ratios
from cascadewatch.metrics.measures import FAILED_VERDICTS
from cascadewatch.metrics.window import TierCounts, TokenRatios, Window
from cascadewatch.settings import Settings
from cascadewatch.store.cells import ALL
from cascadewatch.store.cover import Segment, cover
from cascadewatch.store.reads import known, sums
from cascadewatch.store.state import OTHER
from cascadewatch.store.zone import local_days, next_day

DAY_MS = 24 * HOUR_MS
LATELY_MS = 6 * DAY_MS  # and today: whole local days, which are few rows
ASKED = ("accept", "reject", *FAILED_VERDICTS)


def traffic(connection: Connection, settings: Settings, cascade: str, route: str, now: int) -> Traffic | None:
    """Counts of the last 24 hours and mean costs of the last days; None for a cascade never seen.

    The small routes together are priced like the whole cascade, of which they have their share of a day.
    """
    found = known(connection, settings)
    if cascade not in found.cascades:
        return None
    local_day = local_days(found.timezone)
    days = Segment("day", local_day(now - LATELY_MS), next_day(local_day(now), local_day))
    per_route = {
        key[0]: counts
        for key, counts in sums.grouped(
            connection, "events", [days], sums.Of(cascade, None), ("route",)
        ).items()
    }
    of = sums.Of(cascade, ALL if route == OTHER else route)
    real = sum(c["real"] for c in per_route.values())
    window = Window(
        start=days.start,
        end=days.end,
        counts=sums.total(connection, "events", [days], of),
        order=found.cascades[cascade].order,
        tiers=(TierCounts("", "", "", sums.total(connection, "attempts", [days], of)),),
        ratios=_ratios(route, per_route),
        flagship_mean=sum(c["real_cost"] for c in per_route.values()) / real if real else None,
    )
    last = cover(now - DAY_MS, now, local_day, found.minute_floor)
    events = sums.grouped(connection, "events", last.fine, of, (), ("events", "judged")).get((), {})
    verdicts = sums.grouped(connection, "attempts", last.fine, of, (), ASKED).get((), {})
    return Traffic(events.get("events", 0), events.get("judged", 0), sum(verdicts.values()), window)


def _ratios(route: str, per_route: dict[str, sums.Sums]) -> TokenRatios:
    if route in (ALL, OTHER):
        return token_ratios(per_route)
    return route_ratios(route, per_route) if route in per_route else TokenRatios()
