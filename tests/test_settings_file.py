"""Where settings come from, and what they are once read."""

import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import ValidationError

from cascadewatch.settings import Cascade, Rule, Secret, Settings, load
from cascadewatch.settings.alerting import CHANNELS, Slack, Webhook

COMPLETE = Path(__file__).parent / "data" / "config" / "complete.toml"


def write(folder: Path, text: str, name: str = "cascadewatch.toml") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)


def test_without_a_file_every_setting_has_its_default(tmp_path: Path) -> None:
    settings = load(env={})
    assert settings.database_url == f"sqlite:///{tmp_path}/here/cascadewatch.db"
    assert settings.timezone == "UTC"
    assert (settings.retention.raw_days, settings.retention.rollup_days) == (30, 400)
    assert settings.cascade == {}
    assert settings == Settings()


def test_the_file_in_the_current_folder_is_read() -> None:
    write(Path(), 'timezone = "Asia/Tokyo"')
    assert load(env={}).timezone == "Asia/Tokyo"


def test_the_environment_names_another_file_and_an_argument_beats_it(tmp_path: Path) -> None:
    write(Path(), 'timezone = "Asia/Tokyo"')
    one = write(tmp_path, 'timezone = "Europe/Paris"', "one.toml")
    two = write(tmp_path, 'timezone = "Europe/Rome"', "two.toml")
    env = {"CASCADEWATCH_CONFIG": str(one)}
    assert load(env=env).timezone == "Europe/Paris"
    assert load(two, env=env).timezone == "Europe/Rome"


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    assert load(write(tmp_path, '\ufefftimezone = "Asia/Tokyo"'), env={}).timezone == "Asia/Tokyo"


def test_a_relative_database_lies_beside_the_file(tmp_path: Path) -> None:
    file = write(tmp_path, 'database_url = "sqlite:///data/../events.db?timeout=5"')
    assert load(file, env={}).database_url == f"sqlite:///{tmp_path}/events.db?timeout=5"


def test_the_default_database_lies_beside_the_file_too(tmp_path: Path) -> None:
    assert load(write(tmp_path, ""), env={}).database_url == f"sqlite:///{tmp_path}/cascadewatch.db"


def test_an_absolute_database_stays_where_it_is(tmp_path: Path) -> None:
    file = write(tmp_path, 'database_url = "sqlite:////var/lib/monitor/events.db"')
    assert load(file, env={}).database_url == "sqlite:////var/lib/monitor/events.db"


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg"])
def test_postgres_is_always_reached_through_psycopg(scheme: str) -> None:
    settings = load(env={}, database_url=f"{scheme}://me:pw@db/name?sslmode=require")
    assert settings.database_url == "postgresql+psycopg://me:pw@db/name?sslmode=require"


def test_a_database_from_outside_beats_the_file_and_starts_at_the_current_folder(tmp_path: Path) -> None:
    file = write(tmp_path, 'database_url = "sqlite:///file.db"')
    env = {"CASCADEWATCH_DATABASE_URL": "sqlite:///env.db"}
    assert load(file, env=env).database_url == f"sqlite:///{tmp_path}/here/env.db"
    settings = load(file, env=env, database_url="sqlite:///argument.db")
    assert settings.database_url == f"sqlite:///{tmp_path}/here/argument.db"


def test_an_empty_variable_counts_as_not_set(tmp_path: Path) -> None:
    settings = load(env={"CASCADEWATCH_CONFIG": "", "CASCADEWATCH_DATABASE_URL": ""})
    assert settings.database_url == f"sqlite:///{tmp_path}/here/cascadewatch.db"


def test_a_password_in_the_database_url_is_not_shown() -> None:
    assert "hunter2" not in repr(load(env={}, database_url="postgresql://me:hunter2@db/name"))


def test_every_key_can_be_set() -> None:
    settings = load(COMPLETE, env={})
    for name, field in Settings.model_fields.items():
        assert getattr(settings, name) != field.default, name
    for table in (
        settings.ingest,
        settings.retention,
        settings.limits,
        settings.dashboard,
        settings.login,
        settings.price[0],
        settings.alerts,
        settings.backup,
    ):
        for name, field in type(table).model_fields.items():
            assert getattr(table, name) != field.default, name
    for name, field in Rule.model_fields.items():
        if name != "baseline":  # a rolling one is refused, so there is but one
            assert any(getattr(rule, name) != field.default for rule in settings.rule), name
    for kind, table_of_kind in CHANNELS.items():
        of_kind = [channel for channel in settings.channel.values() if channel.kind == kind]
        for name in table_of_kind.model_fields.keys() - Slack.model_fields.keys():
            field = table_of_kind.model_fields[name]
            assert any(getattr(channel, name) != field.default for channel in of_kind), (kind, name)
    support = settings.cascade["support"]
    assert support == Cascade(
        tiers=("cache", "small", "flagship"),
        objective=0.3,
        objective_window="2w",  # type: ignore[arg-type]  # as written in the file
        quality_bar=0.9,
        store_text=True,
        trace_url="https://traces.example.com/{id}",
        description="Answers of the help desk",
    )
    assert support.objective_window == 14 * 86_400_000


def test_a_cascade_takes_defaults_for_what_it_leaves_out() -> None:
    billing = load(COMPLETE, env={}).cascade["billing bot"]
    assert (billing.tiers, billing.objective, billing.objective_window) == ((), 1.0, 28 * 86_400_000)
    assert billing.store_text is False


def test_prices_are_the_decimals_that_were_written() -> None:
    price = load(COMPLETE, env={}).price[0]
    assert (price.input_usd_per_1m, price.output_usd_per_1m) == (Decimal("0.1"), Decimal(1))
    assert price.cache_write_usd_per_1m == Decimal("0.125")
    assert price.starts == date(2026, 1, 1)


def test_addresses_lose_the_slash_at_their_end() -> None:
    settings = load(COMPLETE, env={})
    assert settings.public_url == "https://monitor.example.com"
    assert settings.dashboard.api_url == "http://api.example.com:8765"


def test_a_rule_is_read_as_it_was_written() -> None:
    dear, *_ = load(COMPLETE, env={}).rule
    assert (dear.above, dear.window, dear.hold) == (0.9, 6 * 3_600_000, 15 * 60_000)
    assert (dear.severity, dear.channels) == ("page", ("mail",))


def test_the_address_of_a_webhook_may_be_a_secret() -> None:
    channels = load(COMPLETE, env={}).channel
    hook, secret = channels["hook"], channels["secret-hook"]
    assert isinstance(hook, Webhook)
    assert isinstance(secret, Webhook)
    assert hook.url == "https://example.com/in"
    assert secret.url == Secret("env", "HOOK_URL")


def test_a_secret_file_is_looked_for_beside_the_settings() -> None:
    assert load(COMPLETE, env={}).dashboard.api_key == Secret("file", str(COMPLETE.parent / "api.key"))


def test_one_model_may_have_several_prices_over_time_and_by_provider(tmp_path: Path) -> None:
    entry = '[[price]]\nmodel = "m"\ninput_usd_per_1m = 1\noutput_usd_per_1m = 1\n'
    text = entry + entry + "from = 2026-01-01\n" + entry + 'provider = "p"\nfrom = 2026-01-01\n'
    assert len(load(write(tmp_path, text), env={}).price) == 3


def test_settings_cannot_be_changed_once_read() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        load(env={}).retention.raw_days = 1  # type: ignore[misc]


def test_reading_settings_imports_nothing_heavy() -> None:
    heavy = "{'pandas', 'numpy', 'scipy', 'sqlalchemy', 'streamlit', 'genai_prices', 'httpx'}"
    code = (
        f"import sys, cascadewatch.settings as s; s.load(env={{}}); print(sorted({heavy} & set(sys.modules)))"
    )
    root = Path(__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=True)
    assert done.stdout.strip() == "[]"
