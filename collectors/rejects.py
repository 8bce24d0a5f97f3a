"""FILE.rejected.jsonl: every record of a file that was not taken, with the reason."""

import json
import os
from pathlib import Path
from shlex import quote
from types import TracebackType
from typing import IO, Self

from cascadewatch.store.receipt import MAX_ERRORS, Rejection
from collectors.reading import MAX_RECORD, STDIN


class Rejects:
    """Made with the first refused record; one of an earlier run is replaced, or removed when
    nothing is refused any more, so that it never speaks of another run.

    Where it cannot be written the file is read on all the same: `trouble` says so, once.
    """

    def __init__(self, source: str, keep: bool = True) -> None:
        self._source = source
        self._path = Path(f"{'stdin' if source == STDIN else source}.rejected.jsonl")
        self._keep = keep
        self._file: IO[str] | None = None
        self.trouble: str | None = None

    @property
    def path(self) -> str | None:
        """Where they are, all of them; None while there are none."""
        return str(self._path) if self._file and not self.trouble else None

    def add(self, rejection: Rejection, raw: bytes) -> None:
        """Appends one; `raw` is the record as it stood in the file. Never raises OSError."""
        if not self._keep or self.trouble:
            return
        try:
            if self._file is None:
                self._file = self._made()
            record = raw.decode("utf-8", "replace").rstrip("\r\n")[:MAX_RECORD]
            place = {"line": rejection.index, "field": rejection.field, "reason": rejection.reason}
            self._file.write(json.dumps(place | {"record": record}, ensure_ascii=False) + "\n")
        except OSError as error:
            self._give_up(error)

    def _made(self) -> IO[str]:
        self._path.unlink(missing_ok=True)
        # Records may hold prompts: for the user's eyes only.
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        return os.fdopen(handle, "w", encoding="utf-8")

    def _give_up(self, error: OSError) -> None:
        again = "cascadewatch ingest -"
        if Path(self._source).is_file():
            again = f"cascadewatch ingest - < {quote(str(Path(self._source).absolute()))}"
        self.trouble = (
            f"what was refused cannot be kept in {self._path} ({error.strerror or error}); the reasons are "
            f"among the counters, the first {MAX_ERRORS} of them; to keep all, in a folder you can write to: "
            f"{again}"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if self._file:
                self._file.close()
            elif self._keep and error is None and not self.trouble:
                self._path.unlink(missing_ok=True)
        except OSError as fault:
            if self._file:
                self._give_up(fault)
            else:
                self.trouble = f"{self._path} is of an earlier run and cannot be removed ({fault.strerror})"
