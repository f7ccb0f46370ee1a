"""Address blocks that are not on the public internet.
The IANA registries of special-purpose addresses for IPv4 and IPv6 (RFC 6890 and its successors), as of 2025: every
block that is not globally reachable, and those deprecated or reserved. The standard library's list is only as recent as
the Python version."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

_IPV4 = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # shared by carriers
            "127.0.0.0/8",  # this host
            "169.254.0.0/16",  # link-local, and where clouds keep their metadata
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocol assignments
            "192.0.2.0/24",  # documentation
            "192.31.196.0/24",  # AS112
            "192.52.193.0/24",  # AMT
            "192.88.99.0/24",  # 6to4 relays, deprecated
            "192.168.0.0/16",  # private
            "192.175.48.0/24",  # AS112
            "198.18.0.0/15",  # benchmarking
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and the broadcast address
        ),
    )
)
_IPV6 = tuple(
    map(
        IPv6Network,
        (
            "::/96",  # unspecified, this host, and IPv4-compatible, deprecated
            "::ffff:0:0/96",  # IPv4-mapped: judged by the address inside
            "::ffff:0:0:0/96",  # IPv4-translated, old form
            "64:ff9b::/96",  # NAT64: judged by the address inside
            "64:ff9b:1::/48",  # NAT64 of one's own
            "100::/64",  # discard only
            "100:0:0:1::/64",  # dummy prefix
            "2001::/23",  # protocol assignments, with Teredo, ORCHID, benchmarking
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4: judged by the address inside
            "2620:4f:8000::/48",  # AS112
            "3ffe::/16",  # 6bone, returned
            "3fff::/20",  # documentation
            "5f00::/16",  # segment routing
            "fc00::/7",  # unique local
            "fe80::/10",  # link-local
            "fec0::/10",  # site-local, deprecated
            "ff00::/8",  # multicast
        ),
    )
)


def is_reserved(address: IPv4Address | IPv6Address) -> bool:
    """Whether the address is in one of the blocks. This includes addresses that embed an IPv4 one: check that one."""
    blocks = _IPV4 if isinstance(address, IPv4Address) else _IPV6
    return any(address in block for block in blocks)
