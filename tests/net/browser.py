# SPDX-License-Identifier: Apache-2.0
"""A Chromium without a screen, on a host of a lab, driven over its DevTools protocol.

    with Browser(balancer) as browser:
        page = browser.open("http://127.0.0.1:9677/")
        assert page.value("document.title") == "..."

What the page says on its console, asks the network for, and how long it keeps the browser busy is
remembered: `complaints`, `requests`, `longest_task()`.
"""
import base64
import contextlib
import itertools
import json
import os
import shutil
import signal
import time

import websocket
from lab.waiting import until

PROGRAM = "chromium-headless-shell"
# A sandbox needs namespaces of its own, and the machine may have a small /dev/shm.
WORDS = ("--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--hide-scrollbars",
         "--no-first-run", "--disable-background-networking", "--remote-debugging-port=0",
         "--window-size=1280,900")
WATCH = """
window.longTasks = [];
new PerformanceObserver(seen => window.longTasks.push(...seen.getEntries().map(each => each.duration)))
    .observe({type: "longtask", buffered: true});
"""


class Browser:
    def __init__(self, host):
        self.host = host
        self.folder = host.folder / "browser"

    def __enter__(self):
        self.folder.mkdir(exist_ok=True)
        self.process = self.host.start(
            PROGRAM, *WORDS, f"--user-data-dir={self.folder}", "about:blank", log="browser.log",
            env=os.environ | {"HOME": str(self.folder)})
        told = self.folder / "DevToolsActivePort"
        until(lambda: told.exists() and len(told.read_text().split()) == 2, 30, "Chromium to start")
        port, path = told.read_text().split()
        with self.host.network():
            self.socket = websocket.create_connection(f"ws://127.0.0.1:{port}{path}", timeout=30,
                                                      suppress_origin=True)
        self.numbers, self.pages = itertools.count(1), {}
        return self

    def __exit__(self, *_):
        self.socket.close()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)  # it leads a group of its own
        self.process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)

    def call(self, method, session=None, **parameters):
        """The result of one command; what else is told meanwhile goes to its page."""
        number = next(self.numbers)
        message = {"id": number, "method": method, "params": parameters}
        self.socket.send(json.dumps(message | ({"sessionId": session} if session else {})))
        while True:
            told = json.loads(self.socket.recv())
            if told.get("id") == number:
                assert "error" not in told, f"{method}: {told['error']}"
                return told["result"]
            if page := self.pages.get(told.get("sessionId")):
                page.hear(told["method"], told["params"])

    def open(self, address, script=True, **media):
        """A new page, once it is loaded; `media`: prefers_color_scheme="dark"."""
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = self.pages[session] = Page(self, session)
        for domain in ("Page", "Runtime", "Log", "Network"):
            page.call(f"{domain}.enable")
        if not script:
            page.call("Emulation.setScriptExecutionDisabled", value=True)
        features = [{"name": name.replace("_", "-"), "value": value} for name, value in media.items()]
        page.call("Emulation.setEmulatedMedia", features=features)
        page.call("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
        page.call("Page.navigate", url=address)
        until(lambda: page.value("document.readyState") == "complete" and
              page.value("location.href") != "about:blank", 30, f"{address} to be loaded")
        return page


class Page:
    def __init__(self, browser, session):
        self.browser, self.session = browser, session
        self.complaints, self.requests = [], []

    def call(self, method, **parameters):
        return self.browser.call(method, self.session, **parameters)

    def hear(self, method, told):
        if method == "Network.requestWillBeSent":
            self.requests.append((told["request"]["method"], told["request"]["url"]))
        elif method == "Log.entryAdded" and told["entry"]["level"] in ("error", "warning"):
            self.complaints.append(told["entry"]["text"])
        elif method == "Runtime.consoleAPICalled" and told["type"] in ("error", "warning", "assert"):
            self.complaints.append(str(told["args"]))
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(str(told["exceptionDetails"]))

    def value(self, expression):
        """Of a JavaScript expression; also where the page itself may not run any."""
        told = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in told, told["exceptionDetails"]
        return told["result"].get("value")

    def text(self, selector="body"):
        return self.value(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''")

    def press(self, key, code=None, shift=False):
        for kind in ("rawKeyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key, modifiers=8 if shift else 0,
                      windowsVirtualKeyCode=code or {"Tab": 9, "Enter": 13, " ": 32}[key])

    def longest_task(self):
        """Milliseconds for which the page could not answer, at most, since the last time."""
        return max(self.value("window.longTasks.splice(0)"), default=0)

    def picture(self, width=1280, height=None):
        """A PNG."""
        tall = self.value("document.documentElement.scrollHeight")
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height or tall,
                  deviceScaleFactor=1, mobile=False)
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])

    def wait(self, seconds):
        """Hears what the page does meanwhile."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.value("0")
            time.sleep(0.05)
