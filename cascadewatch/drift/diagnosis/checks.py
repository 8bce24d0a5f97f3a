"""What the last verifier check and the last replay against the cheap tier say of a move. Pure.

A report compares with its own baseline; here is only asked whether that comparison is about this change, and
whether what it found moves the metric the way it moved. How far it moved it, a fixed set cannot tell.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from cascadewatch.drift.diagnosis.cause import Cause, Fact, Key
from cascadewatch.drift.diagnosis.material import Change, Check, CheckedRate, CheckKind
from cascadewatch.drift.diagnosis.spoken import listed, shown
from cascadewatch.drift.diagnosis.view import BESIDE, View

CHECK: CheckKind = "verifier check"
REPLAY: CheckKind = "replay"
STILL = "; the events name nothing new"
AGAINST = 0.8  # of its weight is left to a cause that a report speaks against
TITLES: dict[CheckKind, str] = {"verifier check": "Verifier check", "replay": "Cheap-tier replay"}
_RATES = {"accuracy": "accuracy", "false_accept": "false accepts", "false_escalate": "false escalations"}
_COMMANDS: dict[CheckKind, str] = {"verifier check": "verifier", "replay": "replay"}
_BY_VERIFIER: tuple[Key, ...] = ("verifier_changed", "verifier_broken", "threshold_changed")
_TOLD: dict[Key, tuple[CheckKind, ...]] = {
    **dict.fromkeys(_BY_VERIFIER, (CHECK,)),
    "cheap_model_changed": (REPLAY, CHECK),
    "traffic_mix": (CHECK, REPLAY),
    "unknown": (CHECK, REPLAY),
}  # fmt: skip
_LOOK = " Look at the traffic and at the cheap tier's model."
_SAMPLE = " Look at single answers, and at which model really answered."
_ASIDE = "but that does not explain this move"
_DATED = re.compile(r"-\d{4}[-\d]*")


def of_kind(view: View, kind: CheckKind) -> Check | None:
    """The one of a kind that ran since the change."""
    return next((c for c in view.material.checks if c.kind == kind and c.report is not None), None)


def speaks(view: View, kind: CheckKind) -> str | None:
    """What the report of a kind says about this change: its verdict, "aside" in the place of "regressed"
    where that does not move the metric the way it moved, or hardly anything moved. None: there is none, or
    it can tell nothing of it."""
    check = of_kind(view, kind)
    if check is None or doubt(check, view) is not None:
        return None
    verdict = _verdict(check)
    return "aside" if verdict == "regressed" and not _moves(check, view) else verdict


def _moves(check: Check, view: View) -> bool:
    if view.is_small or view.material.metric in BESIDE:
        return False
    return pull(check) * view.shift * view.scale > 0


def pull(check: Check) -> float:
    """By how much the share of rejects among its cases rose, by its own rates: right answers more often
    refused, wrong ones less often let through. Of a replay: by how much more answers are wrong."""
    changes = {rate.name: (rate.change or 0.0, rate.n) for rate in check.rates}
    if check.kind == REPLAY:
        return -changes.get("accuracy", (0.0, 0))[0]
    accept, escalate = (changes.get(name, (0.0, 0)) for name in ("false_accept", "false_escalate"))
    n = accept[1] + escalate[1]
    return (escalate[0] * escalate[1] - accept[0] * accept[1]) / n if n else 0.0


def doubt(check: Check, view: View) -> str | None:
    """Why a report says nothing of this change; None where it does."""
    if not check.compared:
        return "its baseline is not from before the change"
    if check.already:
        return "as before the change"
    if not check.sure:
        return "no second run confirms it yet"
    return next((said for change in view.material.changes if (said := _other(check, change, view))), None)


def _other(check: Check, change: Change, view: View) -> str | None:
    """That a report is not about what a change brought, where both say what they are of."""
    model_of = change.what == "model" and change.subject == view.material.cheap
    if check.kind == REPLAY:
        is_other = model_of and not any(same_model(model, change.after) for model in check.models)
        return f"it asked {_listed(check.models)}, not {shown(change.after)}" if is_other else None
    if change.what == "threshold" and check.threshold is not None:
        is_other = f"{check.threshold:g}" != change.after
        return f"at the threshold {check.threshold:g}, not {shown(change.after)}" if is_other else None
    if change.what == "verifier model" and check.asks is not None:
        is_other = not same_model(check.asks, change.after)
        return f"it asked {shown(check.asks)}, not {shown(change.after)}" if is_other else None
    return None


def same_model(one: str, other: str) -> bool:
    """Whether both name one model; a dated name is the same as one without.

    >>> same_model("openai/gpt-4o", "gpt-4o-2024-08-06"), same_model("gpt-4o", "gpt-4o-mini")
    (True, False)
    """
    short, long = sorted((one.rpartition("/")[2], other.rpartition("/")[2]), key=len)
    return long.startswith(short) and (long == short or bool(_DATED.fullmatch(long[len(short) :])))


def checked(view: View, found: list[Cause]) -> Iterator[Cause]:
    """What a report alone speaks for: another verifier or model under the same name, where no cause says so.
    How much of the move that is cannot be told."""
    keys = {cause.key for cause in found}
    check, replay = of_kind(view, CHECK), of_kind(view, REPLAY)
    if check is not None and speaks(view, CHECK) == "regressed" and not keys.intersection(_BY_VERIFIER):
        said = "by its check the verifier judges the same answers worse than before"
        still = not view.changed("verifier", "verifier model", "threshold")
        yield _by_report("verifier_changed", check, said + (STILL if still else ""))
    if replay is not None and speaks(view, REPLAY) == "regressed" and "cheap_model_changed" not in keys:
        said = "by its replay the cheap tier answers the same questions worse than before"
        yield _by_report("cheap_model_changed", replay, said + ("" if view.changed("model") else STILL))


def _by_report(key: Key, check: Check, said: str) -> Cause:
    return Cause(key, None, sum(rate.n for rate in check.rates), said, (), "Read its report.")


def favour(key: Key, view: View) -> float:
    """What is left of a cause's weight after what the reports say."""
    check, replay = speaks(view, CHECK), speaks(view, REPLAY)
    against = {
        "traffic_mix": "regressed" in (check, replay),
        "verifier_changed": check == "unchanged",
        "cheap_model_changed": replay == "unchanged",
    }
    return AGAINST if against.get(key, False) else 1.0


def with_checks(cause: Cause, view: View) -> Cause:
    """The cause with what was checked since as further evidence, and the next step that follows from it."""
    kinds = _TOLD.get(cause.key, ())
    told = [check for kind in kinds for check in view.material.checks if check.kind == kind]
    facts = tuple(fact(check, view) for check in told)
    found = replace(cause, evidence=(*cause.evidence, *facts))
    answer = _answer(cause, view)
    if answer is not None:
        return replace(found, next=answer, asks=None)
    missing = next((c for c in view.material.checks if c.kind == cause.asks and c.report is None), None)
    return found if missing is None else replace(found, next=f"{cause.next} `{command(missing)}` runs it.")


def fact(check: Check, view: View) -> Fact:
    """A report as evidence, or that there is none since the change."""
    if check.report is None:
        until = view.when(view.material.after.end)
        said = f"none from the change to {until}; `{command(check)}` runs it"
        return Fact(f"{TITLES[check.kind]} {shown(check.name)}", said, {"report": None})
    why = doubt(check, view)
    said = ", ".join([check.verdict, *map(_rate, _deciding(check)), *([why] if why else [])])
    rates = {rate.name: {"value": rate.value, "baseline": rate.baseline} for rate in check.rates}
    return Fact(
        f"{TITLES[check.kind]} {shown(check.name)}, {view.when(check.time)}", said,
        {"report": check.report, "began": check.time, "verdict": check.verdict, "rates": rates},
    )  # fmt: skip


def command(check: Check) -> str:
    """What runs it."""
    return f"cascadewatch {_COMMANDS[check.kind]} {shown(check.name)}"


def to_dict(check: Check, view: View) -> dict[str, Any]:
    """JSON-ready: what docs/alerts.md describes under `diagnosis.checks`."""
    held = {"kind": check.kind, "replay": check.name, "report": check.report, "command": command(check)}
    if check.report is None:
        return held
    rates = {rate.name: dict(list(rate._asdict().items())[1:]) for rate in check.rates}
    return held | {
        "time": check.time, "verdict": check.verdict, "rates": rates, "doubt": doubt(check, view),
        "said": fact(check, view).value,
    }  # fmt: skip


def _answer(cause: Cause, view: View) -> str | None:
    """The step that follows from what ran since; None where that has no answer to the cause's own step."""
    check, replay = of_kind(view, CHECK), of_kind(view, REPLAY)
    if cause.key == "cheap_model_changed":
        return None if replay is None else _after_replay(cause, replay, view)
    if check is None or cause.key not in _TOLD:
        return None
    if cause.key == "unknown" and cause.asks is None:
        return None
    if cause.key == "verifier_broken" and speaks(view, CHECK) != "regressed":
        return None
    return _after_check(cause, check, view)


def _after_check(cause: Cause, check: Check, view: View) -> str:
    found, name = speaks(view, CHECK), f"The verifier check {shown(check.name)}"
    own = "" if cause.key in ("unknown", "verifier_changed") else f" {cause.next}"
    if found is None:
        return f"{name} ran since, but {doubt(check, view)}: it says nothing of this change.{own or _LOOK}"
    if found == "regressed":
        way = "refuses more right answers" if pull(check) > 0 else "lets more wrong answers through"
        also = own if cause.key == "traffic_mix" else ""
        return f"{name} regressed: the verifier {way}. Put the former verifier or threshold back.{also}"
    if found == "aside":
        return f"{name} regressed, {_ASIDE}.{own or _LOOK}"
    if found == "unchanged":
        if cause.key == "threshold_changed" and check.threshold is not None and view.changed("threshold"):
            return f"{name} ran at the new threshold and is unchanged: if meant, accept the level."
        return f"{name} is unchanged: what it asks judges the same answers as before.{own or _LOOK}"
    cannot = "judges better than before" if found == "improved" else "could not tell"
    return f"{name} {cannot}.{own or _LOOK}"


def _after_replay(cause: Cause, replay: Check, view: View) -> str:
    found, name = speaks(view, REPLAY), f"The replay {shown(replay.name)}"
    if found == "regressed":
        return f"{name} regressed: the cheap tier answers worse. Go back to the former model."
    if found == "unchanged":
        return f"{name} is unchanged: its answers are as good. Look at traffic and verifier."
    if found == "improved":
        return f"{name} improved: its answers are better. If it was meant, accept the new level."
    if found is None:
        return f"{name} ran since, but {doubt(replay, view)}: it says nothing of this change.{_SAMPLE}"
    said = f"regressed, {_ASIDE}" if found == "aside" else "could not tell"
    return f"{name} {said}.{_SAMPLE}"


def _verdict(check: Check) -> str:
    """Of a replay what it says of the answers: its other rates are about a verifier."""
    named = {rate.name: rate.verdict for rate in check.rates}
    return named.get("accuracy", check.verdict) if check.kind == REPLAY else check.verdict


def _deciding(check: Check) -> list[CheckedRate]:
    """The rates that made it what it is; all of them where nothing moved."""
    moved = [rate for rate in check.rates if rate.verdict == check.verdict]
    return moved if check.verdict in ("regressed", "improved") and moved else list(check.rates)


def _rate(rate: CheckedRate) -> str:
    name, value = _RATES.get(rate.name, shown(rate.name)), f"{rate.value * 100:.1f} %"
    if rate.verdict in ("regressed", "improved") and rate.baseline is not None:
        return f"{name} {rate.baseline * 100:.1f} → {value}"
    return f"{name} {value} ({rate.low * 100:.0f}–{rate.high * 100:.0f})"


def _listed(models: tuple[str, ...]) -> str:
    return listed([shown(model) for model in models[:3]]) or "no model that is known"
