"""[alerts], [[rule]] and [channel.NAME]: what is watched, and who hears of it."""

from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from cascadewatch.settings.table import Table
from cascadewatch.settings.values import (
    Days,
    Duration,
    HttpUrl,
    Name,
    Port,
    SecretPlace,
    TimeOfDay,
    UrlOrSecret,
)

ROLLING = (
    'cannot be "rolling": a baseline that follows the rate takes slow drift for normal. Leave it out, and '
    "pin a new one with `cascadewatch baseline pin` when the level is meant to be new"
)
# The keys that only some kinds take; `_fits` refuses them elsewhere.
OWN = {
    "drift": {"metric", "tolerance", "direction", "baseline"},
    "threshold": {"metric", "above", "below", "window", "min_n", "hold"},
    "burn_rate": {"factor", "window", "min_n", "hold"},
    "no_data": {"window"},
    "replay": set[str](),
    "stale": {"window"},
    "budget": {"above"},
    "callers": {"above", "window", "min_n", "hold"},
}
NEEDED = {"drift": {"metric"}, "threshold": {"metric"}, "burn_rate": {"factor"}}
# Where a rule looks: reports are about a whole cascade, the month's budget is that of all replays, and
# callers are counted per cascade.
NOWHERE = {
    "replay": {"route"}, "stale": {"route"}, "budget": {"cascade", "route"}, "callers": {"route"},
}  # fmt: skip

Kind = Literal["drift", "threshold", "burn_rate", "no_data", "replay", "stale", "budget", "callers"]


class Alerts(Table):
    """[alerts]: what holds for all rules and channels."""

    defaults: bool = Field(default=True, description="Whether the default rules watch without being written.")
    false_alarm_days: Days = Field(
        default=90, description="All drift rules together raise one false alarm in so many days at most."
    )
    repeat: Duration = Field(
        default="24h", validate_default=True, description="How often a lasting alert is repeated."
    )
    channels: Annotated[tuple[Name, ...], Field(strict=False)] = Field(
        default=(), description="Channels of rules that name none, and of the digest; not set: all channels."
    )
    digest: Literal["off", "daily", "weekly"] = Field(
        default="off", description="How often a summary is sent; weekly ones come on Mondays."
    )
    digest_at: TimeOfDay = Field(default="08:00", description="The time of day it is sent, in `timezone`.")
    heartbeat_url: SecretPlace | None = Field(
        default=None,
        description="Secret: an address called every minute while alerting works (a dead man's switch).",
    )
    heartbeat_allow_private: bool = Field(
        default=False, description="Whether that address may lie in a private network or on this machine."
    )


class Rule(Table):
    """[[rule]]: one thing that is watched. A rule with the name of a default rule takes its place."""

    name: Name = Field(description="What messages and pages call it.")
    kind: Kind = Field(
        description="How it decides: drift, threshold, burn_rate, no_data, replay, stale, budget or callers."
    )
    metric: Name | None = Field(default=None, description="Key of the metric (drift, threshold).")
    cascade: Name | None = Field(default=None, description="Only this cascade; not set: each of them.")
    route: Name | None = Field(
        default=None, description="Only this route of the cascade; not set: the whole cascade."
    )
    tolerance: float = Field(
        default=0.05, ge=0.01, le=0.4, description="Smallest lasting move that has to be seen (drift)."
    )
    direction: Literal["both", "up", "down"] = Field(default="both", description="Which moves count (drift).")
    baseline: Literal["pinned"] = Field(default="pinned", description="What is compared with (drift).")
    above: float | None = Field(
        default=None,
        allow_inf_nan=False,
        description="Fires above this value (threshold), this share of month_usd (budget, not set: 0.8), "
        "or this share of all escalations (callers, not set: 0.01).",
    )
    below: float | None = Field(
        default=None, allow_inf_nan=False, description="Fires below this value (threshold)."
    )
    factor: float | None = Field(
        default=None,
        gt=0,
        allow_inf_nan=False,
        description="Fires when the objective's budget is used up so many times too fast (burn_rate).",
    )
    window: Duration | None = Field(
        default=None,
        description="Range the value is taken over; not set: 24h, 20 usual spacings (no_data), 7d (stale).",
    )
    min_n: int = Field(default=30, ge=1, description="Fewest observations a value needs to count.")
    hold: Duration | None = Field(
        default=None, alias="for", description="How long it must hold before it fires; not set: two looks."
    )
    severity: Literal["page", "ticket"] | None = Field(
        default=None, description="How loud it is; not set: decided from the size of the move."
    )
    channels: Annotated[tuple[Name, ...], Field(strict=False)] = Field(
        default=(), description="Channels that hear of it; not set: those of [alerts]."
    )
    enabled: bool = Field(default=True, description="false switches it off, a default rule too.")

    @field_validator("baseline", mode="before")
    @classmethod
    def _pinned(cls, value: object) -> object:
        if value == "rolling":
            raise ValueError(ROLLING)
        return value

    @model_validator(mode="after")
    def _fits(self) -> Self:
        given = {key for key in self.model_fields_set if getattr(self, key) is not None}
        taken = OWN[self.kind]
        strangers = sorted((set().union(*OWN.values()) - taken | NOWHERE.get(self.kind, set())) & given)
        if strangers:
            word = "for" if strangers[0] == "hold" else strangers[0]
            raise ValueError(f'is of kind "{self.kind}", which does not take `{word}`; leave it out')
        if not self.enabled:
            return self  # nothing but a name is needed to switch a rule off
        missing = sorted(NEEDED.get(self.kind, set()) - given)
        if missing:
            raise ValueError(f'is of kind "{self.kind}", which needs `{missing[0]}`')
        if self.kind == "threshold" and (self.above is None) == (self.below is None):
            raise ValueError("needs either `above` or `below`, and not both")
        if self.route is not None and self.cascade is None:
            raise ValueError("names a route without its cascade; add `cascade`")
        return self


class _Channel(Table):
    min_severity: Literal["ticket", "page"] = Field(
        default="ticket", description="page: leaves out what is less urgent."
    )
    allow_private: bool = Field(
        default=False, description="Whether its address may lie in a private network or on this machine."
    )


class Slack(_Channel):
    """[channel.NAME] with kind = "slack": an incoming webhook."""

    kind: Literal["slack"] = Field(description="Which service it is.")
    webhook_url: SecretPlace = Field(description="Secret: the incoming webhook's address.")


class Email(_Channel):
    """[channel.NAME] with kind = "email": mail by SMTP."""

    kind: Literal["email"] = Field(description="Which service it is.")
    host: Name = Field(description="The SMTP server.")
    port: Port = Field(default=587, description="Its port.")
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="How the connection is encrypted; none only where it may be private."
    )
    username: Name | None = Field(default=None, description="Who logs in; not set: nobody.")
    password: SecretPlace | None = Field(default=None, description="Secret: the password.")
    sender: Name = Field(alias="from", description="Address the mail comes from.")
    to: Annotated[tuple[Name, ...], Field(min_length=1, strict=False)] = Field(
        description="Addresses it goes to."
    )

    @model_validator(mode="after")
    def _encrypted(self) -> Self:
        if self.security == "none" and not self.allow_private:
            raise ValueError('has security = "none", which only a server with allow_private = true may have')
        return self


class Webhook(_Channel):
    """[channel.NAME] with kind = "webhook": signed JSON by HTTP POST."""

    kind: Literal["webhook"] = Field(description="Which service it is.")
    url: UrlOrSecret = Field(description="The address, or where it is kept as a secret.")
    secret: SecretPlace = Field(description="Secret: the key of the signature.")


class Alertmanager(_Channel):
    """[channel.NAME] with kind = "alertmanager": posts to its v2 API."""

    kind: Literal["alertmanager"] = Field(description="Which service it is.")
    url: HttpUrl = Field(description="Its address, such as http://alertmanager:9093.")


class Apprise(_Channel):
    """[channel.NAME] with kind = "apprise": any other service, through the extra `notify`."""

    kind: Literal["apprise"] = Field(description="Which service it is.")
    url: SecretPlace = Field(description="Secret: the service's Apprise address.")


Channel = Annotated[Slack | Email | Webhook | Alertmanager | Apprise, Field(discriminator="kind")]
CHANNELS: dict[str, type[Table]] = {
    "slack": Slack,
    "email": Email,
    "webhook": Webhook,
    "alertmanager": Alertmanager,
    "apprise": Apprise,
}
