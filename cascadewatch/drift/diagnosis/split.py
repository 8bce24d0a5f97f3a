"""Mix or behaviour? An exact split of a change of rate over groups of requests."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from cascadewatch.drift.diagnosis.material import Group, Share

MIX = 0.70  # from here on a move is a change of traffic (research: section "Mix or behaviour?")


class Part(NamedTuple):
    """What one group adds to the change.

    `mix` is against the overall rate, so that a group that grows from others' shares adds what it is
    above them: the parts still add up to the whole.
    """

    name: str
    before: Share
    after: Share
    share_before: float
    share_after: float
    mix: float
    behaviour: float

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "name": self.name, "mix": self.mix, "behaviour": self.behaviour,
            "share_before": self.share_before, "share_after": self.share_after,
            "rate_before": self.before.rate, "rate_after": self.after.rate,
            "n_before": self.before.n, "n_after": self.after.n,
        }  # fmt: skip


class Split(NamedTuple):
    """`total` = `mix` + `behaviour`, exactly; parts ordered by how much they carry."""

    total: float
    mix: float
    behaviour: float
    parts: tuple[Part, ...]

    @property
    def mix_share(self) -> float:
        """Mix as a part of the whole; below 0 where it pulled the other way, 0 of nothing."""
        return self.mix / self.total if self.total else 0.0

    @property
    def is_mix(self) -> bool:
        """Whether the traffic changed rather than how it is treated."""
        return self.mix_share >= MIX

    def to_dict(self, most: int = 5) -> dict[str, Any]:
        """JSON-ready, with the parts that carry most."""
        return {
            "total": self.total, "mix": self.mix, "behaviour": self.behaviour,
            "mix_share": self.mix_share, "groups": len(self.parts),
            "parts": [part.to_dict() for part in self.parts[:most]],
        }  # fmt: skip


def split(groups: Iterable[Group]) -> Split | None:
    """Δ = Σ w̄ Δp (behaviour) + Σ p̄ Δw (mix), with w the groups' shares of the requests, p their rates,
    and bars the means of before and after. None if either side is empty.

    A group that is missing on one side has there the rate of the other: all it adds is mix.
    """
    listed = [g for g in groups if g.before.n or g.after.n]
    n0, n1 = sum(g.before.n for g in listed), sum(g.after.n for g in listed)
    if not n0 or not n1:
        return None
    k0, k1 = sum(g.before.k for g in listed), sum(g.after.k for g in listed)
    level = (k0 / n0 + k1 / n1) / 2
    parts = [_part(g, n0, n1, level) for g in listed]
    parts.sort(key=lambda p: (-abs(p.mix + p.behaviour), p.name))
    total = k1 / n1 - k0 / n0
    mix = sum(p.mix for p in parts)
    return Split(total, mix, total - mix, tuple(parts))


def _part(g: Group, n0: float, n1: float, level: float) -> Part:
    p0, p1 = _rates(g)
    w0, w1 = g.before.n / n0, g.after.n / n1
    return Part(
        g.name, g.before, g.after, w0, w1, ((p0 + p1) / 2 - level) * (w1 - w0), (w0 + w1) / 2 * (p1 - p0)
    )


def _rates(g: Group) -> tuple[float, float]:
    before, after = g.before.rate, g.after.rate
    if before is None:
        before = after
    if after is None:
        after = before
    assert before is not None and after is not None, "a group has requests on one side at least"  # noqa: PT018
    return before, after
