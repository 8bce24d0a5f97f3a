"""Files into the store, in batches and with progress.

What is refused goes with its reason to `FILE.rejected.jsonl`. Sending a file again is harmless:
every event it held before is a duplicate then.
"""

import time
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, field
from io import BufferedReader
from itertools import chain, islice
from pathlib import Path
from typing import Any, Protocol

from cascadewatch.errors import BusyError, InputError
from cascadewatch.store.receipt import MAX_ERRORS, Batch, Receipt
from collectors import ahead
from collectors.formats import NotTakenError, Options, decoder, detect, insist_on_taken
from collectors.one_a_line import Numbered, one_a_line, until_text
from collectors.portions import Portion, portion
from collectors.reading import Reading, opened, size
from collectors.rejects import Rejects

BATCH = 5_000
BUSY_TRIES = 30  # with the pauses the store asks for, half a minute at least

Progress = Callable[[int, int | None], None]  # bytes read, bytes in all (None where nobody knows)


class Writes(Protocol):
    """The part of the store's writer that is needed here."""

    def write(self, batches: list[Batch]) -> list[Receipt]:
        """Stores whole batches in one transaction; `BusyError` for "later"."""
        ...


@dataclass
class FileReceipt:
    """What became of one file.

    `notices` concern the file as a whole. `failure` says why reading ended early; what was read
    until then is stored.
    """

    path: str
    format: str = ""
    receipt: Receipt = field(default_factory=Receipt)
    notices: list[str] = field(default_factory=list)
    rejected_path: str | None = None
    failure: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready; an error's `line` counts from 1."""
        counters = self.receipt.as_dict()
        errors = [{"line": e.pop("index"), **e} for e in counters.pop("errors")]
        about = {"file": self.path, "format": self.format}
        rest = {"notices": self.notices, "rejected_path": self.rejected_path, "failure": self.failure}
        return about | counters | {"errors": errors} | rest


@dataclass(frozen=True, slots=True)
class Job:
    """What holds for every file of one call; `now` and `oldest` are epoch milliseconds.

    Without a writer nothing is written, neither to the store nor to FILE.rejected.jsonl: the
    counters are then those of reading alone, and nothing is a duplicate.
    """

    writer: Writes | None
    now: int
    oldest: int
    format: str = "auto"
    source: str = "local"
    options: Options = field(default_factory=Options)


def ingest(paths: Sequence[str], job: Job, progress: Progress | None = None) -> list[FileReceipt]:
    """Reads each file ("-" is standard input) and writes its events in batches.

    A file that cannot be read ends with a `failure` and the next one follows. Raises UsageError
    for an unknown format, InputError for options that a file's format does not take, and BusyError
    when the store stays busy.
    """
    if job.format != "auto":
        decoder(job.format)
        insist_on_taken(job.format, job.options)
    elif job.options.says_anything:
        _look_ahead(paths, job.options)
    sizes = [size(path) for path in paths]
    total = None if None in sizes else sum(n for n in sizes if n)
    done, results = 0, []
    for path, length in zip(paths, sizes, strict=True):
        results.append(_file(path, job, _Position(progress, done, total)))
        done += length or 0
    return results


@dataclass(frozen=True, slots=True)
class _Position:
    """Where one file stands among all."""

    progress: Progress | None
    before: int
    total: int | None

    def __call__(self, read: int) -> None:
        if self.progress:
            self.progress(self.before + read, self.total)


def totals(files: Sequence[FileReceipt]) -> dict[str, Any]:
    """The counters of all files together and those of each: what `ingest` prints as JSON."""
    whole = Receipt()
    for each in files:
        whole.add(each.receipt)
    parts = [each.as_dict() for each in files]
    errors = [{"file": part["file"], **error} for part in parts for error in part["errors"]]
    return whole.as_dict() | {"errors": errors[:MAX_ERRORS], "files": parts}


def exit_code(files: Sequence[FileReceipt]) -> int:
    """0 all accepted or duplicate, 1 any rejected or conflict, 2 some file could not be read."""
    if any(each.failure for each in files):
        return 2
    return int(any(each.receipt.rejected or each.receipt.conflict for each in files))


def _file(path: str, job: Job, progress: _Position) -> FileReceipt:
    result, rejects = FileReceipt(path), Rejects(path, keep=job.writer is not None)
    try:
        with opened(path) as raw, rejects:
            reading = Reading(path, raw)
            with closing(_portions(reading, raw, result, job)) as portions:
                _store(portions, result, job, rejects, progress)
            result.failure = reading.failure
            if not result.receipt.received and not reading.failure:
                result.notices.append("the file holds no records")
    except InputError as error:
        result.failure = f"{path}: {error}"
    except OSError as error:
        result.failure = f"{error.filename or path}: {error.strerror or error}"
    result.rejected_path = rejects.path
    if rejects.trouble:
        result.notices.append(rejects.trouble)
    return result


def _portions(
    reading: Reading, raw: BufferedReader, result: FileReceipt, job: Job
) -> Generator[Portion, None, None]:
    """The whole file. Of a large one, the first portion is decoded here and the others by a second
    process, which starts up meanwhile."""
    lines = iter(reading)
    result.format = job.format
    if job.format == "auto":
        result.format, lines = _detected(result.path, lines, job.options)
    if result.format != "csv":
        lines = one_a_line(result.path, lines, BATCH)
    records = decoder(result.format)(lines, job.options, job.now, job.oldest)
    alone = job.writer is None or result.format != "events"
    with nullcontext() if alone else ahead.started(result.path, raw) as helper:
        while batch := list(islice(records, BATCH)):
            part = portion(batch, reading.position)
            if helper is None or len(batch) < BATCH:
                yield part
                continue
            line = part.raws[-1][0]
            helper.begin(
                ahead.Task(result.path, raw.fileno(), part.position, line, BATCH, job.now, job.oldest)
            )
            yield part
            yield from helper.portions(reading, line)
            return


def _store(
    portions: Iterable[Portion], result: FileReceipt, job: Job, rejects: Rejects, progress: _Position
) -> None:
    for part in portions:
        result.notices += part.notices
        receipt = _stored(part, job)
        result.receipt.add(receipt)
        _put_aside(part, receipt, rejects)
        progress(part.position)


def _detected(path: str, lines: Numbered, options: Options) -> tuple[str, Numbered]:
    """The format of the lines, and all of them again. NotTakenError where it does not take the options."""
    seen = until_text(lines)
    first = seen[-1][1] if seen else b""
    told = detect(path, first)
    if first.strip():
        insist_on_taken(told, options, path)
    return told, chain(seen, lines)


def _look_ahead(paths: Sequence[str], options: Options) -> None:
    """Insists, before anything is stored, that every file that can be read twice takes the options."""
    for path in paths:
        if size(path) is None or not Path(path).is_file():
            continue
        try:
            with opened(path) as raw:
                _detected(path, iter(Reading(path, raw)), options)
        except NotTakenError as error:
            raise InputError(f"{path}: {error}") from None
        except (OSError, InputError):  # told when its turn comes
            continue


def _stored(part: Portion, job: Job) -> Receipt:
    if job.writer is None:
        return Receipt(len(part.raws), len(part.events), 0, 0, len(part.refused), part.refused)
    batch = Batch(job.source, part.events, part.refused, job.now, digests=part.digests)
    return _written(job.writer, batch)


def _put_aside(part: Portion, receipt: Receipt, rejects: Rejects) -> None:
    """Keeps what reading or the store refused."""
    reasons = {r.index: r for r in (*receipt.errors, *part.refused)}
    for line, raw in part.raws if reasons else ():
        if line in reasons:
            rejects.add(reasons[line], raw)


def _written(writer: Writes, batch: Batch) -> Receipt:
    """The store's answer; a store that is busy is asked again."""
    for _ in range(BUSY_TRIES):
        try:
            return writer.write([batch])[0]
        except BusyError as error:
            time.sleep(error.retry_after)
    return writer.write([batch])[0]
