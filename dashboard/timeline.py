"""One event as a timeline: every attempt and verdict a bar on one time axis. `steps` is pure.

    steps(event)            what happened, when it began and how long it took
    figure(event, ...)      the same, drawn

`event` is what `data.event` answers. Steps follow one another without a gap, since an event says how
long each took and not when it began; what the whole took beyond them is told as `rest_ms`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from dashboard import charts, template, text
from dashboard.formats import count, dollars, milliseconds

if TYPE_CHECKING:
    import plotly.graph_objects as go

ROW = 74  # pixels of one step: a line above the bar, the bar, a line below
BAR, THIN = 0.22, 0.1
SECONDS_FROM = 2000  # ms: longer events have their axis in seconds


@dataclass(frozen=True, slots=True)
class Step:
    """An attempt, or what the verifier said of it.

    `start` and `length` are in ms from the first attempt on; `length` None: not sent, and every later
    start is the earliest possible. `name` is the tier's or the verifier's, `state` the status or the
    outcome, `detail` the model or the reason; these three are the sender's words.
    """

    kind: Literal["attempt", "verdict"]
    name: str
    state: str
    detail: str | None
    start: float
    length: float | None
    cost_usd: float | None
    tokens: tuple[int | None, int | None] = (None, None)
    score: float | None = None
    threshold: float | None = None
    retry: bool = False
    served: bool = False

    @property
    def failed(self) -> bool:
        """No answer, or no verdict, came of it."""
        return self.state in ("error", "timeout", "refused", "rate_limited", "unparseable")


def steps(event: Mapping[str, Any]) -> list[Step]:
    """The attempts in order, each followed by its verdict."""
    out: list[Step] = []
    seen: set[str] = set()
    clock = 0.0
    for index, attempt in enumerate(event["attempts"]):
        served = event["facts"]["served_attempt"] == index
        out.append(_attempt(attempt, clock, attempt["tier"] in seen, served))
        seen.add(attempt["tier"])
        clock += attempt["latency_ms"] or 0
        if attempt["verdict"] is not None:
            out.append(_verdict(attempt["verdict"], clock))
            clock += attempt["verdict"]["latency_ms"] or 0
    return out


def _attempt(a: Mapping[str, Any], start: float, retry: bool, served: bool) -> Step:
    return Step(
        "attempt", a["tier"], a["status"], a["model"], start, a["latency_ms"], a["cost_usd"],
        tokens=_tokens(a["usage"]), retry=retry, served=served,
    )  # fmt: skip


def _verdict(v: Mapping[str, Any], start: float) -> Step:
    name = v["verifier"] or v["mechanism"] or text.VERIFIER
    return Step(
        "verdict", name, v["outcome"], v["reason"], start, v["latency_ms"], v["cost_usd"],
        tokens=_tokens(v["usage"]), score=v["score"], threshold=v["threshold"],
    )  # fmt: skip


def _tokens(usage: Mapping[str, int | None]) -> tuple[int | None, int | None]:
    """Tokens in, cached or not, and tokens out."""
    given = [usage[bucket] for bucket in ("input", "cache_read", "cache_write")]
    return None if given[0] is None else sum(n or 0 for n in given), usage["output"]


def length_ms(shown: Sequence[Step]) -> float:
    """How long the steps took together, as far as was sent."""
    return sum(step.length or 0 for step in shown)


def rest_ms(event: Mapping[str, Any], shown: Sequence[Step]) -> float | None:
    """What the event took beyond its steps; None where a length is missing or they overlapped."""
    if event["latency_ms"] is None or any(s.length is None for s in shown if s.state != "skipped"):
        return None
    rest: float = event["latency_ms"] - length_ms(shown)
    return rest if rest >= 0 else None


def heading(step: Step) -> str:
    """The line above a bar."""
    words = [step.name]
    if step.kind == "verdict":
        words = [f"{step.name}: {text.OUTCOMES.get(step.state, step.state)}"]
    if step.detail:
        words.append(step.detail)
    if step.kind == "attempt" and step.state != "ok":
        words.append(text.STATUSES.get(step.state, step.state))
    if step.retry:
        words.append(text.RETRY)
    if step.served:
        words.append(text.SERVED)
    return " · ".join(words)


def caption(step: Step) -> str:
    """The line below a bar: score against threshold, time, cost, tokens; what was not sent is left out."""
    words = []
    if step.score is not None:
        against = "" if step.threshold is None else text.AGAINST.format(threshold=f"{step.threshold:.2f}")
        words.append(f"{text.SCORE} {step.score:.2f}{against}")
    words.append(text.NO_LATENCY if step.length is None else milliseconds(step.length))
    if step.cost_usd is not None:
        words.append(dollars(step.cost_usd))
    elif step.kind == "attempt":
        words.append(text.NO_PRICE)
    if None not in step.tokens:
        words.append(text.TOKENS.format(prompt=count(step.tokens[0]), answer=count(step.tokens[1])))
    return " · ".join(words)


def in_words(shown: Sequence[Step]) -> str:
    """The whole timeline as one text, for those who do not see it."""
    return "; ".join(f"{heading(step)} ({caption(step)})" for step in shown)


def figure(event: Mapping[str, Any], colours: Mapping[str, str], dark: bool) -> "go.Figure":
    """The timeline; `colours` are those of the cascade's tiers."""
    import plotly.graph_objects as go

    shown = steps(event)
    whole = max(length_ms(shown), event["latency_ms"] or 0)
    unit = 1000 if whole >= SECONDS_FROM else 1
    fig = go.Figure(layout={"template": template.template(dark), "height": ROW * len(shown) + 40})
    for row, step in enumerate(shown):
        colour = colours.get(step.name, template.GREY) if step.kind == "attempt" else template.GREY
        fig.add_trace(_bar(step, -row, colour, unit))
        _words(fig, step, -row, dark)
    end = whole / unit or 1
    fig.update_xaxes(
        range=[-end * 0.004, end * 1.02], rangemode="nonnegative", showgrid=True, nticks=6,
        gridcolor=template.faded(template.GREY, 0.2), ticksuffix=" s" if unit == 1000 else " ms",
        showticklabels=whole > 0,
    )  # fmt: skip
    fig.update_yaxes(range=[0.5 - len(shown), 0.62], showgrid=False, showticklabels=False)
    fig.update_layout(hovermode=False, barmode="overlay", margin={"t": 0, "l": 4, "r": 4, "b": 8})
    return fig


def _bar(step: Step, y: float, colour: str, unit: int) -> "go.Bar | go.Scatter":
    """A bar; a hollow diamond where the length was not sent, hatching where nothing came of it."""
    import plotly.graph_objects as go

    if step.length is None:
        marker = {"symbol": "diamond-open", "size": 9, "color": colour}
        return go.Scatter(x=[step.start / unit], y=[y], mode="markers", marker=marker)
    return go.Bar(
        x=[step.length / unit], base=[step.start / unit], y=[y], orientation="h",
        width=BAR if step.kind == "attempt" else THIN,
        marker={"color": colour, "line": {"color": colour, "width": 1.5},
                "pattern": {"shape": "/" if step.failed else "", "fillmode": "replace", "size": 5}},
    )  # fmt: skip


def _words(fig: "go.Figure", step: Step, y: float, dark: bool) -> None:
    common = {"xref": "paper", "x": 0, "xanchor": "left", "align": "left", "showarrow": False}
    fig.add_annotation(
        **common, y=y + 0.16, yanchor="bottom", text=charts.safe(heading(step), 56),
        font={"size": 13, "color": template.ink(dark)},
    )  # fmt: skip
    fig.add_annotation(
        **common, y=y - 0.16, yanchor="top", text=charts.safe(caption(step)),
        font={"size": 12, "color": template.soft(dark)},
    )  # fmt: skip
