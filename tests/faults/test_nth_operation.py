"""Whatever call to the database fails, nothing is half done, nothing counts twice, and the answer is "later".

SQLite's own method on our code: the 1st, the 2nd, … the N-th call of a use case fails, until it passes
untouched. After each fault the same is done once more without, and must come out as if nothing had been.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from cascadewatch.store.ingest import identity
from cascadewatch.store.verify import verify
from tests.collectors.api.conftest import Api, serving
from tests.conftest import ENGINES, postgres_database
from tests.faults.failing_driver import LOST_AFTER, Plan, failing, kinds

AT = "2026-11-21T11:59:00Z"
SMALL = {"tier": "small", "usage": {"input": 512, "output": 128}, "cost_usd": 0.001, "latency_ms": 400,
         "verdict": {"outcome": "reject", "mechanism": "schema", "score": 0.3, "threshold": 0.5}}  # fmt: skip
FLAGSHIP = {"tier": "flagship", "usage": {"input": 512, "output": 140}, "cost_usd": 0.02}


@dataclass
class Served:
    """A server whose database can be made to fail."""

    api: Api
    plan: Plan
    kinds: list[str]

    def rows(self, table: str, column: str, value: object) -> int:
        with self.api.store.reading() as connection:
            mark = "?" if self.api.store.dialect == "sqlite" else "%s"
            statement = f"SELECT count(*) FROM {table} WHERE {column} = {mark}"
            return int(connection.exec_driver_sql(statement, (value,)).scalar_one())

    def is_sound(self) -> bool:
        from cascadewatch.settings import Settings

        said = verify(self.api.store, Settings(database_url=str(self.api.store.url), caller_ids="plain"))
        assert said["ok"], said
        return True


@pytest.fixture(scope="module", params=ENGINES)
def served(request: pytest.FixtureRequest, tmp_path_factory: Any, now: int) -> Iterator[Served]:
    with ExitStack() as stack:
        if request.param == "sqlite":
            path: Path = tmp_path_factory.mktemp("nth") / "cascadewatch.db"
            shutil.copy(request.getfixturevalue("sqlite_template"), path)
            url = f"sqlite:///{path}"
        else:
            server = request.getfixturevalue("postgres_url")
            template = request.getfixturevalue("postgres_template")
            url = stack.enter_context(postgres_database(server, template))
        api = stack.enter_context(serving(url, now))()
        plan = failing(api.store)
        assert api.post([event("first")]).json()["accepted"] == 1
        yield Served(api, plan, kinds(api.store))


def event(name: str, **fields: Any) -> dict[str, Any]:
    return {"id": name, "time": AT, "cascade": "support", "route": "faq", "caller": "tenant-1",
            "attempts": [SMALL, FLAGSHIP], **fields}  # fmt: skip


def in_turn(served: Served, number: int) -> str:
    """Each kind in its turn, so that the short form meets each kind at a part of the calls."""
    return served.kinds[number % len(served.kinds)]


def until_untouched(
    served: Served,
    do: Callable[[str], Any],
    seen: Callable[[str], int],
    kind: str | None = None,
    is_repeated: bool = False,
    step: int = 1,
) -> int:
    """How many calls a use case makes: each failed once. `do` with a name of its own each time; `seen`
    counts what is held of a name."""
    for number in count(1):
        name, fault = f"{kind or 'any'}-{number}", kind or in_turn(served, number)
        at = 1 + (number - 1) * step
        served.plan.arm(at, fault)
        answer = do(name)
        fired = served.plan.disarm()
        assert answer.status_code in (200, 503), answer.text
        if answer.status_code == 503:
            error = answer.json()["error"]
            assert error["code"] == "unavailable"
            assert "log" not in error["message"], "an error of ours, not the last resort"
            assert int(answer.headers["retry-after"]) >= 1
            assert seen(name) == 0 or fault == LOST_AFTER
            assert do(name).status_code == 200
        assert seen(name) in (1, 2 if fault == LOST_AFTER and is_repeated else 1)
        if not fired and (fault != LOST_AFTER or fault == kind):
            return at - 1
    raise AssertionError("it never ends")


UseCase = Callable[[Served, str], Any]


def a_known_route(served: Served, name: str) -> Any:
    return served.api.post([event(name)])


def a_new_route_with_labels_and_a_conflict(served: Served, name: str) -> Any:
    label = {"attempt": 0, "correct": False, "source": "human"}
    new = event(name, route=name, revision=name, labels=[label])
    return served.api.post([new, event("first", latency_ms=7), event("first")])


def labels(served: Served, name: str) -> Any:
    label = {"attempt": 0, "correct": True, "label_source": "human"}
    return served.api.post([{"id": "first", **label}, {"id": name, **label}], path="/v1/labels")


def an_annotation(served: Served, name: str) -> Any:
    return served.api.post({"time": AT, "text": name}, path="/v1/annotations")


def a_silence(served: Served, name: str) -> Any:
    return served.api.post({"hours": 1, "comment": name}, path="/v1/silences")


# What is done, and where its name is found once it is done.
USE_CASES: dict[str, tuple[UseCase, str, str]] = {
    "events": (a_known_route, "events", "id"),
    "events of all sorts": (a_new_route_with_labels_and_a_conflict, "events", "id"),
    "labels": (labels, "waiting_labels", "key"),
    "annotation": (an_annotation, "annotations", "text"),
    "silence": (a_silence, "silences", "comment"),
}


def fail_each_call_of(served: Served, case: str, kind: str | None = None) -> int:
    do, table, column = USE_CASES[case]

    def seen(name: str) -> int:
        return served.rows(table, column, identity("local", name) if column == "key" else name)

    return until_untouched(
        served,
        lambda name: do(served, f"{case} {name}"),
        lambda name: seen(f"{case} {name}"),
        kind,
        case == "silence",
        # The many calls of these are of the same few sorts; the long form has them one by one.
        step=3 if kind is None and case.startswith("events") and served.api.store.dialect != "sqlite" else 1,
    )


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("case", USE_CASES)
def test_each_call_of_a_request_fails_once(served: Served, case: str) -> None:
    assert fail_each_call_of(served, case) >= 5
    assert served.is_sound()


@pytest.mark.soak
@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize("case", USE_CASES)
def test_each_call_of_a_request_fails_in_every_way(served: Served, case: str) -> None:
    for kind in served.kinds:
        fail_each_call_of(served, case, kind)
        assert served.is_sound()


@pytest.fixture
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing of what happens deserves a traceback."""
    yield
    assert [record.getMessage() for record in caplog.records if record.exc_info] == []
