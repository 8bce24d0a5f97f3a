"""Who somebody is, from what an OpenID provider or a proxy says, and what that lets them do.

    admitted(rules, Claimed("ada@example.com", verified=True, groups=()))     Person or Stranger
    from_claims(rules, claims, now)                                           the same of an ID token's claims

Denied unless allowed: who is not listed does not come in, and who is no admin does not act.
"""

from collections.abc import Collection, Mapping
from typing import Literal, NamedTuple

from cascadewatch.model import NAME_LENGTH
from cascadewatch.settings.login import Login

EVERYONE = "*"
HOUR = 3600  # seconds
EARLY = 300  # seconds by which a provider's clock may be ahead of ours

Why = Literal["nobody", "expired", "unnamed", "unverified", "unlisted"]


class Person(NamedTuple):
    """Somebody who may look; `admin`: and act. Without a login it is whoever is there, unnamed."""

    name: str | None
    admin: bool


class Stranger(NamedTuple):
    """Somebody who may not even look, why, and what they are called if that is known."""

    why: Why
    name: str | None = None


class Claimed(NamedTuple):
    """What the identity provider, or the proxy, says of a person. `verified`: whether it vouches that the
    name is theirs."""

    name: str
    verified: bool
    groups: Collection[str]


ANYBODY = Person(None, True)  # where no login is asked for
NOBODY = Stranger("nobody")


def admitted(rules: Login, claimed: Claimed, open_door: bool = False) -> Person | Stranger:
    """What the lists of [login] say of somebody. `open_door`: all may come in where no list says who."""
    name = claimed.name.strip()
    if not name or len(name) > NAME_LENGTH or not name.isprintable():
        return Stranger("unnamed")
    if not claimed.verified:
        return Stranger("unverified", name)
    unlisted = open_door and not (rules.users or rules.groups)
    comes_in = unlisted or listed(name, rules.users) or shared(claimed.groups, rules.groups)
    by_name = [one for one in rules.admins if one != EVERYONE]
    admin = listed(name, by_name) or shared(claimed.groups, rules.admin_groups)
    admin = admin or (EVERYONE in rules.admins and comes_in)
    return Person(name, admin) if comes_in or admin else Stranger("unlisted", name)


def from_claims(rules: Login, claims: Mapping[str, object], now: int) -> Person | Stranger:
    """What the claims of an ID token let somebody do, at `now` (epoch ms)."""
    if claims.get("is_logged_in") is not True:
        return NOBODY
    issued, name = claims.get("iat"), claims.get(rules.user_claim)
    if isinstance(issued, bool) or not isinstance(issued, int):
        return Stranger("expired")
    if not -EARLY <= now // 1000 - issued < rules.session_hours * HOUR:
        return Stranger("expired")
    if not isinstance(name, str):
        return Stranger("unnamed")
    # An address that nobody verified is what somebody typed, perhaps another's.
    said = claims.get("email_verified")
    verified = rules.user_claim != "email" or said is True or said == "true"
    return admitted(rules, Claimed(name, verified, _names(claims.get(rules.groups_claim))))


def listed(name: str, names: Collection[str]) -> bool:
    """Whether a name is among some, by itself, by "@domain" or by "*".

    >>> listed("Ada@Example.com", ["@example.com"]), listed("ada@example.com.evil", ["@example.com"])
    (True, False)
    """
    own = _folded(name)
    if own.startswith("@") or own == EVERYONE:
        return False  # written like a pattern, it is nobody's name
    local, at, domain = own.partition("@")
    is_address = local and domain and "@" not in domain
    known = {EVERYONE, own, *([at + domain] if is_address else [])}
    return not known.isdisjoint(map(_folded, names))


def shared(groups: Collection[str], names: Collection[str]) -> bool:
    """Whether one of the groups is listed. Groups are compared as they are written."""
    return not set(groups).isdisjoint(names)


def _folded(name: str) -> str:
    """Letters of ASCII alone: elsewhere lower case makes different names alike."""
    return name.lower() if name.isascii() else name


def _names(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()
