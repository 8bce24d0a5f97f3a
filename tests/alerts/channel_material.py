"""Messages, and channels of every kind that lead to a receiver of the test."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from alerts.message import Item, Message
from cascadewatch.settings import Channel

# What must never be seen outside of the call itself.
CANARIES = {
    "SLACK_WEBHOOK_URL": "canary-slack-path",
    "WEBHOOK_URL": "canary-webhook-path",
    "WEBHOOK_SECRET": "canary-webhook-secret",
    "SMTP_PASSWORD": "canary-smtp-password",
    "APPRISE_URL": "canary-apprise-path",
}
HTTP_KINDS = ["slack", "webhook", "alertmanager", "apprise"]
POSTING_KINDS = ["slack", "webhook", "alertmanager"]  # those whose calls are our own
KINDS = [*HTTP_KINDS, "email"]
LINK = "https://watch.example.com/incidents?episode=17&from=1795258800000"

ITEM = Item(
    episode=17,
    status="firing",
    severity="page",
    zone="UTC",
    rule="escalation-drift",
    cascade="support",
    route="",
    title="support: escalation rose to about 36 %",
    facts=(
        ("What moved", "About 36 % escalate (34–38, n 4,210), 6 points above the baseline of 30 %"),
        ("Since", "Sat 21 Nov, 11:00"),
        ("Likeliest cause", "verifier changed: judge-v3 since 10:52; low_score explains 5 of the 6 points"),
        ("Costs", "About $146 a day ($120–170)"),
        ("Next", "Run the verifier check"),
    ),
    link=LINK,
    started=1_795_258_800_000,
)
MESSAGE = Message(id="m-17-1", kind="alert", subject=ITEM.title, link=LINK, items=(ITEM,))


def hostile_message(text: str) -> Message:
    """The text wherever a name from outside may stand."""
    item = replace(
        ITEM,
        rule=text,
        cascade=text,
        route=text,
        title=f"{text}: escalation rose",
        facts=(("What moved", text), ("Likeliest cause", f"the caller {text} carries 5 of 6 points")),
    )
    return replace(MESSAGE, subject=f"{text} rose", items=(item,), lines=(text,), more=3)


def several(count: int) -> Message:
    """So many episodes in one message."""
    items = tuple(replace(ITEM, episode=n, title=f"cascade-{n} moved") for n in range(1, count + 1))
    return Message("m-all", "alert", f"{count} cascades moved", LINK, items)


@dataclass(frozen=True)
class Make:
    """Makes channels; secrets lie in files, as they do in production."""

    folder: Path

    def __call__(self, kind: str, port: int, **changes: Any) -> Channel:
        return TypeAdapter(Channel).validate_python(
            {"kind": kind, "allow_private": True, **self._own(kind, port), **changes},
            context={"folder": self.folder, "env": {}},
        )

    def secret(self, name: str, text: str) -> str:
        (self.folder / name).write_text(text)
        return f"file:{name}"

    def _own(self, kind: str, port: int) -> dict[str, Any]:
        here = f"http://127.0.0.1:{port}"
        if kind == "slack":
            path = CANARIES["SLACK_WEBHOOK_URL"]
            return {"webhook_url": self.secret("slack", f"{here}/services/{path}?{path}")}
        if kind == "webhook":
            return {
                "url": self.secret("url", f"{here}/in/{CANARIES['WEBHOOK_URL']}"),
                "secret": self.secret("key", CANARIES["WEBHOOK_SECRET"]),
            }
        if kind == "alertmanager":
            return {"url": here}
        if kind == "apprise":
            return {"url": self.secret("apprise", f"json://127.0.0.1:{port}/{CANARIES['APPRISE_URL']}")}
        return {
            "host": "127.0.0.1",
            "port": port,
            "security": "none",
            "from": "cascadewatch <alerts@example.com>",
            "to": ["team@example.com", "boss@example.com"],
        }
