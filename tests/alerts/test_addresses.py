"""Which addresses are public, private, or never called."""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cascadewatch.outgoing.addresses import reach

PUBLIC = [
    *("1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "128.0.0.1"),
    *("169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.167.255.255"),
    *("192.169.0.0", "198.17.255.255", "198.20.0.0", "223.255.255.255", "2606:4700:4700::1111"),
    *("2a00:1450:4001::1", "2001:4860:4860::8888", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"),
]
PRIVATE = [
    *("10.0.0.0", "10.1.2.3", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1"),
    *("127.255.255.255", "172.16.0.1", "172.31.255.255", "192.168.0.1", "::1", "fc00::1"),
    *("fd12:3456:789a::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:7f00:1"),
]
NEVER = [
    *("0.0.0.0", "0.1.2.3", "169.254.0.1", "169.254.169.254", "192.0.0.1", "192.0.0.170", "192.0.2.1"),
    *("192.88.99.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1"),
    *("239.255.255.255", "240.0.0.1", "255.255.255.255", "100.100.100.200", "::", "fe80::1"),
    *("fe80::1%1", "febf::1", "fec0::1", "ff02::1", "ff0e::1", "fd00:ec2::254", "100::1"),
    *("fd00:ec2::23", "fd20:ce::254", "fd00:c1::a9fe:a9fe", "fd00:42::42"),
    *("fd00:100::100:200", "fd00:a9fe:a9fe::1", "168.63.129.16", "::ffff:168.63.129.16"),
    *("2001:db8::1", "3fff::1", "5f00::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2"),
    *("2001:10::1", "2002:7f00:1::", "2002:808:808::", "64:ff9b::7f00:1", "64:ff9b::a00:1"),
    *("64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "::127.0.0.1", "::8.8.8.8", "::ffff:169.254.169.254"),
    *("::ffff:0.0.0.0", "::ffff:224.0.0.1", "127.0.0.1.example.com", "2130706433", "127.1"),
]


@pytest.mark.parametrize(
    ("address", "expected"),
    [(a, "public") for a in PUBLIC] + [(a, "private") for a in PRIVATE] + [(a, "never") for a in NEVER],
)
def test_where_an_address_lies(address: str, expected: str) -> None:
    assert reach(address) == expected


@given(st.ip_addresses(v=4))
def test_the_mapped_form_of_an_address_lies_where_it_does(address: IPv4Address) -> None:
    assert reach(f"::ffff:{address}") == reach(str(address))


@given(st.ip_addresses())
def test_nothing_is_public_that_the_standard_library_takes_for_private(
    address: IPv4Address | IPv6Address,
) -> None:
    if address.is_private or address.is_loopback or address.is_link_local or address.is_multicast:
        assert reach(str(address)) != "public"


@pytest.mark.parametrize("form", ["2130706433", "0x7f.1", "0177.0.0.1", "127.1", "0x7f000001"])
def test_other_ways_to_write_an_address_are_judged_by_what_they_mean(form: str) -> None:
    (address,) = {str(row[4][0]) for row in socket.getaddrinfo(form, 443, type=socket.SOCK_STREAM)}
    assert ip_address(address) == ip_address("127.0.0.1")
    assert (reach(form), reach(address)) == ("never", "private")
