"""[login]: who may open the pages, and who may act there."""

import re
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from cascadewatch.settings.table import Table
from cascadewatch.settings.values import HttpUrl, Name, SecretPlace

OIDC = ("metadata_url", "client_id", "client_secret", "cookie_secret")  # what `login = "oidc"` needs
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def parse_network(text: str) -> str:
    """The text itself, once it is an address or a network such as 10.0.0.0/8."""
    try:
        ip_network(text)
    except ValueError:
        raise ValueError(f'has "{text}", which is no address and no network such as "10.0.0.0/8"') from None
    return text


def parse_header(text: str) -> str:
    """The text itself, once it can be the name of a header."""
    if not re.fullmatch(r"[A-Za-z0-9-]{1,128}", text):
        raise ValueError('must be the name of a header, such as "X-Forwarded-User"')
    return text


def parse_secure_url(text: str) -> str:
    """The URL itself, once it is encrypted or does not leave this machine."""
    parts = urlsplit(text)
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError("must start with https:// unless it is on this machine: it says who signs in")
    return text


Names = Annotated[tuple[Name, ...], Field(strict=False)]
HeaderName = Annotated[str, AfterValidator(parse_header)]


class Login(Table):
    """[login]: who may come in where `dashboard.login` asks, and who may act.

    A person is named by their address or name, by "@example.com" for a whole domain, or by "*" for everyone.
    """

    users: Names = Field(
        default=(), description='Who may come in: addresses, "@example.com" for a domain, "*" for everyone.'
    )
    groups: Names = Field(default=(), description="Groups whose members may come in, too.")
    admins: Names = Field(
        default=(), description="Who may also act: acknowledge, silence, accept levels, run replays."
    )
    admin_groups: Names = Field(default=(), description="Groups whose members may also act.")
    metadata_url: Annotated[HttpUrl, AfterValidator(parse_secure_url)] | None = Field(
        default=None, description="The provider's address that ends in /.well-known/openid-configuration."
    )
    client_id: Name | None = Field(default=None, description="What the provider calls this dashboard.")
    client_secret: SecretPlace | None = Field(
        default=None, description="Secret: what the provider gave with the client_id."
    )
    cookie_secret: SecretPlace | None = Field(
        default=None, description="Secret: signs the cookie of those signed in; 32 random characters or more."
    )
    scopes: Annotated[tuple[Name, ...], Field(min_length=1, strict=False)] = Field(
        default=("openid", "email", "profile"), description="What the provider is asked to tell."
    )
    user_claim: Name = Field(
        default="email", description="The claim that names people; an e-mail address must be a verified one."
    )
    groups_claim: Name = Field(default="groups", description="The claim that lists a person's groups.")
    session_hours: int = Field(
        default=12, ge=1, le=720, description="Hours after which people sign in again."
    )
    groups_header: HeaderName | None = Field(
        default=None, description="The header in which the proxy lists the user's groups, with commas."
    )
    proxies: Annotated[
        tuple[Annotated[str, AfterValidator(parse_network)], ...], Field(min_length=1, strict=False)
    ] = Field(
        default=("127.0.0.1", "::1"), description="Addresses or networks of the proxies that are believed."
    )
    sign_out_url: HttpUrl | None = Field(
        default=None, description="Where signing out leads, for login = header."
    )

    @model_validator(mode="after")
    def _openid_asked_for(self) -> Self:
        if "openid" not in self.scopes:
            raise ValueError('has scopes without "openid", with which no provider says who somebody is')
        return self

    def networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The proxies as networks."""
        return tuple(ip_network(one) for one in self.proxies)


def lacking(login: str, rules: Login, public_url: str) -> tuple[tuple[str, ...], str] | None:
    """The setting that keeps this way of logging in from working, and why; None if all is there."""
    if login != "oidc":
        return None
    for key in OIDC:
        if getattr(rules, key) is None:
            return ("login", key), 'is missing, which dashboard.login = "oidc" needs'
    if not (rules.users or rules.groups):
        return (
            "login",
            "users",
        ), 'is missing: name addresses, domains as "@example.com", or "*" for everyone'
    public = urlsplit(public_url)
    if public.path not in ("", "/") or (public.scheme == "http" and public.hostname not in LOOPBACK):
        return ("public_url",), "is where people come back to from signing in: it needs https:// and no path"
    return None
