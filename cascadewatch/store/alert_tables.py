"""The tables of baselines, rules, episodes and deliveries. Column kinds as in tables.py."""

from sqlalchemy import Column, Double, Index, Table, Text

from cascadewatch.store.tables import big, key, metadata


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


def _seq() -> Column[int]:
    return big("seq", primary_key=True, autoincrement=False)


baselines = Table(
    "baselines",
    metadata,
    _seq(),
    _text("metric"),
    _text("cascade"),
    _text("route"),  # "" is the whole cascade, "__other__" its small routes together
    big("pinned"),
    _text("author"),
    _text("how"),  # automatic, pinned, accepted, refitted
    Column("note", Text),
    big("start"),
    big("end"),
    _text("fields"),  # JSON of cascadewatch.drift.baseline.Baseline
    big("retired", nullable=True),  # when another took its place
    Index(None, "metric", "cascade", "route"),
)

drift_states = Table(
    "drift_states",  # a row for each stream: the state at each of its last hours
    metadata,
    key("rule"),
    key("cascade"),
    key("route"),
    big("baseline", nullable=True),  # NULL while the guard watches
    big("look"),
    _text("state"),  # JSON
    sqlite_with_rowid=False,
)

rule_states = Table(
    "rule_states",  # what each rule last said of each scope
    metadata,
    key("rule"),
    key("cascade"),
    key("route"),
    _text("state"),  # ok, pending, firing, easing, learning, no_data, error, flapping
    big("since"),
    big("evaluated"),
    Column("value", Double),
    Column("low", Double),
    Column("high", Double),
    big("n"),
    Column("message", Text),
    _text("detail"),  # JSON
    sqlite_with_rowid=False,
)

episodes = Table(
    "episodes",
    metadata,
    _seq(),
    _text("rule"),
    _text("kind"),
    Column("metric", Text),
    _text("cascade"),
    _text("route"),
    _text("direction"),  # up, down, "" where there is none
    _text("severity"),  # page, ticket
    _text("state"),  # firing, easing, resolved
    big("opened"),  # when the rule fired
    big("since"),  # when the change began, as estimated
    big("easing", nullable=True),
    big("resolved", nullable=True),
    big("parent", nullable=True),  # the episode that speaks for this one
    big("acknowledged", nullable=True),
    Column("acknowledged_by", Text),
    big("updated"),
    big("version"),  # every change compares and sets it
    _text("detail"),  # JSON: estimate, peak, diagnosis
    Column("open_key", Text, unique=True),  # rule, scope and direction while it is open, then NULL
    Index(None, "opened"),
)

transitions = Table(
    "transitions",
    metadata,
    _seq(),
    big("episode"),
    big("time"),
    _text("before"),
    _text("state"),
    _text("reason"),
    Index(None, "episode"),
)

deliveries = Table(
    "deliveries",  # the outbox: one transition to one channel
    metadata,
    _seq(),
    big("episode"),
    big("transition"),
    _text("channel"),
    _text("kind"),  # firing, update, repeat, resolved, flapping, steady
    _text("state"),  # pending, sending, delivered, covered, dead
    big("created"),
    big("due"),
    big("attempts"),
    Column("owner", Text),  # who is sending, until `claimed`
    big("claimed", nullable=True),
    big("delivered", nullable=True),
    Column("error", Text),
    Column("message", Text),  # id of the message that carried it
    Index(None, "state", "due"),
    Index(None, "episode"),
)

channel_states = Table(
    "channel_states",
    metadata,
    key("channel"),
    big("off", nullable=True),  # refused for good at this time
    big("failing", nullable=True),  # first failure of the present row of failures
    big("not_before", nullable=True),  # asked to wait until then
    big("sent", nullable=True),  # last success
    Column("error", Text),
    sqlite_with_rowid=False,
)

silences = Table(
    "silences",
    metadata,
    _seq(),
    Column("rule", Text),
    Column("cascade", Text),
    Column("route", Text),
    big("starts"),
    big("ends"),
    _text("author"),
    Column("comment", Text),
    big("created"),
    Index(None, "ends"),
)
