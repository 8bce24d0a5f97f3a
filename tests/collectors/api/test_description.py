"""The OpenAPI document, the page made from it and docs/api.md know every route."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cascadewatch.metrics import METRICS
from collectors.api.app import HANDLERS
from collectors.api.guard import PROBE, PUBLIC, SCOPE
from collectors.api.openapi import ABOUT, PARAMETERS, REFUSALS, document, shown_path
from collectors.api.refusal import CODES

if TYPE_CHECKING:
    from tests.collectors.api.conftest import Api

DOCS = (Path(__file__).parents[3] / "docs" / "api.md").read_text(encoding="utf-8")


def references(part: Any) -> set[str]:
    if isinstance(part, dict):
        own = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
        return own.union(*map(references, part.values()))
    return set().union(*map(references, part)) if isinstance(part, list) else set()


def test_every_route_is_described() -> None:
    assert set(ABOUT) == set(HANDLERS)
    described = {f"{m.upper()} {p}" for p, methods in document()["paths"].items() for m in methods}
    assert described == {shown_path(name) for name in HANDLERS}


def test_every_reference_leads_somewhere() -> None:
    schemas = document()["components"]["schemas"]
    assert references(document()) <= {f"#/components/schemas/{name}" for name in schemas}


def test_an_operation_names_its_scope() -> None:
    for name, scope in SCOPE.items():
        method, _, path = shown_path(name).partition(" ")
        security = document()["paths"][path][method.lower()].get("security")
        assert security == (None if scope in (PUBLIC, PROBE) else [{"key": [scope]}])


def test_every_status_has_a_code_and_a_description() -> None:
    assert {str(status) for status in CODES} == set(REFUSALS)


def test_the_document_is_served_as_it_is(api: "Api") -> None:
    answer = api.get("/openapi.json")
    assert answer.json() == document()
    assert answer.json()["openapi"].startswith("3.1")


def test_the_page_loads_and_runs_nothing(api: "Api") -> None:
    answer = api.get("/docs")
    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert not re.search(r"<(script|link|img|iframe)|https?://(?!.*schema)", answer.text)
    for path in document()["paths"]:
        assert path in answer.text


@pytest.mark.parametrize("name", HANDLERS)
def test_the_manual_has_a_section_for_each_route_with_its_scope(name: str) -> None:
    section = DOCS.partition(f"### `{shown_path(name)}`\n")[2].partition("\n### ")[0]
    assert section, f"docs/api.md has no section for {shown_path(name)}"
    scope = SCOPE[name]
    assert ("no key" if scope in (PUBLIC, PROBE) else f"scope `{scope}`") in section
    assert "curl" in section
    for parameter in ABOUT[name].parameters:
        assert f"`{parameter}`" in section


@pytest.mark.parametrize("status", CODES)
def test_the_manual_lists_each_refusal(status: int) -> None:
    assert re.search(rf"^\| {status} \| `{CODES[status]}` \|", DOCS, re.MULTILINE)


def test_the_manual_names_each_query_parameter() -> None:
    assert all(f"`{name}`" in DOCS for name in PARAMETERS)


def test_every_metric_is_defined_in_a_sentence() -> None:
    rows = document()["components"]["schemas"]["Report"]["properties"]["cascades"]["items"]
    described = rows["properties"]["metrics"]["properties"]
    assert {key: one["description"] for key, one in described.items()} == {
        key: spec.definition for key, spec in METRICS.items()
    }
