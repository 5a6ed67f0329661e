# SPDX-License-Identifier: Apache-2.0
"""What the pages show in `console by-hand` blocks, or in a sentence, and what no test executes as it stands
there: all of it, and why.  The lbctl of it is parsed (test_command_lines.py).
"""
WHY = {
    "a person's editor or browser, or a person's way to a host": {
        "docs/operations.md": ["ssh lb1 lbctl status"],
        "docs/status-page.md": ["ssh -L 9677:127.0.0.1:9677 edge-1", "xdg-open http://localhost:9677/"]},
    "a card with queues to spare": {
        "docs/rules/LB608.md": ["ethtool -L eth0 combined 2"]},
}
