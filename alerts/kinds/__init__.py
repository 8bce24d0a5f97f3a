"""How a rule decides: one small module per kind, one line in `LIMITS`, and `drift` beside them.

A kind of `LIMITS` offers

    look(windows, settings, rule, now) -> list[Finding]          one for each scope, now
    back_test(windows, settings, rule, start, end) -> list[Past]  what it would have found

or, in place of `back_test`, the sentence NO_BACK_TEST that says why history has nothing to say.

A finding that is not about one metric has in its detail `about`, which the episode keeps for its words while
it is breached, `cleared`, which it keeps while it is not, and `severity`.

The streams of drift share one budget of false alarms, so `drift` looks at all its rules at once.
"""

LIMITS = {
    "threshold": "alerts.kinds.threshold",
    "burn_rate": "alerts.kinds.burn_rate",
    "no_data": "alerts.kinds.no_data",
    "replay": "alerts.kinds.replay",
    "stale": "alerts.kinds.stale",
    "budget": "alerts.kinds.budget",
    "callers": "alerts.kinds.callers",
}
