"""All streams of an installation, looked at together."""

from collections.abc import Iterable, Sequence

from cascadewatch.drift.hours import Bucket, Hour, hour_of
from cascadewatch.drift.looks import Arrival, log_thresholds, look_through
from cascadewatch.drift.watch import Watch
from tests.drift.streams import always, hour, hours, minutes, pinned, stepping
from tests.drift.watched import Alone, looks

BREAK = 30


def stream(rate: float, seed: int, count: int = 60, per_hour: int = 100) -> list[Bucket]:
    course = stepping(0.30, rate, BREAK)
    return list(minutes(hours(course, count, per_hour, seed=seed)))


def watched(pooled: bool = True) -> Watch:
    watch = Watch(lambda start, end: [], pooled=pooled)
    watch.pin(pinned(), 0)
    return watch


def arriving(streams: Sequence[Iterable[Bucket]]) -> list[Arrival]:
    return [
        Arrival(at, place, hour_of(at - 1), k, n)
        for place, stream in enumerate(streams)
        for at, k, n in looks(stream)
    ]


def nobody(watch: Watch, at: int) -> list[Arrival]:
    return []


def opened(watches: Sequence[Watch]) -> list[int | None]:
    """When the first alarm of each came."""
    return [min([a.opened for a in (*w.ended, *w.alarms.values())], default=None) for w in watches]


def first(rates: Sequence[float], pooled: Sequence[bool] | None = None) -> list[int | None]:
    watches = [watched(pooled is None or pooled[i]) for i in range(len(rates))]
    streams = [stream(rate, 0 if rate != 0.30 else seed) for seed, rate in enumerate(rates)]
    look_through(watches, arriving(streams), 2160, nobody)
    return opened(watches)


def test_one_stream_alone_is_the_whole_detector() -> None:
    live = stream(0.45, 3)
    alone = Alone(pinned()).see(live)
    watch = Watch(alone.history)
    watch.pin(pinned(), 0)
    look_through([watch], arriving([live]), 2160, nobody)
    assert watch.track.to_dict() == alone.watch.track.to_dict()
    assert opened([watch]) == alone.alarms[:1]


def test_among_quiet_streams_it_takes_longer() -> None:
    alone, family = first([0.45]), first([0.45, *[0.30] * 19])
    assert alone[0] is not None
    assert family[0] is not None
    assert family[0] > alone[0]
    assert family[1:] == [None] * 19


def test_streams_that_move_together_help_each_other() -> None:
    one, alone, together = first([0.42]), first([0.42, *[0.30] * 19]), first([0.42] * 20)
    assert one[0] is not None
    assert alone[0] is not None
    assert together == one * 20
    assert one[0] < alone[0]


def test_a_whole_cascade_has_more_weight_than_one_of_its_routes() -> None:
    pooled = [True] + [False] * 19
    as_cascade = first([0.42, *[0.30] * 19], pooled)[0]
    as_route = first([0.30, 0.42, *[0.30] * 18], pooled)[1]
    assert as_cascade is not None
    assert as_route is not None
    assert as_route > as_cascade


def test_a_stream_that_joins_is_watched_from_that_look_on() -> None:
    first_week = list(minutes(hours(always(0.30), 200)))
    joined = watched(pooled=False)
    late = [(at, k, n) for at, k, n in looks(stream(0.90, 5, 60)) if at > hour(BREAK)]
    shift = hour(170) - hour(BREAK)
    times: list[int] = []
    watches = [Watch(lambda start, end: [Hour(hour(n), 30, 100) for n in range(200) if hour(n) < end])]

    def joining(watch: Watch, at: int) -> list[Arrival]:
        times.append(at)
        watches.append(joined)
        return [Arrival(t + shift, 1, hour_of(t + shift - 1), k, n) for t, k, n in late]

    look_through(watches, arriving([first_week]), 2160, joining)
    assert len(times) == 1
    assert watches[0].baseline is not None
    assert joined.alarms["up"].opened > times[0]


def test_a_stream_told_of_yesterday_is_looked_at_in_its_own_time() -> None:
    quiet, late = watched(), watched()
    look_through([quiet, late], arriving([stream(0.30, 1)]), 2160, nobody)
    yesterday = [Arrival(a.at, 1, *a[2:]) for a in arriving([stream(0.90, 2, 40)])]
    look_through([quiet, late], yesterday, 2160, nobody)
    assert quiet.alarms == {}
    assert hour(BREAK) < late.alarms["up"].opened < hour(BREAK + 1)


def test_what_is_needed_is_more_in_a_larger_family() -> None:
    one, many = log_thresholds([watched()], 2160), log_thresholds([watched() for _ in range(20)], 2160)
    assert many[0] > one[0]
    assert log_thresholds([], 2160) == []
