"""What a page offers next fits what it says."""

import pytest

from dashboard import next_step
from dashboard.sentence import State


@pytest.mark.parametrize(
    ("state", "checked", "page"),
    [
        ("no_data", False, "sources"),
        ("rising", True, "traffic"),
        ("dearer", False, "traffic"),
        ("falling", True, "verifier"),
        ("quality_low", True, "verifier"),
        ("on_target", False, "quality"),
        ("learning", False, "quality"),
    ],
)
def test_where_it_leads(state: State, checked: bool, page: str) -> None:
    found = next_step.page(state, checked)
    assert found is not None
    assert found[0] == page


def test_nothing_is_to_be_done_where_all_is_well() -> None:
    assert next_step.page("steady", checked=True) is None
    assert next_step.page("on_target", checked=True) is None
