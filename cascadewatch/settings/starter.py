"""The file that `cascadewatch init` writes."""

_STARTER = """\
# Settings of cascadewatch. Every line is optional; a line that starts with "#" shows a default or an example.
# A misspelled key is refused with the nearest known one. All keys: docs/configuration.md

# database_url = "sqlite:///cascadewatch.db"    # beside this file; or "postgresql://user@host/name"
timezone = "UTC"                                # where days begin, such as "Europe/Berlin"
# public_url = "http://127.0.0.1:8765"          # for links in messages

# Callers and sessions are stored as keyed hashes. Secrets never stand in this file:
# write "env:NAME" for an environment variable or "file:PATH" for a file.
# caller_ids = "hmac"                           # or "plain", or "off"
# caller_key = "env:CASCADEWATCH_CALLER_KEY"    # SQLite makes one beside the database

# One table for each cascade, named as its events name it.
# [cascade.support]
# tiers = ["small", "flagship"]                 # cheapest first; left out, the order is learned
# objective = 0.30                              # escalate at most this share of judged requests ...
# objective_window = "28d"                      # ... over this window
# quality_bar = 0.90                            # the share of right answers you accept at the least
# trace_url = "https://traces.example.com/{id}"
# store_text = false                            # keep prompts and answers that senders attach

# Prices of models that the bundled list does not know, or that you pay otherwise.
# [[price]]
# model = "my-own-model"
# input_usd_per_1m = 0.60
# output_usd_per_1m = 0.60
# cache_read_usd_per_1m = 0.06                  # left out: as input
# from = 2026-01-01                             # left out: always
# batch_factor = 0.5                            # left out: batch requests stay without a price

# Who is told when something moves. Without a channel episodes are kept and shown all the same.
# [channel.team]
# kind = "slack"                                # or "email", "webhook", "alertmanager", "apprise"
# webhook_url = "env:SLACK_WEBHOOK_URL"

# [channel.mail]
# kind = "email"
# host = "smtp.example.com"
# username = "monitor"
# password = "env:SMTP_PASSWORD"
# from = "monitor@example.com"
# to = ["oncall@example.com"]
# min_severity = "page"                         # leaves out what is less urgent

# The default rules watch without being written; one of the same name takes their place.
# [[rule]]
# name = "escalation-drift"
# kind = "drift"
# metric = "escalation_rate"
# tolerance = 0.05                              # the smallest lasting move that has to be seen
# channels = ["team"]                           # left out: all channels

# [alerts]
# false_alarm_days = 90                         # one false alarm in so many days, all drift rules together
# repeat = "24h"                                # how often a lasting alert is repeated
# digest = "weekly"                             # a summary: "daily", "weekly" or "off"

[retention]
raw_days = 30                                   # single events
rollup_days = 400                               # the sums behind every chart
# text_days = 7
# minute_days = 14
# caller_hour_days = 35

# [ingest]
# keys = "auto"                                 # do senders need a key: "auto", "on" or "off"
# max_body_mib = 16
# max_events = 5000
# allowed_hosts = ["monitor.example.com"]

# [backup]
# folder = "backups"                            # left out: beside the SQLite file
# keep = 7
# schedule = "0 3 * * *"                        # or "off"

# [dashboard]
# login = "none"                                # or "oidc", or "header" with user_header: docs/login.md

# [login]
# users = ["@example.com"]                      # who may look
# admins = ["ada@example.com"]                  # who may also acknowledge, silence and run replays
"""


def template() -> str:
    """A first settings file with comments; it loads as it is and changes no default."""
    return _STARTER
