"""Where a room's keys lie in Redis (architecture, "Redis: what lives there")."""

import binascii


def slot(text: str) -> int:
    return binascii.crc_hqx(text.encode(), 0)  # CRC-16/XMODEM, as in Redis Cluster


def tag(room: str) -> str:
    """The hash tag of a room's partition: the shortest `p<digits>` whose slot lies in the partition's range."""
    partition, number = slot(room) % 64, 0
    while slot(f"p{number}") % 16_384 // 256 != partition:
        number += 1
    return f"{{p{number}}}"
