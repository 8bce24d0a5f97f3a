"""Every word of the Incidents page and of what other pages say about episodes, channels and rules.

Ours alone, as in text.py. Words with braces are filled with numbers, times, or names shown as plain text.
"""

# episodes
STATES = {"firing": "firing", "easing": "easing", "resolved": "resolved"}
STATE_MEANINGS = {
    "firing": "It goes on.",
    "easing": "It is going back; it counts as over once that is sure.",
    "resolved": "It is over.",
}
STAKES = {"cost": "costs at risk", "quality": "quality at risk", "other": "moved"}
STAKES_OF_KINDS = {
    "no_data": "no events", "error": "rule failed", "burn_rate": "budget burning",
    "replay": "replay regressed", "stale": "quality unchecked", "budget": "replays short of money",
    "callers": "callers stand out",
}  # fmt: skip
KINDS = {
    "no_data": "Events", "burn_rate": "Error budget", "error": "Rule", "replay": "Replay", "stale": "Check",
    "budget": "Spend of replays", "callers": "Callers",
}  # fmt: skip
UNKNOWN_METRIC = "A metric"
PAGE, ACKNOWLEDGED, SILENCED = "page", "acknowledged", "silenced"
BASELINE_BAND = "baseline {level} ± {tolerance}"
BASELINE_BAND_NOW = "baseline now {level} ± {tolerance}"
LIMIT = "limit"

# Incidents: what is open
NOTHING_OPEN = "Nothing is open."
OPEN_ONE, OPEN_MANY = "One episode is open.", "{n} episodes are open."
LAST_ENDED = "The last one ended {ago}."
WITH_OTHERS_ONE, WITH_OTHERS = "One more belongs to it.", "{n} more belong to it."
JOINED_ONE, JOINED_MANY = "One more belongs to one of them.", "{n} more belong to them."
SHOW = "Look closer"
TO_REPORT, TO_REPLAYS = "Open the report", "Open replays"
TO_REPORT_OF = "Open the report of {name}"
NOW, A_DAY = "About now", "A day"
A_DAY_MEANING = "What the move costs, or takes off the bill, per day at today's traffic and prices."
NOT_A_SAVING = "do not count this as a saving yet"
LIKELIEST = "Likeliest cause: "

# Incidents: nothing yet
NEVER_MOVED = "Nothing has moved."
WATCHED = "{rules} {watch} {streams}."
RULES_COUNTED, STREAMS_COUNTED = ("one rule", "{n} rules"), ("one stream", "{n} streams")
WATCH_FORMS = ("watches", "watch")
FIRST_BASELINE = "The first baseline has {lacking}."
GROSS_ONLY = "Until then only gross breaks are seen."
NOT_EVALUATED = "No rule has been evaluated yet."
NOT_EVALUATED_HINT = "cascadewatch up and cascadewatch worker evaluate the rules every minute."

# Incidents: the past
PAST, PAST_HINT = "What is over", "Newest first, whatever the range. Click a row to look closer."
STARTED, CASCADE, ROUTE, WHERE = "Since", "Cascade", "Route", "Where"
WHAT, FROM_TO = "What moved", "From → to"
LENGTH, CAUSE, RULE, STATE, COST_A_DAY = "Lasted", "Likeliest cause", "Rule", "State", "Cost a day"

# one episode
BACK = "All incidents"
ONE_EPISODE = "Episode {number}"
NO_SUCH_EPISODE = "There is no such episode."
NO_SUCH_EPISODE_HINT = "It may be of another database. The list has all that are kept here."
BASELINE, SINCE = "Baseline", "Since"
LIMIT_TILE, LEARNT, FIRED, FIRED_HERE = "Limit", "from {days}", "fired {time}", "fired"
BASELINE_MEANING = "What was normal over the days it was learnt from, at the hours since the change."
LASTS, LASTED_FOR = "lasts {time}", "lasted {time}"
SINCE_MEANING = "When the change began, as estimated from the requests; the rule fires once that is sure."
OVER_TIME = "{metric} over time"
EVENTS_OVER_TIME = "Events over time"
IN_TRAFFIC, IN_COST = "Single events of this time", "What it cost"
WHO_SENT_IT = "Who sent what at this time"
OF_CALLERS_MEANING = "Of all escalations, those of these callers beyond what was expected of them."
WHY = "Why did it move?"
WHY_HINT = "Causes are ranked by how much of the move they explain; several may hold at once."
EXPLAINS = "explains {points} of {shift}"
NEXT_STEP = "Next: "
RESTS_ON = "What it rests on"
MIX, CALLERS_TAB, REASONS_TAB, CHANGES_TAB = "Mix or behaviour?", "Callers", "Verdict reasons", "What changed"
SPLITS = {"routes": "By route", "callers": "By caller, the last day at most"}
SPLIT_WORDS = "{total} in all: {behaviour} behaviour and {mix} mix."
MIX_HINT = (
    "Each table splits its own move without rest. Behaviour: the same traffic escalates differently. Mix: the"
    " traffic itself is another."
)
COMPARED = {
    "days before": "Against the days before{level}, not against the baseline.",
    "baseline": "Against the days that the baseline was learnt from{level}.",
}
COMPARED_LEVEL = " ({rate}, n\N{NO-BREAK SPACE}{n})"
GROUP, SHARE_BEFORE_AFTER, RATE_BEFORE_AFTER = "Group", "Share of requests", "Rate"
BEHAVIOUR, MIX_PART, ALL_OTHERS = "Behaviour", "Mix", "(all others)"
CALLER_VERDICTS = {
    "concentrated": "Few callers carry the move.",
    "systemic": "Nearly everybody moved: this is not about single callers.",
    "unclear": "Neither few callers nor everybody.",
}
CALLERS_ABOVE = "{share} of {n} callers lie beyond their own past; about half do on a quiet day."
CALLERS_CARRY = "Those named carry {share} of what is beyond it."
CALLER, ESCALATED, JUDGED, EXPECTED, EXCESS = "Caller", "Escalated", "Judged", "Expected", "Beyond it"
RATE_BEFORE = "Rate before"
REASON, OF_WHAT, MOVED_BY, NUMBER_AFTER = "Reason", "Of", "Moved", "Since then"
REJECTS, FALLBACKS, VERDICTS, FAILED = "judged (rejects)", "events (fallbacks)", "verdicts", "verdict failed"
NO_REASON = "(no reason given)"
CHANGE_OF, SUBJECT, CHANGED, CHANGE_SHARE = "What", "Of", "Change", "Share since"
CHANGES = {
    "model": "Model",
    "verifier": "Verifier",
    "verifier model": "Verifier's model",
    "threshold": "Threshold",
    "revision": "Revision",
    "price": "Price",
}
NO_DIAGNOSIS = "Nothing was looked into for this one."
JOINED, JOINED_HINT = "Belongs to it", "Opened at about the same time; their news comes with this one's."
SPOKEN_FOR = "This belongs to another episode, which speaks for both."
TO_PARENT = "Look at that one"
HISTORY, TIME, BECAME, BECAUSE = "What happened", "Time", "State", "Why"
TRANSITIONS = {
    "": "–",
    "ok": "ok",
    "pending": "pending",
    "firing": "fired",
    "easing": "easing",
    "resolved": "resolved",
    "flapping": "flapping",
}
DELIVERIES, NOBODY_TOLD = "Who was told", "Nobody was told of this one."
CHANNEL, KIND, ATTEMPTS, LAST_ERROR, TOLD_AT = "Channel", "Message", "Attempts", "Last error", "Told"
KINDS_OF_MESSAGE = {
    "firing": "it fired",
    "update": "it grew",
    "repeat": "it goes on",
    "resolved": "it is over",
    "flapping": "it comes and goes",
    "steady": "it is steady",
    "digest": "digest",
    "notice": "notice",
    "disk": "disk",
}
DELIVERY_STATES = {
    "pending": "waiting",
    "sending": "being sent",
    "delivered": "delivered",
    "covered": "in another message",
    "dead": "given up",
}

# acting
ACKNOWLEDGE, ACKNOWLEDGE_MEANING = "Acknowledge", "No more repeats; that it grew or ended is still told."
ACKNOWLEDGED_BY = "Acknowledged {time} by "
SILENCE, SILENCE_MEANING = "Silence", "Nobody is told until it ends; the episode stays here."
FOR_HOW_LONG, HOW_LONG = "For how long", {1: "1 h", 4: "4 h", 24: "24 h", 168: "7 days"}
SILENCE_WHAT = "What is silenced"
SILENCE_THIS, SILENCE_CASCADE = "This rule here", "The whole cascade"
COMMENT, COMMENT_PLACEHOLDER = "Comment", "Why, and who knows more"
ACCEPT, ACCEPT_ASK = "Accept the new level", "The new level becomes the baseline."
ACCEPT_MEANING = (
    "Do this when the level is meant to be new. What happened until now can then no longer be seen: from here"
    " on, moves are measured against the new level. It takes 500 judged requests since the change."
)
ACCEPT_BUTTON = "Yes, this is the new normal"
NOTE = "Note"
CANNOT_ACT = (
    "From here nothing can be changed: this dashboard knows no API. Use cascadewatch up, or set api_url and"
    " api_key under [dashboard]."
)
NOT_REACHED = "The API at {url} cannot be reached ({error}). Is it running?"
REFUSED = "The API refused with status {status}."
ANSWER_TOO_LONG = "The API's answer is longer than any of its answers; it was not read."
DONE = {
    "ack": "Acknowledged.",
    "silence": "Silenced.",
    "unsilence": "The silence has ended.",
    "accept": "The new level is the baseline now.",
    "replay": "Asked for. A worker begins it in a moment; its report appears here.",
}
WARNING = "But "

# rules
RULES, RULES_HINT = "Rules", "What is watched. Click a row for its streams and its back-test."
ALL_EVALUATED = "Evaluated {ago}."
RULE_STATES = {
    "ok": "ok",
    "pending": "pending",
    "firing": "firing",
    "easing": "easing",
    "resolved": "ok",
    "learning": "learning",
    "no_data": "no data",
    "error": "failed",
    "flapping": "flapping",
    "silenced": "silenced",
}
STREAMS, STREAMS_MEANING = "Streams", "What the rule looks at: a cascade, or one route of it."
SAYS, VALUE, INTERVAL, N, EVALUATED, WORDS = "Says", "Value", "95 %", "n", "Evaluated", "In words"
SEEN_IN, SEEN_IN_MEANING = (
    "Seen in",
    "How long a change by the rule's tolerance takes to see at this traffic.",
)
EVIDENCE_REACHED = "Evidence"
EVIDENCE_MEANING = "How much of the evidence that an alarm takes has gathered (on a logarithmic scale)."
ALL_CASCADES = "all cascades"
WHOLE_CASCADE, SMALL_ROUTES, RULE_ITSELF = "(all)", "(small routes together)", "(the rule itself)"
DEFINITION = "Definition"
BACK_TEST = "Back-test"
BACK_TEST_HINT = "What this rule would have said over the past. Nothing is written and nobody is told."
BACK_TEST_DAYS = {7: "7 days", 14: "14 days", 30: "30 days"}
BACK_TEST_RUNNING = "Walking over the past …"
WOULD_HAVE_ONCE, WOULD_HAVE = "Would have fired once.", "Would have fired {n} times."
OPENED, WAY, WENT_TO = "Fired", "Way", "Went to"
STILL = "still open"

# channels and silences
CHANNELS, LETTERS, EPISODE = "Channels", "Given up", "Episode"
CHANNEL_STATES = {
    "fine": "working",
    "unused": "not used yet",
    "failing": "failing",
    "off": "off",
    "waiting": "waiting",
}
LAST_SENT, SINCE_WHEN, SERVICE = "Last message", "Since", "Service"
NO_CHANNELS = "Nobody is told of anything: there is no channel."
NO_CHANNELS_HINT = "Add one to the configuration and start again; cascadewatch alerts test tries it."
CHANNEL_EXAMPLE = """[channel.team]
kind = "slack"                                # email, webhook, alertmanager, apprise
webhook_url = "env:SLACK_WEBHOOK_URL\""""
NO_LETTERS = "Every message was delivered, or still waits for its channel."
LETTERS_ONE, LETTERS_MANY = "One message was given up.", "{n} messages were given up."
SILENCES, NO_SILENCES = "Silences", "Nothing is silenced."
UNTIL, BY, END_NOW = "Until", "By", "End now"
EVERYTHING = "everything"

# banners on every page
OFF = "Channel off: {name}. It refused for good {ago}: {error}"
OFF_HINT = "Mend its address or key in the configuration, then try it with cascadewatch alerts test."
FAILING = "Channel failing: {name}. Nothing gets through since {time}: {error}"
FAILING_HINT = "It is tried again and again; after five minutes the next channel is told instead."
STALE = "The rules were last evaluated {ago}, so nothing can alarm."
STALE_HINT = "Start cascadewatch worker or cascadewatch up; its log says what keeps it from working."
NOT_WATCHING, CHANNEL_OFF, CHANNEL_FAILING = "not watching", "channel off", "channel failing"
NO_ERROR = "no reason was given"
TO_INCIDENTS = "Incidents"

# Overview
GOING_BACK = ", going back"
FALL = "The bill fell {usd} a day; do not count this as a saving yet."
FALL_UNPRICED = "Do not count the fall of the bill as a saving yet."
ALSO_OPEN = "Also open:"
CALM = "Nothing has moved from its baseline."
CALM_SEEN = "A change of {points} would be seen in about {time}."
EPISODE_LINK = "Look at the episode"
EPISODES = "Episodes on the time line"
LEARNING_TILE = "learning: gross breaks only"
SEEN_TILE, UNSEEN = "{points} seen in about {time}", "not looked for"
UNSEEN_TILE = "not every move of {points} is looked for"
MOVED_TILE = "now {value}, baseline {baseline}"
