"""Has something really moved? Pure detectors, one per file; docs/drift.md says what each can see.

`escalation` watches a rate (escalated of judged, or any other k of n), `guard` does so while there is no
baseline yet, `family` holds one false-alarm budget over all streams, `changepoint` says since when and how
far, `recovery` when it is over; `watch` leads one stream through all of that, `looks` all streams together.
`distribution` compares scores, `mix` inputs, `threshold` a metric with a limit, `gap` silence with the usual
spacing.
"""
