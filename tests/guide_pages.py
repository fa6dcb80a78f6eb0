#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""guide_pages.py CHECK [GUIDE]: one check of the guide's pages; see tests/guide_pages.sh.

Prints what is wrong as PAGE: TEXT, and ends with status 1 if anything is. Runs at the top of the
tree.
"""
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree

GUIDE = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else "user/guide")
SVG = "{http://www.w3.org/2000/svg}"
problems = []


def problem(page, text):
    problems.append(f"{page}: {text}")


def pages(language):
    """Pages with output to compare: the others are not ours."""
    return {path.relative_to(GUIDE / language): path.read_text() for path in sorted((GUIDE / language).rglob("*.md"))
            if "\n```console" in path.read_text()}


def everything():
    for language in ("en", "zh"):
        for name, text in pages(language).items():
            yield GUIDE / language / name, text


def blocks(text, kind):
    """The fenced blocks of a kind."""
    return re.findall(rf"^```{kind}\n(.*?)^```$", text, re.M | re.S)


def prose(text):
    return re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)


def check_host():
    """```sh host: bash can read it, make knows its targets, its files and the tools' commands are there."""
    make = pathlib.Path("Makefile").read_text()
    known = subprocess.run(["build/bin/ipcstat", "complete", "--", ""], capture_output=True, text=True, check=True).stdout.split()
    for path, text in everything():
        for block in blocks(text, "sh host"):
            if subprocess.run(["bash", "-n"], input=block, text=True, check=False).returncode:
                problem(path, f"bash cannot read: {block}")
            for line in re.sub(r"\s#\s.*", "", block).splitlines():
                for target in re.findall(r"^make ([a-z][a-z-]*)", line):
                    if not re.search(rf"^{target}:", make, re.M):
                        problem(path, f"make has no target {target}")
                for word in re.findall(r"(?:^|[\s'])((?:user|tests|module)/[\w./-]+)", line):
                    if not pathlib.Path(word).exists() and word not in ("build/bin/ipcstat", "build/bin/ipclab"):
                        problem(path, f"there is no {word}")
                for word in re.findall(r"\bipcstat ([a-z]+)", line):
                    if word not in known and "modprobe ipcstat" not in line:
                        problem(path, f"ipcstat has no command {word}")
                for word in re.findall(r"user/guide/(?:run|draw) ([\w/-]+)", line):
                    if not (GUIDE / "en" / f"{word}.md").exists():
                        problem(path, f"there is no page {word}")


def check_links():
    for path, text in everything():
        for target in re.findall(r"\]\(([^) ]+)\)", re.sub(r"`[^`\n]*`", "", prose(text))):
            file = target.partition("#")[0]
            if file and "://" not in file and not (path.parent / file).exists():
                problem(path, f"no file {target}")


def check_quotes():
    """C is that of a file in code/."""
    for path, text in everything():
        found = re.findall(r"^([^\n]*)\n```c\n(.*?)^```$", text, re.M | re.S)
        if len(found) != len(blocks(text, "c")):
            problem(path, "C without a line above it")
        for above, code in found:
            name = re.fullmatch(r"<!-- from (user/guide/code/\w+\.c) -->", above)
            if not name or not pathlib.Path(name[1]).exists() or code not in pathlib.Path(name[1]).read_text():
                problem(path, f"these lines are in no file: {code}")


def check_exercises():
    """Each page of a mechanism has three, and as many solutions."""
    for path, text in everything():
        solutions = path.parent / "solutions" / path.name
        if not solutions.exists():
            continue
        asked = re.findall(r"^(\d)\. ", text.rpartition("\n## ")[2], re.M)
        given = re.findall(r"^## (\d)\. ", solutions.read_text(), re.M)
        if asked != ["1", "2", "3"] or given != asked:
            problem(path, f"exercises {asked}, solutions {given}")


def check_labs():
    """Each lab is on one page, with its number and the verdict that is known of it."""
    words = {"en": ("holds", "half true"), "zh": ("成立", "对一半")}
    listed = subprocess.run(["build/bin/ipclab", "lab"], capture_output=True, text=True, check=True).stdout
    labs = {name: nr for nr, name in re.findall(r"^ ?(\d+) +(\w+)", listed, re.M)}
    for language, verdicts in words.items():
        seen = []
        for name, text in pages(language).items():
            for nr, lab, verdict in re.findall(r"^\| (\d+) `(\w+)` \|.*\| ([^|]+) \|$", text, re.M):
                seen.append(lab)
                source = pathlib.Path(f"user/ipclab/claim/{lab}.c")
                half = source.exists() and ".but = " in source.read_text()
                if labs.get(lab) != nr or verdict != verdicts[half]:
                    problem(GUIDE / language / name, f"lab {nr} {lab}: {verdict}?")
        if sorted(seen) != sorted(labs):
            problem(GUIDE / language, f"labs that are on no page, or on several: {sorted(set(seen) ^ set(labs))}")


def check_figures():
    for path in sorted((GUIDE / "figures").glob("*.svg")):
        text = path.read_text()
        try:
            root = xml.etree.ElementTree.fromstring(text)
        except xml.etree.ElementTree.ParseError as error:
            problem(path, f"not well-formed: {error}")
            continue
        if not root.findtext(f"{SVG}title") or not root.findtext(f"{SVG}desc") or "viewBox" not in root.attrib:
            problem(path, "has no title, description or viewBox")
        if "prefers-color-scheme: dark" not in text:
            problem(path, "has no colours for the dark")
        if re.search(r"<script|<image|<foreignObject|@import|href=\"(?!#)", text):
            problem(path, "has something from elsewhere")
        if "var(" in text:
            problem(path, "has var(), which librsvg draws black")
        for language in ("en", "zh"):
            if f"](../figures/{path.name})" not in "".join(pages(language).values()):
                problem(path, f"is shown by no page in {language}")


def outline(text):
    """What has to come in the same order in both languages."""
    yield "blocks", re.findall(r"^```.+?^```$", text, re.M | re.S)
    text = prose(text)
    yield "headings", re.findall(r"^#+ ", text, re.M)
    yield "tables", [line.count("|") for line in text.splitlines() if line.startswith("|")]
    yield "exercises", re.findall(r"^\d\. ", text, re.M)
    yield "links", [re.sub(r"^\.\./(en|zh)/|#.*", "", link) for link in re.findall(r"\]\(([^) ]+)\)", text)]
    yield "names", sorted({" ".join(name.split()) for name in re.findall(r"`([^`]+)`", text)})


def check_same():
    en, zh = pages("en"), pages("zh")
    for name in sorted(en.keys() ^ zh.keys()):
        problem(name, "is in one language only")
    for name in sorted(en.keys() & zh.keys()):
        for (what, ours), (_, theirs) in zip(outline(zh[name]), outline(en[name])):
            if ours != theirs:
                odd = [x for x in ours if x not in theirs] + [x for x in theirs if x not in ours]
                problem(GUIDE / "zh" / name, f"{what}: other than in English: {odd or 'the order'}")


CHECKS = {name[len("check_"):]: function for name, function in list(globals().items()) if name.startswith("check_")}

if len(sys.argv) < 2 or sys.argv[1] not in CHECKS:
    sys.exit(f"Usage: guide_pages.py {'|'.join(CHECKS)} [GUIDE]")
CHECKS[sys.argv[1]]()
print("\n".join(problems))
sys.exit(1 if problems else 0)
