"""Every setting with its default and one sentence of help; one class per table of the file."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from cascadewatch.settings.alerting import Alerts, Channel, Rule
from cascadewatch.settings.backup import Backup
from cascadewatch.settings.login import HeaderName, Login, lacking
from cascadewatch.settings.parts import missing_parts
from cascadewatch.settings.replaying import Grader, Model, Replay, Replays, Verifier
from cascadewatch.settings.retention import Disk, Retention
from cascadewatch.settings.table import Table
from cascadewatch.settings.values import (
    Cap,
    DatabaseUrl,
    Duration,
    Factor,
    HostName,
    HttpUrl,
    Name,
    PositiveShare,
    SecretPlace,
    Share,
    TimeZone,
    TraceUrl,
    UsdPer1m,
)

ELSEWHERE = "elsewhere"  # an error whose context says `at` which place of the file it is


class Ingest(Table):
    """[ingest]: what the API takes in, and from whom."""

    keys: Literal["auto", "on", "off"] = Field(
        default="auto",
        description="Whether senders need an ingest key; auto: yes, unless bound to loopback.",
    )
    max_body_mib: int = Field(
        default=16, ge=1, le=1024, description="Largest request body in MiB, after decompression."
    )
    max_events: int = Field(default=5000, ge=1, le=100_000, description="Most events in one request.")
    rate_limit_per_second: float | None = Field(
        default=None,
        gt=0,
        allow_inf_nan=False,
        description="Most events a second from one sender; not set: no limit.",
    )
    allowed_hosts: Annotated[tuple[HostName, ...], Field(strict=False)] = Field(
        default=(), description="Host names the API answers to, besides loopback and the host of public_url."
    )


class Limits(Table):
    """[limits]: how many different names are counted one by one; later ones share `__other__`."""

    routes: Cap = Field(default=2000, description="Most routes of one cascade.")
    callers: Cap = Field(default=50_000, description="Most callers of one cascade.")
    models: Cap = Field(default=500, description="Most model names of one cascade.")
    revisions: Cap = Field(default=500, description="Most revisions of one cascade.")
    verifiers: Cap = Field(default=200, description="Most verifiers of one cascade.")
    reasons: Cap = Field(default=200, description="Most verdict reasons of one cascade.")
    series: Cap = Field(default=5000, description="Most pairs of route and revision of one cascade.")


class Cascade(Table):
    """[cascade.NAME]: what is known and wanted of one cascade."""

    tiers: Annotated[tuple[Name, ...], Field(min_length=1, strict=False)] = Field(
        default=(),
        description="Names of the tiers, cheapest first; left out, the order is learned from the events.",
    )
    objective: PositiveShare | None = Field(
        default=None,
        description="The escalation rate you promise to stay under, such as 0.30; this is the SLO.",
    )
    objective_window: Duration = Field(
        default="28d", validate_default=True, description="The window over which the objective must hold."
    )
    quality_bar: Share | None = Field(
        default=None, description="The share of right answers you accept at the least."
    )
    store_text: bool = Field(
        default=False, description="Whether prompts and answers that senders attach are stored."
    )
    trace_url: TraceUrl | None = Field(
        default=None, description="Address of one event in your tracing tool, with {id} where its id goes."
    )
    description: str | None = Field(default=None, description="One line about this cascade for its readers.")

    @field_validator("tiers")
    @classmethod
    def _unique(cls, tiers: tuple[str, ...]) -> tuple[str, ...]:
        twice = next((tier for tier in tiers if tiers.count(tier) > 1), None)
        if twice is not None:
            raise ValueError(f'names "{twice}" twice; each tier has one place in the order')
        return tiers


class Price(Table):
    """[[price]]: what a model costs you, ahead of the bundled price list."""

    model: Name = Field(description="The model exactly as events name it.")
    provider: Name | None = Field(default=None, description="Only for this provider; not set: any.")
    input_usd_per_1m: UsdPer1m = Field(description="US dollars for a million input tokens.")
    output_usd_per_1m: UsdPer1m = Field(
        description="US dollars for a million output tokens, reasoning included."
    )
    cache_read_usd_per_1m: UsdPer1m | None = Field(
        default=None, description="US dollars for a million tokens read from a cache; not set: as input."
    )
    cache_write_usd_per_1m: UsdPer1m | None = Field(
        default=None, description="US dollars for a million tokens written to a cache; not set: as input."
    )
    starts: date | None = Field(
        default=None,
        alias="from",
        description="First day (UTC) of this price, such as 2026-01-01; not set: always.",
    )
    batch_factor: Factor | None = Field(
        default=None,
        description="What batch requests pay of this price, such as 0.5; not set: no price.",
    )


class Dashboard(Table):
    """[dashboard]: how a separate dashboard acts, and who may open it."""

    api_url: HttpUrl | None = Field(
        default=None, description="Where a dashboard that runs by itself finds the API."
    )
    api_key: SecretPlace | None = Field(
        default=None, description="Secret: the admin key with which it acts there."
    )
    login: Literal["none", "oidc", "header"] = Field(
        default="none",
        description="Who may open it: anyone, OpenID users, or users a trusted proxy names.",
    )
    user_header: HeaderName | None = Field(
        default=None, description="The header in which the proxy names the user, for login = header."
    )

    @model_validator(mode="after")
    def _header_named(self) -> Self:
        if self.login == "header" and self.user_header is None:
            raise ValueError('has login = "header" but no user_header; name the header your proxy sets')
        return self


class Settings(Table):
    """The whole file."""

    database_url: DatabaseUrl = Field(
        default="sqlite:///cascadewatch.db",
        validate_default=True,
        repr=False,
        description="Where events are kept: a SQLite file, or Postgres as postgresql://user@host/name.",
    )
    timezone: TimeZone = Field(
        default="UTC", description="IANA zone in which people read times and days begin."
    )
    public_url: HttpUrl = Field(
        default="http://127.0.0.1:8765",
        description="Where people open the dashboard, for links in messages.",
    )
    caller_ids: Literal["hmac", "plain", "off"] = Field(
        default="hmac",
        description="How callers and sessions are stored: keyed hashes, as they came, or not.",
    )
    caller_key: SecretPlace | None = Field(
        default=None,
        description="Secret: the key of those hashes; not set: made beside the SQLite file.",
    )
    ingest: Ingest = Ingest()
    retention: Retention = Retention()
    disk: Disk = Disk()
    limits: Limits = Limits()
    cascade: dict[Name, Cascade] = Field(default_factory=dict)
    price: Annotated[tuple[Price, ...], Field(strict=False)] = ()
    model: dict[Name, Model] = Field(default_factory=dict)
    verifier: dict[Name, Verifier] = Field(default_factory=dict)
    grader: dict[Name, Grader] = Field(default_factory=dict)
    replay: dict[Name, Replay] = Field(default_factory=dict)
    replays: Replays = Replays()
    alerts: Alerts = Alerts()
    rule: Annotated[tuple[Rule, ...], Field(strict=False)] = ()
    channel: dict[Name, Channel] = Field(default_factory=dict)
    backup: Backup = Backup()
    dashboard: Dashboard = Dashboard()
    login: Login = Login()

    @field_validator("price")
    @classmethod
    def _one_price_a_day(cls, prices: tuple[Price, ...]) -> tuple[Price, ...]:
        seen = set()
        for price in prices:
            key = (price.model, price.provider, price.starts)
            if key in seen:
                raise ValueError(f'has "{price.model}" twice for the same provider and day; keep one of them')
            seen.add(key)
        return prices

    @field_validator("rule")
    @classmethod
    def _one_rule_a_name(cls, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
        names = [rule.name for rule in rules]
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice is not None:
            raise ValueError(f'has "{twice}" twice; give each rule a name of its own')
        return rules

    @model_validator(mode="after")
    def _channels_exist(self) -> Self:
        wanted: list[tuple[tuple[str | int, ...], tuple[str, ...]]] = [
            (("alerts", "channels"), self.alerts.channels)
        ]
        wanted += [(("rule", place, "channels"), rule.channels) for place, rule in enumerate(self.rule)]
        for place, names in wanted:
            missing = next((name for name in names if name not in self.channel), None)
            if missing is not None:
                known = ", ".join(self.channel) or "none so far"
                said = f"names {missing}, but there is no [channel.{missing}]; known here: {known}"
                raise PydanticCustomError(ELSEWHERE, "{error}", {"error": said, "at": place})
        return self

    @model_validator(mode="after")
    def _parts_exist(self) -> Self:
        found = next(missing_parts(self), None)
        if found is not None:
            raise PydanticCustomError(ELSEWHERE, "{error}", {"error": found.said, "at": found.place})
        return self

    @model_validator(mode="after")
    def _login_complete(self) -> Self:
        found = lacking(self.dashboard.login, self.login, self.public_url)
        if found is not None:
            place, said = found
            raise PydanticCustomError(ELSEWHERE, "{error}", {"error": said, "at": place})
        return self


TABLES: dict[str, type[Table]] = {
    "ingest": Ingest,
    "retention": Retention,
    "disk": Disk,
    "limits": Limits,
    "cascade": Cascade,
    "price": Price,
    "model": Model,
    "verifier": Verifier,
    "grader": Grader,
    "replay": Replay,
    "replays": Replays,
    "alerts": Alerts,
    "rule": Rule,
    "backup": Backup,
    "dashboard": Dashboard,
    "login": Login,
}
