"""A judge's prompt: a text file with $prompt, $answer and $reference in it, and nothing clever."""

import re
from collections.abc import Sequence
from pathlib import Path
from string import Template

from cascadewatch.errors import ConfigError
from cascadewatch.replay.case import Case
from cascadewatch.replay.python_file import read

PLACES = ("prompt", "answer", "reference")


def template_of(file: Path) -> Template:
    """The template. ConfigError where it has other places than these, or no $answer."""
    try:
        template = Template(read(file).decode())
    except UnicodeDecodeError:
        raise ConfigError(f"{file} is not UTF-8 text; save it as UTF-8") from None
    places = template.get_identifiers()
    strangers = [place for place in places if place not in PLACES]
    if strangers or not template.is_valid():
        what = f"${strangers[0]}" if strangers else "a lone $"
        raise ConfigError(
            f"{file} has {what}; a prompt knows $prompt, $answer and $reference ($$ is a dollar)"
        )
    if "answer" not in places:
        raise ConfigError(f"{file} has no $answer, so a judge would not see what it judges")
    return template


def filled(template: Template, case: Case, answer: str) -> str:
    """The prompt with its places filled once: what stands in an answer is never filled again."""
    return template.substitute(prompt=case.turns[-1].content, answer=answer, reference=case.reference or "")


def length(template: Template, case: Case, answer_characters: int) -> int:
    """Characters of the prompt once it is filled, however often a place stands in it."""
    without = len(filled(template, case, ""))
    return without + answer_characters * (len(filled(template, case, "x")) - without)


def one_word(text: str, known: Sequence[str]) -> str | None:
    """The last of the known words in a text, as a whole word; None without one.

    The last counts because judges reason first.

    >>> one_word("Not wrong at first sight, but the sum is off: WRONG.", ("right", "wrong"))
    'wrong'
    """
    found = re.findall(rf"\b({'|'.join(map(re.escape, known))})\b", text.casefold())
    return found[-1] if found else None
