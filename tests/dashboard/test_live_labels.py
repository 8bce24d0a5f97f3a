"""What the Verifier page says of live labels, those of accepted or of rejected answers alone included."""

from typing import Any

from streamlit.testing.v1 import AppTest

from cascadewatch.metrics.window import LabelCounts
from cascadewatch.store.reports import Report
from dashboard.facts import Facts, gathered
from dashboard.views.verifier_live import unchecked
from tests.dashboard.mixed import words
from tests.metrics.windows import labels, window

DAY = 86_400_000
REPORT = Report(1, 1, "check", "support", 0, "unchanged", {"rates": {}})
NO_REJECTED, NO_ACCEPTED = "no rejected cheap answer has a label", "no accepted cheap answer has a label"
NEVER = (
    "No eval set has checked the verifier."
    " No executable or randomly drawn label of this range is of a judged cheap answer."
)


def drawn(n: int, *, correct: bool, **more: Any) -> LabelCounts:
    return labels(n, correct=correct, **{"source": "human", "sampling": "random", **more})


ACCEPTED = (drawn(300, correct=True), drawn(100, correct=False))
REJECTED = (drawn(120, correct=True, outcome="reject"), drawn(80, correct=False, outcome="reject"))


def facts(*given: LabelCounts) -> Facts:
    of = window({"labels": given}, events=1000, judged=1000, cheap_accepted=700, escalated=300)
    return gathered(of, None, DAY, (0, DAY))


def said(*given: LabelCounts) -> str:
    return unchecked(facts(*given)).replace("\xa0", " ")


def test_labels_of_both_kinds_tell_what_is_let_through() -> None:
    assert said(*ACCEPTED, *REJECTED).startswith(
        "No eval set has checked the verifier; live labels: 55.6 % of wrong answers let through ("
    )


def test_labels_of_accepted_answers_alone_tell_how_many_of_those_are_right() -> None:
    assert said(*ACCEPTED) == (
        "No eval set has checked the verifier; live labels: 75.0 % of the answers it accepted are right"
        f" (71–79), n 400. False accepts unknown: {NO_REJECTED}."
    )


def test_labels_of_rejected_answers_alone_tell_neither() -> None:
    assert said(*REJECTED) == f"No eval set has checked the verifier. False accepts unknown: {NO_ACCEPTED}."


def test_right_answers_alone_do_not_tell_what_happens_to_wrong_ones() -> None:
    right = (drawn(40, correct=True), drawn(20, correct=True, outcome="reject"))
    assert "100.0 % of the answers it accepted are right" in said(*right)
    assert said(*right).endswith("False accepts unknown: no wrong cheap answer has a label.")


def test_labels_that_tell_nothing_of_the_verifier_are_none() -> None:
    complaint = labels(9, correct=False, source="user")
    unjudged = drawn(9, correct=False, outcome="error")
    for given in [(), (complaint,), (unjudged,), (drawn(9, correct=True, role="served"),)]:
        assert said(*given) == NEVER


def drawn_beside(which: str) -> None:
    from dashboard.views import verifier_live
    from tests.dashboard import test_live_labels as here

    given = {"accepted": here.ACCEPTED, "rejected": here.REJECTED, "none": ()}[which]
    verifier_live.beside(here.REPORT, here.facts(*given))


def beside(which: str) -> AppTest:
    app = AppTest.from_function(drawn_beside, args=(which,)).run()
    assert not app.exception
    return app


def test_beside_a_report_one_sided_labels_are_shown_and_say_what_they_lack() -> None:
    app = beside("accepted")
    table = app.dataframe[0].value
    assert list(table["labels"]) == ["–", "–", "75.0\N{NO-BREAK SPACE}% (71–79)"]
    assert list(table["sources"]) == ["human"] * 3
    assert f"False accepts unknown: {NO_REJECTED}." in words(app)
    assert "No executable" not in words(app)

    app = beside("rejected")
    assert list(app.dataframe[0].value["labels"]) == ["–"] * 3
    assert f"Right among accepted unknown: {NO_ACCEPTED}." in words(app)


def test_beside_a_report_no_labels_are_said_to_be_none() -> None:
    app = beside("none")
    assert not app.dataframe
    assert "label of this range is of a judged cheap answer" in words(app)
