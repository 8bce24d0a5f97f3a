"""In which order tiers stand: as the settings say, else as the attempts showed it, else by cost."""

from hypothesis import given
from hypothesis import strategies as st

from cascadewatch.model import TierOrder
from cascadewatch.order import SeenTier, decide

MODEL = SeenTier("model")


def seen(**costs: float | None) -> dict[str, SeenTier]:
    return {name: SeenTier("model", cost) for name, cost in costs.items()}


def test_a_tier_that_was_followed_by_another_stands_below_it() -> None:
    pairs = frozenset({("b", "a"), ("b", "c"), ("a", "c")})
    assert decide(seen(a=None, b=None, c=None), pairs).names == ("b", "a", "c")


def test_what_followed_what_outweighs_cost() -> None:
    assert decide(seen(dear=9.0, cheap=1.0), frozenset({("dear", "cheap")})).names == ("dear", "cheap")


def test_tiers_that_never_met_stand_by_mean_cost() -> None:
    assert decide(seen(a=9.0, b=1.0, c=5.0), frozenset()).names == ("b", "c", "a")


def test_tiers_that_met_in_both_directions_stand_by_mean_cost() -> None:
    pairs = frozenset({("a", "b"), ("b", "a")})
    assert decide(seen(a=9.0, b=1.0), pairs).names == ("b", "a")


def test_without_pairs_and_costs_the_order_is_at_least_always_the_same() -> None:
    assert decide(seen(b=None, a=None), frozenset()).names == ("a", "b")


def test_the_settings_win_over_what_was_seen() -> None:
    order = decide(seen(a=1.0, b=9.0), frozenset({("a", "b")}), ("b", "a"))
    assert order == TierOrder(("b", "a"), cheap="b", flagship="a")


def test_a_tier_the_settings_name_counts_before_it_was_seen() -> None:
    assert decide({}, frozenset(), ("small", "top")) == TierOrder(("small", "top"), "small", "top")


def test_a_tier_the_settings_do_not_name_is_shown_below_the_last_and_never_the_flagship() -> None:
    order = decide(seen(small=1.0, top=5.0, new=9.0), frozenset({("small", "new")}), ("small", "top"))
    assert order == TierOrder(("small", "new", "top"), cheap="small", flagship="top")


def test_caches_and_rules_the_settings_do_not_name_stand_first() -> None:
    known = {"edge": SeenTier("cache"), "faq": SeenTier("rule"), **seen(small=1.0, top=5.0)}
    assert decide(known, frozenset(), ("small", "top")).names[:2] == ("edge", "faq")


def test_only_models_are_cheap_tier_or_flagship() -> None:
    known = {"edge": SeenTier("cache", 0.0), "desk": SeenTier("human", 99.0), **seen(small=1.0, top=5.0)}
    pairs = frozenset({("edge", "small"), ("small", "top"), ("top", "desk")})
    assert decide(known, pairs) == TierOrder(("edge", "small", "top", "desk"), "small", "top")


def test_kinds_are_told_by_usual_names_until_an_event_says() -> None:
    named = ("cache", "rule", "small", "top", "human")
    assert decide({}, frozenset(), named) == TierOrder(named, cheap="small", flagship="top")


def test_one_model_tier_is_no_flagship() -> None:
    assert decide(seen(small=1.0), frozenset()) == TierOrder(("small",), "small", None)


def test_a_name_never_met_without_a_cost_is_neither_cheap_tier_nor_flagship() -> None:
    met = frozenset({("small", "top")})
    order = decide(seen(small=1.0, top=9.0, a=None, zmall=None), met)
    assert order == TierOrder(("small", "a", "zmall", "top"), cheap="small", flagship="top")
    assert decide(seen(small=1.0, a=None), frozenset()) == TierOrder(("a", "small"), "small", None)


def test_one_that_met_another_has_its_place_without_a_cost() -> None:
    order = decide(seen(small=None, top=None, new=3.0), frozenset({("small", "top"), ("top", "new")}))
    assert (order.cheap, order.flagship) == ("small", "new")


def test_a_cache_with_a_cost_places_no_model() -> None:
    known = {"edge": SeenTier("cache", 0.0), **seen(b=None, a=None)}
    assert decide(known, frozenset())[1:] == ("a", "b")


def test_no_tiers_no_order() -> None:
    assert decide({}, frozenset()) == TierOrder((), None, None)


NAMES = st.sampled_from(["a", "b", "c", "d", "e"])


@given(
    st.dictionaries(NAMES, st.builds(SeenTier, st.sampled_from(["model", "cache", "human"]),
                                     st.one_of(st.none(), st.floats(0, 1e9)))),
    st.frozensets(st.tuples(NAMES, NAMES)),
    st.lists(NAMES, unique=True).map(tuple),
)  # fmt: skip
def test_every_tier_has_exactly_one_place(
    known: dict[str, SeenTier], pairs: frozenset[tuple[str, str]], configured: tuple[str, ...]
) -> None:
    order = decide(known, pairs, configured)
    assert sorted(order.names) == sorted({*known, *configured})
    assert tuple(name for name in order.names if name in configured) == configured or not configured
    if order.flagship is not None:
        assert order.cheap is not None
        assert order.above(order.flagship, order.cheap)
