"""FILE.rejected.jsonl: every record of a file that was not taken, with the reason."""

import json
import os
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from cascadewatch.store.receipt import Rejection
from collectors.reading import STDIN

MAX_RECORD = 10_000  # characters


class Rejects:
    """Made with the first refused record; one of an earlier run is replaced, or removed when
    nothing is refused any more, so that it never speaks of another run."""

    def __init__(self, source: str, keep: bool = True) -> None:
        self._path = Path(f"{'stdin' if source == STDIN else source}.rejected.jsonl")
        self._keep = keep
        self._file: IO[str] | None = None

    @property
    def path(self) -> str | None:
        """Where they are; None while there are none."""
        return str(self._path) if self._file else None

    def add(self, rejection: Rejection, raw: bytes) -> None:
        """Appends one; `raw` is the record as it stood in the file."""
        if not self._keep:
            return
        if self._file is None:
            # Records may hold prompts: for the user's eyes only.
            self._path.unlink(missing_ok=True)
            handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            self._file = os.fdopen(handle, "w", encoding="utf-8")
        record = raw.decode("utf-8", "replace").rstrip("\r\n")[:MAX_RECORD]
        place = {"line": rejection.index, "field": rejection.field, "reason": rejection.reason}
        self._file.write(json.dumps(place | {"record": record}, ensure_ascii=False) + "\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file:
            self._file.close()
        elif self._keep and error is None:
            self._path.unlink(missing_ok=True)
