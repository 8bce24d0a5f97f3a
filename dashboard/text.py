"""Every word the pages say, in one place. Ours alone: no name sent by anybody passes through here.

The same words as docs/metrics.md; what a metric means is said by its `definition` in METRICS.
"""

PRODUCT = "cascadewatch"
PAGE_NAMES = {"overview": "Overview", "cost": "Cost", "traffic": "Traffic", "sources": "Sources"}
PAGE_QUESTIONS = {
    "overview": "Is the cascade on target?",
    "cost": "What does the cascade cost, and what would the flagship alone?",
    "traffic": "Who is escalating?",
    "sources": "Is everything arriving?",
}

# sidebar
CASCADE, ROUTE, RANGE, ZONE = "Cascade", "Route", "Range", "Time zone"
ALL_CASCADES, ALL_ROUTES = "All cascades", "All routes"
RANGE_NAMES = {
    "1h": "Last hour",
    "24h": "Last 24 hours",
    "7d": "Last 7 days",
    "30d": "Last 30 days",
    "90d": "Last 90 days",
    "custom": "Custom",
}
FROM, TO = "From", "To"
RANGE_BACKWARDS = "“From” must lie before “To”, and at most 400 days apart."
ZONE_HELP = "Times are shown in this zone. Daily sums follow the zone of the configuration."

# everywhere
SO_FAR = "so far"
NO_EVENTS = "No events in this range."
NO_EVENTS_HINT = "Choose a longer range in the sidebar, or look at Sources to see what last arrived."
DOWNLOAD = "Download CSV"
MARKS = "Marks on the time line"

# Overview
STATES = {
    "no_data": "no data",
    "learning": "too little data",
    "dearer": "dearer than the flagship alone",
    "rising": "costs rising",
    "falling": "cheaper, but quality at risk",
    "quality_low": "quality below its bar",
    "above_target": "above target",
    "on_target": "on target",
    "steady": "steady",
}
UNCHECKED = "; quality unchecked"
