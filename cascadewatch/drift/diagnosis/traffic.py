"""Causes that lie with what is asked: another mix of requests, or few callers that trip the verifier."""

from collections.abc import Iterator

from cascadewatch.drift.diagnosis.cause import Cause, Fact
from cascadewatch.drift.diagnosis.concentration import SYSTEMIC, Concentration, Named
from cascadewatch.drift.diagnosis.split import MIX, Part, Split
from cascadewatch.drift.diagnosis.spoken import count, listed, part_of, percent, shown, signed
from cascadewatch.drift.diagnosis.view import View, split_words

WORTH_NAMING, MOST_OF = 0.10, 0.5  # parts of the mix
SOME = 0.30  # part of a move from which on mix is worth telling beside other causes
ROUTES_FIRST = 1.2  # as many times more callers must explain to be told instead of routes
NAMED = 3  # callers and groups told by name in a sentence


def traffic_mix(view: View) -> Iterator[Cause]:
    """Requests moved to routes, or to callers, that escalate more (or less)."""
    told = _largest(view)
    if told is None:
        return
    kind, split, carried = told
    moving = _moving(split)
    names = listed([_grew(part, kind) for part in moving])
    sender = _sender(view) if kind == "route" else ""
    yield Cause(
        "traffic_mix", carried, round(sum(p.after.n for p in split.parts)),
        f"{names} of the requests{sender}: a change of the traffic, which explains "
        f"{part_of(carried, view.shift)}",
        (
            _split_fact(kind, split),
            *(_part_fact(part) for part in moving),
            *(fact for other, s in _splits(view) if other != kind for fact in _beside(other, s)),
        ),
        "Check with whoever sends it whether it is meant to stay. If it is, accept the new level.",
    )  # fmt: skip


def _splits(view: View) -> list[tuple[str, Split]]:
    found = [("route", view.routes), ("caller", view.callers)]
    return [(kind, split) for kind, split in found if split is not None]


def _largest(view: View) -> tuple[str, Split, float] | None:
    """The split whose mix explains more, with what it explains in points of the metric."""
    best: tuple[str, Split, float] | None = None
    for kind, split in _splits(view):
        carried = split.mix if kind == "route" else min(1.0, split.mix_share) * view.shift
        if kind == "caller" and (split.mix_share < MIX or probing_is_likely(view)):
            continue
        if split.mix_share < SOME or not view.counts(carried):
            continue
        if best is None or abs(carried) > ROUTES_FIRST * abs(best[2]):
            best = kind, split, carried
    return best


def _moving(split: Split) -> list[Part]:
    """The two parts whose share of the traffic carries most of the mix."""
    named = [part for part in split.parts if part.name and part.mix / split.mix >= WORTH_NAMING]
    return sorted(named, key=lambda part: (-abs(part.mix), part.name))[:2] or list(split.parts[:1])


def _sender(view: View) -> str:
    """The caller that most of it comes from, if it is one."""
    split = view.callers
    if split is None or not split.is_mix:
        return ""
    first = _moving(split)[0]
    if not first.name or first.mix / split.mix < MOST_OF:
        return ""
    new = ", which is new" if not first.before.n else ""
    return f", mostly by caller {shown(first.name)}{new}"


def _grew(part: Part, kind: str) -> str:
    who = f"{kind} {shown(part.name)}" if part.name else f"the other {kind}s"
    before, after = percent(part.share_before), percent(part.share_after)
    return f"{who} is new with {after}" if not part.before.n else f"{who} went from {before} to {after}"


def _split_fact(kind: str, split: Split) -> Fact:
    return Fact(
        f"Split by {kind}",
        f"{split_words(kind, split)}, together {signed(split.total)}",
        {"mix": split.mix, "behaviour": split.behaviour, "total": split.total, "groups": len(split.parts)},
    )


def _beside(kind: str, split: Split) -> Iterator[Fact]:
    """What the other split says; its parts only where it says the same."""
    yield _split_fact(kind, split)
    if split.is_mix:
        yield from map(_part_fact, _moving(split))


def _part_fact(part: Part) -> Fact:
    return Fact(
        shown(part.name) or "others",
        f"{percent(part.share_before)} → {percent(part.share_after)} of the requests, at a rate of "
        f"{percent(part.before.rate)} → {percent(part.after.rate)}: that "
        f"alone makes {signed(part.mix + part.behaviour)}",
        part.to_dict(),
    )


def probing_is_likely(view: View) -> bool:
    """Few callers carry a rise, and neither everybody else nor the mix of routes does."""
    who = view.concentration
    by_routes = view.routes.mix_share if view.routes else 0.0
    return view.rose and who is not None and who.verdict == "concentrated" and by_routes < MIX


def probing(view: View) -> Iterator[Cause]:
    """Few callers whose requests are rejected far beyond their own past."""
    who = view.concentration
    if who is None or not probing_is_likely(view):
        return
    judged = view.material.callers
    assert judged is not None
    n = sum(g.after.n for g in (*judged.busiest, judged.rest))
    carried = min(sum(one.excess for one in who.named) / n * view.scale, max(view.shift, 0.0))
    if not view.counts(carried):
        return
    names = listed([_name(one) for one in who.named[:NAMED]])
    others = len(who.named) - NAMED
    more = f" and {others} more" if others > 0 else ""
    carry, them = ("carries", "it") if len(who.named) == 1 else ("carry", "them")
    yield Cause(
        "probing", carried, round(sum(one.after.n for one in who.named)),
        f"{names}{more} {carry} {part_of(carried, view.shift)}; without {them} "
        f"{percent(who.without)} of requests escalate",
        (*(_caller_fact(one) for one in who.named[:5]), _everybody(who)),
        "Look at what these callers send. If it is not meant, limit them at your gateway.",
    )  # fmt: skip


def _name(one: Named) -> str:
    return f"caller {shown(one.caller)} ({percent(one.after.rate)} of {count(one.after.n)})"


def _caller_fact(one: Named) -> Fact:
    known = f"{percent(one.before.rate)} before" if one.before.n else "not seen before"
    return Fact(
        f"Caller {shown(one.caller)}",
        f"{count(one.after.k)} of {count(one.after.n)} escalated, {count(one.expected)} expected ({known})",
        {"escalated": one.after.k, "judged": one.after.n, "expected": one.expected, "p": one.p,
         "excess": one.excess, "rate_before": one.before.rate},
    )  # fmt: skip


def _everybody(who: Concentration) -> Fact:
    above = "too few callers to compare"
    if who.above is not None:
        meaning = "everybody" if who.above >= SYSTEMIC else "as on a quiet day"
        above = f"{percent(who.above)} of {who.compared} callers above their own expectation: {meaning}"
    return Fact("All callers", above, {"above": who.above, "compared": who.compared, "without": who.without})
