"""Every word the pages say, in one place. Ours alone: no name sent by anybody passes through here.

The same words as docs/metrics.md; what a metric means is said by its `definition` in METRICS.
"""

PRODUCT = "cascadewatch"
PAGE_NAMES = {
    "overview": "Overview",
    "cost": "Cost",
    "quality": "Quality",
    "verifier": "Verifier",
    "traffic": "Traffic",
    "replays": "Replays",
    "incidents": "Incidents",
    "sources": "Sources",
}
PAGE_QUESTIONS = {
    "overview": "Is the cascade on target?",
    "cost": "What does the cascade cost, and what would the flagship alone?",
    "quality": "Are the answers right?",
    "verifier": "Is the verifier right, and where should its threshold be?",
    "traffic": "Who is escalating?",
    "replays": "What do the fixed cases say?",
    "incidents": "What moved, and why?",
    "sources": "Is everything arriving?",
}

# sidebar
CASCADE, ROUTE, RANGE, ZONE = "Cascade", "Route", "Range", "Time zone"
ALL_CASCADES, ALL_ROUTES = "All cascades", "All routes"
UNKNOWN_CASCADE = "No cascade of that name is known: {name}"
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
ESCALATION, QUALITY, HEADROOM = "Escalation rate", "Quality", "Headroom"
SAVED, LOST = "Saved per day", "Lost per day"
NEVER_CHECKED, BY_LABELS, BY_REPLAY = "never checked", "by labels", "by replay"
FLAGSHIP_ONLY = "Flagship only"
PARTS = {
    "cheap": "Cheap tier",
    "verify": "Verifier",
    "escalated": "Escalated",
    "fallback": "Fallback",
    "routed": "Routed",
    "other": "Other",
}
ESCALATION_OVER_TIME = "Escalation over time"
COST_OVER_TIME = "Cost per {width}, and what the flagship alone would have cost"
QUALITY_OVER_TIME = "Quality over time"
COST_UNKNOWN = "The cost is unknown: {reason}."
NOTHING_PAID = "Nothing was paid in this range."
NO_LABELS = "No served answer of this range has an executable or randomly drawn label."
NO_LABELS_HINT = "Send labels with your events or to POST /v1/labels, drawn at random."
WHO_ESCALATES, WHAT_ARRIVES = "Who is escalating?", "What is arriving?"
IS_VERIFIER_RIGHT, CHECK_QUALITY = "Is the verifier still right?", "How to have quality checked"
OTHERS = "Further cascades"
MORE_ABOUT = "Choose a cascade in the sidebar for its cost, its quality and the words of its marks."

# first event
WAITING = "Waiting for the first event"
WAITING_HINT = "Nothing has arrived yet. Send one event, and this page fills within seconds."
SEND_CURL, SEND_PYTHON, SEND_FILE = "From a shell", "From Python", "From a log file"
REFUSED = "Arrived, but refused"
REFUSED_HINT = "These records were not taken. Mend what the reason names and send them again."

# Traffic
PATHS = {
    "accepted": "Accepted",
    "escalated": "Escalated",
    "fallback": "Fallback",
    "routed": "Routed",
    "unverified": "Unverified",
    "cached": "Cached",
}
PATH_MEANINGS = (
    "Accepted: the cheap answer passed. Escalated: it was rejected and a higher tier followed."
    " Fallback: a higher tier followed for another reason, such as an error. Routed: sent straight past"
    " the cheap tier. Unverified: the cheap tier answered without a verdict. Cached: answered from a cache."
)
ONE_CASCADE = "Choose a cascade in the sidebar for its callers, latencies, reasons and tiers."
EXTRA = "Extra cost"
EXTRA_MEANING = "What the attempts above the cheap tier cost in escalated and fallback events."
CALLER_EXTRA_MEANING = "What came after the cheap tier for this caller, its verdicts included."
PENALTY, CALLERS_SEEN = "Latency penalty", "Callers"
CALLERS_MEANING = "Different callers seen in this range, counted by whole hours (of old ranges, UTC days)."
BY_ROUTE, BY_ROUTE_HINT = "By route", "Click a row to look at that route alone."
EVENTS, SHARE_OF_EVENTS, JUDGED, ESCALATED = "Events", "Share of events", "Judged", "Escalated"
INTERVAL, INTERVAL_MEANING = "95 %", "Where the true rate lies with 95 % confidence (Wilson)."
COST, COST_PER_EVENT, REVISION, CALLER = "Cost", "Cost per event", "Revision", "Caller"
OVER_TIME, MIX_VIEW = "Which path events take", "Show"
SHARES, NUMBERS = "Shares", "Numbers"
TRAFFIC_PARTS = ("By caller", "Latency", "Reasons", "By revision", "Tiers and verifiers")
BY_CALLER_HINT = (
    "Most escalations beyond the cascade's average first; a ring marks callers who stand out from all others."
    " Click a row to see that caller's events below."
)
ON_ALL_ROUTES = "on all routes together"
CALLERS_FROM = "Callers, and what they are compared with, are counted from {start} to {end}."
CALLERS_OF_ALL_ROUTES = "Callers are counted for all routes of the cascade together."
EXCESS = "Above average"
EXCESS_MEANING = "Escalated events beyond what the cascade's rate would give for this caller's judged events."
STANDS_OUT = "◉"
STANDS_OUT_MEANING = "Escalates more often than chance and the usual spread among callers explain."
NO_CALLERS = "No event in this range names a caller."
NO_CALLERS_HINT = "Send a “caller” with your events to see who is escalating; it is stored as a keyed hash."
NO_REVISION = "(none)"
REVISIONS_OF_ALL_ROUTES = "For all routes of the cascade together."
LATENCY, LATENCY_HINT = "How long each path takes", "● p50  ◆ p95  ■ p99, with 95 % intervals"
PERCENTILE_MARKS = {50: "circle", 95: "diamond", 99: "square"}
NO_LATENCIES = "No event in this range says how long it took."
FALLBACK_CAUSES, NO_FALLBACKS = "Why events fell back", "No event fell back in this range."
SHARE_OF_FALLBACKS = "Of fallbacks"
CAUSE, CAUSE_NAMES = (
    "Cause",
    {
        "error": "error",
        "timeout": "timeout",
        "refused": "refused",
        "rate_limited": "rate limited",
        "judge": "verifier failed",
        "unknown": "unknown",
    },
)
REASONS, NO_REASONS = "Why verdicts were given", "No verdict in this range came with a reason."
OUTCOME, REASON, SHARE_OF_OUTCOME = "Verdict", "Reason", "Of that verdict"
TIERS, VERIFIERS = "Tiers and models", "Verifiers"
TIER, MODEL, VERIFIER = "Tier", "Model", "Verifier"
ATTEMPTS, VERDICTS, JUDGES = "Attempts", "Verdicts", "Judges"
ANSWERED, ANSWERED_MEANING = "Answers", "Share of all events whose answer came from here."
YIELD, YIELD_MEANING = "Yield", "Share of the events reaching this tier that went no further."
FAILED, FAILED_MEANING = "Failed", "Attempts that gave no answer."
REJECTS, REJECTS_MEANING = "Rejected", "Rejects among accepts and rejects."
JUDGE_FAILURES, JUDGE_FAILURES_MEANING = "Judge failures", "Verdicts that failed among verdicts asked for."
INPUT, OUTPUT = "Input tokens", "Output tokens"
MEAN_TOKENS = "Mean per attempt whose tokens are known."
MEAN_LATENCY = "Mean latency"

# single events
SINGLE_EVENTS = "Single events"
SINGLE_EVENTS_HINT = "Newest first. Click a row to see what happened."
PATH, ALL_PATHS, CALLER_FILTER, CALLER_PLACEHOLDER = "Path", "All paths", "Caller", "as stored"
NEWER, OLDER = "Newer", "Older"
NOTHING_FITS = "No single event fits."
NOTHING_FITS_HINT = "Choose a longer range, or clear a filter."
TIME, SERVED_BY, LATENCY_COLUMN = "Time", "Answered by", "Latency"
ONE_EVENT, BACK = "One event", "Back to Traffic"
NO_SUCH_EVENT = "No event with this id is held."
NO_SUCH_EVENT_HINT = "Ids are taken exactly as sent, capitals included."
TRACE = "Open in your tracing tool"
SCORE, AGAINST = "score", ", threshold {threshold}"
NO_LATENCY, NO_PRICE, TOKENS = "latency not sent", "no price", "{prompt} tokens in, {answer} out"
RETRY, SERVED = "retry", "answered"
STATUSES = {"error": "error", "timeout": "timed out", "refused": "refused", "rate_limited": "rate limited"}
OUTCOMES = {
    "accept": "accepted",
    "reject": "rejected",
    "error": "judge error",
    "timeout": "judge timed out",
    "unparseable": "verdict unreadable",
    "skipped": "skipped",
}
DETAILS, COSTS, LABELS = "Details", "Cost", "Labels"
PROMPT, ANSWERS = "Prompt", "Answer {number}"
FIELD, VALUE = "Field", "Value"
EVENT_FIELDS = {
    "id": "Id",
    "source": "Source",
    "cascade": "Cascade",
    "route": "Route",
    "caller": "Caller",
    "session": "Session",
    "revision": "Revision",
}
RECEIVED, WHOLE_LATENCY, REST, TAG = "Received", "Latency in all", "Outside the attempts", "Tag"
WHAT, PRICE_SOURCE, WHOLE = "What", "Price from", "In all"
ATTEMPT, RIGHT, LABEL_SOURCE, SAMPLING = "Attempt", "Right", "Said by", "Sample"
YES, NO = "yes", "no"
NO_TEXT = "No text is stored: it is dropped at the door unless the cascade says store_text = true."
TEXT_GONE = "This event came without text, or it is older than retention.text_days."

# Sources
SENDERS, SENDER = "Who sends", "Sender"
LAST_ARRIVAL, LAST_EVENT = "Last arrival", "Newest event"
ACCEPTED, DUPLICATES, CONFLICTS, REJECTED = "Accepted", "Duplicates", "Conflicts", "Rejected"
ARRIVALS = {"accepted": "Accepted", "duplicate": "Duplicate", "conflict": "Conflict", "rejected": "Rejected"}
LAG, LAG_MEANING = (
    "Mean lag",
    "Arrival less event time, over accepted events of the range; ingested history counts too.",
)
DUPLICATES_MEANING = "The same event again: harmless, counted once."
CONFLICTS_MEANING = "The same id with other content: the first stays, the second is put aside below."
ARRIVALS_PER = "Arrivals per {width}"
CASCADES_SENT, CASCADES_SENT_MEANING = "Cascades", "With all events of each that were ever stored."
NOTHING_ARRIVED = "Nothing arrived in this range."
REFUSALS, LAST, COUNT = "Refused records", "Last", "Records"
ASIDE = "Put aside"
ASIDE_HINT = "An id came twice with different content. The first counts; click a row to see the second."
DIGESTS = "Digest of the first: {kept}\nDigest of this one: {new}"
ARE_PRICED = "Are all attempts priced?"
PRICED, NEVER_PRICED, PRICEABLE = "Priced", "Never priced", "Attempts and verdicts"
PARTLY_PRICED, PARTLY_PRICED_MEANING = "At times unpriced", "Priced elsewhere; here tokens were missing."
COVERAGE_MEANING = "Attempts and verdicts with a price among those that ought to have one."
ADD_PRICES = (
    "Add a [[price]] entry for each model that is never priced: events that come from then on are priced."
)
OVERFLOW = "Some names are counted together as __other__"
OVERFLOW_HINT = "There were more different names than [limits] allows. Totals stay exact."
NAME_KIND = "Kind of name"
DATABASE, JOBS, JOB, STATE, STARTED, TOOK, MESSAGE = (
    "Database",
    "Background jobs",
    "Job",
    "State",
    "Started",
    "Took",
    "Message",
)
DISK_LOW = "The disk fills up"
COMPARED = "The change compares the last days with those before, {days} days of them at most."

# Cost
PART, TOTAL, SHARE_OF_BILL, WHAT_IT_IS = "Part", "Total", "Share of the bill", "What it is"
PART_MEANINGS = {
    "cheap": "The cheap tier's attempts, retries included",
    "verify": "All verdicts",
    "escalated": "Higher tiers after a reject",
    "fallback": "Higher tiers after an error, a timeout or a failed verdict",
    "routed": "Events that never tried the cheap tier",
    "other": "Everything else",
}
PER_ATTEMPT, VERIFIER_COST, KIND, NAME = "Per attempt", "Cost of verdicts", "Kind", "Name"
UNPRICED, OTHERS_PRICED, UNNAMED = "Without a price", "With one", "(no name sent)"
SAVINGS, SHARE_SAVED = "Saved", "Share saved"
PAID, FLAGSHIP_ALONE, BLENDED = "Paid", "Flagship alone", "Blended cost"
BILL, BY_MODEL, BREAK_EVEN = "What the bill is made of", "Cost by tier and model", "When does it stop paying?"
WASTE, PRICES, PLANNING = "Waste", "Prices", "Planning calculator"
WASTED, OVERHEAD, OVERHEAD_LATENCY = "Wasted escalations", "Verifier overhead", "Verifier wait"
OVERHEAD_HINT = "healthy: under 10–20 %"
UNPRICED_AT_TIMES = (
    "Where others of the same name have a price, these came without tokens, such as a call that timed out."
)
COVERAGE_HINT = (
    "Where none has a price, add a [[price]] entry to the configuration, or send cost_usd with the events:"
    " those that come from then on are priced."
)
ALL_PRICED = "Every attempt and verdict of this range has a price."
PLANNING_HINT = (
    "What would change if prices, traffic or the escalation rate did? It starts with what was measured."
)
PLAN_CHEAP, PLAN_VERIFIER = "Cheap tier, USD a request", "Verifier, USD a request"
PLAN_FLAGSHIP, PLAN_REQUESTS, PLAN_RATE = "Flagship, USD a request", "Requests a day", "Escalation rate, %"
PLAN_VERIFY = "The verifier is paid"
PLAN_VERIFY_NAMES = {"every": "on every request", "escalated": "only on escalated ones"}
PLAN_BLENDED, PLAN_RATIO, PLAN_EDGE, PLAN_SAVED = (
    "Blended cost",
    "Of flagship only",
    "Break-even",
    "Saved per day",
)
ONE_FOR_BILL = "Choose a cascade in the sidebar for its bill, its break-even and the planning calculator."
RANGE_SPOKEN = {
    "1h": "In the last hour",
    "24h": "In the last 24 hours",
    "7d": "In the last 7 days",
    "30d": "In the last 30 days",
    "90d": "In the last 90 days",
    "custom": "In this range",
}
OF_CASCADES = "{known} of {all} cascades"
AGAINST_FLAGSHIP, A_REQUEST = "against the flagship alone", "per request"
EDGE_MEANS = "of requests may escalate before it stops paying"
