"""Who comes in and who may act, by what an OpenID provider or a proxy says of them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascadewatch.login import Claimed, Person, Stranger, admitted, from_claims, listed
from cascadewatch.settings.login import Login

NOW = 1_790_000_000_000
RULES = Login(
    users=("@example.com", "guest@other.example"),
    groups=("sre",),
    admins=("ada@example.com",),
    admin_groups=("sre-leads",),
)


def claims(**more: Any) -> dict[str, Any]:
    """Those of an ID token of an hour ago, as the session keeps them."""
    said = {
        "is_logged_in": True,
        "iat": NOW // 1000 - 3600,
        "email": "bob@example.com",
        "email_verified": True,
    }
    return {**said, **more}


def found(**more: Any) -> Person | Stranger:
    return from_claims(RULES, claims(**more), NOW)


def why(**more: Any) -> str:
    stranger = found(**more)
    assert isinstance(stranger, Stranger), stranger
    return stranger.why


class TestRoles:
    def test_a_listed_domain_may_look(self) -> None:
        assert found() == Person("bob@example.com", admin=False)

    def test_a_listed_admin_may_act(self) -> None:
        assert found(email="ada@example.com") == Person("ada@example.com", admin=True)

    def test_an_admin_need_not_be_listed_twice(self) -> None:
        rules = Login(users=("bob@example.com",), admins=("eve@other.example",))
        assert from_claims(rules, claims(email="eve@other.example"), NOW) == Person("eve@other.example", True)

    def test_groups_let_in_and_let_act(self) -> None:
        assert found(email="eve@else.example", groups=["sre"]) == Person("eve@else.example", False)
        assert found(email="eve@else.example", groups=["sre-leads"]) == Person("eve@else.example", True)
        assert found(email="eve@else.example", groups="sre-leads") == Person("eve@else.example", True)

    def test_everybody_as_admin_means_everybody_who_may_come_in(self) -> None:
        rules = Login(users=("@example.com",), admins=("*",))
        assert from_claims(rules, claims(), NOW) == Person("bob@example.com", True)
        assert isinstance(from_claims(rules, claims(email="eve@evil.example"), NOW), Stranger)

    def test_without_admins_nobody_acts(self) -> None:
        assert from_claims(Login(users=("*",)), claims(), NOW) == Person("bob@example.com", False)


class TestStrangers:
    @pytest.mark.parametrize(
        "address",
        [
            *("eve@evil.example", "eve@example.com.evil.example", "eve@notexample.com", "example.com"),
            *("@example.com@evil.example", "eve@evil.example@example.com", "@example.com", "eve@", "@"),
            *("guest@other.examplex", "*", "eve@EXAMPLE.COM\u212a", "gue\u017ft@other.example"),
        ],
    )  # fmt: skip
    def test_no_other_address_comes_in(self, address: str) -> None:
        assert isinstance(found(email=address), Stranger)

    @pytest.mark.parametrize("verified", [False, None, "false", 0, "no", [], 1])
    def test_an_address_nobody_verified_is_not_believed(self, verified: object) -> None:
        assert why(email="ada@example.com", email_verified=verified) == "unverified"

    def test_an_address_of_which_nothing_is_said_is_not_believed_either(self) -> None:
        said = claims()
        del said["email_verified"]
        assert from_claims(RULES, said, NOW) == Stranger("unverified", "bob@example.com")

    def test_another_claim_than_the_address_needs_no_verification(self) -> None:
        rules = Login(users=("ada",), user_claim="preferred_username")
        said = claims(preferred_username="ada", email_verified=False)
        assert from_claims(rules, said, NOW) == Person("ada", False)

    @pytest.mark.parametrize("logged_in", [False, None, "true", 1])
    def test_who_is_not_logged_in_is_nobody(self, logged_in: object) -> None:
        assert why(is_logged_in=logged_in) == "nobody"
        assert from_claims(RULES, {}, NOW) == Stranger("nobody")

    @pytest.mark.parametrize("name", [None, 7, [], {}, "", "  ", "a\nb", "a\x00", "x" * 129, "\u202eada"])
    def test_what_is_no_name_names_nobody(self, name: object) -> None:
        assert why(email=name) == "unnamed"

    @pytest.mark.parametrize("groups", [None, 7, [["sre"]], {"sre": 1}, [None], "SRE", ["sre "]])
    def test_what_is_no_listed_group_lets_nobody_in(self, groups: object) -> None:
        assert why(email="eve@evil.example", groups=groups) == "unlisted"

    @pytest.mark.parametrize("group", ["*", "@example.com"])
    def test_a_group_has_no_wildcards(self, group: str) -> None:
        assert why(email="eve@evil.example", groups=[group]) == "unlisted"


class TestTime:
    @pytest.mark.parametrize("age", [-299, 0, 12 * 3600 - 1])
    def test_a_session_lasts_its_hours(self, age: int) -> None:
        assert isinstance(found(iat=NOW // 1000 - age), Person)

    @pytest.mark.parametrize("age", [-301, -86_400, 12 * 3600, 30 * 86_400])
    def test_and_no_longer(self, age: int) -> None:
        assert why(iat=NOW // 1000 - age) == "expired"

    @pytest.mark.parametrize("issued", [None, "1790000000", 1.79e9, True])
    def test_a_token_that_says_no_time_is_over(self, issued: object) -> None:
        assert why(iat=issued) == "expired"


class TestProxies:
    def test_whom_the_proxy_lets_through_may_look_where_no_list_says_who(self) -> None:
        assert admitted(Login(), Claimed("ada", True, ()), open_door=True) == Person("ada", False)
        assert admitted(Login(), Claimed("ada", True, ())) == Stranger("unlisted", "ada")

    def test_a_list_says_who(self) -> None:
        rules = Login(groups=("sre",))
        assert admitted(rules, Claimed("ada", True, ()), open_door=True) == Stranger("unlisted", "ada")
        assert admitted(rules, Claimed("ada", True, ("dev", "sre")), open_door=True) == Person("ada", False)


@given(st.text(max_size=40), st.text(max_size=40))
def test_a_name_is_listed_by_itself_by_its_domain_or_not_at_all(name: str, listed_name: str) -> None:
    alike = name == listed_name or (name.isascii() and name.lower() == listed_name.lower())
    by_domain = listed_name.startswith("@") and name.lower().endswith(listed_name.lower())
    if listed(name, [listed_name]):
        assert alike or by_domain or listed_name == "*"
    else:
        assert not alike or name.startswith("@") or name == "*"
