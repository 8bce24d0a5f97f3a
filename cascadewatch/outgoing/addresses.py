"""Which network addresses may be called: public ones, private ones where that is allowed, some never.

The lists follow IANA's registries of special-purpose addresses. They are our own because `is_global` of
the standard library answers differently from one Python to the next, and takes multicast for global.
"""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Literal

Reach = Literal["public", "private", "never"]

# Someone's own machines. 100.64/10 is shared space of carriers, which private overlay networks use too.
PRIVATE_4 = [
    ip_network(text)
    for text in ("10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
]
# This network, link-local (where clouds keep their metadata), protocol use, documentation, 6to4 relays,
# measuring, multicast, reserved and broadcast.
NEVER_4 = [
    ip_network(text)
    for text in (
        *("0.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24"),
        *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    )
]
PRIVATE_6 = [ip_network("::1/128"), ip_network("fc00::/7")]
PUBLIC_6 = ip_network("2000::/3")
# In 2000::/3: protocol use with Teredo, documentation, 6to4.
NEVER_6 = [ip_network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")]
NAT64 = ip_network("64:ff9b::/96")
# Metadata services that lie elsewhere: one call there may give away a whole account.
METADATA = {
    ip_address(text)
    for text in (
        *("100.100.100.200", "fd00:100::100:200"),  # Alibaba
        *("fd00:ec2::254", "fd00:ec2::23"),  # AWS: of machines, of pods
        "168.63.129.16",  # Azure: what its machines ask their host
        "fd20:ce::254",  # Google
        "fd00:a9fe:a9fe::1",  # Linode
        "fd00:c1::a9fe:a9fe",  # Oracle
        "fd00:42::42",  # Scaleway
    )
}


def reach(address: str) -> Reach:
    """Where an address lies; "never" also for what is no address.

    An IPv6 form of an IPv4 address is judged as that one. Through NAT64 only public ones are real.

    >>> reach("8.8.8.8"), reach("::ffff:10.0.0.1"), reach("169.254.169.254"), reach("64:ff9b::7f00:1")
    ('public', 'private', 'never', 'never')
    """
    try:
        found = ip_address(address)
    except ValueError:
        return "never"
    if found in METADATA:
        return "never"
    return _reach_4(found) if isinstance(found, IPv4Address) else _reach_6(found)


def _reach_4(address: IPv4Address) -> Reach:
    if any(address in network for network in NEVER_4):
        return "never"
    return "private" if any(address in network for network in PRIVATE_4) else "public"


def _reach_6(address: IPv6Address) -> Reach:
    if address.ipv4_mapped is not None:
        return reach(str(address.ipv4_mapped))
    if address in NAT64:
        behind = reach(str(IPv4Address(int(address) & 0xFFFF_FFFF)))
        return "public" if behind == "public" else "never"
    if any(address in network for network in PRIVATE_6):
        return "private"
    if address not in PUBLIC_6 or any(address in network for network in NEVER_6):
        return "never"
    return "public"
