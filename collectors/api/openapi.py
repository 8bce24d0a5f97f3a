"""The OpenAPI 3.1 description of the API. Bodies are described by the types that decode them."""

from functools import cache
from typing import Any, NamedTuple

import msgspec

from cascadewatch import __version__
from cascadewatch.model import Event
from cascadewatch.store.receipt import LabelRequest
from collectors.api import metric_schema
from collectors.api.episodes import Acknowledgement
from collectors.api.guard import PROBE, PUBLIC, SCOPE
from collectors.api.replays import Wanted
from collectors.api.silences import Silence
from collectors.api.watching import BackTest, Baseline
from collectors.decode import Annotation

JSON = "application/json"
LINES = "application/x-ndjson"
Schema = dict[str, Any]


class About(NamedTuple):
    """One operation in words."""

    summary: str
    success: str
    body: str | None = None  # the schema of one record, or of the whole body for `whole`
    whole: bool = False
    parameters: tuple[str, ...] = ()
    media: str = JSON
    status: str = "200"


ABOUT: dict[str, About] = {
    "POST /v1/events": About(
        "Takes events in: an array, {\"events\": […]} or NDJSON, gzip allowed. Sending again is harmless.",
        "Receipt", body="Event"),
    "POST /v1/labels": About(
        "Says whether attempts' answers were right, for events sent before or within seven days.",
        "Receipt", body="LabelRequest"),
    "POST /v1/annotations": About("Puts a mark on the time line.", "Created", body="Annotation", whole=True),
    "GET /v1/events/{id:path}": About(
        "One event with attempts, verdicts and labels.", "Object", parameters=("id", "source")),
    "GET /v1/metrics": About(
        "Every metric of a range, per cascade and per route, with n and a 95 % interval.",
        "Report", parameters=("since", "from", "to", "cascade", "route")),
    "GET /v1/status": About(
        "What is held, from whom, how ingest goes, how full the disk is, which channels of alerts fail.",
        "Object"),
    "GET /v1/episodes": About(
        "What rules fired on, newest first; `next` is the `before` of the next page.", "Episodes",
        parameters=("state", "cascade", "since", "from", "to", "limit", "before")),
    "GET /v1/episodes/{id}": About(
        "One episode with its transitions and deliveries, and the episodes it speaks for.", "Episode",
        parameters=("id",)),
    "POST /v1/episodes/{id}/ack": About(
        "Somebody knows: it is not repeated any more; changes and the end are still told.", "Episode",
        body="Acknowledgement", whole=True, parameters=("id",)),
    "GET /v1/silences": About("The silences in force.", "Silences"),
    "POST /v1/silences": About(
        "For a while nobody hears of a rule, a cascade or a route; left out means all.", "SilenceInForce",
        body="Silence", whole=True),
    "DELETE /v1/silences/{id}": About(
        "Ends a silence; what still fires is told at once.", "Created", parameters=("id",)),
    "GET /v1/replays": About(
        "The latest runs of replays, newest first.", "Replays", parameters=("replay",)),
    "POST /v1/replays/{name:path}/run": About(
        "Asks for a run now; a worker takes it up within seconds. 409 while one waits already.", "Object",
        body="Wanted", whole=True, parameters=("name",), status="202"),
    "GET /v1/reports/{id}": About("What a replay said, whole.", "Object", parameters=("id",)),
    "GET /v1/baselines": About(
        "Every baseline that was pinned, newest first.", "Baselines", parameters=("metric", "cascade")),
    "POST /v1/baselines": About(
        "Pins a baseline in the place of the present one; 409 with the reason while it has to wait.",
        "Object", body="Baseline", whole=True),
    "GET /v1/rules": About("Every rule in force, and what it last said of each scope.", "Rules"),
    "POST /v1/rules/{name:path}/test": About(
        "What a rule would have said over stored history.", "BackTested",
        body="BackTest", whole=True, parameters=("name",)),
    "GET /v1/audit": About(
        "Who did what to the installation, newest first; `next` is the `before` of the next page.",
        "Acts", parameters=("since", "from", "to", "limit", "before")),
    "GET /metrics": About("Counters in the text format of Prometheus.", "Text", media="text/plain"),
    "GET /healthz": About("Answers while the process is alive.", "Text", media="text/plain"),
    "GET /readyz": About("200 when events can be taken in, else 503 with the reason.", "Ready"),
    "GET /openapi.json": About("This description.", "Object"),
    "GET /docs": About("This description as a page.", "Text", media="text/html"),
}  # fmt: skip

PARAMETERS: dict[str, str] = {
    "id": "Id of the event; number of the episode, silence or report.",
    "source": "Name of the key that sent it, where several senders may use the same ids.",
    "since": "Length of the range until now, such as 7d (the default), 24h or 90m.",
    "from": "Start of the range, RFC 3339 with a zone.",
    "to": "End of the range, not included; left out: now.",
    "cascade": "Only this cascade.",
    "route": "Only this route.",
    "state": "open for what goes on now, all (the default) for everything.",
    "limit": "Most rows of an answer, 50 unless said, at most 500.",
    "before": "Only episodes, or acts, older than the one with this id.",
    "metric": "Only this metric.",
    "name": "Name of the rule or replay.",
    "replay": "Only this replay.",
}

IN_PATH = {"id", "name"}

REFUSALS: dict[str, str] = {
    "400": "The body or a parameter cannot be read; never try again unchanged.",
    "401": "A key is needed, or this one is unknown, expired or revoked.",
    "403": "The key has not the scope, or a web page of another origin asks.",
    "404": "There is nothing here.",
    "405": "The route does not know this method.",
    "408": "The body did not arrive in time.",
    "409": "Not yet: too little has been seen; the message says what is lacking.",
    "413": "The body, or the number of records, is larger than allowed.",
    "415": "The content type or encoding is not one of those read here.",
    "421": "The Host is not a name of this server.",
    "503": "Later: nothing was taken, send it again after Retry-After seconds.",
}

_COUNT = {"type": "integer", "minimum": 0}
_NUMBER = {"type": ["number", "null"]}
_STRING = {"type": ["string", "null"]}


def _object(required: bool = True, /, **properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, **({"required": [*properties]} if required else {})}


def _many(key: str, item: Schema, **beside: Schema) -> Schema:
    return _object(**{key: {"type": "array", "items": item}}, **beside)


_MOMENT = {"type": ["string", "null"], "format": "date-time"}
_OBJECTS: Schema = {"type": "array", "items": {"type": "object"}}
_PERIOD: dict[str, Schema] = {"from": _MOMENT, "to": _MOMENT}
_SCOPE: dict[str, Schema] = {"cascade": _STRING, "route": _STRING}
SCHEMAS: dict[str, Schema] = {
    "Object": {"type": "object"},
    "Text": {"type": "string"},
    "Created": _object(id={"type": "integer"}),
    "Error": _object(error=_object(code={"type": "string"}, message={"type": "string"})),
    "Ready": _object(ready={"type": "boolean"}, checks={"type": "object"}),
    "Rejection": _object(index=_COUNT, id=_STRING, field=_STRING, reason={"type": "string"}),
    "Receipt": _object(
        received=_COUNT, accepted=_COUNT, duplicate=_COUNT, conflict=_COUNT, rejected=_COUNT,
        errors={"type": "array", "items": {"$ref": "#/components/schemas/Rejection"}, "maxItems": 100}),
    "Metric": _object(False, value=_NUMBER, n=_COUNT, low=_NUMBER, high=_NUMBER, unit={"type": "string"},
                      reason=_STRING),
    "Episode": _object(
        False, id=_COUNT, rule={"type": "string"}, kind={"type": "string"}, metric=_STRING, **_SCOPE,
        direction={"enum": ["up", "down", None]}, severity={"enum": ["page", "ticket"]},
        state={"enum": ["firing", "easing", "resolved"]}, opened=_MOMENT, since=_MOMENT, easing=_MOMENT,
        resolved=_MOMENT, parent={"type": ["integer", "null"]}, acknowledged=_MOMENT,
        acknowledged_by=_STRING, updated=_MOMENT, detail={"type": "object"}, children=_OBJECTS,
        transitions=_OBJECTS, deliveries=_OBJECTS),
    "Episodes": _many("episodes", {"$ref": "#/components/schemas/Episode"},
                      next={"type": ["integer", "null"]}),
    "SilenceInForce": _object(
        id=_COUNT, rule=_STRING, **_SCOPE, starts=_MOMENT, ends=_MOMENT, author={"type": "string"},
        comment=_STRING),
    "Act": _object(
        id=_COUNT, time=_MOMENT, who={"type": "string"},
        via={"enum": ["key", "user", "local", "command", "itself"]}, act={"type": "string"},
        subject={"type": "string"}, before={"type": ["object", "null"]},
        after={"type": ["object", "null"]}),
    "Acts": _many("acts", {"$ref": "#/components/schemas/Act"}, next={"type": ["integer", "null"]}),
    "Replays": _many("replays", {"type": "object"}),
    "Silences": _many("silences", {"$ref": "#/components/schemas/SilenceInForce"}),
    "Baselines": _many("baselines", {"type": "object"}),
    "Rules": _many("rules", _object(
        name={"type": "string"}, kind={"type": "string"}, definition={"type": "string"}, states=_OBJECTS)),
    "BackTested": _object(
        rule={"type": "string"}, **_PERIOD, episodes=_OBJECTS, sentence={"type": "string"}),
    "Report": {
        "type": "object",
        "required": ["from", "to", "cascades"],
        "properties": {
            "from": {"type": "string"},
            "to": {"type": "string"},
            "cascades": {"type": "array", "items": _object(
                cascade={"type": "string"}, route=_STRING, events=_COUNT, judged=_COUNT,
                metrics={"type": "object", "properties": metric_schema.by_key(),
                         "additionalProperties": metric_schema.METRIC})},
        },
    },
}  # fmt: skip


@cache
def document() -> Schema:
    """The whole description, made once."""
    _, records = msgspec.json.schema_components(
        [Event, LabelRequest, Annotation, Acknowledgement, Silence, Wanted, Baseline, BackTest],
        ref_template="#/components/schemas/{name}",
    )
    paths: dict[str, Schema] = {}
    for name, about in ABOUT.items():
        method, _, path = name.partition(" ")
        paths.setdefault(shown_path(path), {})[method.lower()] = _operation(name, about)
    return {
        "openapi": "3.1.0",
        "info": {"title": "cascadewatch", "version": __version__,
                 "description": "Cost and drift of LLM cascades, measured where they run."},
        "paths": paths,
        "components": {
            "schemas": {**SCHEMAS, **{name: _null_is_left_out(record) for name, record in records.items()}},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "bearerFormat": "cw_…"}},
        },
    }  # fmt: skip


def _null_is_left_out(record: Schema) -> Schema:
    """A record as it is decoded: null says the same as leaving a field out, and in a mapping a key."""
    null = {"type": "null"}
    fields = {name: dict(field) for name, field in record["properties"].items()}
    for name, field in fields.items():
        for part in field.get("anyOf", [field]):
            if "additionalProperties" in part:
                part["additionalProperties"] = {"anyOf": [part["additionalProperties"], null]}
        if name not in record["required"] and null not in field.get("anyOf", []):
            default = {"default": field.pop("default")} if "default" in field else {}
            fields[name] = {"anyOf": [field, null], **default}
    return {**record, "properties": fields}


def shown_path(path: str) -> str:
    """A route's path as OpenAPI writes it."""
    return path.replace(":path}", "}")


def _operation(name: str, about: About) -> Schema:
    scope = SCOPE[name]
    success = {"description": "Done.", "content": {about.media: {"schema": _ref(about.success)}}}
    made: Schema = {
        "summary": about.summary,
        "responses": {
            about.status: success,
            **{code: _refusal(text) for code, text in _refusals(name, about)},
        },
    }
    if scope not in (PUBLIC, PROBE):
        made["security"] = [{"key": [scope]}]
    if about.parameters:
        made["parameters"] = [_parameter(p) for p in about.parameters]
    if about.body:
        made["requestBody"] = _body(about)
    return made


def _refusals(name: str, about: About) -> list[tuple[str, str]]:
    """Those that this operation may answer with."""
    scope = SCOPE[name]
    codes = {"405"} | ({"503"} if scope != PUBLIC else set())
    if scope != PROBE:
        codes |= {"400", "421"}
    if scope not in (PUBLIC, PROBE):
        codes |= {"401", "403"}
    if about.body:
        codes |= {"408", "413", "415"}
    if IN_PATH & {*about.parameters}:
        codes.add("404")
    if name in ("POST /v1/baselines", "POST /v1/replays/{name:path}/run"):
        codes |= {"404", "409"}
    if name == "POST /v1/silences":
        codes.add("404")  # of a rule nobody has
    return [(code, REFUSALS[code]) for code in sorted(codes)]


def _refusal(text: str) -> Schema:
    return {"description": text, "content": {JSON: {"schema": _ref("Error")}}}


def _parameter(name: str) -> Schema:
    in_path = name in IN_PATH
    return {"name": name, "in": "path" if in_path else "query", "required": in_path,
            "description": PARAMETERS[name], "schema": {"type": "string"}}  # fmt: skip


def _body(about: About) -> Schema:
    one = _ref(about.body or "Object")
    if about.whole:
        return {"required": True, "content": {JSON: {"schema": one}}}
    many = {"type": "array", "items": one}
    key = "events" if about.body == "Event" else "labels"
    wrapped = {"type": "object", "required": [key], "additionalProperties": False, "properties": {key: many}}
    return {
        "required": True,
        "content": {JSON: {"schema": {"oneOf": [many, wrapped]}}, LINES: {"schema": one}},
    }


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}
