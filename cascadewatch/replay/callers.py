"""The models that one run may ask, each made once, whoever asks them."""

import threading
from pathlib import Path
from string import Template

from cascadewatch.pricing import PriceBook
from cascadewatch.replay import graders, targets
from cascadewatch.replay.answer import Answer
from cascadewatch.replay.calling import Endpoint, endpoint_of
from cascadewatch.replay.case import Case, Turn
from cascadewatch.replay.graders import Grader
from cascadewatch.replay.prompt_file import length, template_of
from cascadewatch.replay.targets import Target
from cascadewatch.settings import Settings
from cascadewatch.settings.replaying import Verifier

MAX_TOKENS = 1024  # of an answer where its [model] does not say


class Callers:
    """What verifiers and graders are given to ask with; safe to use from several threads."""

    def __init__(self, settings: Settings, grader: str) -> None:
        self._settings, self._default = settings, grader
        self._targets: dict[str, Target] = {}
        self._graders: dict[str, Grader] = {}
        self._prompts: dict[Path, Template] = {}
        self._endpoints: dict[int, Endpoint] = {}
        self._lock = threading.Lock()

    @property
    def concurrency(self) -> int:
        """How many calls at a time its models take; 1 before any is asked."""
        limits = [target.concurrency for target in self._targets.values()]
        limits += [endpoint.concurrency for endpoint in self._endpoints.values()]
        return max(limits, default=1)

    @property
    def longest_answer(self) -> int:
        """Tokens of the longest answer that any of the settings' models may give."""
        return max((model.max_tokens or MAX_TOKENS for model in self._settings.model.values()), default=0)

    def target(self, name: str) -> Target:
        """The target of a [model.NAME]."""
        with self._lock:
            if name not in self._targets:
                self._targets[name] = targets.build(self._settings, name)
            return self._targets[name]

    def ask(self, model: str, turns: tuple[Turn, ...], repeat: int = 0) -> Answer:
        """An answer of [model.NAME]. Raises CallError."""
        return self.target(model).ask(turns, repeat)

    def post(self, verifier: Verifier, body: bytes) -> bytes:
        """What the verifier's own endpoint answers. Raises CallError."""
        return self._endpoint(verifier).exchange(body)

    def _endpoint(self, verifier: Verifier) -> Endpoint:
        """One for all of a verifier's calls, so that its limits hold."""
        with self._lock:
            if id(verifier) not in self._endpoints:
                self._endpoints[id(verifier)] = endpoint_of(verifier)
            return self._endpoints[id(verifier)]

    def expect(self, verifier: Verifier) -> None:
        """Makes ready for a verifier's own endpoint, if it has one."""
        if verifier.url is not None:
            self._endpoint(verifier)

    def worst_cost(self, model: str, prompt_characters: int, book: PriceBook, at: int) -> int | None:
        """The most one answer of [model.NAME] can cost; None where its price is not known."""
        return self.target(model).worst_cost(prompt_characters, book, at)

    def grader_of(self, case: Case, default: Grader) -> Grader:
        """The case's own grader, or the replay's."""
        if case.grader is None or case.grader == self._default:
            return default
        with self._lock:
            known = self._graders.get(case.grader)
        if known is None:
            known = graders.build(self._settings, case.grader, self.ask)
            with self._lock:
                self._graders[case.grader] = known
        return known

    def is_paid(self, grader: str) -> bool:
        """Whether a grader asks a model that costs money."""
        table = self._settings.grader.get(grader)
        return table is not None and table.model is not None and self.target(table.model).is_paid

    def worst_grade(self, case: Case, answer_characters: int, book: PriceBook, at: int) -> int | None:
        """The most one grade of the case can cost."""
        table = self._settings.grader.get(case.grader or self._default)
        if table is None or table.model is None:
            return 0
        assert table.prompt_file is not None
        asked = length(self._prompt(table.prompt_file), case, answer_characters)
        return self.worst_cost(table.model, asked, book, at)

    def _prompt(self, file: Path) -> Template:
        """A judge's prompt, read once."""
        if file not in self._prompts:
            self._prompts[file] = template_of(file)
        return self._prompts[file]
