#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Hold module/uapi/ipcstat.yaml against module/uapi/ipcstat.h.

Both say by hand which constants, values and types the netlink family has. The
YAML is also held against the kernel's schema, whose path (of a kernel's
Documentation/netlink/genetlink.yaml) is the argument. Output is TAP.
"""
import os
import re
import subprocess
import sys

import jsonschema
import yaml

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
UAPI = os.path.join(TOP, "module", "uapi")

tests = 0
failed = 0


def ok(good, what, *more):
    global tests, failed
    tests += 1
    failed += not good
    print(f"{'' if good else 'not '}ok {tests} - {what}")
    if not good:
        for line in more:
            print(f"#   {line}")


def c_name(*parts):
    return "-".join(parts).replace("-", "_").upper()


def spec_enums(spec):
    """{name of the enum: [(constant, type, nested set)]}, by the rules of the kernel's ynl."""
    family = spec["name"]
    enums = {}
    ops = spec["operations"]
    enums[ops["enum-name"].replace("-", "_")] = [
        (c_name(family, "cmd", op["name"]), None, None) for op in ops["list"]]
    for space in spec["attribute-sets"]:
        prefix = space.get("name-prefix", f"{family}-a-{space['name']}-")
        enums[space["enum-name"].replace("-", "_")] = [
            (c_name(prefix.rstrip("-"), attr["name"]), attr["type"], attr)
            for attr in space["attributes"]]
    return enums


def header_enums(text):
    """{name of the enum: [(constant, comment)]}, without UNSPEC and the MAX ones."""
    enums = {}
    for name, body in re.findall(r"^enum (\w+) \{\n(.*?)^\};", text, re.M | re.S):
        rows = re.findall(r"^\t(\w+)(?: = [^,\n]*)?,?\s*(?:/\* (.*?) \*/)?$", body, re.M)
        enums[name] = [(c, comment) for c, comment in rows
                       if not re.search(r"_UNSPEC$|_MAX$", c)]
    return enums


def comment_of(kind, attr, spec):
    """The comment that the header has behind an attribute."""
    if kind == "pad":
        return ""
    text = kind
    if kind == "nest":
        inner = next(s for s in spec["attribute-sets"] if s["name"] == attr["nested-attributes"])
        text = f"nest of {inner['enum-name'].replace('-', '_')}"
    if attr.get("multi-attr"):
        text += ", repeated"
    return text


def compiles(code):
    cc = os.environ.get("CC", "cc")
    return subprocess.run([cc, "-fsyntax-only", "-xc", f"-I{UAPI}", "-"], input=code, text=True,
                          capture_output=True)


def main():
    with open(os.path.join(UAPI, "ipcstat.yaml"), encoding="utf-8") as f:
        spec = yaml.safe_load(f)
    with open(os.path.join(UAPI, "ipcstat.h"), encoding="utf-8") as f:
        header = f.read()

    in_spec = spec_enums(spec)
    in_header = header_enums(header)
    ok(set(in_spec) == set(in_header), "the same enums",
       f"only in the spec: {set(in_spec) - set(in_header)}",
       f"only in the header: {set(in_header) - set(in_spec)}")

    for name in in_spec:
        spec_names = [row[0] for row in in_spec[name]]
        header_names = [row[0] for row in in_header.get(name, [])]
        ok(spec_names == header_names, f"enum {name}: the same constants in the same order",
           f"spec:   {' '.join(spec_names)}", f"header: {' '.join(header_names)}")

        # The values, as the compiler sees them: both count from 1.
        code = '#include "ipcstat.h"\n'
        for value, constant in enumerate(spec_names, 1):
            code += f'_Static_assert({constant} == {value}, "{constant}");\n'
        last = re.sub(r"_(CMD|A)_.*", r"_\1_MAX", spec_names[-1])
        code += f'_Static_assert({last} == {len(spec_names)}, "{last}");\n'
        result = compiles(code)
        ok(result.returncode == 0, f"enum {name}: the values", *result.stderr.splitlines())

        for (constant, kind, attr), (_, comment) in zip(in_spec[name], in_header.get(name, [])):
            if kind is None:
                continue
            # The header may say more behind a comma ("u64, seconds").
            want = comment_of(kind, attr, spec)
            ok(comment == want or comment.startswith(want + ", ") and "repeated" not in comment,
               f"{constant}: its type", f"spec: {want}", f"header: {comment}")

    code = '#include "ipcstat.h"\n'
    code += f'_Static_assert(!__builtin_strcmp(IPCSTAT_GENL_NAME, "{spec["name"]}"), "name");\n'
    for const in spec["definitions"]:
        name = c_name(spec["name"], const["name"])
        code += f'_Static_assert({name} == {const["value"]}, "{name}");\n'
    code += f'_Static_assert(IPCSTAT_GENL_VERSION == {spec.get("version", 1)}, "version");\n'
    result = compiles(code)
    ok(result.returncode == 0, "name, version and sizes", *result.stderr.splitlines())

    # The prose: "ROW do ..." opens a command, "dump" is its second form.
    for op in spec["operations"]["list"]:
        prose = re.search(rf"^ \*\t{op['name'].upper()}\t(.*?)(?=^ \*\n)", header, re.M | re.S)
        forms = sorted(set(re.findall(r"\b(do|dump)\b", prose.group(1)))) if prose else []
        want = sorted(form for form in ("do", "dump") if form in op)
        ok(forms == want, f"{op['name']}: the forms that the header tells", f"spec: {want}",
           f"header: {forms}")
        told = op.get("event") or op.get("do", op.get("dump"))["reply"]
        reply = told["attributes"]
        missing = [a for a in reply if prose and c_name(a) not in prose.group(1)]
        ok(prose is not None and not missing, f"{op['name']}: the header tells its reply",
           f"not told: {missing}")

    groups = [group["name"] for group in spec["mcast-groups"]["list"]]
    prose = re.search(r"^ \*\tEVENT\t(.*?)(?=^ \*\n)", header, re.M | re.S).group(1)
    ok(set(re.findall(r'^ \*\t\t\t\s*"([a-z0-9-]+)"', prose, re.M)) <= set(groups) and
       all(f'"{name}"' in prose for name in groups), "the header tells the multicast groups")

    with open(sys.argv[1], encoding="utf-8") as f:
        schema = yaml.safe_load(f)
    errors = [e.message for e in jsonschema.Draft7Validator(schema).iter_errors(spec)]
    ok(not errors, "the kernel's schema of generic netlink specs", *errors)
    print(f"1..{tests}")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
