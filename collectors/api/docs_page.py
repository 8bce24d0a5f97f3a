"""`/docs`: the description as one static page. It runs no script and loads nothing."""

import json
from functools import cache
from html import escape
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from collectors.api.context import Context
from collectors.api.guard import Caller
from collectors.api.openapi import document
from collectors.api.refusal import respond

_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_STYLE = """
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem}
code,pre{font:14px/1.5 ui-monospace,monospace}
section{border-top:1px solid #8886;padding:.5rem 0 1rem}
h2{font-size:1.1rem}
table{border-collapse:collapse;width:100%}
td,th{text-align:left;vertical-align:top;padding:.2rem .8rem .2rem 0}
td:first-child{white-space:nowrap}
pre{overflow:auto;background:#8881;padding:.8rem}
"""


async def get_openapi(_api: Context, _request: Request, _: Caller) -> Response:
    """The description as JSON."""
    return respond(document())


async def get_docs(_api: Context, _request: Request, _: Caller) -> Response:
    """The description for people."""
    return HTMLResponse(
        page(), headers={"Content-Security-Policy": _POLICY, "X-Content-Type-Options": "nosniff"}
    )


@cache
def page() -> str:
    """The page, made once."""
    spec = document()
    operations = "".join(
        _operation(method, path, about)
        for path, methods in spec["paths"].items()
        for method, about in methods.items()
    )
    schemas = "".join(_schema(name, schema) for name, schema in spec["components"]["schemas"].items())
    info = spec["info"]
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(info["title"])} API</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style>'
        f"<h1>{escape(info['title'])} API {escape(info['version'])}</h1><p>{escape(info['description'])} "
        'Machines read <a href="/openapi.json">/openapi.json</a>.</p>'
        f"{operations}<h1>Bodies and answers</h1>{schemas}</html>"
    )


def _operation(method: str, path: str, about: dict[str, Any]) -> str:
    scope = about["security"][0]["key"][0] if "security" in about else "no key"
    parameters = [(p["name"], p["description"]) for p in about.get("parameters", ())]
    answers = [(code, a["description"]) for code, a in about["responses"].items()]
    contents = about.get("requestBody", {}).get("content", {})
    body = f"<p>Body: {', '.join(map(escape, contents))}</p>" if contents else ""
    return (
        f"<section><h2><code>{method.upper()} {escape(path)}</code></h2><p>{escape(about['summary'])}</p>"
        f"<p>Scope: {escape(scope)}</p>{_table(parameters)}{body}{_table(answers)}</section>"
    )


def _table(rows: list[tuple[str, str]]) -> str:
    cells = "".join(f"<tr><td><code>{escape(a)}</code><td>{escape(b)}" for a, b in rows)
    return f"<table>{cells}</table>" if rows else ""


def _schema(name: str, schema: dict[str, Any]) -> str:
    text = json.dumps(schema, indent=2, ensure_ascii=False)
    return f'<section id="{escape(name)}"><h2>{escape(name)}</h2><pre>{escape(text)}</pre></section>'
