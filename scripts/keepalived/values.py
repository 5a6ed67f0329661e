# SPDX-License-Identifier: Apache-2.0
"""Values of statements: numbers, ports, addresses, weights."""
import ipaddress
import re

MOST_ADDRESSES = 256  # of one range


class Values:
    """Reads them, and keeps in `wrongs` what none can be: then a harmless one stands for it."""

    def __init__(self):
        self.wrongs = []

    def wrong(self, where, what):
        self.wrongs.append(f"{where}: {what}")

    def number(self, statement):
        text = statement.argument()
        if re.fullmatch(r"\d{1,9}(\.\d{1,6})?", text):
            return float(text)
        self.wrong(statement.where, f'{statement.name} "{text}": a number is expected')
        return 1.0

    def port(self, statement, number=1):
        text = statement.argument(number)
        if re.fullmatch(r"\d{1,5}", text) and int(text) < 65536:
            return int(text)
        self.wrong(statement.where, f'{statement.name}: port "{text}" is no number up to 65535')
        return 1

    def address(self, statement, number=1):
        text = statement.argument(number)
        try:
            return str(ipaddress.ip_address(text))
        except ValueError:
            self.wrong(statement.where, f'{statement.name} "{text}": a literal address is expected')
            return "192.0.2.1"

    def port_of(self, statement, number):
        return self.port(statement, number) if len(statement.words) > number else 0


def scale(weights):
    """As lbd has them, 0 to 1000 with 100 for the ordinary one; None where all are alike."""
    most = max(weights, default=0)
    if len(set(weights)) <= 1 and most:
        return [None] * len(weights)
    if most > 1000:
        return [max(1, round(each * 1000 / most)) if each else 0 for each in weights]
    factor = 100 if most <= 10 else 10 if most <= 100 else 1
    return [each * factor for each in weights]


def addresses_of(text):
    """Of an entry in a virtual_server_group: one, first-last, or a network."""
    first, _, last = text.partition("-")
    if "/" in text:
        found = ipaddress.ip_network(text, strict=False)
        amount = found.num_addresses
        start = int(found.network_address)
    else:
        beginning = ipaddress.ip_address(first)
        start = int(beginning)
        end = int(ipaddress.ip_address(last if set(last) & set(".:") else re.sub(r"[^.:]*$", "", first) + last)) \
            if last else start
        amount = end - start + 1
    if not 0 < amount <= MOST_ADDRESSES:
        raise ValueError(f"a range of 1 to {MOST_ADDRESSES} addresses is expected")
    kind = ipaddress.IPv6Address if ":" in text else ipaddress.IPv4Address
    return [kind(start + number) for number in range(amount)]
