#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Make the tables of what tests/bench/guest prints, as Markdown; and JSON of the same.

report.py LINES JSON [README]: the lines are "table, tab, configuration, tab, column, tab,
row, tab, value"; JSON is written; of README, what lies between the kernel's two markers
is replaced by the tables.
"""
import json
import re
import sys

# How the configurations are called in the table, in their order.
NAMES = {
    "ipcstat": "ipcstat",
    "flows": "flows on",
    "all": "all options",
    "probe": "kretprobes",
    "totals": "bpftrace",
    "process": "bpftrace, pid",
}
READERS = ["read /proc/ipcstat", "dump over netlink", "read /proc/stat", "read /proc/net/snmp"]
# What a table of sleeping tasks was made larger by, to see what one more takes.
MORE_SLEEPERS = 4 * 12288


def read(path):
    """The kernel's name, and {table: {configuration: {column: {row: value}}}}."""
    kernel, tables = "?", {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("#"):
                continue
            table, config, column, row, value = line.rstrip("\n").split("\t")
            if table == "kernel":
                kernel = value
            else:
                columns = tables.setdefault(table, {}).setdefault(config, {})
                columns.setdefault(column, {})[row] = float(value)
    return kernel, tables


def text_table(head, rows, left=1):
    """Lines of a table: so many columns to the left, the others to the right."""
    lines = [head] + rows
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    result = []
    for line in lines:
        cells = [cell.ljust(width) for cell, width in zip(line[:left], widths)]
        cells += [cell.rjust(width) for cell, width in zip(line[left:], widths[left:])]
        result.append("  ".join(cells).rstrip())
    return "```\n" + "\n".join(result) + "\n```\n"


def plain(value):
    """A whole number, or nothing."""
    return "" if value is None else f"{value:.0f}"


def operations(table):
    """Each operation in each configuration: for people, and for programs."""
    result = {config: columns[""] for config, columns in table.items()}
    configs = [config for config in NAMES if config in result]
    head = ["operation", "bare"] + [NAMES[c] for c in configs]
    if "totals" in result:
        head.append("bpftrace/ipcstat")
    rows, data = [], []
    for operation, base in result["bare"].items():
        if operation in READERS:
            continue
        more = {c: round(result[c][operation] - base, 1) for c in configs}
        line = {"operation": operation, "bare": base, "added": more}
        cells = [operation, plain(base)] + [f"{more[c]:+.0f}" for c in configs]
        if "totals" in result:
            # Where the peer counts nothing there is nothing to compare.
            if more["totals"] > 20 and more["ipcstat"] > 1:
                line["ratio"] = round(more["totals"] / more["ipcstat"], 2)
                cells.append(f"{line['ratio']:.1f}")
            else:
                cells.append("")
        rows.append(cells)
        data.append(line)
    return text_table(head, rows), data


def reading(tables):
    """What reading costs, by the number of CPUs; and with all options."""
    table = tables["cpus"]["ipcstat"]
    everything = tables["operations"]["all"][""]
    rows, data = [], []
    for reader in READERS:
        cost = {nr: table[nr][reader] for nr in table}
        data.append({"reader": reader, "cpus": cost, "all": everything[reader]})
        rows.append([reader] + [plain(value) for value in cost.values()] +
                    [plain(everything[reader])])
    return text_table(["reader"] + cpu_names(table) + ["1 CPU, all options"], rows), data


def cpu_names(table):
    """1 CPU, 2 CPUs, ..."""
    return [f"{nr} CPU" + "s" * (nr != "1") for nr in table]


def cpus(table):
    """Operations on all CPUs at once."""
    bare, counted = table["bare"], table["ipcstat"]
    first = next(iter(bare))
    rows, data = [], []
    for row in bare[first]:
        if row in READERS:
            continue
        data.append({"operation": row, "bare": {nr: bare[nr][row] for nr in bare},
                     "added": {nr: round(counted[nr][row] - bare[nr][row], 1) for nr in bare}})
        rows.append([row] + [plain(bare[nr][row]) for nr in bare] +
                    [f"{counted[nr][row] - bare[nr][row]:+.0f}" for nr in bare])
    return text_table(["operation"] + cpu_names(bare) + [f"added: {nr}" for nr in bare], rows), data


def crowds(table):
    """Operations and reading while many objects or tasks are there; what each takes."""
    bare, counted = table["bare"], table["ipcstat"]
    most = max(bare, key=int)
    names = {nr: f"{int(nr):,}" for nr in bare}
    costs, reads, memory, data = [], [], [], []
    for row in counted["0"]:
        kind, operation = row.split(": ")
        cost = {nr: counted[nr][row] for nr in bare}
        if operation in READERS:
            reads.append([kind, operation] + [plain(value) for value in cost.values()])
            data.append({"crowd": kind, "reader": operation, "cost": cost})
            continue
        base = {nr: bare[nr][row] for nr in bare}
        more = {nr: round(cost[nr] - base[nr], 1) for nr in bare}
        costs.append([kind, operation] + [plain(value) for value in base.values()] +
                     [f"{value:+.0f}" for value in more.values()])
        data.append({"crowd": kind, "operation": operation, "bare": base, "added": more})
    for row, value in counted[most].items():
        kind, what = row.split(": ")
        if what == "allocated":
            memory.append([kind, plain(bare[most][kind + ": memory of each"]), plain(value)])
            data.append({"crowd": kind, "bytes": bare[most][kind + ": memory of each"],
                         "ipcstat_bytes": value})
    return (text_table(["there are", "operation"] + list(names.values()) +
                       [f"added: {name}" for name in names.values()], costs, 2),
            text_table(["there are", "reader"] + list(names.values()), reads, 2),
            text_table(["each of", "kernel", "ipcstat"], memory), data)


def memory_of(table):
    """What the module takes, and a sleeper more."""
    rows, data = [], []
    numbers = list(table["ipcstat"])
    for config, name in NAMES.items():
        if config not in table:
            continue
        for row in table[config][numbers[0]]:
            values = {nr: table[config][nr][row] for nr in numbers}
            rows.append([name, row] + [f"{value:,.0f}" for value in values.values()])
            data.append({"configuration": config, "what": row, "bytes": values})
    for config, name in (("ipcstat", "ipcstat"), ("probe", "kretprobes")):
        more = table["probe-more" if config == "probe" else "more"]
        values = {nr: (more[nr]["vmalloc"] - table[config][nr]["vmalloc"]) / MORE_SLEEPERS
                  for nr in more}
        rows.append([name, "one more of max_sleepers"] +
                    [plain(values.get(nr)) for nr in numbers])
        data.append({"configuration": config, "what": "sleeper", "bytes": values})
    return text_table(["bytes", ""] + cpu_names(table["ipcstat"]), rows, 2), data


def markdown(kernel, tables):
    """All tables of a kernel, and the same for programs."""
    data = {"kernel": kernel, "unit": "instructions"}
    text = f"## Linux {kernel}\n\nOperations:\n\n"
    part, data["operations"] = operations(tables["operations"])
    text += part
    part, data["reading"] = reading(tables)
    text += "\nReading the counters:\n\n" + part
    part, data["cpus"] = cpus(tables["cpus"])
    text += "\nAll CPUs at once:\n\n" + part
    costs, reads, memory, data["crowds"] = crowds(tables["crowds"])
    text += "\nWhile many are there, operations:\n\n" + costs
    text += "\nand reading:\n\n" + reads
    text += "\nand bytes of memory:\n\n" + memory
    part, data["memory"] = memory_of(tables["memory"])
    text += "\nMemory of the module:\n\n" + part
    return text, data


def replace(path, kernel, text):
    """Put the tables between the kernel's markers."""
    series = ".".join(re.findall(r"\d+", kernel)[:2])
    begin, end = f"<!-- {series} -->\n", f"<!-- end of {series} -->\n"
    with open(path, encoding="utf-8") as file:
        page = file.read()
    before, rest = page.split(begin)
    with open(path, "w", encoding="utf-8") as file:
        file.write(before + begin + text + end + rest.split(end)[1])


def main():
    kernel, tables = read(sys.argv[1])
    text, data = markdown(kernel, tables)
    print(text)
    with open(sys.argv[2], "w", encoding="utf-8") as out:
        json.dump(data, out, indent=3)
        out.write("\n")
    if len(sys.argv) > 3:
        replace(sys.argv[3], kernel, text)


if __name__ == "__main__":
    main()
