# SPDX-License-Identifier: Apache-2.0
"""A real gRPC server with the standard health service: grpc_server.py PORT [none].

The whole server and `shop.Frontend` are SERVING, `shop.Backend` is not, others it does not know.
With `none` it has no health service.
"""
import concurrent.futures
import sys

import grpc

STATES = {b"": 1, b"shop.Frontend": 1, b"shop.Backend": 2}  # by service: ServingStatus


def check(request, context):
    service = request[2:] if request[:1] == b"\x0a" else b""
    if service not in STATES:
        context.abort(grpc.StatusCode.NOT_FOUND, "unknown service")
    return bytes([8, STATES[service]])


server = grpc.server(concurrent.futures.ThreadPoolExecutor(2))
if sys.argv[2:] != ["none"]:
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(
        "grpc.health.v1.Health", {"Check": grpc.unary_unary_rpc_method_handler(check)}),))
server.add_insecure_port(f"[::]:{sys.argv[1]}")
server.start()
server.wait_for_termination()
