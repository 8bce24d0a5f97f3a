"""The worker: one of several candidates runs the jobs and duties, the others stand by.

APScheduler only wakes it. Whether a run is due, and who runs it, is decided by rows
(store/leases.py): of all workers of a database one holds the lease, and each slot runs once.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from cascadewatch.errors import StoreError
from cascadewatch.job import Context, Job
from cascadewatch.jobs import JOBS
from cascadewatch.store import leases

if TYPE_CHECKING:
    from apscheduler.schedulers.background import BackgroundScheduler

log = logging.getLogger("cascadewatch.worker")

LEASE = "worker"
LEASE_MS = 15_000
WAKE_S = 5  # a third of the lease: two renewals may fail
SKEW_MS = 60_000  # a slot so far ahead was not taken by a worker whose clock is a little fast
LATE_S = 3600  # a wake-up that could not be served in time is still served this much later


class Duty(Protocol):
    """What a worker does in threads of its own for as long as it leads."""

    def start(self) -> None: ...

    def stop(self, wait: bool = True) -> None: ...


Duties = Callable[[Context, Callable[[], int]], Sequence[Duty]]
Hearing = Callable[[int, str | None, bool], None]  # (now, what stood against it, whether this one led)


def alerting(context: Context, clock: Callable[[], int]) -> Sequence[Duty]:
    """The duties of a leader: to send what the outbox holds, and to say outside that all is well."""
    from alerts.heartbeat import Heartbeat
    from alerts.outbox import Deliverer

    lease = context.lease
    assert lease is not None
    # Its own name under each fence: threads of a lost leadership may still be at work when it is regained.
    owner = f"{lease.owner}/{lease.fence}"
    deliverer = Deliverer(context.store, context.settings, clock, owner, lease=lease)
    return deliverer, Heartbeat(context.store, context.settings, clock, deliverer.delivering)


def replaying(context: Context, clock: Callable[[], int]) -> Sequence[Duty]:
    """The duty of a leader to run replays: on a schedule, after a drift alarm, and when somebody asks."""
    if not context.settings.replay:
        return ()
    from cascadewatch.replay.unattended import Unattended

    assert context.lease is not None
    return (Unattended(context.store, context.settings, clock, context.lease),)


def everything(context: Context, clock: Callable[[], int]) -> Sequence[Duty]:
    """All duties of a leader."""
    return (*alerting(context, clock), *replaying(context, clock))


class Worker:
    """One candidate for running the jobs; `owner` is a name no other process has.

    `duties` makes what it begins when it becomes the leader and ends when it no longer is; `hearing` is
    told of every try to hold the lease. `tick` and `run_due` can be called by hand with any `now`; `start`
    has them called from threads until `stop`.
    """

    def __init__(
        self,
        context: Context,
        clock: Callable[[], int],
        owner: str,
        jobs: tuple[Job, ...] = JOBS,
        lease_ms: int = LEASE_MS,
        duties: Duties | None = None,
        hearing: Hearing | None = None,
    ) -> None:
        self._context = context
        self._clock = clock
        self._owner = owner
        self._jobs = jobs
        self._lease_ms = lease_ms
        self._make_duties = duties
        self._hearing = hearing
        self._duties: Sequence[Duty] = ()
        self._on_duty: int | None = None  # the fence under which they were begun
        self._seen: dict[str, int] = {}  # the last slot known to be taken, by job
        self._waiting: set[str] = set()  # jobs that wait until the clock has passed where it was before
        self._scheduler: BackgroundScheduler | None = None
        self.fence: int | None = None
        self._is_new = True

    def tick(self, now: int) -> int | None:
        """Holds the lease, or tries to get it; its fence, or None while another has it."""
        self._keep(now)
        if self._on_duty != self.fence:
            self._lay_down(wait=False)
            self._take_up()
        return self.fence

    def _keep(self, now: int) -> None:
        store, before = self._context.store, self.fence
        if before is not None and leases.renew(store, LEASE, self._owner, before, now, self._lease_ms):
            return
        self.fence = leases.acquire(store, LEASE, self._owner, now, self._lease_ms)
        if self.fence is not None:
            lost = leases.give_up(store, self.fence, now)
            _note("leading", owner=self._owner, fence=self.fence, lost_runs=lost or None)
        elif before is not None or self._is_new:
            _note("following", owner=self._owner, because="another process holds the lease on this database")
        self._is_new = False

    def _take_up(self) -> None:
        if self.fence is not None and self._make_duties is not None:
            self._duties = self._make_duties(self._under(self._lease(self.fence)), self._clock)
        for duty in self._duties:
            duty.start()
        self._on_duty = self.fence

    def _lay_down(self, wait: bool) -> None:
        """Ends the duties. Those of a lost leadership are not waited for: they can take nothing any more."""
        for duty in self._duties:
            duty.stop(wait)
        self._duties, self._on_duty = (), None

    def _lease(self, fence: int) -> leases.Lease:
        return leases.Lease(LEASE, self._owner, fence, 0)

    def _under(self, lease: leases.Lease) -> Context:
        return replace(self._context, lease=lease)

    def run_due(self, job: Job, now: int) -> bool:
        """Runs the job if its present slot was not taken yet; whether it ran."""
        slot, fence = job.slot(self._context, now) if job.slot else now - now % job.every, self.fence
        if fence is None or slot is None or self._seen.get(job.name) == slot:
            return False
        lease = self._lease(fence)
        claimed = leases.claim(self._context.store, lease, job.name, slot, now)
        if claimed or self._is_taken(job, slot, now):
            self._seen[job.name] = slot
        if claimed:
            self._waiting.discard(job.name)
            self._run(job, slot, lease, now)
        return claimed

    def _is_taken(self, job: Job, slot: int, now: int) -> bool:
        with self._context.store.reading() as connection:
            taken, last = leases.is_taken(connection, job.name, slot), leases.last_slot(connection, job.name)
        if taken and last is not None and last > now + SKEW_MS and job.name not in self._waiting:
            self._waiting.add(job.name)
            until = datetime.fromtimestamp(last / 1000, UTC).isoformat()
            why = "these times were passed through before, and no slot runs twice"
            _note("clock set back", True, job=job.name, waits_until=until, because=why)
        return taken

    def _run(self, job: Job, slot: int, lease: leases.Lease, now: int) -> None:
        try:
            state, message = leases.DONE, job.run(self._under(lease), now)
        except Exception as error:  # noqa: BLE001 - one job's failure is noted and stops nothing else
            state, message = leases.FAILED, f"{type(error).__name__}: {error}"
        ended = max(now, self._clock())
        leases.finish(self._context.store, lease, job.name, slot, state, ended, message)
        _note("job", state == leases.FAILED, job=job.name, state=state, result=message)

    def start(self) -> None:
        """Begins to work in threads of its own."""
        from apscheduler.schedulers.background import BackgroundScheduler

        defaults = {"coalesce": True, "max_instances": 1, "misfire_grace_time": LATE_S}
        self._scheduler = BackgroundScheduler(timezone="UTC", job_defaults=defaults)
        self._wake(self._hold)
        for job in self._jobs:
            self._wake(self._check, job)
        self._scheduler.start()
        self._hold()

    def stop(self) -> None:
        """Waits for runs under way and gives the lease back."""
        self._context.stopping.set()
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=True)
            self._scheduler = None
        self._lay_down(wait=True)
        if self.fence is not None:
            self._trying(leases.release, self._context.store, LEASE, self._owner, self.fence)
            self.fence = None

    def _wake(self, function: Callable[..., None], *arguments: Any) -> None:
        assert self._scheduler is not None
        self._scheduler.add_job(function, "interval", args=arguments, seconds=WAKE_S)

    def _hold(self) -> None:
        now, led = self._clock(), self.fence is not None
        error = self._trying(self.tick, now)
        if self._hearing is not None:
            self._hearing(now, error, led)

    def _check(self, job: Job) -> None:
        self._trying(self.run_due, job, self._clock())

    def _trying(self, function: Callable[..., object], *arguments: Any) -> str | None:
        """A database out of reach, which is what is returned, is waited for: the next wake-up tries again."""
        try:
            function(*arguments)
        except StoreError as error:
            _note("waiting", True, owner=self._owner, reason=str(error))
            return str(error)
        return None


def _note(event: str, warn: bool = False, **fields: object) -> None:
    told = {key: value for key, value in fields.items() if value is not None}
    log.log(logging.WARNING if warn else logging.INFO, event, extra={"fields": told})
