"""Right is what a model says, asked with a prompt of your own."""

from hashlib import sha256
from typing import Any

from cascadewatch.errors import ConfigError
from cascadewatch.replay.answer import Answer, Graded
from cascadewatch.replay.case import Case, Turn
from cascadewatch.replay.prompt_file import filled, one_word, template_of
from cascadewatch.settings.replaying import Grader

RIGHT, WRONG = ("right", "correct", "yes", "true"), ("wrong", "incorrect", "no", "false")
UNCLEAR = "the judge's answer has no clear word"


class Judge:
    """Asks a model whether the answer is right; only a clear word counts."""

    def __init__(self, table: Grader, ask: Any) -> None:
        assert table.prompt_file is not None
        assert table.model is not None
        if ask is None:
            raise ConfigError("a grader of kind judge needs a model to ask")
        self._model, self._ask = table.model, ask
        self._template = template_of(table.prompt_file)

    def grade(self, case: Case, answer: Answer) -> Graded:
        """Undecided where the word is neither; raises CallError where the model fails."""
        prompt = filled(self._template, case, answer.text)
        said: Answer = self._ask(self._model, (Turn("user", prompt),))
        word = one_word(said.text, (*RIGHT, *WRONG))
        correct, reason = (None, UNCLEAR) if word is None else (word in RIGHT, None)
        return Graded(correct, reason, said.spent, said.provider, said.model, said.priced_as)

    def describe(self) -> dict[str, Any]:
        """The model asked and the prompt's hash."""
        return {
            "kind": "judge",
            "model": self._model,
            "prompt_hash": sha256(self._template.template.encode()).hexdigest()[:16],
        }
