"""What commands say of an eval set: what it holds, and what size of change it can see."""

from typing import Any

from cascadewatch.cli.output import shown, table
from cascadewatch.errors import UsageError

FLIPS = (0.02, 0.05, 0.10, 0.20)


def sizes(cases: Any, key: str | None) -> dict[str, int]:
    """Cases of each rate: all, and where answers are labelled the wrong and the right ones."""
    if key is None:
        return {"accuracy": len(cases.cases)}
    answers = [case.answers[key] for case in cases.answered(key)]
    if not answers:
        raise UsageError(f'no case has an answer "{key}"; answers there: {", ".join(cases.keys()) or "none"}')
    return {
        "accuracy": len(answers),
        "false_accept": sum(a.correct is False for a in answers),
        "false_escalate": sum(a.correct is True for a in answers),
    }


def rows_of(sizes: dict[str, int], shares: tuple[float, ...], repeats: int = 1) -> list[dict[str, Any]]:
    """The smallest change of each rate, for each share of flips."""
    from cascadewatch.drift.mde import smallest_change

    return [
        {
            "rate": name,
            "cases": n,
            "flips": share,
            "by_hand": smallest_change(n, share, repeats),
            "on_schedule": smallest_change(n, share, repeats, alpha=0.01),
        }
        for name, n in sizes.items()
        for share in shares
    ]


def stated(found: dict[str, Any]) -> str:
    controls = found["controls"]
    planted = f"{controls['right']} right, {controls['wrong']} wrong"
    lines = [
        f"{shown(found['name'])}: {found['cases']:,} cases, version {found['hash']}",
        f"with a reference: {found['with_reference']:,}; planted controls: {planted}",
    ]
    lines += [
        f"answers {shown(key)}: {held['cases']:,}, {held['right']:,} right, {held['wrong']:,} wrong,"
        f" {held['scored']:,} with a score"
        for key, held in found["answers"].items()
    ]
    return "\n".join(lines)


def seen(rows: list[dict[str, Any]]) -> str:
    def points(share: float | None) -> str:
        return "nothing" if share is None else f"{share * 100:.1f} points"

    cells = [
        [r["rate"], f"{r['cases']:,}", f"{r['flips']:.0%}", points(r["by_hand"]), points(r["on_schedule"])]
        for r in rows
    ]
    head = ["rate", "cases", "flips", "seen by hand", "seen on a schedule"]
    return table(head, cells, frozenset({1, 2, 3, 4}))
