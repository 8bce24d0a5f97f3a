"""What the writer knows besides the database: prices, pseudonyms, settings, the clock."""

from collections.abc import Callable

import msgspec

from cascadewatch.model import Event
from cascadewatch.pricing import PriceBook
from cascadewatch.settings import Settings
from cascadewatch.store.rows import Context
from cascadewatch.store.state import CascadeState


class Surroundings:
    """Handed to every write transaction."""

    def __init__(
        self,
        settings: Settings,
        book: PriceBook,
        pseudonym: Callable[[str | None], str | None],
        now: Callable[[], int],
        caller_key: str | None = None,
    ) -> None:
        self.settings = settings
        self.book = book
        self.pseudonym = pseudonym
        self.now = now
        self.caller_key = caller_key  # the fingerprint of what callers are hashed with

    def context(self, cascade: CascadeState) -> Context:
        """What the rows of that cascade's events depend on."""
        return Context(cascade.order, cascade.flagship, self.book, self.pseudonym)

    def stores_text(self, cascade: str) -> bool:
        """Whether the cascade's settings say `store_text = true`."""
        known = self.settings.cascade.get(cascade)
        return known is not None and known.store_text

    def payload(self, event: Event) -> str:
        """An event as the quarantine keeps it: without text, callers hashed."""
        kept = msgspec.structs.replace(
            event,
            text=event.text if self.stores_text(event.cascade) else None,
            caller=self.pseudonym(event.caller),
            session=self.pseudonym(event.session),
        )
        return msgspec.json.encode(kept).decode()
