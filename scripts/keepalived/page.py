# SPDX-License-Identifier: Apache-2.0
"""Pools and vips -> lbd.yaml.  What is to be decided stands there as `{{ TODO ... }}`: `lbctl check` refuses
each as LB105, with its line, until somebody has written a value or removed it.
"""
import dataclasses
import json
import re

from keepalived.text import Where

PLAIN = re.compile(r"[A-Za-z][\w.-]*|\d+(ms|s)|\d+(\.\d+){3}|/[\w/.-]*")
WORDS = {"yes", "no", "on", "off", "true", "false", "null", "y", "n"}  # which YAML 1.1 takes for something else


@dataclasses.dataclass(frozen=True)
class Todo:
    """Instead of a value; or as a key, where no value can hold it."""
    what: str
    where: Where

    def __str__(self):
        return f"{{{{ TODO {self.what} }}}}"


def todos(value):
    """Every Todo in it, in the order in which it is written."""
    if isinstance(value, Todo):
        return [value]
    if isinstance(value, dict):
        return [found for key, inner in value.items() for each in (key, inner) for found in todos(each)]
    if isinstance(value, list):
        return [found for each in value for found in todos(each)]
    return []


def page(document, source):
    return f"# made of {source} by keepalived-to-lbd; every key: lbd.yaml(5)\n" + _block(document, "")


def _block(block, indent):
    lines = []
    for key, value in block.items():
        name = _scalar(key)
        if isinstance(value, dict) and value and not _fits(value):
            lines.append(f"{indent}{name}:\n{_block(value, indent + '  ')}")
        else:
            remark = f"  # {value.where}" if isinstance(value, Todo) else ""
            lines.append(f"{indent}{name}: {_flow(value)}{remark}\n")
        if not indent and key != "version":
            lines[-1] = "\n" + lines[-1]
    return "".join(lines)


def _fits(block):
    """On one line: short, and nothing to be decided in it."""
    return not todos(block) and not any(isinstance(each, dict) for each in block.values()) and \
        len(_flow(block)) < 90


def _flow(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(key)}: {_flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _scalar(value)


def _scalar(value):
    if isinstance(value, (bool, int)):
        return json.dumps(value)
    text = str(value)
    if text.lower() not in WORDS and (PLAIN.fullmatch(text) or isinstance(value, Name)):
        return text
    return json.dumps(text, ensure_ascii=False)


class Name(str):
    """Of a pool, a backend or a vip: needs no quotes."""
