"""Which episode speaks for which: what breaks together is told once. Pure."""

from collections.abc import Container, Iterable

from alerts.finding import Finding
from cascadewatch.store.episodes import Episode

TOGETHER_MS = 4 * 3_600_000
JOINED_KINDS = {"drift", "threshold", "burn_rate"}  # silence and failed rules always speak for themselves
RANK = {"ticket": 0, "page": 1}
NOT_YET = 2**62  # later than any time


def order(finding: Finding) -> tuple[int, int, str, str]:
    """The sort key for findings of one look. Episodes have to be opened in the order in which they began,
    because an episode is only joined to one that began earlier.

    A drift rule gives the time at which its episode began, which may lie in the past. Every other rule's
    episode begins now and so comes last.
    """
    return finding.detail.get("opened") or NOT_YET, *rank(finding)


def rank(finding: Finding) -> tuple[int, str, str]:
    """The sort key for findings that begin at the same moment: first the drift of a whole cascade's
    escalation rate, then the other findings about whole cascades, then those about routes."""
    pooled = finding.scope.route == ""
    first = pooled and finding.rule.kind == "drift" and finding.rule.metric == "escalation_rate"
    return 0 if first else 1 if pooled else 2, finding.scope.cascade, finding.rule.name


def parent_of(
    kind: str, cascade: str, opened: int, others: Iterable[Episode], quiet: Container[int] = ()
) -> Episode | None:
    """The episode of the cascade that speaks for one of this kind: it was open then, or had opened within
    four hours before.

    Prefers one not in `quiet`, still open, most severe, then earliest. A joined episode need not be
    excluded: the one it is joined to sorts before it, unless it has messages of its own.
    """
    if kind not in JOINED_KINDS:
        return None
    before = [
        other
        for other in others
        if other.cascade == cascade
        and other.kind in JOINED_KINDS
        and other.opened <= opened
        and (other.opened >= opened - TOGETHER_MS or other.resolved is None or other.resolved > opened)
    ]

    def heard_least(other: Episode) -> tuple[bool, bool, int, int, int]:
        return other.id in quiet, not other.is_open, -RANK[other.severity], other.opened, other.id

    return min(before, key=heard_least, default=None)


def speaks(episode: Episode, parent: Episode | None, parent_is_quiet: bool) -> bool:
    """Whether an episode sends messages of its own: it has no parent, the parent is over or quiet, or the
    episode is more severe than its parent.

    A parent is quiet while it is silenced or flapping. It sends nothing then, so it cannot speak for others.
    """
    if parent is None or not parent.is_open or parent_is_quiet:
        return True
    return RANK[episode.severity] > RANK[parent.severity]
