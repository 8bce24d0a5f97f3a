"""Eval sets made of production: labelled live events whose texts are stored.

`collected` reads them; `chosen` decides which become cases and names why the others do not; `case_of`
makes a case. The last two are pure.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection

from cascadewatch.model import ID_LENGTH, TierOrder
from cascadewatch.store.reads import labelled
from cascadewatch.store.reads.labelled import Labelled, Where
from cascadewatch.store.rowtypes import AttemptRow, LabelRow

SOURCES = ("human", "executable")  # whose word on an answer is taken, unless said otherwise
CHEAP, FLAGSHIP = "cheap", "flagship"  # keys of answers that `plan` and the threshold sweep look for
LEFT_OUT = {
    "no_label": "without a label",
    "other_source": "labelled by nobody whose word is taken (--labels)",
    "selected": "with selected labels alone: complaints are not a sample (--selected takes them too)",
    "no_text": "without the text of the prompt or of an answer that is labelled",
    "conflict": "with labels that contradict each other",
    "duplicate": "whose prompt another case has already",
    "not_drawn": "not drawn (--n)",
}
NANO = 1e9


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: labels of these sources, random ones or (`selected`) all; `n` cases, by `seed`."""

    n: int
    seed: int = 0
    sources: Collection[str] = SOURCES
    selected: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """An event that could be a case: its prompt's digest, what is said of which answer (by digest), how
    probable it was to be labelled, and its place in the draw."""

    seq: int
    prompt: str
    said: Mapping[str, bool]
    probability: float
    place: float


@dataclass(frozen=True, slots=True)
class Chosen:
    """The events that become cases, in order of arrival, and how many others there are of each reason of
    `LEFT_OUT`. `probabilities` are the least and the greatest of the labels' samples; None without any."""

    seqs: tuple[int, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)
    probabilities: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Collected:
    """The lines of an eval set, out of how many live events, and what was left out as `Chosen` says.

    `with_text`: whether the text of any labelled event is stored.
    """

    cases: list[dict[str, Any]]
    events: int
    left_out: Mapping[str, int]
    probabilities: tuple[float, float] | None
    with_text: bool

    @property
    def is_uneven(self) -> bool:
        """Whether some cases stand for more requests than others."""
        return self.probabilities is not None and self.probabilities[0] < self.probabilities[1]


def collected(connection: Connection, where: Where, order: TierOrder, wanted: Wanted) -> Collected:
    """Cases out of the events of a range; without any, `left_out` says why."""
    events, with_text = labelled.count(connection, where), False

    def read() -> Iterator[Labelled]:
        nonlocal with_text
        for one in labelled.labelled(connection, where):
            with_text = with_text or one.prompt is not None
            yield one

    found = chosen(read(), wanted)
    cases: dict[str, dict[str, Any]] = {}
    for one in labelled.by_seq(connection, found.seqs):
        case = case_of(one, order, wanted, cases)
        cases[case["id"]] = case
    unlabelled = events - len(cases) - sum(found.left_out.values())
    left = ({"no_label": unlabelled} if unlabelled else {}) | dict(found.left_out)
    return Collected(list(cases.values()), events, left, found.probabilities, with_text)


def chosen(found: Iterable[Labelled], wanted: Wanted) -> Chosen:
    """Which of the labelled events become cases.

    One for each prompt: that with the most labelled answers, then the newest. Which `n` of them is decided
    by the seed and the events' ids alone, so that more events do not shuffle the rest. Where labels were
    drawn with different probabilities, rarer ones have the better chance (Efraimidis & Spirakis 2006).
    """
    left: Counter[str] = Counter()
    groups: dict[str, list[Candidate]] = {}
    for one in found:
        weighed = weigh(one, wanted)
        if isinstance(weighed, str):
            left[weighed] += 1
        else:
            groups.setdefault(weighed.prompt, []).append(weighed)
    best = []
    for group in groups.values():
        if _contradicts(group):
            left["conflict"] += len(group)
            continue
        best.append(max(group, key=lambda one: (len(one.said), one.seq)))
        left["duplicate"] += len(group) - 1
    best.sort(key=lambda one: one.place, reverse=True)
    left["not_drawn"] = max(0, len(best) - wanted.n)
    drawn = best[: wanted.n]
    chances = [one.probability for one in drawn]
    seqs = tuple(sorted(one.seq for one in drawn))
    return Chosen(seqs, {why: left[why] for why in LEFT_OUT if left[why]},
                  (min(chances), max(chances)) if chances else None)  # fmt: skip


def weigh(one: Labelled, wanted: Wanted) -> Candidate | str:
    """The event as a candidate, or the reason of `LEFT_OUT` why it is none."""
    taken = [label for label in one.held.labels if label.source in wanted.sources]
    if not taken:
        return "other_source"
    fair = [label for label in taken if wanted.selected or is_drawn(label)]
    if not fair:
        return "selected"
    texts = {label: _text(one, label.attempt) for label in fair}
    labels = [label for label in fair if texts[label]]
    if not one.prompt or not labels:
        return "no_text"
    if _disagree(labels):
        return "conflict"
    said = {digest(texts[label]): bool(label.correct) for label in labels}
    probability = max(label.probability for label in labels)
    place = _uniform(wanted.seed, one) ** probability
    return Candidate(one.held.event.seq, digest(one.prompt), said, probability, place)


def is_drawn(label: LabelRow) -> bool:
    """Whether the label is of a sample: a check that ran on everything, or a random draw."""
    return label.source == "executable" or label.sampling == "random"


def case_of(
    one: Labelled, order: TierOrder, wanted: Wanted, taken_ids: Collection[str] = ()
) -> dict[str, Any]:
    """The event as a line of an eval set.

    Answers stand under `cheap`, `flagship`, or the name of a tier in between; of a tier that was tried
    again the labelled answer, else the last. The reference is the answer of the highest tier that is
    labelled right; without one there is none. Tags are the route and the path.
    """
    event, answers, reference = one.held.event, dict[str, dict[str, Any]](), None
    truth = _truth(one, wanted)
    for attempt in one.held.attempts:
        text = _text(one, attempt.position)
        if not text or attempt.status != "ok":
            continue
        key, correct = _key(attempt.tier, order), truth.get(attempt.position)
        if correct is not None or "correct" not in answers.get(key, {}):
            answers[key] = _answer(attempt, text, correct)
        if correct:
            reference = text
    tags = list(dict.fromkeys([event.route, event.path]))
    name = event.id if event.id not in taken_ids else f"{event.id[: ID_LENGTH - 24]} {event.seq}"
    case = {"id": name, "prompt": one.prompt, "reference": reference, "tags": tags, "answers": answers}
    return {key: value for key, value in case.items() if value is not None}


def digest(text: str | None) -> str:
    """Of a text but for spaces at its ends and how many there are between words."""
    return sha256(" ".join((text or "").split()).encode()).hexdigest()


def _truth(one: Labelled, wanted: Wanted) -> dict[int, bool]:
    """What the labels that count say, by attempt."""
    return {
        label.attempt: bool(label.correct)
        for label in one.held.labels
        if label.source in wanted.sources and (wanted.selected or is_drawn(label))
    }


def _text(one: Labelled, attempt: int) -> str | None:
    return one.answers[attempt] if attempt < len(one.answers) else None


def _disagree(labels: Collection[LabelRow]) -> bool:
    """Whether one attempt is called right and wrong."""
    return len({label.attempt for label in labels}) < len(
        {(label.attempt, label.correct) for label in labels}
    )


def _contradicts(group: Collection[Candidate]) -> bool:
    """Whether the same answer to the same prompt is called right in one event and wrong in another."""
    said: dict[str, bool] = {}
    return any(said.setdefault(text, right) != right for one in group for text, right in one.said.items())


def _uniform(seed: int, one: Labelled) -> float:
    """A number in (0, 1) that the seed and the event's identity decide."""
    named = f"{seed} {one.held.event.source} {one.held.event.id}"
    return (int.from_bytes(sha256(named.encode()).digest()[:7], "big") + 1) / (2**56 + 1)


def _key(tier: str, order: TierOrder) -> str:
    return {order.cheap: CHEAP, order.flagship: FLAGSHIP}.get(tier, tier)


def _answer(a: AttemptRow, text: str, correct: bool | None) -> dict[str, Any]:
    counts = {
        name: getattr(a, name) for name in ("input", "cache_read", "cache_write", "output", "reasoning")
    }
    usage = {name: n for name, n in counts.items() if n is not None}
    answer = {
        "text": text, "correct": correct, "score": a.score, "usage": usage or None,
        "cost_usd": None if a.cost is None else a.cost / NANO, "latency_ms": a.latency_ms, "model": a.model,
    }  # fmt: skip
    return {key: value for key, value in answer.items() if value is not None}
