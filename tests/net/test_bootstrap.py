# SPDX-License-Identifier: Apache-2.0
"""scripts/bootstrap installs what is missing and lets no service start meanwhile.

It runs in a mount namespace of its own, in which /usr/sbin is a copy and dpkg-query and apt-get
are actors: nothing is installed.
"""
import subprocess

import pytest
from lab.hosts import ROOT

STAGE = """
mount -t tmpfs scratch "$SCRATCH"
mkdir "$SCRATCH/up" "$SCRATCH/work"
mount -t overlay -o lowerdir=/usr/sbin,upperdir="$SCRATCH/up",workdir="$SCRATCH/work" \
    overlay /usr/sbin
cp "$ACTORS"/* "$BOOTSTRAP" /usr/sbin  # where nobody can read them, too
policy=/usr/sbin/policy-rc.d
rm -f "$policy"
if [ "$OWN" ]; then printf '#!/bin/sh\\nexit 104\\n' >"$policy"; chmod 741 "$policy"; fi
$AS /usr/sbin/bootstrap $WORDS
code=$?
if [ -e "$policy" ]; then echo "after: $(stat -c %a "$policy") $(tail -n 1 "$policy")"; fi
ls /usr/sbin | sed -n 's/^policy-rc.d\\(.\\+\\)/left: \\1/p'
exit $code
"""
DPKG_QUERY = """#!/bin/sh
for package; do :; done
case " $MISSING " in *" $package "*) exit 1 ;; esac
echo installed
"""
APT_GET = """#!/bin/sh
sh /usr/sbin/policy-rc.d
echo "policy $?: $*" >>"$APT_LOG"
echo "words of apt"
exit ${APT_EXIT:-0}
"""


@pytest.fixture
def bootstrap(tmp_path):
    actors = tmp_path / "bin"
    actors.mkdir()
    for name, text in (("dpkg-query", DPKG_QUERY), ("apt-get", APT_GET)):
        (actors / name).write_text(text)
        (actors / name).chmod(0o755)
    (tmp_path / "scratch").mkdir()
    log = tmp_path / "apt.log"

    def play(**given):
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "OWN": "", "AS": "", "WORDS": "",
                       "ACTORS": str(actors), "SCRATCH": str(tmp_path / "scratch"),
                       "APT_LOG": str(log),
                       "BOOTSTRAP": str(ROOT / "scripts" / "bootstrap"), **given}
        done = subprocess.run(["unshare", "-m", "sh", "-c", STAGE], env=environment, text=True,
                              capture_output=True, timeout=30, check=False)
        return done, log.read_text().splitlines() if log.exists() else []
    return play


def test_it_says_nothing_when_nothing_is_missing(bootstrap):
    done, asked = bootstrap()
    assert (done.returncode, done.stdout, done.stderr, asked) == (0, "", "", [])


def test_only_what_is_missing_is_installed_and_nothing_may_start(bootstrap):
    done, asked = bootstrap(MISSING="wrk libmnl-dev")
    assert done.returncode == 0, done.stderr
    assert len(asked) == 1 and asked[0].startswith("policy 101:"), asked
    assert asked[0].endswith("install --no-install-recommends -y libmnl-dev wrk")
    assert done.stdout == "", "a policy was left behind"


@pytest.mark.parametrize("words", ["", "--test"])
def test_nothing_is_left_out_with_a_word_or_without(bootstrap, words):
    done, asked = bootstrap(MISSING="busybox-static", WORDS=words)
    assert done.returncode == 0, done.stderr
    assert [line.split()[-1] for line in asked] == ["busybox-static"]


def test_an_ordinary_user_who_can_build_needs_nothing_of_the_tests(bootstrap):
    """For `make deb`; what it does need, and how it comes, is said as ever."""
    nobody = {"AS": "setpriv --reuid nobody --clear-groups", "WORDS": "--build"}
    done, asked = bootstrap(MISSING="wrk lintian ansible-lint prometheus libgtest-dev", **nobody)
    assert (done.returncode, done.stdout, done.stderr, asked) == (0, "", "", [])
    done, asked = bootstrap(MISSING="wrk scdoc libmnl-dev", **nobody)
    assert (done.returncode, asked) == (1, []) and "missing: libmnl-dev scdoc\n" in done.stderr
    assert done.stderr.endswith("sudo /usr/sbin/bootstrap --build\n")


@pytest.mark.parametrize("word", ["--tests", "--vm", "-h"])
def test_a_word_that_it_does_not_know_is_named(bootstrap, word):
    done, asked = bootstrap(MISSING="wrk", WORDS=f"--test {word}")
    assert (done.returncode, asked) == (2, [])
    assert done.stderr == f'bootstrap: no option "{word}"; there are --test and --build\n'


@pytest.mark.parametrize("apt_exit", ["0", "100"])
def test_the_administrators_own_policy_is_back_afterwards(bootstrap, apt_exit):
    done, asked = bootstrap(MISSING="wrk", OWN="yes", APT_EXIT=apt_exit)
    assert all(line.startswith("policy 101:") for line in asked), asked
    assert done.stdout == "after: 741 exit 104\n"


def test_a_failure_is_said_after_new_lists_were_tried(bootstrap):
    done, asked = bootstrap(MISSING="wrk", APT_EXIT="100")
    assert done.returncode == 1
    assert "words of apt" in done.stderr and "apt-get failed" in done.stderr
    assert any(line.endswith(" update") for line in asked), asked


def test_without_root_it_names_the_packages(bootstrap):
    done, asked = bootstrap(MISSING="wrk ethtool", AS="setpriv --reuid nobody --clear-groups")
    assert done.returncode == 1 and asked == []
    assert "ethtool wrk" in done.stderr and "sudo" in done.stderr
