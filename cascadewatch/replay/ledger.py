"""Writes what the threads of a run have to say, together: a commit for many takes as long as for one."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

from sqlalchemy import Connection

from cascadewatch.store.engine import Store

Written = TypeVar("Written")
MOST = 200  # entries of one commit


class Ledger:
    """A thread that commits entries in the order they come.

    with Ledger(store) as ledger:
        ledger.write(lambda connection: ...).result()     # returns after the commit

    Where one fails, all entries of its commit do. `failed` is the first error: who does not wait for
    entries looks at it. After the end nothing is taken any more.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._entries: SimpleQueue[tuple[Callable[[Connection], Any], Future[Any]] | None] = SimpleQueue()
        self.failed: BaseException | None = None
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._work, name="replay-ledger", daemon=True)

    def __enter__(self) -> "Ledger":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        self._entries.put(None)
        self._thread.join()

    def write(self, entry: Callable[[Connection], Written]) -> "Future[Written]":
        """What the entry returns, once it is committed."""
        future: Future[Written] = Future()
        if self._closed.is_set():
            future.set_exception(RuntimeError("the run has ended"))
            return future
        self._entries.put((entry, future))
        return future

    def _work(self) -> None:
        more = True
        while more:
            group, more = self._group()
            if group:
                self._commit(group)

    def _group(self) -> tuple[list[tuple[Callable[[Connection], Any], Future[Any]]], bool]:
        """The next entries, at least one; False when the last has come."""
        group = []
        found = self._entries.get()
        while found is not None:
            group.append(found)
            if self._entries.empty() or len(group) == MOST:
                return group, True
            found = self._entries.get()
        return group, False

    def _commit(self, group: list[tuple[Callable[[Connection], Any], Future[Any]]]) -> None:
        try:
            with self._store.writing() as connection:
                values = [entry(connection) for entry, _ in group]
        except BaseException as error:  # noqa: BLE001 - every waiting thread must hear it
            self.failed = self.failed or error
            for _, future in group:
                future.set_exception(error)
            return
        for (_, future), value in zip(group, values, strict=True):
            future.set_result(value)
