"""Words of the table of what was done."""

DONE = "Who did what"
DONE_HINT = (
    "Keys, silences, baselines, repricing, exports and the like, newest first. All of it: cascadewatch audit."
)
WHEN, WHO, BY, ACT, ON, BEFORE, AFTER = "When", "Who", "By", "Act", "On", "Before", "After"
VIA = {
    "key": "key",
    "user": "signed in",
    "local": "API without keys",
    "command": "command line",
    "itself": "by itself",
}
