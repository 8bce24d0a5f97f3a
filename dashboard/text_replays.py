"""Every word of the pages Quality, Verifier and Replays. Ours alone, as in text.py."""

# the threshold sweep
SWEEP = "What would another threshold cost?"
SWEEP_HINT = "Each dot is a threshold: left is cheaper, up is better. The line joins those nothing beats."
ESCALATE_ALL, EVERYTHING_UP, AT = "all", "Escalate everything", "Threshold {threshold}"
ESCALATES = "{share} escalate"
COSTS = {"day": "{usd} a day", "thousand": "{usd} per 1,000 requests"}
PER = {"day": "/day", "thousand": " per 1,000", "escalation": " escalation"}
OF_QUALITY = "quality"
AGAINST_NOW = "against now: {words}"
COST_AXIS = {
    "day": "cost, USD a day at the traffic of this range",
    "thousand": "cost, USD per 1,000 requests",
    "escalation": "escalation rate (a price is missing)",
}
QUALITY_AXIS = "answers right"
CHEAP_ONLY, FLAGSHIP_ONLY, NOW_AT, BETTER_AT = "cheap tier only", "flagship only", "now {at}", "★ {at}"
BEST_AT = "★ now {at}: stay"
BAR = "bar {bar}"
BECAUSE_BAR = "the cheapest that surely meets the {bar} bar"
BECAUSE_BUDGET = "the best for no more than is paid now"
STAY = "Stay at {threshold}: it is {why}."
CHANGE = "Threshold {threshold} is {why}: {what}."
NO_PRESENT = "The verifier says no threshold, so there is nothing to compare with."
NOTHING_CHEAPER = "No threshold is better for what is paid now."
NOTHING_MEETS = (
    "No threshold surely meets the {bar} bar on these cases: more cases, a better verifier or a better cheap"
    " tier would."
)
HELD = "Chosen on one half of the cases; the other half confirms it: {value} right{reach}, n {n}."
HELD_UNSURE = (
    "Chosen on one half of the cases; the other half agrees, but alone is too small to be sure: {value}"
    " right{reach}, n {n}."
)
DID_NOT_HOLD = (
    "Chosen on one half of the cases; the other half does not confirm it: {value} right{reach}, n {n}."
)
SWEEP_TABLE = "All thresholds"
THRESHOLD, ESCALATED, RIGHT, LOW_HIGH = "Threshold", "Escalated", "Right", "95 %"
COST_COLUMN = {"day": "Cost a day", "thousand": "Cost per 1,000"}
FALSE_ACCEPTS, FALSE_ESCALATIONS = "False accepts", "False escalations"
MORE, BETTER = "Cost vs now", "Quality vs now"
SWEEP_ALT = "Cost against quality at every threshold. {advice}"

# Verifier
FALSE_ACCEPTS_MEANING = "Of the wrong answers of the cheap tier, the share that the verifier lets through."
FALSE_ESCALATIONS_MEANING = "Of the right answers of the cheap tier, the share that the verifier sends up."
SHIPPED = "Wrong a day"
SHIPPED_MEANING = (
    "Wrong cheap answers that the verifier accepts, at the traffic of the chosen range and the share of wrong"
    " answers in the eval set."
)
WASTED = "Wasted a day"
WASTED_MEANING = (
    "What it costs a day to escalate cheap answers that were right, at the traffic of the chosen range and"
    " the measured price of an escalation."
)
WHICH_REPORT = "Of which replay"
CHECKED_BY = "Checked {ago} by {name}, {cases} cases, report {number}."
VERIFIER_SAYS = (
    "The verifier lets {accept} of wrong answers through{accept_reach} and sends {escalate} of right ones"
    " up{escalate_reach}."
)
SHIPS = "At the traffic of this range that is {wrong} wrong answers shipped and {usd} wasted a day."
THEN = (
    "At the traffic of then ({judged} judged answers a day) {wrong} wrong answers are shipped a day ({reach})"
)
THEN_WASTED = "and {usd} is wasted a day on false escalations ({reach})"
SHIPS_ONLY = "At the traffic of this range that is {wrong} wrong answers shipped a day."
STALE = "stale calibration"
STALE_AGE = "It is {age} old; after 30 days the answers may be others."
STALE_MODEL = "It is of answers of {old}; the cheap tier of these days is {new}."
STALE_NEXT = (
    "Run the check again: cascadewatch {command} {name}. Add --baseline only if"
    " the change was meant: later runs are then compared with this one."
)
CALIBRATION = "Do its scores mean what they say?"
CALIBRATION_HINT = (
    "Each dot is a group of answers: where its scores say it should be, and how many were right. On the"
    " diagonal they agree. The blue line is the correction (isotonic) fitted on one half of the cases."
)
SCORE_AXIS, RIGHT_AXIS = "score", "share right"
ISOTONIC, DIAGONAL = "corrected", "as it should be"
ECE, BRIER, AUROC = "ECE", "Brier", "AUROC"
ECE_MEANING = (
    "Expected calibration error: how far scores and shares of right answers are apart on the average, over"
    " ten groups. 0 is perfect."
)
BRIER_MEANING = "Mean squared distance of the scores from the truth. 0 is perfect; 0.25 is a coin's."
AUROC_MEANING = "How often a right answer scores above a wrong one. 1 is perfect, 0.5 is chance."
CORRECTED = "corrected {value} (held-out half, n\N{NO-BREAK SPACE}{n})"
CALIBRATION_ALT = "Reliability curve; expected calibration error {ece} over {n} scored answers."
NO_SCORES = "This verifier gives no scores, so there is nothing to calibrate."
BESIDE = "Beside live labels"
BESIDE_HINT = (
    "The eval set is fixed, live labels are of your traffic; where they disagree, the traffic has changed."
)
RATE, FROM_SET, FROM_LABELS, SET_N, LABEL_N, SOURCES = (
    "Rate", "Eval set", "Live labels", "n", "n (labels)", "Labels by",
)  # fmt: skip
PRECISION = "Right among accepted"
NO_LIVE_LABELS = "No executable or randomly drawn label of this range is of a judged cheap answer."
NO_SET = "No eval set has checked the verifier"
NEVER_VERIFIED = f"{NO_SET}. {NO_LIVE_LABELS}"
ONLY_LIVE = NO_SET + "; live labels: {rate} of wrong answers let through{reach}, n\N{NO-BREAK SPACE}{n}."
ONLY_PRECISION = (
    NO_SET + "; live labels: {rate} of the answers it accepted are right{reach}, n\N{NO-BREAK SPACE}{n}."
)
UNKNOWN_RATE = "{name} unknown: {reason}."
HOW_TO_CHOOSE = "Choose this cascade in the sidebar for how to check it."
NO_SWEEP = "The threshold sweep needs recorded flagship answers in the eval set, under the key “flagship”."
HOW_TO_CHECK = "Write an eval set, name it under [replay.…], and run the check:"
CHECK_EXAMPLE = """# cascadewatch.toml
[verifier.judge]
kind = "recorded"  # or http, python, judge, … as your cascade calls it
threshold = 0.5

[replay.verifier-check]
cascade = "{cascade}"
eval_set = "evals/first.jsonl"
answers = "cheap"  # the frozen answers that are judged
verifier = "judge"
schedule = "0 3 * * *"

# then
cascadewatch evalset check evals/first.jsonl
cascadewatch verifier verifier-check --baseline"""
SET_EXAMPLE = (
    '{"id": "1", "prompt": "2 + 2?", "reference": "4", "answers": {'
    '"cheap": {"text": "4", "correct": true, "score": 0.9}, "flagship": {"text": "4", "correct": true}}}'
)
SET_HINT = "One line of the eval set, a case each:"
ONE_FOR_SWEEP = "Choose a cascade in the sidebar for its threshold sweep and its calibration."
OPEN_REPORT, RUN_AGAIN = "Open the report", "Run it again"

# Quality
QUALITY_OVER_TIME = "Quality over time"
QUALITY_HINT = (
    "The line is estimated from live labels; diamonds are replays: filled ones the whole cascade on its eval"
    " set, open ones a single model."
)
ERRORS_OVER_TIME = "What the verifier gets wrong, over time"
ERRORS_HINT = "Lines are live labels, diamonds are replays."
LIVE_QUALITY, LAST_REPORT = "Live labels", "Last replay"
ON_THE_SET = "on the eval set"
LAST_VERDICTS, NO_REPLAYS_OF = "What the replays say", "No replay is about this cascade."
ADD_REPLAY = (
    "Name it as the cascade of a [replay.…] table, or see Replays for how to write the first eval set."
)
RIGHT_SENTENCE = "{value} of the answers are right{reach}, {from_what}{bar}."
FROM_LABELS_SENTENCE, FROM_REPORT_SENTENCE = "by {n} live labels ({sources})", "by {name} on {n} fixed cases"
ABOVE_BAR, BELOW_BAR, AT_BAR = (
    ", above the bar of {bar}",
    ", below the bar of {bar}",
    ", about at the bar of {bar}",
)
LABELLED = "The last label came {ago}."
CHECKED_LAST = "The last replay of the whole cascade ran {ago}."
NEVER_REPLAYED = "No replay has ever checked it."
NOT_WHOLE = "only parts of it were replayed"
ONLY_PARTS = "Replays checked parts of the cascade {ago}, none the whole."
PARTS_SINCE = "Replays checked parts of the cascade {ago}."
PARTS_TILE = "parts replayed {ago}"
NOT_OF_ROUTES = "Replays are of the whole cascade, not of one route."
NEVER_DRAWN = "No served answer has an executable or randomly drawn label."
NO_LABEL = "No answer here has a label."
NOBODY_KNOWS = "Nobody knows whether the answers are right."
NONE_DRAWN = f"{NOBODY_KNOWS} {NEVER_DRAWN}"
NOTHING_KNOWN = "Nobody knows whether the answers are right: no answer here has a label, none was replayed."
NEXT_LABELS = "Next: send labels with your events or to POST /v1/labels, drawn at random."
NEXT_REPLAY = "Next: play an eval set every night, so that a drifting model or verifier is found."
OLD_CHECK = "Quality was last looked at {age} ago; after 7 days nobody should call it healthy."
ERROR_NAMES = {"false_accept_rate": "False accepts", "false_escalate_rate": "False escalations"}
ERROR_ALT = "False accepts and false escalations over time, from live labels and from replays."
QUALITY_ALT = "Quality over time, from live labels and from replays."
SEE_VERIFIER, SEE_REPLAYS = "Where should the threshold be?", "All replays"

# Replays
VERDICTS = {
    "regressed": "regressed", "improved": "improved", "unchanged": "unchanged",
    "inconclusive": "inconclusive", "incomplete": "incomplete",
}  # fmt: skip
ALL_WELL = "None of {n} replays found anything bad."
SOME_BAD = "{n} of {all} replays found something bad: {names}."
SOME_NEVER = "{n} never ran."
PINNED, NEVER_RAN, RUNNING = "baseline", "never ran", "running"
PINNED_SENTENCE = "This is the run that later ones are compared with."
KINDS = {True: "verifier check", False: "replay"}
KIND_MEANINGS = {
    True: "The verifier alone, on frozen answers whose truth is known: only the verifier can move this.",
    False: "Fresh answers of the model to the same cases: has the model drifted?",
}
RAN, SPENT, NEXT_RUN, BY_HAND, NEVER_COMES = (
    "ran {ago}", "spent {usd}", "next {time}", "by hand only", "never comes",
)  # fmt: skip
SPENT_NOTHING, SPENT_UNKNOWN = "free", "cost unknown"
OTHER_MODEL = "{model} was asked in the place of the usual model."
NEVER_RAN_HINT = "Run it once with --baseline, so that later runs have something to be compared with:"
RUN_FAILED = "The last run failed: {message}"
HALF_RUN = "{done} of {cases} answers so far"
NO_REPLAYS = "No eval set is played here yet."
NO_REPLAYS_HINT = (
    "A replay puts fixed cases to your model or your verifier and compares with the last good run: the way to"
    " notice a drift before the users do. Three steps:"
)
STEP_SET, STEP_TABLE, STEP_RUN = "1. Cases, one a line, in evals/first.jsonl; of labelled traffic whose texts are stored: cascadewatch evalset from-events", "2. A table in cascadewatch.toml", "3. The first run, to compare later ones with"  # noqa: E501 # fmt: skip
TABLE_EXAMPLE = """[model.small]
kind = "openai"                               # any compatible endpoint; or anthropic, recorded
base_url = "https://api.example.com/v1"
model = "open-mixtral-8x7b"
api_key = "env:SMALL_API_KEY"

[replay.nightly]
cascade = "{cascade}"
eval_set = "evals/first.jsonl"
target = "small"
grader = "exact"
schedule = "0 3 * * *"
budget_usd = 2.0"""
RUN_EXAMPLE = "cascadewatch evalset check evals/first.jsonl\ncascadewatch replay nightly --baseline"
WANTED = "asked for"
WAITS = "Asked for by {author} {ago}; the worker begins it within seconds of being free."
LATE = "late"
LATE_MEANING = "Its time has come and no worker has begun it."
LATE_SINCE = "Late since {time}: no worker has begun it. Is cascadewatch up or worker running?"
MISSED = "{n} earlier slot{s} passed without a run; one run makes up for all of them."
LAST_SLOT = "Slot of {time}: {message}"
UNMET = "Asked for at {time}, and it could not run: {message}"
SHOW, RUN_NOW = "Look closer", "Run now"
RUN_MEANING = "Plays the cases now, within the replay's budget."
RUN_ASK = "{cases} answers are asked for{budget}."
UP_TO = ", for at most {usd}"
EARLIER, EARLIER_HINT = "Earlier reports", "Newest first. Click a row to open it."
REPLAY, RAN_AT, VERDICT, SENTENCE, MONEY = "Replay", "Ran", "Verdict", "In a sentence", "Spent"
BACK, NO_SUCH_REPORT = "Back to all replays", "There is no such report."
NO_SUCH_REPORT_HINT = "Reports are numbered; the page of all replays lists them."
REPORT = "Report {number}"
REPORT_OF = "{name} · {time} · {cause}"
CAUSES = {
    "cli": "by hand", "schedule": "on schedule", "api": "by hand, from the page or the API",
    "alert": "started by an alarm", "confirmation": "to confirm another run",
}  # fmt: skip
CASES, FAILED, SMALLEST, SPEND = "Cases", "Failed calls", "Sees changes from", "Spent"
CASES_MEANING = "Cases with an answer, of those planned."
FAILED_MEANING = "A failed call is never a wrong answer; above 2 % nothing is concluded."
SMALLEST_MEANING = "The smallest change of a rate that so many cases show with 80 % certainty."
NONE_FAILED, MEDIAN = "of {n} answers", "answers take {seconds:.1f} s (median)"
SPEND_MEANING = "What this run newly spent; recorded answers cost nothing."
RATES = "Rates"
RATE_NAMES = {"accuracy": "Accuracy", "false_accept": "False accepts", "false_escalate": "False escalations"}
RATE_COLUMNS = {
    "rate": "Rate", "verdict": "Verdict", "value": "Now", "reach": "95 %", "baseline": "Baseline",
    "change": "Change", "change_reach": "95 % of the change", "p": "p", "n": "n", "smallest": "Sees from",
}  # fmt: skip
P_MEANING = "How likely chance alone is to do this, after Holm's correction over the rates."
N_MEANING = "Cases it rests on: wrong answers for false accepts, right ones for false escalations."
CHANGE_MEANING = "Case by case against the pinned run, over the cases both have."
FLIPS, NO_FLIPS = "Cases that changed", "No case has another outcome than in the baseline."
FLIPS_HINT = "Click a row to read both answers side by side."
WENT_UP, WENT_DOWN = {
    "accuracy": "now right ({n})",
    "false_accept": "wrong answers now accepted ({n})",
    "false_escalate": "right answers now sent up ({n})",
}, {
    "accuracy": "now wrong ({n})",
    "false_accept": "wrong answers now rejected ({n})",
    "false_escalate": "right answers now accepted ({n})",
}  # fmt: skip
WHICH_FLIPS, CASE = "Which", "Case"
FIRST_SHOWN = "The first {n} of {all} are listed."
ASKED, REFERENCE, BEFORE, AFTER, NO_PROMPT = (
    "Asked", "Reference", "Baseline's answer", "This run's answer",
    "The eval set has changed since, so what was asked is not known here.",
)  # fmt: skip
SAME_ANSWER = "The same answer in both runs: what changed is the verifier."
NO_ANSWER, IS_RIGHT, IS_WRONG, NOT_GRADED = "No answer is kept.", "right", "wrong", "not graded"
ACCEPTED, REJECTED, AT_SCORE = "accepted", "rejected", "score {score}"
AT_THRESHOLD = ", threshold {threshold}"
FAILURES, FAILURE, HOW_OFTEN = "Failed calls by name", "Failure", "Calls"
CONTROLS = "Planted controls"
CONTROL_ROW = "{passed} of {n} planted {kind} answers were judged so."
NO_CONTROLS = (
    "No controls are planted in this set. A few cases with a planted wrong answer catch a verifier that"
    " accepts everything."
)
PROVENANCE, PROVENANCE_HINT = "Where it comes from", "Everything that decided this result; it never changes."
STOPPED = "Stopped early: {why}."
COMPARED_WITH = "Compared with report {number} of {time}."
NOT_COMPARED = "It was compared with no earlier run."
SEE_BASELINE = "Open the baseline"
