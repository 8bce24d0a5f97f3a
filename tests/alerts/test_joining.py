"""What breaks together is told once: an episode is joined to the one that speaks for it."""

from collections.abc import Iterable, Mapping
from typing import Any

from alerts.books import Books
from alerts.decisions import Held, OpenKey, decide
from alerts.evaluate import enter
from alerts.facts import Facts
from alerts.finding import Estimate, Finding, Past, Scope
from alerts.joining import TOGETHER_MS, order, parent_of
from alerts.rules import DEFAULTS, rules_of
from cascadewatch.settings import Rule
from cascadewatch.store import episodes
from tests.alerts.conftest import Watch
from tests.alerts.findings import SUPPORT, drifted, said
from tests.alerts.test_telling import START, episode
from tests.alerts.watched import HOOK, HOUR, MINUTE, TOO_MANY, Watched

FALLBACK = Rule(name="a-fallback-drift", kind="drift", metric="fallback_rate")
EARLY = {**TOO_MANY, "name": "early"}
LATE = {**TOO_MANY, "name": "late", "for": "20m"}
BY_NAME = {rule.name: rule for rule in DEFAULTS}
ESCALATION, FLAGSHIP, FALLBACKS = (
    BY_NAME[name] for name in ("escalation-drift", "flagship-drift", "fallback-drift")
)
FAQ, CODE = Scope("support", "faq"), Scope("support", "code")


def test_of_one_moment_escalation_of_a_whole_cascade_opens_first_and_routes_last() -> None:
    whole = drifted("alarm")
    route = drifted("alarm", scope=whole.scope._replace(route="faq"))
    fallback = drifted("alarm", rule=FALLBACK)
    assert sorted([route, fallback, whole], key=order) == [whole, fallback, route]


def test_what_opened_earlier_opens_first_whatever_it_is() -> None:
    """Else the one that opened later could not speak for it, and both were told."""
    whole = drifted("firing", detail={"opened": START - 2 * HOUR})
    route = drifted("firing", scope=whole.scope._replace(route="faq"), detail={"opened": START - 10 * HOUR})
    limit = said("breached")
    assert sorted([limit, whole, route], key=order) == [route, whole, limit]


def test_the_earliest_that_is_open_or_began_lately_is_the_parent() -> None:
    old = episode(id=1, opened=START - 9 * HOUR)
    young = episode(id=2, opened=START - HOUR)
    assert parent_of("drift", "support", START, [young, old]) is old
    over = episode(id=1, opened=START - 9 * HOUR, state="resolved", resolved=START - 8 * HOUR)
    assert parent_of("threshold", "support", START, [young, over]) is young
    lately = episode(id=3, opened=START - 3 * HOUR, state="resolved", resolved=START - 2 * HOUR)
    assert parent_of("burn_rate", "support", START, [lately]) is lately
    assert parent_of("burn_rate", "billing", START, [lately]) is None


def test_one_that_people_hear_of_now_comes_before_an_earlier_one() -> None:
    """What is over, less severe or silenced speaks for nobody: its children would be told one by one."""
    over = episode(id=1, opened=START - 3 * HOUR, state="resolved", resolved=START - 2 * HOUR)
    ticket = episode(id=2, opened=START - 2 * HOUR)
    page = episode(id=3, opened=START - HOUR, severity="page")
    assert parent_of("drift", "support", START, [over, ticket]) is ticket
    assert parent_of("drift", "support", START, [over, ticket, page]) is page
    assert parent_of("drift", "support", START, [over, ticket, page], quiet={3}) is ticket


def test_what_is_joined_speaks_for_nobody_unless_it_has_messages_of_its_own() -> None:
    speaker = episode(id=1, opened=START - 2 * HOUR)
    joined = episode(id=2, parent=1, told=None, opened=START - HOUR)
    assert parent_of("drift", "support", START, [joined, speaker]) is speaker
    over = episode(id=1, opened=START - 2 * HOUR, state="resolved", resolved=START - HOUR)
    assert parent_of("drift", "support", START, [joined, over]) is joined


def test_silence_and_failing_rules_are_never_joined() -> None:
    for kind in ("no_data", "error"):
        assert parent_of(kind, "support", START, [episode()]) is None
        assert parent_of("drift", "support", START, [episode(kind=kind)]) is None


def joined(watching_sqlite: Watch, now: int, **late: Any) -> Any:
    """Two rules that see the same breach, one after the other."""
    watched = watching_sqlite(EARLY, {**LATE, **late})
    watched.send(now - HOUR, now + HOUR, 0.9, 120)
    watched.minutes(now, now + 30 * MINUTE, 5 * MINUTE)
    return watched


def test_a_joined_episode_is_kept_and_not_told(watching_sqlite: Watch, now: int) -> None:
    watched = joined(watching_sqlite, now)
    early, late = watched.episodes()
    assert (early.parent, late.parent) == (None, early.id)
    assert late.state == "firing"
    assert watched.said() == [(early.id, "firing", "team")]


def test_a_more_severe_one_speaks_for_itself(watching_sqlite: Watch, now: int) -> None:
    watched = joined(watching_sqlite, now, severity="page")
    early, late = watched.episodes()
    assert late.parent == early.id
    assert watched.said() == [(early.id, "firing", "team"), (late.id, "firing", "team")]


def test_it_speaks_once_its_parent_is_over(watching_sqlite: Watch, now: int) -> None:
    watched = joined(watching_sqlite, now)
    early, late = watched.episodes()
    (_, kept) = watched.settings.rule
    watched.run(now + 40 * MINUTE, watched.settings.model_copy(update={"rule": (kept,)}))
    assert watched.said()[1:] == [(early.id, "resolved", "team"), (late.id, "firing", "team")]


def test_what_ends_with_its_parent_is_never_told(watching_sqlite: Watch, now: int) -> None:
    watched = joined(watching_sqlite, now)
    early, _late = watched.episodes()
    watched.run(now + 40 * MINUTE, watched.settings.model_copy(update={"rule": ()}))
    assert [episode.state for episode in watched.episodes()] == ["resolved", "resolved"]
    assert watched.said() == [(early.id, "firing", "team"), (early.id, "resolved", "team")]


def test_within_a_silence_of_its_parent_it_speaks(watching_sqlite: Watch, now: int) -> None:
    from tests.alerts.test_evaluation import silence

    watched = watching_sqlite(EARLY, LATE)
    watched.send(now - HOUR, now + HOUR, 0.9, 120)
    silence(watched, now, now + HOUR, rule="early")
    watched.minutes(now, now + 30 * MINUTE, 5 * MINUTE)
    early, late = watched.episodes()
    assert late.parent == early.id
    assert watched.said() == [(late.id, "firing", "team")]


def test_a_finding_without_a_phase_has_an_order_too() -> None:
    assert order(said("ok")) > order(drifted(None))


def look(watched: Watched, now: int, *findings: Finding, pages: Iterable[str] = ()) -> None:
    """What one look makes of these findings; rules named in `pages` find something severe."""
    with watched.store.writing() as connection:
        held = Held({}, episodes.opened_or_open(connection, now - TOGETHER_MS))
        books = Books(connection, watched.settings, rules_of(watched.settings), held, (), now)
        for decision in decide(findings, held, now):
            severe = decision.finding.rule.name in pages
            books.write(decision, Facts("page" if severe else "ticket"))
        books.tell()


def moved(rule: Rule, opened: int, phase: str = "alarm", scope: Scope = SUPPORT) -> Finding:
    return drifted(phase, rule=rule, scope=scope, since=opened - HOUR, detail={"opened": opened})


def told(watched: Watched) -> list[tuple[str, str, str]]:
    """(rule, route, kind) of what is told."""
    about = {episode.id: (episode.rule, episode.route) for episode in watched.episodes()}
    return [(*about[number], kind) for number, kind, _ in watched.said()]


def test_what_speaks_after_the_first_is_over_speaks_for_the_rest(watching_sqlite: Watch, now: int) -> None:
    watched = watching_sqlite(alerts={"defaults": True})
    look(watched, now, moved(FALLBACKS, now))
    look(watched, now + HOUR, moved(FALLBACKS, now, "resolved"))
    look(watched, now + 2 * HOUR, moved(ESCALATION, now + 2 * HOUR))
    at = now + 3 * HOUR
    rest = (moved(FLAGSHIP, at), moved(ESCALATION, at, scope=FAQ), moved(ESCALATION, at, scope=CODE))
    look(watched, at, moved(ESCALATION, now + 2 * HOUR, "firing"), *rest)
    _first, second, *others = watched.episodes()
    assert {episode.parent for episode in others} == {second.id}
    assert told(watched) == [
        ("fallback-drift", "", "firing"),
        ("fallback-drift", "", "resolved"),
        ("escalation-drift", "", "firing"),
    ]


def test_a_page_beside_a_ticket_speaks_for_other_pages(watching_sqlite: Watch, now: int) -> None:
    watched = watching_sqlite(alerts={"defaults": True})
    severe = ("escalation-drift", "flagship-drift")
    look(watched, now, moved(FALLBACKS, now))
    look(watched, now + HOUR, moved(ESCALATION, now + HOUR), pages=severe)
    look(watched, now + 2 * HOUR, moved(FLAGSHIP, now + 2 * HOUR), pages=severe)
    assert told(watched) == [("fallback-drift", "", "firing"), ("escalation-drift", "", "firing")]


def test_a_drift_dated_back_and_a_limit_passed_now_are_one_message(watching_sqlite: Watch, now: int) -> None:
    watched = watching_sqlite(alerts={"defaults": True})
    limit = BY_NAME["dearer-than-flagship"].model_copy(update={"hold": 0})
    look(watched, now, said("breached", limit), moved(FALLBACKS, now - 3 * MINUTE))
    drift, passed = watched.episodes()
    assert (drift.rule, passed.parent) == ("fallback-drift", drift.id)
    assert told(watched) == [("fallback-drift", "", "firing")]


def test_on_a_first_walk_what_opened_first_speaks(watching_sqlite: Watch, now: int) -> None:
    watched = watching_sqlite(alerts={"defaults": True})
    look(watched, now, moved(ESCALATION, now - 2 * HOUR), moved(ESCALATION, now - 10 * HOUR, scope=FAQ))
    assert told(watched) == [("escalation-drift", "faq", "firing")]


OWN: tuple[Mapping[str, Any], ...] = (
    {"name": "escalation-drift", "kind": "drift", "metric": "escalation_rate", "channels": ["quality"]},
    {"name": "flagship-drift", "kind": "drift", "metric": "flagship_share", "channels": ["finance"]},
)


def test_who_does_not_hear_the_speaker_hears_the_joined_one(watching_sqlite: Watch, now: int) -> None:
    channels = {"quality": HOOK, "finance": HOOK}
    watched = watching_sqlite(*OWN, channel=channels, alerts={"defaults": True})
    rules = {rule.name: rule for rule in rules_of(watched.settings)}
    escalation, flagship = rules["escalation-drift"], rules["flagship-drift"]
    look(watched, now, moved(escalation, now))
    look(watched, now + HOUR, moved(escalation, now, "firing"), moved(flagship, now + HOUR))
    first, second = watched.episodes()
    assert second.parent == first.id
    assert watched.said() == [(first.id, "firing", "quality"), (second.id, "firing", "finance")]


def past(rule: Rule, scope: Scope, opened: int, resolved: int) -> Finding:
    """A rise that began and ended before anybody looked."""
    estimate = Estimate(opened - HOUR, 0.6, 0.3, 0.58, 0.62, 900, 300.0)
    one = Past(rule.name, scope, "up", opened, None, resolved, estimate)
    return drifted(None, rule=rule, scope=scope, past=(one,))


def come_back(watched: Watched, now: int, *findings: Finding, pages: Iterable[str] = ()) -> None:
    """A worker that was off looks again at streams it knew."""

    def severity(rule: Rule) -> Facts:
        return Facts("page" if rule.name in pages else "ticket")

    with watched.store.writing() as connection:
        books = Books(connection, watched.settings, rules_of(watched.settings), Held(), (), now)
        decisions = decide(findings, Held(), now)
        facts: dict[OpenKey, Facts] = {
            (*d.key, d.finding.direction): severity(d.finding.rule) for d in decisions
        }
        enter(
            books, decisions, findings, facts,
            {one: severity(finding.rule) for finding in findings for one in finding.past},
            {d.key for d in decisions},
        )  # fmt: skip
        books.tell()


def half_a_day(now: int) -> tuple[Finding, ...]:
    """An incident that moved four streams, as the rules find it one after the other."""
    return (
        past(ESCALATION, CODE, now - 8 * HOUR, now - 6 * HOUR),
        past(FLAGSHIP, SUPPORT, now - 9 * HOUR, now - 7 * HOUR),
        past(ESCALATION, FAQ, now - 9 * HOUR, now - 6 * HOUR),
        past(ESCALATION, SUPPORT, now - 10 * HOUR, now - 7 * HOUR),
    )


def test_an_incident_that_nobody_saw_is_told_once_too(watching_sqlite: Watch, now: int) -> None:
    watched = watching_sqlite(alerts={"defaults": True})
    come_back(watched, now, *half_a_day(now))
    assert len(watched.episodes()) == 4
    assert told(watched) == [("escalation-drift", "", "firing"), ("escalation-drift", "", "resolved")]


def test_a_more_severe_one_that_nobody_saw_speaks_for_itself(watching_sqlite: Watch, now: int) -> None:
    watched = watching_sqlite(alerts={"defaults": True})
    come_back(watched, now, *half_a_day(now), pages=("flagship-drift",))
    assert [one for one in told(watched) if one[2] == "firing"] == [
        ("escalation-drift", "", "firing"),
        ("flagship-drift", "", "firing"),
    ]


def test_what_came_and_went_while_an_incident_goes_on_is_told_with_it(
    watching_sqlite: Watch, now: int
) -> None:
    watched = watching_sqlite(alerts={"defaults": True})
    route = past(ESCALATION, FAQ, now - 9 * HOUR, now - 6 * HOUR)
    come_back(watched, now, route, moved(ESCALATION, now - 10 * HOUR))
    assert told(watched) == [("escalation-drift", "", "firing")]


def test_what_was_over_before_another_began_is_told_of_its_own(watching_sqlite: Watch, now: int) -> None:
    watched = watching_sqlite(alerts={"defaults": True})
    route = past(ESCALATION, FAQ, now - 10 * HOUR, now - 9 * HOUR)
    come_back(watched, now, moved(ESCALATION, now - 2 * HOUR), route)
    assert sorted(told(watched)) == [
        ("escalation-drift", "", "firing"),
        ("escalation-drift", "faq", "firing"),
        ("escalation-drift", "faq", "resolved"),
    ]
