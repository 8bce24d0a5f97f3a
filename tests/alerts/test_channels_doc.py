"""docs/channels.md is true: its settings load, its JSON is what arrives, its code checks signatures."""

import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from runpy import run_path
from time import time

import pytest

from alerts.channels import CHANNELS
from alerts.channels.webhook import payload, signature
from cascadewatch.settings import load
from tests.alerts.channel_material import MESSAGE

PAGE = (Path(__file__).parent.parent.parent / "docs" / "channels.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def check(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., bool]:
    """The function of the page, from a file as a reader would keep it."""
    (source,) = blocks("python")
    file = tmp_path_factory.mktemp("example") / "receiver.py"
    file.write_text(source)
    function: Callable[..., bool] = run_path(str(file))["is_from_cascadewatch"]
    return function


@pytest.mark.parametrize("number", range(len(CHANNELS)))
def test_every_example_loads(number: int, tmp_path: Path) -> None:
    example = blocks("toml")[number]
    file = tmp_path / "cascadewatch.toml"
    file.write_text(example)
    settings = load(file)
    (channel,) = settings.channel.values()
    assert channel.kind == [*CHANNELS][number]
    assert {channel.kind} == {table["kind"] for table in tomllib.loads(example)["channel"].values()}


def test_the_json_shown_is_the_json_sent() -> None:
    (shown,) = blocks("json")
    assert json.loads(shown) == payload(MESSAGE)


@pytest.mark.parametrize("field", ["version", "id", "kind", "subject", "link", "lines", "items", "more"])
def test_every_field_is_explained(field: str) -> None:
    table = PAGE.partition("| field | meaning |")[2].partition("\n\n")[0]
    assert f"`{field}`" in table


class TestTheSignatureExample:
    BODY = b'{"id": "m-17-1"}'

    def test_it_takes_what_is_ours(self, check: Callable[..., bool]) -> None:
        assert check("key", signature("key", self.BODY, int(time())), self.BODY)

    def test_it_refuses_what_is_not(self, check: Callable[..., bool]) -> None:
        now = int(time())
        good = signature("key", self.BODY, now)
        assert not check("other key", good, self.BODY)
        assert not check("key", good, self.BODY + b" ")
        assert not check("key", good.replace(f"t={now}", f"t={now + 1}"), self.BODY)
        assert not check("key", signature("key", self.BODY, now - 600), self.BODY)

    @pytest.mark.parametrize(
        "header", ["", "t=,v1=", "t=1", "v1=ab", "t=x,v1=ab", "nonsense", "t=²,v1=é", ",,="]
    )
    def test_it_does_not_break_on_nonsense(self, header: str, check: Callable[..., bool]) -> None:
        assert not check("key", header, self.BODY)
