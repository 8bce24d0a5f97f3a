"""What people deploy with: the image, the composition, the examples in the documentation."""

import json
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from cascadewatch.cli.gate import KEPT_TO
from cascadewatch.ownership import LEAVES
from cascadewatch.settings import Settings, load

ROOT = Path(__file__).parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text()
PACKAGES = {"cascadewatch", *LEAVES}
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
LINES: list[str] = re.sub(r"\\\n", " ", DOCKERFILE).splitlines()
INSTRUCTIONS = [tuple(line.split(None, 1)) for line in LINES if re.match(r"[A-Z]+ ", line)]


def arguments(instruction: str) -> list[str]:
    return [rest for name, rest in INSTRUCTIONS if name == instruction]


def block(page: str, language: str, first: str) -> str:
    """The code block of a page whose text holds `first`."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```", (ROOT / "docs" / page).read_text(), re.S | re.M)
    return next(str(found) for found in blocks if first in found)


class TestImage:
    def test_it_holds_every_package_and_no_tests(self) -> None:
        copied = {rest.split()[0] for rest in arguments("COPY") if not rest.startswith("--from")}
        assert copied == {*PACKAGES, "requirements.lock", "LICENSE"}

    def test_what_it_holds_is_let_in_and_nothing_else_is(self) -> None:
        lines = (ROOT / ".dockerignore").read_text().splitlines()
        assert "*" in lines
        assert {line[1:] for line in lines if line.startswith("!")} == {
            *PACKAGES,
            "requirements.lock",
            "LICENSE",
        }

    def test_it_installs_from_the_lock_alone_with_hashes(self) -> None:
        commands = [part.split() for run in arguments("RUN") for part in run.split("&&")]
        installing = [words for words in commands if "install" in words and words[0] != "install"]
        assert len(installing) == 1
        words = installing[0]
        assert words[0] == "pip"
        assert {"--require-hashes", "--only-binary", ":all:", "--no-cache-dir"} <= set(words)
        assert words[-2:] == ["-r", "/build/requirements.lock"]

    def test_it_does_not_run_as_root_and_keeps_its_data_in_a_volume(self) -> None:
        assert arguments("USER") == ["10001:10001"]
        assert arguments("VOLUME") == ["/data"]
        assert arguments("WORKDIR") == ["/data"]
        names = [name for name, _ in INSTRUCTIONS]
        assert "RUN" not in names[names.index("USER") :], "nothing is written to the image after that"

    def test_nothing_is_written_outside_the_volume(self) -> None:
        (settings,) = arguments("ENV")
        assert {"PYTHONDONTWRITEBYTECODE=1", "PYTHONSAFEPATH=1", "XDG_DATA_HOME=/data"} <= set(
            settings.split()
        )

    def test_it_says_whether_it_lives(self) -> None:
        (check,) = arguments("HEALTHCHECK")
        command = json.loads(check[check.index("[") :])
        assert command[:2] == ["python", "-c"]
        compile(command[2], "healthcheck", "exec")
        assert "http://127.0.0.1:8765/healthz" in command[2]
        assert arguments("EXPOSE") == ["8765"]

    def test_signals_reach_the_program_itself(self) -> None:
        assert json.loads(arguments("ENTRYPOINT")[0]) == ["cascadewatch"]
        assert json.loads(arguments("CMD")[0]) == ["up", "--host", "0.0.0.0"]

    def test_python_is_one_the_project_is_made_for(self) -> None:
        (base,) = [rest.partition("=")[2] for rest in arguments("ARG")]
        version = re.fullmatch(r"python:(3\.\d+)-slim", base)
        assert version is not None
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        assert f"Programming Language :: Python :: {version[1]}" in project["classifiers"]
        assert arguments("FROM") == ["${PYTHON} AS build", "${PYTHON}"]


class TestComposition:
    @pytest.mark.parametrize("name", SERVICES)
    def test_each_service_is_confined(self, name: str) -> None:
        service = SERVICES[name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in service["security_opt"]
        assert "privileged" not in service
        assert service["healthcheck"]["test"][0] == "CMD"
        assert service["pids_limit"] > 0
        assert service["stop_grace_period"] in ("15s", "60s"), "longer than the program takes to end"

    def test_there_is_the_program_and_postgres_and_nobody_else_is_reached_from_outside(self) -> None:
        assert set(SERVICES) == {"cascadewatch", "db"}
        assert re.fullmatch(r"postgres:\d+", SERVICES["db"]["image"])
        assert "ports" not in SERVICES["db"]
        assert SERVICES["cascadewatch"]["ports"] == ["127.0.0.1:8765:8765"]
        assert SERVICES["cascadewatch"]["depends_on"] == {"db": {"condition": "service_healthy"}}

    def test_its_data_is_in_volumes_that_exist(self) -> None:
        assert "data:/data" in SERVICES["cascadewatch"]["volumes"]
        assert "db:/var/lib/postgresql" in SERVICES["db"]["volumes"]
        assert set(COMPOSE["volumes"]) == {"data", "db"}

    def test_no_secret_stands_in_it(self) -> None:
        values = [v for service in SERVICES.values() for v in service["environment"].items()]
        secret = [value for key, value in values if "PASSWORD" in key]
        assert len(secret) == 2
        assert all(value.startswith("${POSTGRES_PASSWORD:?") for value in secret)
        assert set(SERVICES["cascadewatch"]["secrets"]) == set(COMPOSE["secrets"]) == {"caller_key"}
        ignored = (ROOT / ".gitignore").read_text().splitlines()
        assert {".env", "secrets/"} <= set(ignored)

    def test_its_settings_are_valid_and_locked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        settings = compose_settings()
        assert settings.ingest.keys == "on"
        assert settings.dashboard.login != "none"
        assert settings.caller_key is not None
        (network,) = COMPOSE["networks"]["default"]["ipam"]["config"]
        gateway = network["subnet"].replace("0/24", "1")
        assert settings.login.proxies == (gateway,)
        assert settings.database_url == "postgresql+psycopg://cascadewatch@db/cascadewatch"

    def test_its_command_is_one_of_the_program(self) -> None:
        assert SERVICES["cascadewatch"]["command"][:3] == ["up", "--host", "0.0.0.0"]
        compile(SERVICES["cascadewatch"]["healthcheck"]["test"][3], "healthcheck", "exec")


def compose_settings() -> Settings:
    service = SERVICES["cascadewatch"]
    mounted = next(v for v in service["volumes"] if v.endswith(":/etc/cascadewatch/cascadewatch.toml:ro"))
    env = {key: value for key, value in service["environment"].items() if key == "CASCADEWATCH_DATABASE_URL"}
    return load(ROOT / mounted.split(":")[0], env=env)


def test_the_workflow_of_the_documentation_is_the_one_in_examples() -> None:
    text = (ROOT / "examples" / "github-actions-eval.yml").read_text()
    assert block("replays.md", "yaml", "cascadewatch replay") == text
    workflow: dict[Any, Any] = yaml.safe_load(text)
    steps = workflow["jobs"]["replay"]["steps"]
    assert any(step.get("run", "").startswith("cascadewatch replay") for step in steps)


class TestDeployPage:
    def test_the_unit_starts_the_program_and_confines_it(self) -> None:
        unit = block("deploy.md", "ini", "[Service]")
        for line in (
            "User=cascadewatch",
            "ProtectSystem=strict",
            "NoNewPrivileges=yes",
            "CapabilityBoundingSet=",
        ):
            assert line in unit.splitlines()
        (start,) = re.findall(r"^ExecStart=(.+)$", unit, re.M)
        assert shlex.split(start)[1:] == ["up", "--log-format", "json"]

    @pytest.mark.parametrize(("language", "first"), [("nginx", "proxy_pass"), ("text", "reverse_proxy")])
    def test_the_proxies_set_the_user_themselves(self, language: str, first: str) -> None:
        assert "X-Forwarded-User" in block("deploy.md", language, first)

    def test_the_proxy_lets_websockets_through_and_large_bodies_in(self) -> None:
        site = block("deploy.md", "nginx", "proxy_pass")
        assert "proxy_set_header Upgrade $http_upgrade;" in site
        assert "client_max_body_size 16m;" in site, "as ingest.max_body_mib"

    def test_each_settings_example_is_valid(self, tmp_path: Path) -> None:
        blocks = re.findall(r"^```toml\n(.*?)^```", (ROOT / "docs" / "deploy.md").read_text(), re.S | re.M)
        assert len(blocks) >= 3
        for number, text in enumerate(blocks):
            file = tmp_path / f"{number}.toml"
            file.write_text(text)
            load(file, env={})

    def test_the_policy_shown_is_the_one_the_pages_bring(self) -> None:
        policy = dict(KEPT_TO)[b"content-security-policy"].decode()
        assert policy in (ROOT / "docs" / "deploy.md").read_text().splitlines()
