"""Which pages there are, in their order: what draws each, and its icon."""

from dashboard.views import cost, incidents, overview, quality, replays, sources, traffic, verifier

PAGES = {  # the first is what opens
    "overview": (overview.show, ":material/speed:"),
    "cost": (cost.show, ":material/payments:"),
    "quality": (quality.show, ":material/verified:"),
    "verifier": (verifier.show, ":material/gavel:"),
    "traffic": (traffic.show, ":material/conversion_path:"),
    "replays": (replays.show, ":material/replay:"),
    "incidents": (incidents.show, ":material/notifications:"),
    "sources": (sources.show, ":material/input:"),
}
