"""Whether the quality of a cascade is unchecked, and whether a calibration still holds. Pure.

What is not known makes nothing stale: names that traffic leaves out, a report without them.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from cascadewatch.drift.diagnosis.spoken import DAY, duration, listed, shown
from cascadewatch.replay.binding import ASKS, Difference
from cascadewatch.store.reports import Report


@dataclass(frozen=True, slots=True)
class Checked:
    """When the quality of a cascade was last looked at (epoch ms), and by what; by None: never, and `at` is
    when its first event came."""

    at: int
    by: str | None

    def words(self, now: int) -> str:
        """When that was, in a sentence."""
        ago = duration(max(0, now - self.at))
        if self.by is None:
            return f"Its quality was never checked; its first event came {ago} ago."
        return f"Its quality was last checked {ago} ago, by {shown(self.by)}."


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A report with a calibration, and what it is bound to. `created` is epoch ms."""

    LASTS_MS: ClassVar[int] = 30 * DAY

    report: int
    name: str
    created: int
    verifier: str | None
    threshold: float | None
    verifier_model: str | None
    models: Collection[str]

    @classmethod
    def of(cls, report: Report) -> "Calibrated":
        """As its provenance says."""
        held: Mapping[str, Any] = report.body["provenance"]
        verifier: Mapping[str, Any] = held.get("verifier") or {}
        return cls(
            report.id, report.name, report.created, verifier.get("name"), verifier.get("threshold"),
            verifier.get(ASKS), tuple(held.get("models") or ()),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Used:
    """What live traffic names now: models, thresholds, models of the verifiers, and the verifier of each
    tier. `before` are the verifiers on the day before the calibration was measured."""

    models: Collection[str] = ()
    verifiers: Mapping[str, str] | None = None
    before: Mapping[str, str] | None = None
    thresholds: Collection[str] = ()
    verifier_models: Collection[str] = ()


def unchecked(checked: Checked, window: int, now: int) -> str | None:
    """That nobody has looked for longer than the window (ms); None while somebody has."""
    return checked.words(now) if now - checked.at > window else None


def old(of: Calibrated, now: int) -> list[str]:
    """That the calibration is more than 30 days old."""
    age = now - of.created
    if age <= of.LASTS_MS:
        return []
    return [f"The calibration of report {of.report} is {duration(age)} old; after 30 days it may not hold."]


def outdated(of: Calibrated, used: Used, differs: Sequence[Difference] = ()) -> list[str]:
    """One sentence for each thing that has changed since the calibration was measured: what differs in the
    settings, and what live traffic names otherwise. A change that the settings show is not told twice."""
    report = f"The calibration of report {of.report}"
    before, told = used.before or {}, {one.what for one in differs}
    said = [f"{report} {shown(one.words)}" for one in differs]
    said += [
        f"{report} is of the verifier {shown(before[tier])}; {shown(tier)} is judged by {shown(name)} now."
        for tier, name in (used.verifiers or {}).items()
        if before.get(tier, name) != name
    ]
    moved = of.threshold is not None and bool(used.thresholds) and f"{of.threshold:g}" not in used.thresholds
    if moved and "threshold" not in told:
        named = _named(used.thresholds)
        said.append(f"{report} is of the threshold {of.threshold:g}; traffic has {named} now.")
    if _differ(of.models, used.models) and "target" not in told:
        said.append(f"{report} is of answers by {_named(of.models)}; {_named(used.models)} answers now.")
    asked = [] if of.verifier_model is None else [of.verifier_model]
    if _differ(asked, used.verifier_models) and "model" not in told:
        named = _named(used.verifier_models)
        said.append(f"{report} is of a verifier by {_named(asked)}; it is {named} now.")
    return said


def _differ(measured: Collection[str], used: Collection[str]) -> bool:
    """Whether both are known and none of one is any of the other; a dated name is the same as one without."""
    return bool(measured and used) and not any(_same(one, other) for one in measured for other in used)


def _same(one: str, other: str) -> bool:
    return one.rpartition("/")[2] in other or other.rpartition("/")[2] in one


def _named(names: Collection[str]) -> str:
    return shown(listed(sorted(names)[:3]))
