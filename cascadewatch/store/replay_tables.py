"""The tables of eval sets, replays and their reports. Column kinds as in tables.py."""

from sqlalchemy import Column, Double, Index, SmallInteger, Table, Text

from cascadewatch.store.tables import big, key, metadata


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False)


eval_sets = Table(
    "eval_sets",
    metadata,
    key("hash"),  # of the cases; a changed file is another version
    _text("name"),  # the file's name, which versions share
    big("seen"),  # when this version was first used
    big("cases"),
    _text("detail"),  # JSON: counts by label, control, tag
    sqlite_with_rowid=False,
)

replays = Table(
    "replays",
    metadata,
    big("seq", primary_key=True, autoincrement=False),
    _text("name"),
    Column("cascade", Text),
    _text("eval_set"),
    _text("state"),  # running, finished, incomplete, failed
    _text("cause"),  # cli, schedule, api, alert, confirmation
    _text("author"),
    big("started"),
    big("finished", nullable=True),
    big("cases"),
    big("done"),
    big("failed"),
    big("spent"),  # nano-dollars, known costs only
    big("reserved"),  # nano-dollars held for calls under way
    big("limit", nullable=True),
    _text("config"),  # JSON: everything that decides the outcome, without secrets
    _text("config_hash"),
    Column("owner", Text),  # who runs it, until `claimed`
    big("claimed", nullable=True),
    Column("message", Text),
    Index(None, "name", "started"),
)

replay_results = Table(
    "replay_results",
    metadata,
    key("replay", int),
    key("case"),
    Column("repeat", SmallInteger, primary_key=True, autoincrement=False),
    _text("state"),  # sent, answered, done, failed
    Column("outcome", Text),  # ok, or the name of the failure
    Column("correct", SmallInteger),
    Column("accepted", SmallInteger),
    Column("score", Double),
    Column("verdict", Text),
    Column("reason", Text),
    big("cost", nullable=True),
    big("reserved"),
    big("attempts"),
    _text("detail"),  # JSON: text, usage, model, fingerprint, latency, grader's and verifier's words
    sqlite_with_rowid=False,
)

reports = Table(
    "reports",
    metadata,
    big("seq", primary_key=True, autoincrement=False),
    big("replay", unique=True),
    _text("name"),
    Column("cascade", Text),
    big("created"),
    _text("verdict"),  # incomplete, regressed, inconclusive, improved, unchanged
    _text("body"),  # JSON
    Index(None, "name", "created"),
)

replay_baselines = Table(
    "replay_baselines",  # the report that later runs of a name are compared with
    metadata,
    key("name"),
    big("report"),
    big("pinned"),
    _text("author"),
    sqlite_with_rowid=False,
)
