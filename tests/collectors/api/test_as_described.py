"""The API answers as its own description says, whatever is asked of it: valid requests, and not."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from requests import Request

from cascadewatch.settings.replaying import Model, Replay
from cascadewatch.store import episodes, replays, reports
from collectors.api.app import HANDLERS
from collectors.api.openapi import document, shown_path
from tests.collectors.bad.asked import Asked, asking, encoded, event

LONG = int(os.environ.get("CASCADEWATCH_DESCRIBED_EXAMPLES", "1000"))  # of each operation and mode
HOUR = 3_600_000
OPERATIONS = sorted(shown_path(name) for name in HANDLERS)
THERE = {"id": "1", "name": "nightly"}  # names something that is there, under every path


@pytest.fixture(scope="module")
def stocked(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, now: int) -> Iterator[Asked]:
    """Something of every kind is there to be asked for."""
    path = tmp_path_factory.mktemp("described") / "cascadewatch.db"
    shutil.copy(sqlite_template, path)
    small = Model(kind="recorded", answer="cheap")
    nightly = Replay.model_validate({"eval_set": "set.jsonl", "target": "small"})
    with asking(f"sqlite:///{path}", now, model={"small": small}, replay={"nightly": nightly}) as asked:
        asked.post(encoded([event("1"), event("2")]))
        asked.post(encoded([event("1", route="other")]))  # a conflict
        asked.post(encoded({"hours": 1, "comment": "x"}), "/v1/silences")
        with asked.store.writing() as connection:
            episode = {
                "rule": "escalation-drift", "kind": "drift", "metric": "escalation_rate",
                "cascade": "support",
                "route": "", "direction": "up", "severity": "ticket", "state": "firing", "opened": now - HOUR,
                "since": now - 2 * HOUR, "acknowledged": None, "acknowledged_by": None, "updated": now - HOUR,
                "detail": {"message": "moved"},
            }  # fmt: skip
            episodes.note(connection, episodes.add(connection, episode).id, now - HOUR, "", "firing", "alarm")
            run = replays.start(
                connection,
                {"name": "nightly", "cascade": None, "eval_set": "0" * 16, "cause": "cli", "author": "cli",
                 "cases": 1, "limit": None, "config": {}, "config_hash": "1" * 16, "owner": None,
                 "claimed": None},
                now,
            )  # fmt: skip
            reports.write(
                connection, replay=run.id, name="nightly", cascade=None, verdict="unchanged", body={}, now=now
            )
        yield asked


def operations() -> dict[str, Any]:
    import schemathesis

    schema = schemathesis.openapi.from_dict(document())
    found: list[Any] = [result.ok() for result in cast("Any", schema.get_all_operations())]
    return {operation.label: operation for operation in found}


def requests_of(operation: str) -> "st.SearchStrategy[Any]":
    """Requests as described and requests that are not; half of them name what is there."""
    from schemathesis import GenerationMode

    described = operations()[operation]
    modes = [described.as_strategy(generation_mode=mode) for mode in GenerationMode]
    return st.tuples(st.one_of(modes), st.booleans())


def answers_as_described(asked: Asked, case: Any, there: bool) -> None:
    from schemathesis import checks

    if there and case.path_parameters:
        case.path_parameters = {key: THERE[key] for key in case.path_parameters}
    sent = Request(**{k: v for k, v in case.as_transport_kwargs(base_url="http://127.0.0.1").items()
                      if k in ("method", "url", "headers", "params", "data", "json",
                          "cookies")}).prepare()  # fmt: skip
    body = sent.body.encode() if isinstance(sent.body, str) else cast("bytes | None", sent.body)
    answer = asked.send(asked.build(sent.method, sent.url, headers=dict(sent.headers), content=body))
    case.validate_response(
        answer,
        checks=[
            checks.not_a_server_error,
            *checks.CHECKS.get_by_names(
                ["status_code_conformance", "content_type_conformance", "response_schema_conformance"]
            ),
        ],
    )
    if case.path == "/v1/events" and answer.status_code == 200:
        asked.counted.update({k: answer.json()[k] for k in ("accepted", "duplicate", "conflict", "rejected")})
    if case.path == "/v1/labels" and answer.status_code == 200:
        asked.counted.update(
            {f"labels/{k}": answer.json()[k] for k in ("accepted", "duplicate", "conflict", "rejected")}
        )


def ask(asked: Asked, operation: str, examples: int, derandomize: bool) -> None:
    @settings(
        max_examples=examples, derandomize=derandomize, database=None,
        suppress_health_check=[*HealthCheck],
    )  # fmt: skip
    @given(drawn=requests_of(operation))
    def answered(drawn: tuple[Any, bool]) -> None:
        answers_as_described(asked, *drawn)

    answered()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_answer_is_of_a_described_kind(stocked: Asked, operation: str) -> None:
    ask(stocked, operation, 8, derandomize=True)


@pytest.mark.soak
@pytest.mark.parametrize("operation", OPERATIONS)
def test_so_it_is_for_long(stocked: Asked, operation: str) -> None:
    ask(stocked, operation, LONG, derandomize=False)


def test_what_is_there_answers_as_described(stocked: Asked) -> None:
    """Drawn requests hardly ever hit what is there; these do."""
    for operation in OPERATIONS:
        method, _, path = operation.partition(" ")
        if method == "GET":
            for key, value in THERE.items():
                path = path.replace("{" + key + "}", value)
            assert stocked("GET", path).status_code == 200
