# SPDX-License-Identifier: Apache-2.0
"""A real Prometheus on a balancer's host, with the shipped configuration."""
import contextlib
import http.client
import json
import math
import urllib.parse

from lab.hosts import ROOT
from lab.waiting import until

SHIPPED = ROOT / "docs" / "monitoring" / "prometheus.yml"
PORT = 9090
TOLD = 15  # seconds from a change to the alert (docs/changes.md)


class Prometheus:
    """Scrapes from the moment that it is made; ends with its lab."""

    def __init__(self, balancer, config=SHIPPED):
        self.host = balancer
        self.process = balancer.start(
            "prometheus", f"--config.file={config}", f"--storage.tsdb.path={balancer.folder}/prometheus",
            f"--web.listen-address=127.0.0.1:{PORT}", "--log.level=warn", log="prometheus.log")
        until(self._scrapes, 30, "Prometheus to scrape lbd")

    def ask(self, path, **parameters):
        """The `data` of an answer of its API."""
        with self.host.network():
            connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=10)
            with contextlib.closing(connection):
                connection.request("GET", f"/api/v1/{path}?{urllib.parse.urlencode(parameters, doseq=True)}")
                answer = json.load(connection.getresponse())
        assert answer["status"] == "success", f"{parameters}: {answer}"
        return answer["data"]

    def now(self, expr):
        """(labels, value) of an instant query; what is not a number is nothing."""
        found = self.ask("query", query=expr)["result"]
        return [(each["metric"], float(each["value"][1])) for each in found if is_number(each["value"])]

    def lately(self, expr, end, seconds=120, step=2):
        """Labels of the series that have a value within so many seconds before `end`."""
        found = self.ask("query_range", query=expr, start=end - seconds, end=end, step=step)["result"]
        return [each["metric"] for each in found if any(map(is_number, each["values"]))]

    def firing(self):
        return {labels["alertname"] for labels, _ in self.now('ALERTS{alertstate="firing"}')}

    def _scrapes(self):
        assert self.process.poll() is None, (self.host.folder / "prometheus.log").read_text()
        with contextlib.suppress(ConnectionRefusedError, json.JSONDecodeError):
            return [value for _, value in self.now('up{job="lbd"}')] == [1]


def is_number(sample):
    return not math.isnan(float(sample[1]))
