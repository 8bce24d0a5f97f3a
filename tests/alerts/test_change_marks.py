"""Changes that the events themselves show become marks on the time line, each once."""

from typing import Any

from alerts import changes
from cascadewatch.drift.diagnosis.material import Change
from cascadewatch.model import Usage, Verdict
from cascadewatch.store import reads
from tests.alerts.conftest import Watch
from tests.alerts.watched import Watched
from tests.model.events import attempt, event

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


def send(watched: Watched, start: int, end: int, every: int = 5 * MINUTE, **said: Any) -> None:
    """One event every five minutes over [start, end)."""
    given: dict[str, Any] = {
        "model": "small-1",
        "verifier": "judge-v2",
        "threshold": 0.5,
        "revision": "r1",
        "cascade": "support",
    }
    given |= said
    made = []
    for at in range(start, end, every):
        watched.sent += 1
        verdict = Verdict("accept", given["verifier"], "judge", 0.8, given["threshold"], cost_usd=0.0)
        tokens = Usage(400 + at // MINUTE % 71, None, None, 50 + at // MINUTE % 13)
        one = attempt("small", verdict=verdict, model=given["model"], cost_usd=1e-6, usage=tokens)
        made.append(
            event(f"e{watched.sent}", one, at=at, revision=given["revision"], cascade=given["cascade"])
        )
    watched.opened.send(*made, received=max(end, watched.opened.now))


def marks(watched: Watched) -> list[tuple[str, str, int]]:
    """Kind, sentence and time of every mark, oldest first."""
    with watched.store.reading() as connection:
        found = reads.annotations(connection, 0, 2**60)
    return [(m.kind, m.text, m.time) for m in found if m.author == "cascadewatch"]


def run(watched: Watched, now: int) -> str:
    return changes.run(watched.store, watched.settings, now)


def test_history_is_marked_at_the_first_run(watching: Watch, now: int) -> None:
    watched = watching()
    change = now - 6 * DAY
    send(watched, now - 10 * DAY, change, 10 * MINUTE)
    send(watched, change, now, 10 * MINUTE, model="small-2", verifier="judge-v3", revision="r2")
    assert run(watched, now) == "3 changes marked in 1 cascades"
    assert marks(watched) == [
        ("model", "small: model small-1 → small-2", change),
        ("revision", "revision r1 → r2", change),
        ("verifier", "small: verifier judge-v2 → judge-v3", change),
    ]


def test_a_threshold_is_marked_at_the_event_that_first_shows_it(watching: Watch, now: int) -> None:
    watched = watching()
    change = now - 2 * DAY + 7 * MINUTE
    send(watched, now - 4 * DAY, change)
    send(watched, change, now, threshold=0.25)
    run(watched, now)
    assert marks(watched) == [("threshold", "judge-v2: threshold 0.5 → 0.25", change)]


def test_running_again_marks_nothing_twice(watching: Watch, now: int) -> None:
    watched = watching()
    send(watched, now - 2 * DAY, now - DAY)
    send(watched, now - DAY, now, model="small-2")
    assert run(watched, now) == "1 changes marked in 1 cascades"
    first = marks(watched)
    for later in range(0, 3 * HOUR, HOUR):
        send(watched, now + later, now + later + HOUR, model="small-2")
        assert run(watched, now + later + HOUR) == "0 changes marked in 1 cascades"
    assert marks(watched) == first


def test_what_changes_while_it_runs_is_marked_soon(watching: Watch, now: int) -> None:
    watched = watching()
    send(watched, now - 2 * DAY, now)
    assert run(watched, now) == "0 changes marked in 1 cascades"
    for step in range(6):
        start = now + step * 30 * MINUTE
        send(watched, start, start + 30 * MINUTE, MINUTE, model="small-2", threshold=0.7)
        run(watched, start + 30 * MINUTE)
    assert {(kind, text) for kind, text, _ in marks(watched)} == {
        ("model", "small: model small-1 → small-2"),
        ("threshold", "judge-v2: threshold 0.5 → 0.7"),
    }
    assert all(abs(time - now) <= MINUTE for _, _, time in marks(watched))


def test_there_and_back_are_two(watching: Watch, now: int) -> None:
    watched = watching()
    send(watched, now - 3 * DAY, now - 2 * DAY)
    send(watched, now - 2 * DAY, now - DAY, verifier="judge-v3")
    send(watched, now - DAY, now)
    run(watched, now)
    assert [text for _, text, _ in marks(watched)] == [
        "small: verifier judge-v2 → judge-v3",
        "small: verifier judge-v3 → judge-v2",
    ]


def test_older_history_that_comes_in_later_is_looked_at_too(watching: Watch, now: int) -> None:
    watched = watching()
    send(watched, now - DAY, now, model="small-2")
    run(watched, now)
    assert marks(watched) == []
    send(watched, now - 9 * DAY, now - DAY)
    run(watched, now + HOUR)
    assert [text for _, text, _ in marks(watched)] == ["small: model small-1 → small-2"]


def test_each_cascade_has_its_own(watching: Watch, now: int) -> None:
    watched = watching()
    for cascade, after in (("support", "r2"), ("coding", "r1")):
        send(watched, now - 2 * DAY, now - DAY, cascade=cascade)
        send(watched, now - DAY, now, cascade=cascade, revision=after)
    run(watched, now)
    with watched.store.reading() as connection:
        found = reads.annotations(connection, 0, now)
    assert [(m.cascade, m.route, m.text) for m in found] == [("support", None, "revision r1 → r2")]


def test_without_anything_new_nothing_is_read_or_written(watching: Watch, now: int) -> None:
    watched = watching()
    assert run(watched, now) == "nothing new"
    send(watched, now - 2 * DAY, now - HOUR)
    run(watched, now)
    assert run(watched, now + DAY) == "nothing new"


def test_a_clock_that_was_set_back_marks_nothing_twice(watching: Watch, now: int) -> None:
    watched = watching()
    send(watched, now - 2 * DAY, now - DAY)
    send(watched, now - DAY, now, model="small-2")
    run(watched, now)
    run(watched, now - 2 * HOUR)
    run(watched, now + HOUR)
    assert len(marks(watched)) == 1


def test_a_name_stands_as_it_is_on_one_line() -> None:
    said = changes.sentence(Change("model", "small", "a", "<!channel>\r\n{0}", 0))
    assert said == "small: model a → <!channel>␍␊{0}"


def test_every_kind_has_its_sentence() -> None:
    said = {what: changes.sentence(Change(what, "x", "a", "b", 0)) for what in changes.KINDS}
    assert said == {
        "model": "x: model a → b",
        "verifier": "x: verifier a → b",
        "verifier model": "x: model of the verifier a → b",
        "threshold": "x: threshold a → b",
        "revision": "revision a → b",
        "price": "x: price of a million tokens (in / out) a → b",
    }
    assert changes.sentence(Change("model", "small", None, "b", 0)) == "small: model b (new)"
