#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`make gameday`: one drill after the other, and the scoreboard.

    scripts/gameday [--list] [--rails [--default-times]] [D1 D3 ...]

Each drill has a lab of its own, with visitors coming all the time.  Exit 1 if something that must
be seen was not, or took too long.
"""
import argparse
import dataclasses
import os
import pathlib
import signal
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from lab import rails
from lab.configuration import fast_document
from lab.day import DRILLS, METRICS, Day
from lab.drills import INCIDENT, SLACK
from lab.hosts import LabError
from lab.stage import Stage
from lab.topology import Lab, Shape
from lab.visitors import Visitors
from lab.waiting import Late, until

BACKENDS = 4


@dataclasses.dataclass
class Score:
    drill: object
    detect: float = 0
    restore: float = 0
    passed: bool = False


def play(drill, stage):
    """One drill, in a lab that is gone afterwards."""
    score = Score(drill)
    stage.act(f"{drill.name}: {drill.injected}")
    expected = len(stage.expectations)
    lab = Lab(f"gameday{os.getpid()}", Shape(**{"backends": BACKENDS} | drill.shape))
    with lab:
        config = fast_document(lab, **drill.checks) | {"http": {"listen": "{}:{}".format(*METRICS)}}
        with drill.begin(lab, config) as balancer, \
                Visitors(lab.client, lab.shape.vips[0], threads=1, pause=0.01) as visitors:
            day = Day(stage, lab, balancer, visitors, config)
            until(day.all_up, 10, "every backend to be UP")
            try:
                score.detect, score.restore = drill.play(day)
                day.expect(score.restore <= drill.limit + SLACK, f"whole again within {drill.limit:g} s")
            except Late as late:
                day.expect(False, str(late))
                stage.quote(balancer.logged()[-3000:])
    score.passed = all(true for true, _ in stage.expectations[expected:])
    return score


def scoreboard(scores, stage):
    stage.say("\n         drill  detected  restored   incident of 2024: 30 and 90 minutes")
    for score in scores:
        stage.say(f"         {score.drill.name:5} {seconds(score.detect):>9} {seconds(score.restore):>9}"
                  f"   {'passed' if score.passed else 'FAILED'}: {score.drill.injected}"
                  f"; type first: {score.drill.command}")
    if len(scores) == len(DRILLS):
        passed = sum(score.passed for score in scores)
        stage.say(f'         note it where lbd runs: lbctl note "game day: {passed} of {len(scores)} passed"')


def seconds(time):
    return f"{time:.2f} s" if time else "0 s"


def end(number, _):
    sys.exit(128 + number)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("drills", nargs="*", metavar="DRILL", help="all of them if none is named")
    parser.add_argument("--list", action="store_true", help="say which there are")
    parser.add_argument("--rails", action="store_true",
                        help="a bad change, with the guard rails switched off one after the other")
    parser.add_argument("--default-times", action="store_true",
                        help="... and checks as often as by default, not five times a second")
    options = parser.parse_args()
    if options.list:
        for drill in DRILLS.values():
            print(f"{drill.name:4} {drill.injected} (first: {drill.command})")
        return 0
    unknown = set(options.drills) - set(DRILLS)
    if unknown:
        raise LabError(f"no drill {', '.join(sorted(unknown))} (try: scripts/gameday --list)")
    if os.geteuid() != 0:
        raise LabError("network namespaces need root (try: sudo make gameday)")
    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    stage = Stage()
    if options.rails:
        pace = rails.BY_DEFAULT if options.default_times else rails.QUICK
        longest = max(row.impairment for row in rails.everything(stage, f"gameday{os.getpid()}", pace))
        return 0 if stage.close([f"customers failed for {longest:.2f} s at most, instead of "
                                 f"{INCIDENT['restore'] // 60} minutes"]) else 1
    scores = [play(DRILLS[name], stage) for name in options.drills or DRILLS]
    scoreboard(scores, stage)
    slowest = max(score.restore for score in scores)
    return 0 if stage.close([f"restored within {slowest:.1f} s, instead of {INCIDENT['restore'] // 60} minutes"]) \
        else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (LabError, Late) as problem:
        sys.exit(f"gameday: {problem}")
