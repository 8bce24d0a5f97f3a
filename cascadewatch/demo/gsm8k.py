"""The recorded GSM8K cascade as plain events: the case whose right figures are known."""

from collections.abc import Iterator

from cascadewatch.demo import recorded
from cascadewatch.demo.paths import Step, agreement, answered
from cascadewatch.demo.recorded import Item
from cascadewatch.model import Event, Label
from cascadewatch.moments import utc


def gsm8k_events(
    start_ms: int, spacing_ms: int = 1000, threshold: float = 0.5, cascade: str = "gsm8k"
) -> Iterator[Event]:
    """The 1,319 recorded questions in file order, one every `spacing_ms` from `start_ms` (epoch ms).

    The cheap answer is escalated when its score is below `threshold`. Every answer given carries
    its recorded correctness as a random executable label. Latencies were not recorded: None.
    """
    for number, item in enumerate(recorded.gsm8k_items()):
        steps = _steps(item, threshold)
        yield Event(
            id=item.id,
            time=utc(start_ms + number * spacing_ms),
            cascade=cascade,
            attempts=[step.attempt for step in steps],
            labels=[
                Label(i, step.answer.correct, "executable", "random")
                for i, step in enumerate(steps)
                if step.answer is not None
            ],
        )


def _steps(item: Item, threshold: float) -> list[Step]:
    assert item.score is not None  # true of every GSM8K item
    verdict = agreement(item.score, threshold)
    steps = [answered("small", item.cheap, None, verdict)]
    if verdict.outcome == "reject":
        steps.append(answered("flagship", item.flagship, None))
    return steps
