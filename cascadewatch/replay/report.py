"""What a finished run says: rates against the pinned baseline, controls, calibration, money, provenance."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from cascadewatch.replay.answer import HINTS
from cascadewatch.replay.calibration import calibration
from cascadewatch.replay.outcomes import by_case
from cascadewatch.replay.prepared import Prepared
from cascadewatch.replay.runner import MAX_FAILED, SPENT, Outcome
from cascadewatch.replay.traffic import Traffic, daily
from cascadewatch.replay.verdicts import Rate, Verdict, rates, whole
from cascadewatch.store.replays import LOST, Result
from cascadewatch.store.reports import Report

FLIPS_SHOWN = 200
ENOUGH_JUDGED = 50  # cases, before it is odd that all have the same verdict
HALF = 0.5
WORDS: dict[Verdict, str] = {
    "incomplete": "Incomplete",
    "regressed": "Regressed",
    "inconclusive": "Inconclusive",
    "improved": "Improved",
    "unchanged": "Unchanged",
}


@dataclass(frozen=True, slots=True)
class Baseline:
    """The pinned report of a replay with its results."""

    report: Report
    results: Sequence[Result]


@dataclass(frozen=True, slots=True)
class Beside:
    """What a report says besides its rates: the threshold sweep, and today's traffic; None where unknown; and
    whether it is to be the baseline of later ones."""

    sweep: Mapping[str, Any] | None = None
    traffic: Traffic | None = None
    is_baseline: bool = False


def build(
    run: Prepared, outcome: Outcome, baseline: Baseline | None, *, alpha: float, beside: Beside
) -> tuple[Verdict, dict[str, Any]]:
    """The verdict and the whole report, JSON-ready. No secret is in it."""
    is_check = run.target is None
    after = by_case(outcome.results, is_check=is_check)
    before, reason = _before(run, baseline, is_check)
    if beside.is_baseline:
        reason = "this run is to be the baseline of later ones"
    found = rates(
        after, before, alpha=alpha, tolerance=run.table.tolerance, repeats=run.table.repeats, reason=reason,
        decided=outcome.decided,
    )  # fmt: skip
    why = incomplete(outcome)
    verdict = whole(list(found.values()), incomplete=why is not None)
    planted, calibrated = controls(outcome.results), calibration(outcome.results)
    notes = ([] if why is None else [why]) + _notes(outcome.results, planted, calibrated)
    notes += _others(outcome) + _money(outcome)
    return verdict, {
        "replay": run.name,
        "cascade": run.table.cascade,
        "kind": "verifier check" if is_check else "replay",
        "verdict": verdict,
        "sentence": _sentence(verdict, found, notes),
        "notes": notes,
        "rates": {name: _rate(rate) for name, rate in found.items()},
        "mde": max((rate.smallest for rate in found.values() if rate.smallest is not None), default=None),
        "alpha": alpha,
        "tolerance": run.table.tolerance,
        **_calls(run, outcome),
        "controls": planted,
        "calibration": calibrated,
        "sweep": beside.sweep,
        "daily": daily({name: asdict(rate) for name, rate in found.items()}, beside.traffic),
        "flips": _flips(before, after),
        "provenance": dict(run.config) | _seen(outcome) | {"alpha": alpha},
        "baseline": None if baseline is None else _pinned(baseline.report),
    }


def _calls(run: Prepared, outcome: Outcome) -> dict[str, Any]:
    """How many answers there were, how many calls failed and how, and what it cost."""
    lost = [result for result in outcome.results if result.state == LOST]
    return {
        "cases": len({result.case for result in outcome.results}),
        "planned": len(run.order),
        "failed": len(lost),
        "failures": dict(Counter(result.outcome for result in lost).most_common()),
        "stopped_early": outcome.stopped if outcome.early else None,
        "spent_usd": spent_usd(outcome),
        "held_usd": outcome.run.reserved / 1e9,
        "unknown_cost": unknown_cost(outcome.results),
        "latency_ms": _latency(outcome.results),
    }


def incomplete(outcome: Outcome) -> str | None:
    """Why nothing may be concluded; None if something may."""
    if outcome.stopped is not None and outcome.stopped in SPENT.values():
        why = f"{outcome.stopped[0].upper()}{outcome.stopped[1:]}"
        return f"{why}, before the last case; nothing is concluded."
    lost = [result for result in outcome.results if result.state == LOST]
    if len(lost) > MAX_FAILED * max(1, len(outcome.results)):
        most = Counter(result.outcome for result in lost).most_common(1)[0][0]
        hint = f" ({HINTS[most]})" if most in HINTS else ""
        return (
            f"{len(lost):,} of {len(outcome.results):,} calls failed, most of them as {most}{hint}; more than"
            f" {MAX_FAILED:.0%}, so nothing is concluded."
        )
    return None


def unknown_cost(results: Sequence[Result]) -> int:
    """Answers with a call of which nobody knows what it cost; its worst price stays held."""
    return sum(result.reserved > 0 for result in results)


def spent_usd(outcome: Outcome) -> float | None:
    """What is known to have been spent, in US dollars; None where not a single cost is known."""
    is_unknown = outcome.run.spent == 0 and unknown_cost(outcome.results) > 0
    return None if is_unknown else outcome.run.spent / 1e9


def _money(outcome: Outcome) -> list[str]:
    """What the spending leaves out."""
    n = unknown_cost(outcome.results)
    if not n:
        return []
    more = f"${outcome.run.reserved / 1e9:.4f}"
    return [f"What {n:,} answers cost is not known in full; it may be up to {more} more than is known."]


def _others(outcome: Outcome) -> list[str]:
    """Models that answered under quite another name than they were asked by."""
    found: Counter[tuple[str, str]] = Counter()
    for result in outcome.results:
        answer = (result.detail or {}).get("answer", {})
        asked, said = answer.get("priced_as"), answer.get("model")
        if asked and said and asked.split("/")[-1] not in said and said not in asked:
            found[asked, said] += 1
    return [
        f"{asked} was asked, and {said} answered: {n:,} answers." for (asked, said), n in found.most_common(3)
    ]


def controls(results: Sequence[Result]) -> dict[str, dict[str, int]]:
    """Planted answers by kind: how many there were, and how many the verifier got right."""
    found = {kind: {"n": 0, "passed": 0} for kind in ("right", "wrong")}
    for result in results:
        kind = (result.detail or {}).get("control")
        if kind in found and result.accepted is not None:
            found[kind]["n"] += 1
            found[kind]["passed"] += result.accepted is (kind == "right")
    return found


def _before(
    run: Prepared, baseline: Baseline | None, is_check: bool
) -> tuple[Mapping[Any, Mapping[str, float]] | None, str]:
    """The baseline's outcomes, or why there is nothing to compare with."""
    if baseline is None:
        return None, "there is no baseline yet; run once with --baseline"
    held = baseline.report.body["provenance"]["eval_set"]["hash"]
    if held != run.cases.hash:
        return None, f"the baseline is of version {held} of the set, this is {run.cases.hash}"
    return by_case(baseline.results, is_check=is_check), ""


def _notes(
    results: Sequence[Result], planted: Mapping[str, Mapping[str, int]], calibrated: Mapping[str, Any] | None
) -> list[str]:
    """What is wrong with the judge, whatever the rates say."""
    notes = []
    wrong = planted["wrong"]
    missed = wrong["n"] - wrong["passed"]
    if missed:
        notes.append(f"The verifier accepted {missed} of {wrong['n']} answers that are planted to be wrong.")
    judged = [r for r in results if r.accepted is not None]
    if len({r.case for r in judged}) >= ENOUGH_JUDGED and len({r.accepted for r in judged}) == 1:
        word = "accepts" if judged[0].accepted else "rejects"
        notes.append(f"The verifier {word} everything: {len(judged):,} of {len(judged):,} answers.")
    area = (calibrated or {}).get("auroc")
    if area and area["low"] is not None and area["low"] <= HALF <= area["high"]:
        notes.append(
            f"The verifier's scores do not tell right answers from wrong ones (AUROC {area['value']:.2f},"
            f" {area['low']:.2f} to {area['high']:.2f}); are the labels those of these answers?"
        )
    return notes


def _sentence(verdict: Verdict, found: Mapping[Any, Rate], notes: Sequence[str]) -> str:
    """The verdict and what decided it, in one line."""
    if verdict == "incomplete":
        return f"Incomplete. {notes[0]}"
    deciding = [rate.sentence for rate in found.values() if rate.verdict == verdict]
    said = " ".join(sentence[0].upper() + sentence[1:] for sentence in deciding)
    return f"{WORDS[verdict]}. {said or 'No case says anything.'}"


def _rate(rate: Rate) -> dict[str, Any]:
    fields = asdict(rate)
    del fields["name"]
    return fields


def _flips(
    before: Mapping[Any, Mapping[str, float]] | None, after: Mapping[Any, Mapping[str, float]]
) -> dict[str, dict[str, Any]]:
    """The cases whose outcome differs from the baseline's, by rate and direction."""
    found: dict[str, dict[str, Any]] = {}
    for name, cases in after.items():
        old = (before or {}).get(name, {})
        rose = sorted(case for case, value in cases.items() if case in old and value > old[case])
        fell = sorted(case for case, value in cases.items() if case in old and value < old[case])
        found[name] = {
            "rose": rose[:FLIPS_SHOWN], "fell": fell[:FLIPS_SHOWN], "n_rose": len(rose), "n_fell": len(fell),
        }  # fmt: skip
    return found


def _latency(results: Sequence[Result]) -> dict[str, Any]:
    """Median and 95th percentile of the answers' own times; that below which 95 % lie, it included."""
    times = sorted(
        latency
        for r in results
        if r.detail and (latency := r.detail.get("answer", {}).get("spent", {}).get("latency_ms")) is not None
    )
    if not times:
        return {"n": 0, "p50": None, "p95": None}
    return {
        "n": len(times),
        "p50": median(times),
        "p95": times[-(-95 * len(times) // 100) - 1],  # in whole numbers, which do not round
    }


def _seen(outcome: Outcome) -> dict[str, Any]:
    """Who really answered, and when."""
    answers = [r.detail["answer"] for r in outcome.results if r.detail and "answer" in r.detail]
    return {
        "models": dict(Counter(a.get("model") for a in answers if a.get("model")).most_common(10)),
        "fingerprints": dict(
            Counter(a.get("fingerprint") for a in answers if a.get("fingerprint")).most_common(10)
        ),
        "started": outcome.run.started,
        "cause": outcome.run.cause,
        "author": outcome.run.author,
    }


def _pinned(report: Report) -> dict[str, Any]:
    return {"report": report.id, "created": report.created, "spent_usd": report.body.get("spent_usd")}
