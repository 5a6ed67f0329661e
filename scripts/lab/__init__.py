# SPDX-License-Identifier: Apache-2.0
"""A small internet in network namespaces: client, router, balancers and backends.

`topology.Lab` builds it, `lab` is its command line, docs/lab.md its manual.
"""
