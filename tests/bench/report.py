#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Make a table of what tests/bench/guest prints; with a second argument, JSON in that file.

report.py LINES [JSON]: the lines are "configuration, tab, operation, tab, instructions".
All numbers of one table are of one boot.
"""
import json
import sys

# How the configurations are called in the table, in their order.
NAMES = {
    "ipcstat": "ipcstat",
    "probe": "kretprobes",
    "totals": "bpftrace",
    "process": "bpftrace, pid",
}


def read(path):
    """The kernel's name, and {configuration: {operation: instructions}}."""
    kernel, result = "?", {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("#"):
                continue
            config, operation, value = line.rstrip("\n").split("\t")
            if config == "kernel":
                kernel = value
            else:
                result.setdefault(config, {})[operation] = float(value)
    return kernel, result


def main():
    kernel, result = read(sys.argv[1])
    bare = result["bare"]
    configs = [config for config in NAMES if config in result]
    width = max(len(operation) for operation in bare)
    print(f"Linux {kernel}: instructions of an operation, and what is added to it\n")
    print(f"{'operation':{width}} {'bare':>8}", *(f"{NAMES[c]:>13}" for c in configs),
          f"{'bpftrace/ipcstat':>17}" if "totals" in result else "")
    table = []
    for operation, base in bare.items():
        added = {c: result[c][operation] - base for c in configs}
        row = {"operation": operation, "bare": base,
               "added": {c: round(value, 1) for c, value in added.items()}}
        ratio = ""
        # Where the peer counts nothing there is nothing to compare.
        if added.get("totals", 0) > 20 and added["ipcstat"] > 1:
            row["ratio"] = round(added["totals"] / added["ipcstat"], 2)
            ratio = f"{row['ratio']:17.1f}"
        table.append(row)
        print(f"{operation:{width}} {base:8.0f}", *(f"{added[c]:+13.0f}" for c in configs), ratio)
    print()
    if len(sys.argv) > 2:
        with open(sys.argv[2], "w", encoding="utf-8") as out:
            json.dump({"kernel": kernel, "unit": "instructions", "operations": table}, out, indent=3)
            out.write("\n")


if __name__ == "__main__":
    main()
