"""The episode that a test message tells of: made up, of a cascade that does not exist."""

from cascadewatch.store.episodes import Episode

HOUR = 3_600_000
KINDS = ("firing",)


def made_up(now: int) -> Episode:
    """An escalation rate that rose by six points, three hours before `now` (epoch ms)."""
    since = now - now % HOUR - 3 * HOUR
    return Episode(
        id=0, rule="escalation-drift", kind="drift", metric="escalation_rate", cascade="example", route="",
        direction="up", severity="ticket", state="firing", opened=now, since=since, easing=None,
        resolved=None, parent=None, acknowledged=None, acknowledged_by=None, updated=now, version=1,
        detail={
            "estimate": {"value": 0.361, "baseline": 0.3, "low": 0.332, "high": 0.391, "n": 2410},
            "peak": {"value": 0.361, "time": now},
            "unit": "share",
            "tolerance": 0.05,
            "cost_usd_per_day": {"value": 41.2, "low": 21.6, "high": 61.5, "extra": 343.0, "each": 0.12,
                                 "what": "escalations"},
            "diagnosis": {
                "likeliest": "Verifier on small: judge-v3 in place of judge-v2; `low_score` rejects explain"
                             " 5 of the 6 points.",
                "next": "Run the verifier check: judge-v2 and judge-v3 on the same answers. Roll back if the"
                        " new one is worse.",
                "causes": [{"key": "verifier_changed", "evidence": [
                    {"label": "Rejects by judge-v3", "value": "none before, 36 % of 2,410 since"}]}],
            },
        },
    )  # fmt: skip
