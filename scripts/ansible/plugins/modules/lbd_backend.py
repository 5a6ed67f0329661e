#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Says ready, drain or maint of a backend, or its weight, to the lbd of the host."""
import http.client
import json
import socket
import time

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = """
module: lbd_backend
short_description: Take a backend out of an lbd, bring it back, or give it another share
description:
  - Sets the admin state of one backend, or its weight, over what the configuration says, as C(lbctl drain), C(maint),
    C(ready) and C(weight) do.
  - Talks to the unix socket of lbd, so it runs on the balancer. Delegate it there.
options:
  name:
    description: The backend, as C(POOL/BACKEND).
    type: str
    required: true
  state:
    description:
      - C(drain), no new flows. C(maint), no packets. C(ready), flows if it is healthy.
      - Either this or I(weight).
    type: str
    choices: [ready, drain, maint]
  weight:
    description:
      - Its share of new flows, relative to the others of its pool, from 0 to 1000. Connections stay where they are.
      - With the weight that the configuration says, the configuration counts again.
      - While lbd applies another change, it is said again and again, for I(timeout) at most.
    type: int
  reason:
    description: Why, for those who come after. C(lbctl status) shows it.
    type: str
    required: true
  for:
    description: When it is over by itself, from C(1s) to C(720h). If not set, when it is set again.
    type: str
  accept:
    description: Vips that may be left with too few healthy backends, each as C(LB703:VIP).
    type: list
    elements: str
    default: []
  wait:
    description:
      - With C(drain), until it got no packet for 10 seconds, or may get none any more.
      - With C(maint), until it gets no packets, which is at once.
      - With C(ready), until it is healthy and gets new flows.
      - With I(weight), until no slot moves any more, which may take C(node.move_window).
    type: bool
    default: false
  timeout:
    description: Seconds to wait at most.
    type: int
    default: 600
  socket:
    description: Of lbd.
    type: path
    default: /run/lbd/lbd.sock
author: [The authors of lbd (@lbd)]
attributes:
  check_mode:
    description: lbd judges the change as it would, and changes nothing.
    support: full
  diff_mode:
    description: The admin state or the weight, before and after.
    support: full
"""
EXAMPLES = """
- name: No new customers for web-1
  lbd.balancer.lbd_backend:
    name: web/web-1
    state: drain
    reason: release 4.2
    wait: true
  delegate_to: "{{ item }}"
  loop: "{{ groups['lbd'] }}"

- name: Customers again
  lbd.balancer.lbd_backend:
    name: web/web-1
    state: ready
    reason: release 4.2
    wait: true
  delegate_to: "{{ item }}"
  loop: "{{ groups['lbd'] }}"

- name: A tenth of the flows for the new release
  lbd.balancer.lbd_backend:
    name: web/web-1
    weight: 10
    reason: release 4.2
    for: 1h
  delegate_to: "{{ item }}"
  loop: "{{ groups['lbd'] }}"
"""
RETURN = """
before:
  description: The admin state before, or the weight.
  returned: success
  type: str
  sample: ready
after:
  description: The admin state after, or the weight.
  returned: success
  type: str
  sample: drain
waited:
  description: What ended the waiting.
  returned: success, with I(wait)
  type: str
  sample: no packet for 10 s
"""
QUIET = 10.0  # seconds without a packet, as `lbctl drain --wait`
EVERY = 0.2


class Refused(Exception):
    """What lbd, or the way to it, has to say."""


class Busy(Refused):
    """Not now, but in a moment."""


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("lbd", timeout=60)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Lbd:
    """The lbd of this host, and one of its backends."""

    def __init__(self, path, name):
        self.path, self.name = path, name

    def ask(self, method, what, body=None):
        connection = UnixConnection(self.path)
        try:
            connection.request(method, "/api/v1/" + what, body=None if body is None else json.dumps(body))
            answer = connection.getresponse()
            document = json.loads(answer.read())
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise Refused("lbd does not answer at %s: %s" % (self.path, error)) from error
        finally:
            connection.close()
        if answer.status != 200:
            raise (Busy if document.get("kind") == "busy" else Refused)(document.get("error", "lbd said %d" % answer.status))
        return document

    def look(self):
        return self.ask("GET", "backends/" + self.name)

    def say(self, what, timeout, **words):
        """A weight waits until no packet sees the tables of the change before any more."""
        deadline = time.monotonic() + timeout
        while True:
            try:
                return self.ask("POST", "backends/%s/%s" % (self.name, what), words)
            except Busy:
                if time.monotonic() > deadline:
                    raise
            time.sleep(EVERY)

    def moves(self):
        """Whether flows of its pool's vips do."""
        pool = self.name.partition("/")[0]
        return any(vip["moving"] + vip["settling"] for vip in self.ask("GET", "vips")["vips"] if vip["pool"] == pool)


def see_that_it_is(said, now):
    """Or somebody else has said otherwise, or it is over by itself."""
    if now != said:
        raise Refused("it is not %s any more, but %s" % (said, now))


def drained(looks):
    """Why it gets no packets any more; None: it may still.  `looks`: (time, backend), all so far."""
    now, backend = looks[-1]
    see_that_it_is("drain", backend["state"])
    if backend["flows"] == "none":
        return "it gets no packets"
    since = next(at for at, seen in looks if seen["packets"] == backend["packets"])
    return "no packet for %d s" % QUIET if now - since >= QUIET else None


def parked(looks):
    backend = looks[-1][1]
    see_that_it_is("maint", backend["state"])
    return "it gets no packets" if backend["flows"] == "none" else None


def returned(looks):
    backend = looks[-1][1]
    see_that_it_is("ready", backend["state"])
    return "it gets new flows" if backend["eligible"] else None


def weighed(lbd, weight):
    """As the others, for this weight."""
    def enough(looks):
        see_that_it_is("weight %d" % weight, "weight %d" % looks[-1][1]["weight"])
        return None if lbd.moves() else "no flow moves any more"
    return enough


def wait(lbd, enough, timeout):
    deadline, looks = time.monotonic() + timeout, []
    while True:
        looks.append((time.monotonic(), lbd.look()))
        why = enough(looks)
        if why:
            return why
        if time.monotonic() > deadline:
            raise Refused("still not after %d s: it is %s, %s" % (
                timeout, looks[-1][1]["state"], looks[-1][1]["health"]))
        time.sleep(EVERY)


def asked(params):
    """(word, what is to be said of it)"""
    word = "weight" if params["state"] is None else "state"
    words = {word: str(params[word]), "reason": params["reason"]}
    if params["for"]:
        words["for"] = params["for"]
    if params["accept"]:
        words["accept"] = params["accept"]
    return word, words


def change(module, lbd):
    """What is returned to Ansible."""
    params = module.params
    word, words = asked(params)
    done = lbd.say(word, params["timeout"], dry_run=module.check_mode, **words)
    result = {"changed": done["changed"], "before": done["before"], "after": done["after"],
              "diff": {"before": done["before"] + "\n", "after": done["after"] + "\n"}}
    if params["wait"] and not module.check_mode:
        enough = {"drain": drained, "maint": parked, "ready": returned, None: weighed(lbd, params["weight"])}
        result["waited"] = wait(lbd, enough[params["state"]], params["timeout"])
    return result


def main():
    one = [("state", "weight")]
    module = AnsibleModule(supports_check_mode=True, mutually_exclusive=one, required_one_of=one, argument_spec={
        "name": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["ready", "drain", "maint"]},
        "weight": {"type": "int"},
        "reason": {"type": "str", "required": True},
        "for": {"type": "str"},
        "accept": {"type": "list", "elements": "str", "default": []},
        "wait": {"type": "bool", "default": False},
        "timeout": {"type": "int", "default": 600},
        "socket": {"type": "path", "default": "/run/lbd/lbd.sock"}})
    name = module.params["name"]
    if name.count("/") != 1:
        module.fail_json(msg="name: POOL/BACKEND, not " + name)
    try:
        module.exit_json(**change(module, Lbd(module.params["socket"], name)))
    except Refused as refused:
        module.fail_json(msg="%s: %s" % (name, refused))


if __name__ == "__main__":
    main()
