#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The netlink family as the kernel's own ynl sees it, which knows nothing of it but
module/uapi/ipcstat.yaml: it says what `ipcstat -J` says. Output is TAP.

    ynl.py YNL-DIRECTORY VERSION
"""
import json
import os
import subprocess
import sys
import time

sys.path.insert(0, sys.argv[1])
from lib import NlError, YnlFamily  # noqa: E402

MECHS = "fifo sysv_msg sysv_sem futex unix_stream tcp udp raw eventfd".split()
tests = failed = 0


def equal(what, got, want):
    global tests, failed
    tests += 1
    good = got == want
    failed += not good
    print(f"{'' if good else 'not '}ok {tests} - {what}")
    if not good:
        print(f"#   got {got!r}, expected {want!r}")


def refused(what, call, number, text):
    try:
        call()
        got = "no error"
    except NlError as error:
        got = -error.nl_msg.error, error.nl_msg.extack and error.nl_msg.extack.get("msg")
    equal(what, got, (number, text))


def tool(*args):
    return json.loads(subprocess.run(["ipcstat", *args, "-J"], capture_output=True, check=True).stdout)


def happens(*args):
    return subprocess.run(["build/tests/events/happen", *args], capture_output=True, check=True).stdout.split()


def values(counters):
    """{name: value}, None for what is not known, without what does not apply."""
    return {c["name"]: c.get("value") for c in counters if "none" not in c}


def send(mech):
    """Of a row what nobody changes meanwhile."""
    return {k: v for k, v in values(ynl.do("row", {"mech": mech})["counter"]).items()
            if k.startswith(("send", "recv")) and not k.endswith("_ns")}


ynl = YnlFamily("module/uapi/ipcstat.yaml", "")
ynl.ntf_subscribe("lost")
info = ynl.do("info", {})
equal("info", (info["version"], info["missed"]), (sys.argv[2], 0))
rows = ynl.dump("row", {})
report = tool()["mechanisms"]
equal("all rows in their order", [row["mech"] for row in rows], [row["mechanism"] for row in report])
for row in report:
    if row["mechanism"] in MECHS:
        got = send(row["mechanism"])
        equal(f"{row['mechanism']}: 23 messages, as the tool has it", (got["send_ops"], got),
              (23, {name: row[name] for name in got}))
refused("no such row", lambda: ynl.do("row", {"mech": "fifa"}), 2, "no mechanism of this name")
refused("no such signal", lambda: ynl.do("signal", {"signal": 65}), 34, "integer out of range")
equal("hooks", [hook["hook"]["name"] for hook in ynl.dump("hook", {})],
      [hook["hook"] for hook in tool("hooks")["hooks"]])
hists = {h["name"]: h["buckets"] for h in ynl.do("hist", {"mech": "fifo"})["hist"]}
equal("histograms", hists["send_size"], [0] * 6 + [23])
equal("flows are on", ynl.do("flows", {"max-flows": 1024}), {"max-flows": 1024, "used": 0, "evicted": 0})
subprocess.run(["ipclab", "run", "fifo", "-n", "29", "-s", "100"], capture_output=True, check=True)
flows = ynl.dump("flow", {"mech": "fifo"})
equal("flows", sorted((f["flow"]["direction"], values(f["counter"])["bytes"]) for f in flows if "flow" in f),
      [("recv", 2900), ("send", 2900)])
equal("flows are off", ynl.do("flows", {"max-flows": 0})["max-flows"], 0)
equal("groups", [g["name"] for g in ynl.do("events", {})["group-state"]][:4], ["exit", "lost", "signal", "limit"])
inode, size, messages = map(int, happens("lost", "pipe"))
time.sleep(1)
ynl.check_ntf()
equal("an event", [(e["name"], e["msg"]["event"]["mech"], e["msg"]["event"]["id"], e["msg"]["event"]["bytes"])
                   for e in ynl.async_msg_queue if e["msg"]["event"].get("id") == inode],
      [("event", "pipe", inode, size)])
ours = os.pipe()
mine = [s["share"] for s in ynl.dump("share", {}) if s.get("share", {}).get("table") == "pipe"]
equal("shares", [(s["uid"], s["used"] > 0, s["lost"]) for s in mine if "uid" in s], [(0, True, 0)])
print(f"1..{tests}")
sys.exit(failed > 0)
