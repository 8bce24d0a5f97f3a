"""Usage as OpenAI's chat completions tell it, and as all tell it that speak the same language. Pure."""

from msgspec import Struct

from cascadewatch.model import MOST_TOKENS, Count, Usage


class Prompt(Struct):
    """What is known of the prompt's tokens."""

    cached_tokens: Count | None = None
    cache_creation_tokens: Count | None = None
    cache_write_tokens: Count | None = None


class Completion(Struct):
    """What is known of the output's tokens."""

    reasoning_tokens: Count | None = None


class Told(Struct):
    """The object `usage` of an answer; keys that are not read are passed over."""

    prompt_tokens: Count | None = None
    completion_tokens: Count | None = None
    total_tokens: Count | None = None
    cache_read_input_tokens: Count | None = None
    cache_creation_input_tokens: Count | None = None
    prompt_tokens_details: Prompt | None = None
    completion_tokens_details: Completion | None = None


def usage_of(told: Told) -> Usage | None:
    """Disjoint counts, with all output that is billed; None without the counts of prompt and output.

    OpenAI counts cached tokens among the prompt's, and reasoning among the output. Some that forward
    Anthropic's answers count cached tokens beside the prompt's: then they are more than these, or the total
    is the sum of all three. xAI counts reasoning beside the output, Gemini in the total alone, and both bill
    it as output.
    """
    prompt, output, total = told.prompt_tokens, told.completion_tokens, told.total_tokens or 0
    if prompt is None or output is None:
        return None
    inside = told.prompt_tokens_details or Prompt()
    read = _known(inside.cached_tokens, told.cache_read_input_tokens)
    written = _known(
        inside.cache_creation_tokens, inside.cache_write_tokens, told.cache_creation_input_tokens
    )
    reasoning = (told.completion_tokens_details or Completion()).reasoning_tokens
    cached = (read or 0) + (written or 0)
    if cached <= prompt and total != prompt + output + cached:
        prompt -= cached
    output = max(output, total - prompt - cached)
    if reasoning is not None and reasoning > output:
        output = min(output + reasoning, MOST_TOKENS)
    return Usage(input=prompt, cache_read=read, cache_write=written, output=output, reasoning=reasoning)


def _known(*counts: int | None) -> int | None:
    """A count that goes by several names: the largest, since some say 0 under names they do not use."""
    return max((count for count in counts if count is not None), default=None)
