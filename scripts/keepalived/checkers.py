# SPDX-License-Identifier: Apache-2.0
"""Checkers of a real_server -> one health_check."""
import re

from keepalived.page import Todo

KINDS = {"HTTP_GET": "http", "SSL_GET": "https", "DNS_CHECK": "dns", "TCP_CHECK": "tcp", "SMTP_CHECK": "tcp",
         "PING_CHECK": "icmp", "UDP_CHECK": "udp", "MISC_CHECK": None, "BFD_CHECK": None, "FILE_CHECK": None}
BEST_FIRST = list(KINDS)
TIMERS = ("delay_loop", "connect_timeout", "retry", "delay_before_retry")
QTYPES = ("A", "AAAA", "NS", "SOA", "TXT")
LONGEST, SHORTEST, DETECTION = 30.0, 0.1, 60.0  # seconds: of an interval; LB303
SILENT = {"warmup", "alpha", "log_all_failures", "fast_recovery", "bind_port", "http_protocol"}


class HealthCheck:
    """One checker as a block of lbd.yaml.  `place` gives values of real_server and virtual_server."""

    def __init__(self, checker, place, converter):
        self.checker, self.place, self.converter = checker, place, converter
        self.inner = {each.name: each for each in checker.inner or []}
        self.block = {}

    def todo(self, what, where=None):
        return Todo(what, where or self.checker.where)

    def left(self, what, where=None):
        todo = self.todo(what, where)
        self.block[todo] = str(todo.where)

    def made(self):
        kind = KINDS[self.checker.name]
        if kind is None:
            return self.todo(f"{self.checker.name}: lbd runs no programs and reads no files; say what to ask the backend")
        self.block["type"] = kind
        self._generic()
        getattr(self, f"_{self.checker.name.lower()}", lambda: None)()
        self._timers()
        self._unknown()
        return self.block

    # ------------------------------------------------------------------ what all have

    def _generic(self):
        if "connect_port" in self.inner:
            self.block["port"] = self.converter.port(self.inner["connect_port"])
        if "bindto" in self.inner:
            self.block["source"] = self.converter.address(self.inner["bindto"])
        for name, why in (("connect_ip", "lbd checks each backend at the vip, or at its own address (check_via: direct)"),
                          ("bind_if", "for check_via: direct it is the key interface; else packets go as clients' do"),
                          ("fwmark", "lbd marks its checks itself")):
            statement = self.inner.get(name)
            if statement and not (name == "connect_ip" and statement.argument() == self.place.address):
                self.left(f"{name} {statement.argument()}: {why}", statement.where)

    def _timers(self):
        given = {}
        for name in TIMERS:
            statement = self.inner.get(name) or self.place.inherited(name)
            if statement:
                given[name] = self.converter.number(statement), statement.where
        self._fall(given)
        interval, timeout = given.get("delay_loop"), given.get("connect_timeout")
        fast = given.get("delay_before_retry")
        if interval:
            self.block["interval"] = self._interval(*interval)
        if timeout and (not fast or timeout[0] > fast[0]):
            fast = timeout  # the next attempt never begins before this one ends
        most = min(interval[0], LONGEST) if interval else 2.0
        for key, value in (("fast_interval", fast), ("timeout", timeout)):
            if value and value[0] > most:
                self.block[key] = self.todo(f"{value[0]:g} s is longer than the interval of {most:g} s", value[1])
            elif value:
                self.block[key] = seconds(max(value[0], 0.05))
        self._detection(given, most)

    def _interval(self, value, where):
        if value > LONGEST:
            return self.todo(f"delay_loop {value:g} s: lbd checks every {LONGEST:g} s at least", where)
        if value < SHORTEST:
            return self.todo(f"delay_loop {value:g} s: lbd checks every {SHORTEST:g} s at most", where)
        return seconds(value)

    def _fall(self, given):
        if "retry" not in given:
            return
        retries, where = given["retry"]
        if retries != int(retries) or retries > 9:
            self.block["fall"] = self.todo(f"retry {retries:g}: lbd waits for 10 fails in a row at most", where)
        else:
            self.block["fall"] = int(retries) + 1

    def _detection(self, given, interval):
        """As LB303 counts: a dead backend that is found after a minute is no health check."""
        fall = self.block.get("fall", 3)
        timeout = min(given["connect_timeout"][0], interval) if "connect_timeout" in given else min(1.0, interval)
        fast = max(given["delay_before_retry"][0] if "delay_before_retry" in given else 0.0, timeout)
        found = 1.05 * interval + (fall - 1) * fast + timeout if isinstance(fall, int) else 0
        if found > DETECTION:
            self.left(f"a dead backend would be found after {found:.0f} s, lbd wants {DETECTION:g} s: "
                      "a shorter interval, or a smaller fall")

    def _unknown(self):
        known = {*TIMERS, *SILENT, "connect_port", "connect_ip", "bindto", "bind_if", "fwmark", "name", "type", "url",
                 "virtualhost", "enable_sni", "helo_name"}
        for statement in self.checker.inner or []:
            if statement.name not in known:
                self.left(f"{' '.join(statement.words)}: lbd has nothing like it", statement.where)

    # ------------------------------------------------------------------ one kind each

    def _http_get(self):
        urls = [each for each in self.checker.inner or [] if each.name == "url"]
        if not urls:
            self.left("no url: say what to ask for (path), and what must be in the answer (expect_body)")
            return
        self._url(urls[0])
        for other in urls[1:]:
            path = next((each.argument() for each in other.inner or [] if each.name == "path"), "/")
            self.left(f"url {path}: lbd asks for one; let the application answer for both", other.where)

    def _ssl_get(self):
        self._http_get()
        self.block["tls_verify"] = False
        self.converter.note(self.checker.where, "SSL_GET verifies no certificate: tls_verify: false; true is better")

    def _url(self, url):
        known = {each.name: each for each in url.inner or []}
        host = known.get("virtualhost") or self.inner.get("virtualhost") or self.place.inherited("virtualhost")
        if host:
            self.block["host"] = host.argument()
        self.block["path"] = known["path"].argument() if "path" in known else "/"
        codes = known["status_code"].words[1:] or [""] if "status_code" in known else ["200-299"]
        where = known.get("status_code", url).where
        statuses = [self._status(each, where) for each in codes]
        self.block["expect_status"] = statuses if len(statuses) > 1 else statuses[0]
        self._body(known)
        for name, statement in known.items():
            if name not in ("path", "virtualhost", "status_code", "regex", "digest"):
                self.left(f"{' '.join(statement.words)}: lbd looks for a plain text only (expect_body)", statement.where)

    def _status(self, text, where):
        low, _, high = text.partition("-")
        if not re.fullmatch(r"\d{3}(-\d{3})?", text) or not 100 <= int(low) <= int(high or low) <= 599:
            return self.converter.wrong(where, f'status_code "{text}": 100 to 599, or a range like 200-299')
        return text if high else int(low)

    def _body(self, known):
        if "digest" in known:
            self.block["expect_body"] = self.todo("digest: lbd compares no digests; name a text that only the right page has",
                                                  known["digest"].where)
        elif "regex" in known:
            text = known["regex"].argument()
            plain = re.fullmatch(r"[\w ,:;<>=/@%&~'\"-]+", text) and "regex_no_match" not in known
            self.block["expect_body"] = text if plain else \
                self.todo(f"regex {text}: lbd looks for a plain text", known["regex"].where)

    def _dns_check(self):
        name, kind = self.inner.get("name"), self.inner.get("type")
        self.block["name"] = name.argument() if name else \
            self.todo("DNS_CHECK without a name asks for the root; name a record that your servers are there for")
        qtype = kind.argument().upper() if kind else "SOA"
        self.block["qtype"] = qtype if qtype in QTYPES else \
            self.todo(f"type {qtype}: one of {', '.join(QTYPES)}", kind.where)

    def _smtp_check(self):
        self.block["expect"] = "220"
        self.converter.note(self.checker.where, "SMTP_CHECK: lbd waits for the greeting, 220, and says no HELO")

    def _udp_check(self):
        for key, name in (("send", "payload"), ("expect", "require_reply")):
            statement = self.inner.get(name)
            self.block[key] = self.todo(f"UDP_CHECK {name}: a text; silence never passes", statement.where if statement else None)
            self.checker.inner = [each for each in self.checker.inner or [] if each.name != name]


def seconds(value):
    """A duration as lbd.yaml has it: 2s, 500ms."""
    milliseconds = round(value * 1000)
    return f"{milliseconds // 1000}s" if milliseconds % 1000 == 0 else f"{milliseconds}ms"


def best(checkers):
    return min(checkers, key=lambda each: BEST_FIRST.index(each.name))
