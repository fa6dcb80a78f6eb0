#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Clients of `ipcstat-exporter`, well-behaved and not, and readers of its texts.

client.py get PORT FILE [PATH]         a scrape; curl has sockets of its own, which count
client.py report PORT                  what is in /report.json otherwise than `ipcstat -J` and
                                       `ipcstat hist -J` say
client.py hurry PORT NR                /report.json so often: how many were not made anew, in percent
client.py parallel PORT NR ADDRESSES   NR scrapes at once, from as many addresses
client.py still PORT NR                NR scrapes: what has changed in between, but for tcp
client.py storm PORT SECONDS           scrapes, one after the other: each of them whole
client.py loris PORT SECONDS           requests that never end, a byte every half second
client.py beside PORT WORD NR SCRAPES  scrapes, one after the other, beside NR connections that abuse the
                                       server so: how many were whole within 2 seconds ($SLOWER
                                       times as many)
client.py raw PORT WORD                a request that is none: the status of the reply
client.py watch FILE SECONDS           a textfile: each reading of it is whole
client.py check FILE                   OpenMetrics, to the letter
client.py value FILE SERIES...         their values, in either format
client.py compare FILE                 each number is the one of /proc/ipcstat
client.py waits FILE                   histograms, against the counters beside them
client.py allowed UNIT FILE            calls in FILE that the unit's filter does not let pass
"""
import json
import os
import re
import signal
import socket
import sys
import time

OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"


def connect(port, source=None):
    s = socket.socket()
    s.settimeout(60)
    if source:
        s.bind((source, 0))
    s.connect(("127.0.0.1", port))
    return s


def ask(s, accept="*/*", path="/metrics"):
    s.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: {accept}\r\n\r\n".encode())


def answer(s):
    """Status and body; the body as long as it was to be."""
    data = b""
    try:
        while part := s.recv(65536):
            data += part
    except OSError as error:
        print(f"# {error}", file=sys.stderr)
    s.close()
    head, _, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    if not head or not length or int(length[1]) != len(body):
        return 0, ""
    return int(head.split()[1]), body.decode()


def samples(text):
    """{name{labels}: value}"""
    found = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            assert name not in found, f"{name} is there twice"
            found[name] = float(value)
    return found


def whole(text):
    found = samples(text)
    return text.endswith("\n") and found.get("ipcstat_series") == len(found)


def get(port, file, path="/metrics"):
    s = connect(int(port))
    ask(s, path=path)
    with open(file, "w") as f:
        f.write(answer(s)[1])


def document(port, path):
    s = connect(int(port))
    ask(s, path=path)
    return json.loads(answer(s)[1])


MOVING = "tcp", "signal", "posix_shm", "pipe"  # by who reads


def tool(*words):
    """What ipcstat prints, through a file: a pipe would count."""
    import subprocess  # most do without, and a guest is slow
    import tempfile

    with tempfile.TemporaryFile("w+") as f:
        subprocess.run(["ipcstat", *words, "-J"], stdout=f, check=True)
        f.seek(0)
        return json.load(f)


def report(port):
    time.sleep(1)  # what was said last is said for a while
    got = document(port, "/report.json")
    rows, hists = tool(), tool("hist")
    compared = 0
    for name in "version", "since", "backend", "hooks_attached", "hooks_all", "missed":
        if got[name] != rows[name]:
            print(name, got[name], rows[name])
    for key, wanted in ("mechanisms", rows["mechanisms"]), ("histograms", hists["histograms"]):
        if [one.keys() for one in got[key]] != [one.keys() for one in wanted]:
            print(f"{key}: not the same are there")
        for one, other in zip(got[key], wanted):
            if one["mechanism"] not in MOVING:
                compared += len(one)
                if one != other:
                    print(one, other)
    print(f"# {compared} values", file=sys.stderr)


def hurry(port, nr):
    clocks = {document(port, "/report.json")["clock"] for _ in range(int(nr))}
    print(100 - 100 * len(clocks) // int(nr))


def parallel(port, nr, addresses):
    connections = [connect(int(port), f"127.0.0.{i % int(addresses) + 1}") for i in range(int(nr))]
    for s in connections:
        ask(s)
    answers = [answer(s) for s in connections]
    print(sum(status == 200 and whole(text) for status, text in answers))


def still(port, nr):
    texts = []
    for _ in range(int(nr)):
        s = connect(int(port))
        ask(s)
        texts.append(samples(answer(s)[1]))
    for name in sorted(texts[0].keys() | texts[-1].keys()):
        first, last = texts[0].get(name), texts[-1].get(name)
        if first != last and 'mechanism="tcp"' not in name:
            print(name, first, last)
    for direction in "send", "recv":
        name = f'ipcstat_operations_total{{mechanism="tcp",direction="{direction}"}}'
        print(f"# {name}: {texts[-1][name] - texts[0][name]}", file=sys.stderr)


def storm(port, seconds):
    """How many were without the module, how many with it, how many were not whole."""
    end = time.monotonic() + float(seconds)
    seen = {0: 0, 1: 0, "not whole": 0}
    while time.monotonic() < end:
        s = connect(int(port))
        ask(s)
        status, text = answer(s)
        if status != 200 or not whole(text):
            seen["not whole"] += 1
            print(f"# {status} {text[-200:]!r}")
            continue
        found = samples(text)
        loaded = int(found["ipcstat_module_loaded"])
        if (len(found) > 400) != bool(loaded):
            seen["not whole"] += 1
            print(f"# loaded {loaded}, {len(found)} series")
        else:
            seen[loaded] += 1
    print(seen[0] > 0, seen[1] > 0, seen["not whole"])
    print(f"# {seen}", file=sys.stderr)


def loris(port, seconds):
    """How long the longest of them lived."""
    start = time.monotonic()
    living, longest, opened = [], 0, 0
    while time.monotonic() < start + float(seconds):
        while len(living) < 40:
            s = connect(int(port), "127.0.0.99")
            s.setblocking(False)
            living.append((s, time.monotonic()))
            opened += 1
        for s, born in list(living):
            try:
                s.send(b"GET /metrics HTTP/1.1\r\nX: " if born > time.monotonic() - 0.1 else b"y")
                closed = s.recv(1) == b""
            except BlockingIOError:
                closed = False
            except OSError:
                closed = True
            if closed:
                s.close()
                living.remove((s, born))
                longest = max(longest, time.monotonic() - born)
        time.sleep(0.5)
    print(round(max([longest] + [time.monotonic() - born for s, born in living]), 1), opened)


REQUEST = b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
ABUSES = {  # what each sends at first, what every half second, and whether it reads the reply
    "drip": (b"GET /metrics HTTP/1.1\r\nX: ", b"y", True),
    "silent": (b"", b"", True),
    "blank": (b"\r\n\r\n", b"\r\n", True),
    "flood": (REQUEST, b"", True),
    "deaf": (REQUEST, b"", False),
    "pipeline": (REQUEST * 100, REQUEST, True),
}


async def abuse(port, source, first, later, reads):
    """Whenever the server closes the connection there is another one."""
    import asyncio

    loop = asyncio.get_running_loop()
    while True:
        with socket.socket() as s:
            s.setblocking(False)
            s.bind((source, 0))
            if not reads:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            try:
                await loop.sock_connect(s, ("127.0.0.1", port))
                await loop.sock_sendall(s, first)
                for _ in range(20 if reads else 6):
                    try:
                        while await asyncio.wait_for(loop.sock_recv(s, 65536), 0.5) if reads else \
                                await asyncio.sleep(0.5):
                            pass
                        if reads:
                            break
                    except asyncio.TimeoutError:
                        await loop.sock_sendall(s, later)
            except OSError:
                await asyncio.sleep(0.001)


def beside(port, what, nr, scrapes):
    import asyncio

    async def all_of_them():
        await asyncio.gather(*(abuse(int(port), f"127.0.0.{i % int(addresses) + 1}", *ABUSES[what])
                               for i in range(int(nr))))

    addresses = 1 if int(nr) < 100 else 250
    child = os.fork()
    if not child:
        asyncio.run(all_of_them())
    try:
        time.sleep(2)
        limit = 2 * float(os.environ.get("SLOWER") or 1)
        times = []
        for _ in range(int(scrapes)):
            start = time.monotonic()
            good = False
            try:
                s = connect(int(port))
                ask(s)
                status, text = answer(s)
                good = status == 200 and whole(text)
            except OSError as error:
                print(f"# {error}", file=sys.stderr)
            times.append(time.monotonic() - start if good else float("inf"))
        print(sum(t < limit for t in times))
        print(f"# {what}: the slowest took {max(times):.3f} s", file=sys.stderr)
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def raw(port, what):
    requests = {
        "garbage": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
        "header": b"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"y" * 100000 + b"\r\n\r\n",
        "line": b"GET /" + b"y" * 100000 + b" HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        "path": b"GET /../../etc/passwd HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        "old": b"GET /metrics HTTP/1.0\r\n\r\n",
        "nothing": b"",
    }
    s = connect(int(port))
    data = b""
    try:
        s.sendall(requests[what])
        s.shutdown(socket.SHUT_WR)
        while part := s.recv(65536):
            data += part
    except OSError:
        pass
    print(data.split()[1].decode() if data else "closed")


def watch(path, seconds):
    """How many of the readings were not whole."""
    end = time.monotonic() + float(seconds)
    wrong = nr = 0
    inodes = set()
    while time.monotonic() < end:
        try:
            with open(path) as f:
                inodes.add(os.fstat(f.fileno()).st_ino)
                wrong += not whole(f.read())
            nr += 1
        except FileNotFoundError:
            wrong += 1
    print(wrong)
    print(f"# {nr} readings, {len(inodes)} files", file=sys.stderr)


def check(path):
    from prometheus_client.openmetrics.parser import text_string_to_metric_families

    with open(path) as f:
        families = list(text_string_to_metric_families(f.read()))
    print(sum(len(family.samples) for family in families))


def value(path, *names):
    with open(path) as f:
        found = samples(f.read())
    print(*(f"{found[name]:.15g}" if name in found else "absent" for name in names))


COLUMNS = {
    "objects": "objects", "queued": "queued_messages", "queued_bytes": "queued_bytes",
    "blocked": "blocked_tasks", "ops": "operations_total", "bytes": "bytes_total",
    "copied": "copied_bytes_total", "waits": "waits_total", "wait_ns": "wait_seconds_sum",
    "fails": "failures_total",
}


def compare(path):
    """What differs, but in rows that a reader moves himself."""
    with open(path) as f:
        found = samples(f.read())
    with open("/proc/ipcstat") as f:
        lines = f.read().splitlines()
    compared = 0
    for line in lines[2:]:
        for column, cell in zip(lines[1].split()[1:], line.split()[1:]):
            row, direction, name = line.split()[0], "", column
            if column[:5] in ("send_", "recv_"):
                direction, name = f',direction="{column[:4]}"', column[5:]
            series = f'ipcstat_{COLUMNS[name]}{{mechanism="{row}"{direction}}}'
            unknown = f'ipcstat_unknown{{mechanism="{row}",counter="{column}"}}'
            if row in ("tcp", "signal", "posix_shm") and cell.isdigit():
                good = series in found
            elif cell.isdigit():
                want = int(cell) / 1e9 if name == "wait_ns" else int(cell)
                good = abs(found.get(series, -1) - want) < 1e-6
            else:
                good = series not in found
            compared += 1
            if not good or (cell == "?") != (unknown in found):
                print(row, column, cell, found.get(series), found.get(unknown))
    print(f"# {compared} cells", file=sys.stderr)


def waits(path):
    """How many histograms there are; and which disagree with a counter, or with themselves."""
    with open(path) as f:
        found = samples(f.read())
    nr = 0
    for name, count in found.items():
        if not name.startswith("ipcstat_wait_seconds_count"):
            continue
        nr += 1
        labels = name[name.index("{"):-1]
        buckets = [value for series, value in found.items()
                   if series.startswith(f"ipcstat_wait_seconds_bucket{labels},le=")]
        last = found[f'ipcstat_wait_seconds_bucket{labels},le="+Inf"}}']
        waited = found[f"ipcstat_waits_total{labels}}}"]
        total = found[f"ipcstat_wait_seconds_sum{labels}}}"]
        if not (count == last == waited == buckets[-1] and buckets == sorted(buckets) and
                len(buckets) == 6 and (total > 0) == (count > 0)):
            print(name, count, last, waited, total, buckets)
    print(nr)


def allowed(unit, path):
    import subprocess

    def members(name):
        text = subprocess.run(["systemd-analyze", "syscall-filter", name], check=True,
                              capture_output=True, text=True).stdout
        words = [line.strip() for line in text.splitlines()[1:] if line.startswith("    ")]
        result = set()
        for word in words:
            if word.startswith("@"):
                result |= members(word)
            elif not word.startswith("#"):
                result.add(word)
        return result

    passes = set()
    with open(unit) as f:
        for line in f:
            if not line.startswith("SystemCallFilter="):
                continue
            words = line.split("=", 1)[1].split()
            sets = set().union(*(members(word.lstrip("~")) for word in words))
            passes = passes - sets if words[0].startswith("~") else passes | sets
    with open(path) as f:
        called = set(re.findall(r"^(?:\d+ +)?([a-z0-9_]+)\(", f.read(), re.M))
    print(*sorted(called - passes))
    print(f"# {len(called)} calls", file=sys.stderr)


globals()[sys.argv[1]](*sys.argv[2:])
