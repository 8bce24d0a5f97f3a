"""A mistake in the settings file is told in one sentence: where, what, and the way out."""

from pathlib import Path

import pytest

from cascadewatch.errors import ConfigError
from cascadewatch.settings import load

CASES = Path(__file__).parent / "data" / "config"

SECRET_FORMS = (
    'write "env:NAME" to read it from an environment variable, or "file:PATH" to read it from a file'
)
DATABASE_FORMS = 'write "sqlite:///cascadewatch.db" or "postgresql://user@host/name"'

SENTENCES = {
    "alerts_for_nobody": (
        "line 2: `alerts.channels` names tem, but there is no [channel.tem]; known here: team."
    ),
    "channel_address_of_file": (
        "line 3: `channel.hook.url` must be a URL that starts with http:// or https://."
    ),
    "channel_as_value": "line 1: `channel` must hold tables, such as [channel.NAME].",
    "channel_as_word": "line 2: `channel.team` must be a table.",
    "channel_key_of_other_kind": (
        "line 4: `channel.team.host` is not a setting; "
        "known here are min_severity, allow_private, kind, webhook_url."
    ),
    "channel_of_other_kind": (
        'line 2: `channel.team.kind` is "teams", which is no kind of channel; '
        "there are slack, email, webhook, alertmanager, apprise."
    ),
    "channel_of_unknown_kind": (
        'line 2: `channel.team.kind` is "slak", which is no kind of channel; did you mean "slack"?'
    ),
    "channel_unencrypted": (
        'line 1: `channel.mail` has security = "none", '
        "which only a server with allow_private = true may have."
    ),
    "channel_unknown_key": (
        "line 4: `channel.team.min_severty` is not a setting; did you mean `min_severity`?"
    ),
    "channel_with_secret": (
        f"line 3: `channel.team.webhook_url` must not hold the secret itself: {SECRET_FORMS}."
    ),
    "channel_without_address": "line 3: `channel.mail.to` is missing.",
    "channel_without_kind": (
        "line 1: `channel.team` has no kind; add `kind`, one of slack, email, webhook, alertmanager, apprise."
    ),
    "backup_at_no_time": (
        'line 2: `backup.schedule` is "nightly", which is no schedule; write five fields such as '
        '"0 3 * * *", or a length such as "12h".'
    ),
    "digest_at_no_time": ('line 3: `alerts.digest_at` is "8:00"; write hours and minutes, such as "08:00".'),
    "replay_target_unknown": (
        "line 7: `replay.nightly.target` names smal, but there is no [model.smal]; did you mean small?"
    ),
    "replay_verifier_unknown": (
        "line 4: `replay.nightly.verifier` names judge, but there is no [verifier.judge]; "
        "known here: none so far."
    ),
    "verifier_model_unknown": (
        "line 3: `verifier.judge.model` names small, but there is no [model.small]; known here: none so far."
    ),
    "rule_as_table": "line 1: `rule` needs two brackets: begin each entry with [[rule]].",
    "rule_for_nobody": (
        "line 8: `rule[2].channels` names team, but there is no [channel.team]; known here: none so far."
    ),
    "rule_key_of_other_kind": (
        'line 1: `rule[1]` is of kind "threshold", which does not take `tolerance`; leave it out.'
    ),
    "rule_of_unknown_kind": (
        "line 3: `rule[1].kind` must be 'drift', 'threshold', 'burn_rate', 'no_data', 'replay', 'stale', "
        "'budget' or 'callers'."
    ),
    "rule_rolling": (
        'line 5: `rule[1].baseline` cannot be "rolling": a baseline that follows the rate takes slow '
        "drift for normal. Leave it out, and pin a new one with `cascadewatch baseline pin` when the "
        "level is meant to be new."
    ),
    "rule_route_alone": "line 1: `rule[1]` names a route without its cascade; add `cascade`.",
    "rule_twice": 'line 1: `rule` has "mine" twice; give each rule a name of its own.',
    "rule_unknown_key": "line 9: `rule[2].tolerence` is not a setting; did you mean `tolerance`?",
    "rule_without_limit": "line 1: `rule[1]` needs either `above` or `below`, and not both.",
    "rule_without_metric": 'line 1: `rule[1]` is of kind "drift", which needs `metric`.',
    "database_as_path": f"line 1: `database_url` is no URL; {DATABASE_FORMS}.",
    "database_in_memory": (
        "line 1: `database_url` must name a file, since a database in memory would end with its process."
    ),
    "database_of_other_kind": (
        f"line 1: `database_url` starts with mysql://, which is not supported; {DATABASE_FORMS}."
    ),
    "database_with_two_slashes": (
        'line 1: `database_url` needs three slashes before the file, such as "sqlite:///cascadewatch.db".'
    ),
    "infinite_rate": "line 2: `ingest.rate_limit_per_second` must be a finite number.",
    "oidc_without_client": 'line 4: `login.client_id` is missing, which dashboard.login = "oidc" needs.',
    "oidc_for_nobody": (
        'line 4: `login.users` is missing: name addresses, domains as "@example.com", or "*" for everyone.'
    ),
    "oidc_unencrypted": (
        "line 1: `public_url` is where people come back to from signing in: it needs https:// and no path."
    ),
    "oidc_provider_unencrypted": (
        "line 2: `login.metadata_url` must start with https:// unless it is on this machine: "
        "it says who signs in."
    ),
    "login_scopes_without_openid": (
        'line 1: `login` has scopes without "openid", with which no provider says who somebody is.'
    ),
    "login_header_with_spaces": (
        'line 3: `dashboard.user_header` must be the name of a header, such as "X-Forwarded-User".'
    ),
    "login_without_header": (
        'line 1: `dashboard` has login = "header" but no user_header; name the header your proxy sets.'
    ),
    "no_tiers": (
        "line 2: `cascade.support.tiers` must name at least one; leave the line out for the default."
    ),
    "number_for_duration": (
        'line 2: `cascade.support.objective_window` must be a length of time in quotes, such as "7d".'
    ),
    "number_for_true": "line 2: `cascade.support.store_text` must be true or false.",
    "objective_in_percent": "line 2: `cascade.support.objective` must be at most 1.",
    "objective_of_nothing": "line 2: `cascade.support.objective` must be more than 0.",
    "one_of_three": "line 2: `ingest.keys` must be 'auto', 'on' or 'off'.",
    "price_as_table": "line 1: `price` needs two brackets: begin each entry with [[price]].",
    "price_below_nothing": "line 3: `price[1].input_usd_per_1m` must be at least 0.",
    "price_from_text": "line 5: `price[1].from` must be a date without quotes, such as 2026-01-01.",
    "price_twice": 'line 1: `price` has "small" twice for the same provider and day; keep one of them.',
    "price_without_output": "line 6: `price[2].output_usd_per_1m` is missing.",
    "public_url_without_scheme": ("line 1: `public_url` must be a URL that starts with http:// or https://."),
    "rows_kept_longer_than_sums": (
        "line 1: `retention` has raw_days = 500, more than rollup_days = 400; lower one or raise the other."
    ),
    "secret_in_file": f"line 1: `caller_key` must not hold the secret itself: {SECRET_FORMS}.",
    "secret_without_name": f"line 2: `dashboard.api_key` must not hold the secret itself: {SECRET_FORMS}.",
    "text_for_list": "line 2: `cascade.support.tiers` must be a list in square brackets.",
    "text_for_number": "line 2: `ingest.max_events` must be a whole number.",
    "text_kept_longer_than_rows": (
        "line 1: `retention` has text_days = 60, more than raw_days = 30; lower one or raise the other."
    ),
    "tier_twice": (
        'line 2: `cascade.support.tiers` names "small" twice; each tier has one place in the order.'
    ),
    "trace_url_of_script": (
        "line 2: `cascade.support.trace_url` must be a URL that starts with http:// or https://."
    ),
    "trace_url_without_id": (
        'line 2: `cascade.support.trace_url` must contain "{id}", where the id of the event goes.'
    ),
    "unknown_duration": (
        'line 2: `cascade.support.objective_window` is "4 weeks"; '
        'write a number and s, m, h, d or w, such as "7d".'
    ),
    "unknown_key": "line 2: `retention.raw_day` is not a setting; did you mean `raw_days`?",
    "unknown_key_far_from_all": (
        "line 2: `dashboard.colour` is not a setting; known here are api_url, api_key, login, user_header."
    ),
    "unknown_key_in_cascade": ("line 5: `cascade.billing bot.tires` is not a setting; did you mean `tiers`?"),
    "unknown_table": "line 1: `cascades` is not a setting; did you mean `cascade`?",
    "unknown_timezone": (
        'line 1: `timezone` is "Europe/Berln", which is no known time zone; did you mean "Europe/Berlin"?'
    ),
    "url_for_host": (
        'line 2: `ingest.allowed_hosts[1]` must be a bare host name such as "monitor.example.com".'
    ),
    "value_for_table": "line 1: `retention` must be a table.",
    "zero_days": "line 2: `retention.raw_days` must be at least 1.",
}


def message(case: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load(CASES / f"{case}.toml", env={})
    return str(caught.value)


@pytest.mark.parametrize("case", SENTENCES)
def test_a_mistake_is_told_in_one_sentence(case: str) -> None:
    assert message(case) == f"{case}.toml, {SENTENCES[case]}"


def test_every_problem_of_a_file_is_told_in_the_order_of_its_lines() -> None:
    assert message("three_problems").splitlines() == [
        "three_problems.toml, line 1: `timezon` is not a setting; did you mean `timezone`?",
        "three_problems.toml, line 2: `public_url` must be a URL that starts with http:// or https://.",
        "three_problems.toml, line 5: `retention.raw_days` must be a whole number.",
    ]


def test_a_file_that_is_no_toml_is_refused_with_the_line() -> None:
    assert message("not_toml") == "not_toml.toml is not valid TOML: Invalid value (at line 1, column 12)."


def test_every_file_of_mistakes_is_used() -> None:
    told = {*SENTENCES, "three_problems", "not_toml", "complete"}
    assert {path.stem for path in CASES.glob("*.toml")} == told


@pytest.mark.parametrize("case", ["secret_in_file", "database_of_other_kind", "channel_with_secret"])
def test_a_secret_written_by_mistake_is_never_repeated(case: str) -> None:
    assert "hunter2" in (CASES / f"{case}.toml").read_text()
    assert "hunter2" not in message(case)


def test_a_named_file_that_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist; `cascadewatch init` writes a first one"):
        load(tmp_path / "other.toml", env={})


def test_a_file_the_environment_names_must_exist(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"other\.toml does not exist"):
        load(env={"CASCADEWATCH_CONFIG": str(tmp_path / "other.toml")})


def test_a_folder_is_no_settings_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read: Is a directory"):
        load(tmp_path, env={})


def test_a_file_in_another_encoding_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "cascadewatch.toml"
    file.write_bytes("# für uns\n".encode("latin-1"))
    with pytest.raises(ConfigError, match="not UTF-8 text"):
        load(file, env={})


@pytest.mark.parametrize(
    ("env", "argument", "culprit"),
    [
        ({}, "oracle://db", "--db"),
        ({"CASCADEWATCH_DATABASE_URL": "oracle://db"}, None, "CASCADEWATCH_DATABASE_URL"),
    ],
    ids=["command line", "environment"],
)
def test_a_wrong_database_from_outside_is_told_by_what_named_it(
    env: dict[str, str], argument: str | None, culprit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match=f"^{culprit} starts with oracle://"):
        load(env=env, database_url=argument)


def test_an_empty_database_is_none_in_the_environment_and_a_mistake_on_the_command_line() -> None:
    assert load(env={"CASCADEWATCH_DATABASE_URL": ""}).database_url.startswith("sqlite:")
    with pytest.raises(ConfigError, match=r"^--db is no URL"):
        load(env={}, database_url="")
