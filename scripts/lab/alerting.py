# SPDX-License-Identifier: Apache-2.0
"""Whether a shipped alert fires at what a balancer shows: its metrics are kept, and promtool judges by the rules."""
import json
import math
import re
import shutil
import subprocess
import tempfile
import time

from lab.hosts import ROOT, LabError

RULES = ROOT / "docs" / "monitoring" / "alerts.yml"
LINE = re.compile(r"^lbd_(\w+?)(?:{(.*)})? (\S+)$", re.MULTILINE)
TARGET = 'job="lbd",instance="lb1"'


class Watcher:
    """What a Prometheus would have seen: each scrape, by its second since the first."""

    def __init__(self, scrape):
        if not shutil.which("promtool"):
            raise LabError("no promtool: it judges which alerts fire (try: apt install prometheus)")
        self._scrape, self.began, self.scrapes = scrape, time.time(), {}
        self.look()

    def look(self):
        """Scrapes now; what it found, None if nobody answers."""
        try:
            found = self._scrape()
        except OSError:
            found = None
        self.scrapes[round(time.time() - self.began)] = found
        return found

    def fires(self, alert, lasting=0):
        """(whether it fires now and did not at first, what promtool says); `lasting`: should it stay as it is for so
        many seconds.
        """
        self.look()
        end = max(self.scrapes) + lasting
        firing = f'group(ALERTS{{alertname="{alert}",alertstate="firing"}})'
        cases = [{"expr": firing, "eval_time": "0s", "exp_samples": []},
                 {"expr": firing, "eval_time": f"{end}s", "exp_samples": [{"labels": "{}", "value": 1}]}]
        test = {"rule_files": [str(RULES)], "evaluation_interval": "1s",
                "tests": [{"interval": "1s", "promql_expr_test": cases, "input_series": list(self._series(end))}]}
        with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
            json.dump(test, file)
            file.flush()
            done = subprocess.run(["promtool", "test", "rules", file.name], text=True, capture_output=True, timeout=60,
                                  check=False)
        return done.returncode == 0, done.stdout + done.stderr

    def _series(self, end):
        """In promtool's words: a value a second, _ where nobody looked, the last one until the end."""
        found = {}
        for second, text in self.scrapes.items():
            found.setdefault(f"up{{{TARGET}}}", {})[second] = float(text is not None)
            for name, labels, number in LINE.findall(text or ""):
                value = float(number)
                if name.endswith("_timestamp_seconds") and value > 0:
                    value -= self.began  # promtool's time begins at 0
                if math.isfinite(value):
                    series = f"lbd_{name}{{{','.join(filter(None, (labels, TARGET)))}}}"
                    found.setdefault(series, {})[second] = value
        last = max(self.scrapes)
        for series, its in found.items():
            values = [str(its.get(min(second, last), "_")) for second in range(end + 1)]
            yield {"series": series, "values": " ".join(values)}
