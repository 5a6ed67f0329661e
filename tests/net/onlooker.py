# SPDX-License-Identifier: Apache-2.0
"""How long lbd's loop is held up: whoever asks whether it is alive waits as long."""
import http.client
import time

from lab.beside import Beside
from scraping import PORT


class Onlooker(Beside):
    """Asks /healthz all the time."""

    def __init__(self, host, pause=0.001):
        super().__init__()
        self.host, self.pause, self.waits = host, pause, []

    def work(self):
        with self.host.network():
            connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=5)
            while not self.enough.wait(self.pause):
                began = time.monotonic()
                connection.request("GET", "/healthz", headers={"Host": "localhost"})
                connection.getresponse().read()
                self.waits.append(time.monotonic() - began)
            connection.close()
