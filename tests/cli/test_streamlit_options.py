"""Streamlit's own options cannot open what is closed, from wherever they are set."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from cascadewatch.cli.streamlit_options import KEPT, UNSET, insist
from cascadewatch.errors import ConfigError
from dashboard.config import CONFIG

WEAK = {
    "browser.gatherUsageStats": "true",
    "client.allowedOrigins": '["https://evil.example"]',
    "client.showErrorDetails": '"full"',
    "client.showErrorLinks": "true",
    "client.toolbarMode": '"developer"',
    "global.developmentMode": "true",
    "server.enableAgentApi": "true",
    "server.enableCORS": "false",
    "server.enableStaticServing": "true",
    "server.enableXsrfProtection": "false",
    "server.baseUrlPath": '"elsewhere"',
    "server.corsAllowedOrigins": '["https://evil.example"]',
    "server.trustedUserHeaders": '{X-User = "email"}',
}


@pytest.fixture(autouse=True)
def working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Streamlit reads .streamlit/config.toml there; afterwards it knows nothing of it any more."""
    from streamlit import config

    (tmp_path / ".streamlit").mkdir()
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    (tmp_path / ".streamlit" / "config.toml").unlink(missing_ok=True)
    config.get_config_options(force_reparse=True, options_from_flags={})


def set_in_file(folder: Path, key: str) -> None:
    table, _, name = key.partition(".")
    (folder / ".streamlit" / "config.toml").write_text(f"[{table}]\n{name} = {WEAK[key]}\n")


def test_every_option_that_is_held_is_weakened_here() -> None:
    assert set(WEAK) == {*KEPT, *UNSET}


@pytest.mark.parametrize("key", WEAK)
def test_a_start_with_a_weaker_option_is_refused(working_folder: Path, key: str) -> None:
    from streamlit import config

    set_in_file(working_folder, key)
    others = {name: value for name, value in CONFIG.items() if name != key}
    config.get_config_options(force_reparse=True, options_from_flags=others)
    with pytest.raises(ConfigError, match=key.replace(".", r"\.")):
        insist()


@pytest.mark.parametrize("key", KEPT)
def test_what_the_program_passes_goes_before_a_file(working_folder: Path, key: str) -> None:
    from streamlit import config

    set_in_file(working_folder, key)
    config.get_config_options(force_reparse=True, options_from_flags=CONFIG)
    insist()
    assert config.get_option(key) == CONFIG[key]
