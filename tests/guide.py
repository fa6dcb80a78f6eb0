#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""guide.py CHECK [GUIDE]: one check of the guide's pages; see tests/guide.sh.

Prints what is wrong as PAGE:LINE: TEXT, and ends with status 1 if anything is. Runs at the top
of the tree; $SOLVED is the same with the solution's patches.
"""
import os
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree

GUIDE = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else "user/guide")
SOLVED = pathlib.Path(os.environ.get("SOLVED", "."))
LANGUAGES = ("en", "zh")
TOPS = ("module/", "user/", "tests/", "man/")
CODE = ("c", "make", "diff")

problems = []


def problem(page, line, text):
    problems.append(f"{page}:{line}: {text}")


class Block:
    """A fenced block: its language, first line's number, lines, and the line above it."""

    def __init__(self, language, line, above):
        self.language, self.line, self.above, self.lines = language, line, above, []


class Page:
    """A page: its blocks, and the lines outside of them as (number, text)."""

    def __init__(self, path):
        self.path = path
        self.blocks, self.text = [], []
        block, above = None, ""
        for nr, line in enumerate(path.read_text().splitlines(), 1):
            if block:
                if line == "```":
                    block = None
                else:
                    block.lines.append(line)
            elif line.startswith("```"):
                block = Block(line[3:], nr, above)
                self.blocks.append(block)
            else:
                self.text.append((nr, line))
            above = line
        if block:
            problem(path, block.line, "a block without an end")

    def spans(self):
        """What stands in `backticks`, as (number, text)."""
        for nr, line in self.text:
            for span in re.findall(r"`([^`]+)`", line):
                yield nr, span

    def headings(self):
        """As (number, level, text)."""
        for nr, line in self.text:
            found = re.match(r"(#+) +(.*)", line)
            if found:
                yield nr, len(found[1]), found[2]

    def links(self):
        """Links and pictures, as (number, target)."""
        for nr, line in self.text:
            for target in re.findall(r"\]\(([^) ]+)\)", re.sub(r"`[^`]*`", "", line)):
                yield nr, target

    def commands(self):
        """Lines of ```sh without their comments, as (number, text)."""
        for block in self.blocks:
            if block.language == "sh":
                for nr, line in enumerate(block.lines, block.line + 1):
                    line = re.sub(r"(^|\s\s+)#\s.*", "", line).rstrip()
                    if line:
                        yield nr, line


def pages(language):
    return [Page(path) for path in sorted((GUIDE / language).rglob("*.md"))]


def all_pages():
    return [page for language in LANGUAGES for page in pages(language)]


# ---- names ----

def source(path):
    """The text of a file of the tree, or of the solution's; None: there is none."""
    for top in (pathlib.Path("."), SOLVED):
        if (top / path).is_file():
            return (top / path).read_text(errors="replace")
    return None


def defines(text, name):
    """Whether a function or a macro is defined: not only called, or declared."""
    name = re.escape(name)
    if re.search(rf"^\s*#\s*define\s+{name}\b", text, re.M):
        return True
    if re.search(rf"^{name}\(\) *\{{|^ *def {name}\(|^(async )?function {name}\(", text, re.M):  # not C
        return True
    # At the beginning of a line, up to the body: no semicolon comes before it.
    return bool(re.search(rf"^(?![#\s/*])[^;{{}}\n]*\b{name}\([^;{{}}]*\)[^;{{}}()]*\n?\{{", text, re.M))


REFERENCE = re.compile(r"^([\w.-]+(?:/[\w.-]+)*):(\w+)(\(\))?$")


def is_path(span):
    if span.startswith(TOPS) and re.fullmatch(r"[\w./-]+", span):
        return "NAME" not in span
    return "/" not in span and re.fullmatch(r"[A-Z]\w+(\.\w+)?|\w+\.conf", span) and \
        pathlib.Path(span).is_file()


def check_names():
    for page in all_pages():
        for nr, span in page.spans():
            found = REFERENCE.match(span)
            if found and ("/" in found[1] or "." in found[1] or pathlib.Path(found[1]).is_file()):
                text = source(found[1])
                if text is None:
                    problem(page.path, nr, f"there is no {found[1]}")
                elif found[3] and not defines(text, found[2]):
                    problem(page.path, nr, f"{found[1]} defines no {found[2]}()")
                elif not re.search(rf"\b{found[2]}\b", text):
                    problem(page.path, nr, f"{found[1]} has no {found[2]}")
            elif is_path(span) and not any((top / span).exists() for top in (pathlib.Path("."), SOLVED)):
                problem(page.path, nr, f"there is no {span}")


# ---- quotes ----

def is_quoted(lines, text):
    """Whether the lines stand in the text in this order, "..." being a gap."""
    have = [line.rstrip() for line in text.splitlines()]
    parts, part = [], []
    for line in lines:
        if line.strip() == "...":
            parts.append(part)
            part = []
        else:
            part.append(line.rstrip())
    parts.append(part)
    at = 0
    for part in filter(None, parts):
        while have[at:at + len(part)] != part:
            at += 1
            if at + len(part) > len(have):
                return False
        at += len(part)
    return True


def check_quotes():
    for page in all_pages():
        for block in page.blocks:
            if block.language not in CODE:
                continue
            found = re.match(r"<!-- (?:from ([^,]+)(, solved)?|a sketch) -->$", block.above)
            if not found:
                problem(page.path, block.line, "whose code is this? <!-- from PATH -->")
            elif found[1]:
                path = (SOLVED if found[2] else pathlib.Path(".")) / found[1]
                if not path.is_file():
                    problem(page.path, block.line, f"there is no {found[1]}")
                elif not is_quoted(block.lines, path.read_text()):
                    problem(page.path, block.line, f"these lines are not in {found[1]}")


# ---- commands ----

def output_of(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def check_commands():
    known = output_of("build/bin/ipcstat", "complete", "--", "").split()
    exercises = {line.split()[0] for line in output_of("build/bin/ipclab", "list").splitlines() if line[0] != " "}
    exercises |= {path.stem for path in (SOLVED / "user/ipclab/exercise").glob("*.c")} | {"all"}
    for page in all_pages():
        for nr, line in page.commands():
            for words in re.findall(r"(?:^|[|;&'(]|sudo|--)\s*((?:ipcstat|ipclab)(?: +[^\s|;&')]+)*)", line):
                tool, *words = words.split()
                word = words[0] if words else "-"
                if tool == "ipcstat" and not re.match(r"-|\d", word) and word not in known:
                    problem(page.path, nr, f"ipcstat has no command {word}")
                if tool == "ipclab" and word not in ("run", "list") and not word.startswith("-"):
                    problem(page.path, nr, f"ipclab has no command {word}")
                if tool == "ipclab" and word == "run" and (len(words) < 2 or words[1] not in exercises):
                    problem(page.path, nr, f"ipclab has no such exercise: {words[1:]}")
                if tool == "ipcstat" and word in known:
                    options = output_of("build/bin/ipcstat", "complete", "--", word, "-").split()
                    for option in words[1:]:
                        if option.startswith("--") and option.split("=")[0] not in options:
                            problem(page.path, nr, f"ipcstat {word} has no option {option}")


# ---- links ----

def slug(heading):
    """A heading's anchor."""
    heading = re.sub(r"\[([^]]*)\]\([^)]*\)|`", r"\1", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", heading).replace(" ", "-")


def check_links():
    for page in all_pages():
        for nr, target in page.links():
            if re.match(r"https?://", target):
                continue
            path, _, anchor = target.partition("#")
            other = (page.path.parent / path).resolve() if path else page.path
            # In a copy of the guide, what is outside of it is where it was.
            if path and not other.exists():
                other = (pathlib.Path("user/guide") / page.path.relative_to(GUIDE).parent / path).resolve()
                if other.is_relative_to(pathlib.Path("user/guide").resolve()) or not other.exists():
                    problem(page.path, nr, f"no file {target}")
                    continue
            if anchor and anchor not in {slug(text) for _, _, text in Page(other).headings()}:
                problem(page.path, nr, f"no heading #{anchor} in {other.name}")
        answers = page.path.parent / f"answers-{page.path.name}"
        if answers.is_file():
            last = max(nr for nr, level, _ in page.headings() if level == 2)
            asked = [int(m[1]) for nr, line in page.text if nr > last and (m := re.match(r"(\d+)\. ", line))]
            given = [int(m[1]) for _, level, text in Page(answers).headings()
                     if level == 2 and (m := re.match(r"(\d+)\b", text))]
            if asked != given or not asked:
                problem(page.path, last, f"questions {asked}, but answers {given}")


# ---- figures ----

SVG = "{http://www.w3.org/2000/svg}"


def check_figures():
    for language in LANGUAGES:
        shown = {(page.path.parent / target).resolve() for page in pages(language)
                 for _, target in page.links() if target.endswith(".svg")}
        for path in sorted((GUIDE / language).rglob("*.svg")):
            text = path.read_text()
            try:
                root = xml.etree.ElementTree.fromstring(text)
            except xml.etree.ElementTree.ParseError as error:
                problem(path, 1, f"not well-formed: {error}")
                continue
            for name in ("title", "desc"):
                if not (root.findtext(f"{SVG}{name}") or "").strip():
                    problem(path, 1, f"has no <{name}>")
            if "viewBox" not in root.attrib:
                problem(path, 1, "has no viewBox")
            if "prefers-color-scheme: dark" not in text:
                problem(path, 1, "has no colours for the dark")
            if re.search(r"<script|<image|<foreignObject|@import|url\((?!#)|href=\"(?!#)", text):
                problem(path, 1, "has something from elsewhere")
            if "var(" in text:
                problem(path, 1, "has var(), which librsvg draws black")
            if path.resolve() not in shown:
                problem(path, 1, "is shown by no page")


# ---- the same in both languages ----

def outline(page):
    """What has to come in the same order, by kind, as (number, text)."""
    yield "headings", [(nr, f"level {level}") for nr, level, _ in page.headings()]
    yield "tables", [(nr, f"{line.count('|')} bars") for nr, line in page.text if line.startswith("|")]
    yield "names", [(nr, span) for nr, span in page.spans() if REFERENCE.match(span) or is_path(span)]
    yield "blocks", [(b.line, b.language) for b in page.blocks]
    yield "quotes", [(b.line, "\n".join([b.above, *b.lines])) for b in page.blocks if b.language in CODE]
    yield "output", [(b.line, "\n".join(b.lines)) for b in page.blocks if b.language == "text"]
    yield "commands", list(page.commands())
    # Anchors are headings, which have other words; and each leads to the other language.
    yield "links", [(nr, re.sub(r"#.*", "#", re.sub(r"^\.\./(en|zh)/", "../", target)))
                    for nr, target in page.links()]


def check_same():
    en, zh = ({page.path.relative_to(GUIDE / language): page for page in pages(language)} for language in LANGUAGES)
    for name in sorted(en.keys() ^ zh.keys()):
        problem(GUIDE, 1, f"{name} is only in {'en' if name in en else 'zh'}")
    for name in sorted(en.keys() & zh.keys()):
        for (what, ours), (_, theirs) in zip(outline(zh[name]), outline(en[name])):
            for i in range(max(len(ours), len(theirs))):
                our = ours[i] if i < len(ours) else (0, "nothing")
                their = theirs[i] if i < len(theirs) else (0, "nothing")
                if our[1] != their[1]:
                    problem(zh[name].path, our[0],
                            f"{what}: other than line {their[0]} in English: {our[1]!r}, {their[1]!r}")
                    break
    for path in sorted(GUIDE.glob("en/**/*.svg")):
        other = GUIDE / "zh" / path.relative_to(GUIDE / "en")
        texts = [len(re.findall("<text", file.read_text())) if file.is_file() else -1 for file in (path, other)]
        if texts[0] != texts[1]:
            problem(other, 1, f"figure: other than in English: {texts[1]} texts instead of {texts[0]}")


CHECKS = {name[len("check_"):]: function for name, function in list(globals().items())
          if name.startswith("check_")}

if len(sys.argv) < 2 or sys.argv[1] not in CHECKS:
    sys.exit(f"Usage: guide.py {'|'.join(CHECKS)} [GUIDE]")
CHECKS[sys.argv[1]]()
print("\n".join(problems))
sys.exit(1 if problems else 0)
