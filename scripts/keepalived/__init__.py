# SPDX-License-Identifier: Apache-2.0
"""keepalived.conf -> lbd.yaml: text.py reads statements, meaning.py and checkers.py say what they
become, page.py writes it.  Used by keepalived-to-lbd, and by nobody else.
"""
