# SPDX-License-Identifier: Apache-2.0
"""Echo that puts the backend's name in front: echo.py NAME TCP-PORT UDP-PORT...

UDP answers from the address that was asked, which with a vip on lo is not the one that
the kernel would choose.  TCP answers line by line.
"""
import asyncio
import socket
import sys


def answer_datagrams(sock, name):
    data, control, _, sender = sock.recvmsg(65535, 1024)
    asked = [part for part in control if part[1] == socket.IPV6_PKTINFO]
    sock.sendmsg([name + b" " + data], asked, 0, sender)


async def answer_lines(reader, writer, name):
    try:
        while line := await reader.readline():
            writer.write(name + b" " + line)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()


def listen_to_datagrams(name, port):
    udp = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    udp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    udp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
    udp.setblocking(False)
    udp.bind(("::", port))
    asyncio.get_running_loop().add_reader(udp, answer_datagrams, udp, name)


async def main(name, tcp_port, *udp_ports):
    for port in udp_ports:
        listen_to_datagrams(name, port)
    tcp = socket.create_server(("::", tcp_port), family=socket.AF_INET6, dualstack_ipv6=True,
                               backlog=4096)
    lines = await asyncio.start_server(lambda r, w: answer_lines(r, w, name), sock=tcp,
                                       backlog=4096)
    await lines.serve_forever()


asyncio.run(main(sys.argv[1].encode(), *map(int, sys.argv[2:])))
