"""How many WebSockets the pages hold at once.

Every open page has one, nobody has to sign in to open it, and it stays as long as the other side wants. The
server's connections are shared with the API and the probes: what pages may hold leaves them most.
"""

from collections import Counter
from ipaddress import IPv6Address, ip_address

MOST = 300  # of the server's 800 connections
MOST_OF_ONE = 100  # of one address; many people may sit behind one
HOUSEHOLD = 64  # bits by which IPv6 is handed out: who has one address has all that begin like it
WAIT_SECONDS = 5


class Sockets:
    """Counts those that are open, by address; None stands for a proxy, behind which everybody may be."""

    def __init__(self, most: int = MOST, most_of_one: int = MOST_OF_ONE) -> None:
        self._most = most
        self._most_of_one = most_of_one
        self._open: Counter[str | None] = Counter()

    def enter(self, address: str | None) -> bool:
        """Counts one more; False, and nothing counted, where there is no room for it."""
        of_one = 0 if address is None else self._open[address]
        if of_one >= self._most_of_one or self._open.total() >= self._most:
            return False
        self._open[address] += 1
        return True

    def leave(self, address: str | None) -> None:
        """One that had entered has ended."""
        self._open[address] -= 1
        if not self._open[address]:
            del self._open[address]


def household(address: str) -> str:
    """An address as it is counted: IPv6 by the network it lies in.

    >>> household("192.0.2.7"), household("2001:db8::1:7"), household("::ffff:192.0.2.7")
    ('192.0.2.7', '2001:db8::', '192.0.2.7')
    """
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if not isinstance(found, IPv6Address):
        return address
    if found.ipv4_mapped is not None:
        return str(found.ipv4_mapped)
    return str(IPv6Address(int(found) >> (128 - HOUSEHOLD) << (128 - HOUSEHOLD)))
