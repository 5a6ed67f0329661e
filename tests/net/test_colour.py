# SPDX-License-Identifier: Apache-2.0
"""Colours: on a terminal that has them, unless somebody says otherwise (https://no-color.org)."""
import pytest
import scene
from screens import terminal

ESCAPE = b"\x1b["


@pytest.fixture(scope="module")
def scenery():
    with scene.running(family="4") as (_, balancer):
        yield balancer


def shown(balancer, *words, **environment):
    """Whether `lbctl status` is coloured on a terminal."""
    with terminal(balancer, balancer.lbctl, *words, "status", **environment) as seen:
        assert seen.end() == 0
        assert b"no problems" in seen.raw
        return ESCAPE in seen.raw


@pytest.mark.parametrize("words, environment, coloured", [
    ((), {}, True),
    ((), {"NO_COLOR": "1"}, False),
    ((), {"NO_COLOR": "0"}, False),
    ((), {"NO_COLOR": ""}, True),
    ((), {"TERM": "dumb"}, False),
    (("--color", "auto"), {"NO_COLOR": "1"}, False),
    (("--color", "always"), {"NO_COLOR": "1"}, True),
    (("--color=always",), {"TERM": "dumb"}, True),
    (("--color", "never"), {}, False)], ids=str)
def test_a_terminal_gets_what_its_reader_wants(scenery, words, environment, coloured):
    assert shown(scenery, *words, **environment) == coloured


@pytest.mark.parametrize("words, coloured", [((), False), (("--color", "always"), True), (("--color", "never"), False)],
                         ids=str)
def test_a_pipe_gets_none_unless_it_is_asked_for(scenery, words, coloured):
    told = scenery.ctl(*words, "status", check=True).stdout
    assert "no problems" in told and ("\x1b[" in told) == coloured


def test_json_is_never_coloured(scenery):
    assert "\x1b[" not in scenery.ctl("--color", "always", "-o", "json", "status", check=True).stdout


def test_another_word_is_refused_and_names_those_that_there_are(scenery):
    refused = scenery.ctl("--color", "sometimes", "status")
    assert refused.returncode == 2
    assert all(word in refused.stderr for word in ("--color", "sometimes", "auto", "always", "never"))
