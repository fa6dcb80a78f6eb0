#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""ends.py CASE PATH: sockets whose other end is known, or unknown.

Moves a few bytes, makes PATH.ready, and goes on until it is killed with its children. The
processes are called by their part. PATH begins the names of sockets.
"""
import ctypes
import os
import signal
import socket
import sys
import time

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
kept = []  # open until the end
case, path = sys.argv[1:3]


def name(comm):
    LIBC.prctl(15, comm.encode(), 0, 0, 0)


def start(comm, function):
    """A child that goes on until its parent ends."""
    pid = os.fork()
    if pid:
        return pid
    LIBC.prctl(1, signal.SIGKILL, 0, 0, 0)
    name(comm)
    function()
    done()
    signal.pause()


def done():
    open(f"{path}.{os.getpid()}", "w").close()


def all_done(*pids):
    while not all(os.path.exists(f"{path}.{pid}") for pid in pids):
        time.sleep(0.02)


def unix(kind, address=None):
    sock = socket.socket(socket.AF_UNIX, kind)
    if address:
        sock.bind(address)
    kept.append(sock)
    return sock


def speak(sock):
    """Both ends do: then neither only sends, or only receives."""
    sock.send(b"x" * 23)
    sock.recv(23, socket.MSG_WAITALL)


def listening():
    listener = unix(socket.SOCK_STREAM, path)
    listener.listen()

    def connect():
        sock = unix(socket.SOCK_STREAM)
        sock.connect(path)
        return sock
    return listener, connect


def meet(listener, connect, elsewhere=True):
    """'near' accepts what 'far' connects, which may be in a network namespace of its own."""
    def far():
        if elsewhere and LIBC.unshare(CLONE_NEWNET):
            sys.exit("unshare")
        sock = connect()
        kept.append(sock)
        speak(sock)
    child = start("far", far)
    name("near")
    sock = listener.accept()[0]
    kept.append(sock)
    speak(sock)
    all_done(child)


def closed(pair):
    """'stays' keeps its end, and 'goes' closes the other one, and goes on."""
    def goes():
        pair[0].close()
        speak(pair[1])
        pair[1].close()
    child = start("goes", goes)
    name("stays")
    pair[1].close()
    speak(pair[0])
    all_done(child)


def tcp_pair():
    listener = socket.create_server(("127.0.0.1", 0))
    sock = socket.create_connection(listener.getsockname())
    return sock, listener.accept()[0]


def own():
    """'self' has both ends, and a datagram socket that is its own peer."""
    name("self")
    for one, other in (socket.socketpair(), tcp_pair()):
        kept.extend((one, other))
        one.send(b"x" * 23)
        other.recv(23, socket.MSG_WAITALL)
    sock = unix(socket.SOCK_DGRAM, path)
    sock.connect(path)
    sock.send(b"x" * 23)
    sock.recv(23)


def server():
    """Two of 'client' are connected to the socket of 'server', 'loose' is not; it replies to all."""
    sock = unix(socket.SOCK_DGRAM, path)

    def client(connected):
        def run():
            ours = unix(socket.SOCK_DGRAM, f"{path}-{os.getpid()}")
            sock.close()
            if connected:
                ours.connect(path)
                ours.send(b"x" * 23)
            else:
                ours.sendto(b"x" * 23, path)
            ours.recv(100)
        return run
    clients = [start(comm, client(comm == "client")) for comm in ("client", "client", "loose")]
    name("server")
    for _ in clients:
        sock.sendto(b"y" * 10, sock.recvfrom(100)[1])
    all_done(*clients)


def udp():
    ours = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    ours.bind(("127.0.0.1", 0))
    kept.append(ours)
    name("udp")
    ours.sendto(b"x" * 23, ours.getsockname())
    ours.recv(23)


def sem():
    """The identifier -1, as where a set was not made and nobody looked."""
    name("sem")
    LIBC.semop(-1, (ctypes.c_short * 3)(0, 1, 0), 1)
    LIBC.msgsnd(-1, (ctypes.c_long * 2)(1), 1, 0)
    LIBC.shmat(-1, None, 0)


def asleep():
    """'near' waits for 'far', which is in another network namespace, and 'here' for 'there'."""
    one, other = socket.socketpair()
    start("here", lambda: (other.close(), done(), one.recv(1)))
    start("there", one.close)
    other.close()
    meet(*listening())
    open(f"{path}.ready", "w").close()
    kept[-1].recv(1)


def datagrams():
    """'full' has both ends of a pair, one of which is full; 'reader' has this one, too."""
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    start("reader", one.close)
    name("full")
    open(f"{path}.ready", "w").close()
    while True:
        one.send(b"x")


CASES = {
    "closed-unix": lambda: closed(socket.socketpair()),
    "closed-packets": lambda: closed(socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)),
    "closed-tcp": lambda: closed(tcp_pair()),
    "netns-unix": lambda: meet(*listening()),
    "here-unix": lambda: meet(*listening(), elsewhere=False),
    "self": own,
    "server": server,
    "udp": udp,
    "sem": sem,
    "asleep": asleep,
    "datagrams": datagrams,
}
CASES[case]()
open(f"{path}.ready", "w").close()
signal.pause()
