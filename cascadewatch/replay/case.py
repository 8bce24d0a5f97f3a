"""One case of an eval set, as it stands in a line of the file."""

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from cascadewatch.model import ID_LENGTH, Millis, Name, Usage, Usd

Control = Literal["right", "wrong"]


class Turn(Struct, frozen=True, forbid_unknown_fields=True):
    """One message of a conversation."""

    role: Literal["system", "user", "assistant"]
    content: str


class Recorded(Struct, frozen=True, forbid_unknown_fields=True):
    """An answer that was given once, with what is known of it.

    `correct` is the truth about it, `score` what a verifier said then, `parts` further scores by name.
    """

    text: str
    correct: bool | None = None
    score: float | None = None
    parts: dict[str, float | None] = {}
    usage: Usage | None = None
    cost_usd: Usd | None = None
    latency_ms: Millis | None = None
    model: Name | None = None


class Case(Struct, frozen=True, forbid_unknown_fields=True):
    """What is asked, what a right answer is, and answers recorded earlier.

    Either `prompt` or `messages`. A `control` is a case whose recorded answer is planted to be right or
    wrong: a verifier that misses those is broken whatever else it says. `grader` overrides the replay's.
    """

    id: Annotated[str, Meta(min_length=1, max_length=ID_LENGTH)]
    prompt: str | UnsetType = UNSET
    messages: Annotated[list[Turn], Meta(min_length=1)] | UnsetType = UNSET
    reference: str | None = None
    grader: Name | None = None
    tags: list[Name] = []
    control: Control | None = None
    answers: dict[Name, Recorded] = {}

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The conversation to send."""
        if self.messages is not UNSET:
            return tuple(self.messages)
        return (Turn("user", self.prompt if self.prompt is not UNSET else ""),)
