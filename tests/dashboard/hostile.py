"""Names that attack whoever shows them: markup, remote images, formulas, templates.

The foreign host is one that a browser test can see being asked for; `example.invalid` never resolves.
"""

from collections.abc import Iterator, Sequence

from cascadewatch.model import Attempt, Event, Usage, Verdict
from cascadewatch.moments import utc
from cascadewatch.store.writes import Mark
from tests.alerts.hostile import CHARACTERS, HTML, LINES, SLACK, TEMPLATES


def is_storable(text: str) -> bool:
    """Whether an event may be called so; others are refused before anything shows them."""
    return len(text) < 100 and not any("\ud800" <= letter <= "\udfff" or letter == "\0" for letter in text)


IMAGE = "![x](http://example.invalid/a.png)"
STRINGS = (
    IMAGE,
    "<img src=http://example.invalid/b.png onerror=alert(1)>",
    "<script>alert(1)</script>",
    '=HYPERLINK("http://example.invalid/c")',
    "<a href='javascript:alert(1)'>here</a>",
    "[here](http://example.invalid/d) **bold** $x$",
    "%{y} <b>bold</b> <br> :material/home:",
    "@SUM(1)",
    "<iframe src=http://example.invalid/e></iframe>",
    "x\u202ey {{7*7}} ${7*7}",
)
MORE = (
    "[x](data:text/html,<script>alert(1)</script>)",
    "![](//example.invalid/g.png) <svg/onload=alert(1)>",
    ":red[**x**] :material/home: $$x$$ <https://example.invalid/h>",
)
ELSEWHERE = (*SLACK, *HTML, *LINES, *TEMPLATES, *CHARACTERS)
EVERY = tuple(dict.fromkeys([*STRINGS, *MORE, *filter(is_storable, ELSEWHERE)]))
CASCADES = (IMAGE, "<img src=http://example.invalid/f.png onerror=alert(1)>")


def hostile_events(now: int, count: int = 1200, strings: Sequence[str] = STRINGS) -> Iterator[Event]:
    """Escalating and accepted events of both cascades over the last five days."""
    for i in range(count):
        bad = strings[i % len(strings)]
        rejected = i % 3 == 0
        first = Attempt(
            tier=STRINGS[0],
            model=bad,
            usage=Usage(input=100, output=50),
            cost_usd=0.001 if i % 5 else None,
            verdict=Verdict("reject" if rejected else "accept", verifier=bad, reason=bad),
        )
        second = Attempt(tier=STRINGS[1], model=bad, cost_usd=0.01)
        yield Event(
            id=f"{bad}-{i}",
            time=utc(now - i * 360_000),
            cascade=CASCADES[i % 2],
            route=bad,
            caller=bad,
            session=bad,
            revision=bad,
            tags={"tag": bad},
            attempts=[first, second] if rejected else [first],
        )


def hostile_marks(now: int, strings: Sequence[str] = STRINGS) -> list[Mark]:
    """One annotation per attack."""
    every = 400_000_000 // len(strings)
    return [Mark(now - (i + 1) * every, None, None, bad, bad) for i, bad in enumerate(strings)]
