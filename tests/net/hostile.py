# SPDX-License-Identifier: Apache-2.0
"""A backend that misbehaves: hostile.py PERSONA PORT.

hang     accepts, reads, and never answers
garbage  answers with bytes that are no HTTP
drip     a valid answer, one byte a second
headers  10 MB of headers
Prints a line for each connection, so that a test can count them.
"""
import random
import socket
import sys
import threading
import time

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"


def hang(connection):
    while connection.recv(4096):
        pass


def garbage(connection):
    connection.recv(4096)
    connection.sendall(random.Random(1).randbytes(100_000))


def drip(connection):
    for byte in ANSWER:
        connection.sendall(bytes([byte]))
        time.sleep(1)


def headers(connection):
    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    line = b"X-Filler: " + b"x" * 990 + b"\r\n"
    for _ in range(10):
        connection.sendall(line * 1000)
    connection.sendall(b"Content-Length: 3\r\n\r\nok\n")


PERSONAS = {each.__name__: each for each in (hang, garbage, drip, headers)}


def entertain(persona, connection):
    with connection:
        try:
            PERSONAS[persona](connection)
        except OSError:
            pass  # it had enough of us


def main(persona, port):
    listener = socket.create_server(("", port), backlog=1024)
    while True:
        connection, _ = listener.accept()
        print("connection", flush=True)
        threading.Thread(target=entertain, args=(persona, connection), daemon=True).start()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
