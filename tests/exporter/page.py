#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""The exporter's page in a browser; TAP on stdout.

page.py host PORT PROGRAM     on this machine: it starts and ends the exporter itself
page.py guest PORT FILE PID   the module counts; FILE is what `ipcstat -J` says of it; PID the
                              exporter's, whom it stops for a while
page.py pictures PORT PREFIX  four screenshots, to look at
"""
import json
import os
import re
import signal
import subprocess
import sys
import time

from browser import Browser

SLOWER = float(os.environ.get("SLOWER") or 1)
QUIET = ["sysv_msg", "posix_mq", "fifo", "sysv_shm", "sysv_sem", "raw"]  # no browser moves them
CELLS = ["objects", "queued", "blocked", "send_ops", "send_bytes", "recv_ops", "recv_bytes",
         "send_waits", "recv_waits", "send_fails", "recv_fails"]

# What a text, or a line, stands out by from what lies behind it, as WCAG 2 has it: the worst
# of all, and what it is of. Colours go through a canvas, which knows all ways to write them.
CONTRAST = """(() => {
	const context = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
	const seen = new Map();
	const rgb = colour => {
		if (!seen.has(colour)) {
			context.clearRect(0, 0, 1, 1);
			context.fillStyle = colour;
			context.fillRect(0, 0, 1, 1);
			seen.set(colour, [...context.getImageData(0, 0, 1, 1).data]);
		}
		return seen.get(colour);
	};
	const light = ([r, g, b]) => {
		const [x, y, z] = [r, g, b].map(v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
		return 0.2126 * x + 0.7152 * y + 0.0722 * z;
	};
	const behind = element => {
		for (; element; element = element.parentElement) {
			const colour = rgb(getComputedStyle(element).backgroundColor);
			if (colour[3] === 255)
				return colour;
		}
		return rgb('white');
	};
	const ratio = (a, b) => {
		const [x, y] = [light(a), light(b)].sort((p, q) => q - p);
		return (x + 0.05) / (y + 0.05);
	};
	let worst = { text: [99, ''], line: [99, ''], nr: 0 };
	const note = (kind, value, what) => {
		worst.nr++;
		if (value < worst[kind][0])
			worst[kind] = [Math.round(value * 100) / 100, what.slice(0, 60)];
	};
	for (const element of document.querySelectorAll('body *')) {
		if (!element.checkVisibility())
			continue;
		const style = getComputedStyle(element), svg = element instanceof SVGElement;
		const own = [...element.childNodes].some(node => node.nodeType === 3 && node.data.trim());
		if (own && element.tagName !== 'title') {
			const node = svg && element.parentElement.querySelector(':scope > rect');
			const back = node ? rgb(getComputedStyle(node).fill) : behind(element);
			note('text', ratio(rgb(svg ? style.fill : style.color), back), element.textContent);
		}
		if (['path', 'rect'].includes(element.tagName) && style.stroke !== 'none')
			note('line', ratio(rgb(style.stroke), behind(element)), element.outerHTML);
		if (['BUTTON', 'SELECT'].includes(element.tagName) && style.borderTopWidth !== '0px')
			note('line', ratio(rgb(style.borderTopColor), behind(element.parentElement)), element.id);
	}
	return worst;
})()"""

nr = failed = 0


def ok(name, good, *why):
    global nr, failed
    nr += 1
    print(f"{'ok' if good else 'not ok'} {nr} - {name}")
    if not good:
        failed += 1
        for line in why:
            print(f"# {line}")
    sys.stdout.flush()


def equal(name, got, wanted):
    ok(name, got == wanted, f"got {got!r}", f"expected {wanted!r}")


def says(browser, pattern):
    script = f"/{pattern}/.test(document.getElementById('status').textContent)"
    ok(f"the page says: {pattern}", browser.until(script, 30 * SLOWER),
       browser.js("document.getElementById('status').textContent"))


def tab_to(browser, what):
    """Tab until the focus is there; false if it is nowhere."""
    for _ in range(60):
        browser.key("Tab")
        if browser.js(f"(e => !!({what}))(document.activeElement)"):
            return True
    return False


def looks(browser, what):
    """What must hold however it looks."""
    for dark in False, True:
        browser.screen(1280, 900, dark=dark)
        worst = browser.js(CONTRAST)
        mode = "dark" if dark else "light"
        ok(f"{what}, {mode}: text stands out by 4.5 and more", worst["text"][0] >= 4.5, worst)
        ok(f"{what}, {mode}: lines by 3 and more", worst["line"][0] >= 3, worst)
        print(f"# {worst}")
    unnamed = [role for role, name in browser.controls() if not name.strip() and role in (
        "button", "combobox", "checkbox", "link", "region", "table", "img", "image", "textbox")]
    equal(f"{what}: all controls have names", unnamed, [])
    browser.screen(360, 740)
    equal(f"{what}: 360 pixels are wide enough",
          browser.js("document.documentElement.scrollWidth <= 360"), True)
    browser.screen(1280, 900)


def colours(browser):
    found = []
    for dark in False, True:
        browser.screen(1280, 900, dark=dark)
        found.append(browser.js("getComputedStyle(document.body).backgroundColor"))
    return found


def own(browser, url):
    equal("nothing is asked for elsewhere",
          [a for a in browser.addresses() if not a.startswith((url, "data:"))], [])


# ---- without the module ----

def report(since, clock, **more):
    row = {"mechanism": "pipe", "objects": 1, "send_ops": 0, "recv_ops": 0, **more}
    return json.dumps({"loaded": True, "flows": False, "clock": clock, "version": "x", "since": since,
                       "hooks_attached": 1, "hooks_all": 2, "missed": 3, "mechanisms": [row],
                       "histograms": []})


def take(browser, text):
    browser.js(f"takeReport(parse({json.dumps(text)}))")


def cell(browser, row, column):
    """Without the commas; of a rate the number."""
    return browser.js(f"""(() => {{
        const cell = rows.get('{row}').cells['{column}'];
        return (cell.text ?? cell).textContent.replaceAll(',', '');
    }})()""")


def numbers(browser):
    browser.js("paused = true; clearTimeout(timer)")
    time.sleep(0.5)
    take(browser, report(1, 10, send_ops=5, recv_ops=None, send_bytes=18446744073709551615))
    equal("64 bits are exact", cell(browser, "pipe", "send_bytes"), "18446744073709551615")
    equal("null is ?", cell(browser, "pipe", "recv_ops"), "?")
    equal("what is not there is -", cell(browser, "pipe", "recv_bytes"), "-")
    equal("before a second sample there is no rate", cell(browser, "pipe", "send"), "…")
    equal("missed events, and hooks, are told",
          browser.js("[...document.querySelectorAll('#worth li')].map(e => e.textContent.split(' ')[0]).join()"),
          "3,Not")
    take(browser, report(1, 12, send_ops=25, recv_ops=None, send_bytes=18446744073709551615))
    equal("a rate is by the exporter's clock", cell(browser, "pipe", "send"), "10.0")
    equal("that of what is not known is ?", cell(browser, "pipe", "recv"), "?")
    take(browser, report(1, 12, send_ops=99, recv_ops=None))
    equal("the same sample twice is one", cell(browser, "pipe", "send_ops"), "25")
    take(browser, report(1, 13, send_ops=3, recv_ops=None))
    equal("a counter that fell is a reset: no rate", cell(browser, "pipe", "send"), "…")
    take(browser, report(2, 14, send_ops=40, recv_ops=None))
    equal("another load is one", cell(browser, "pipe", "send"), "…")
    take(browser, report(3, 14, send_ops=0, recv_ops=None))
    browser.js("document.getElementById('idle').click()")
    equal("what is idle can be hidden", browser.js("rows.get('pipe').body.checkVisibility()"), False)
    take(browser, report(3, 15, send_ops=1, recv_ops=None))
    equal("until it is not", browser.js("rows.get('pipe').body.checkVisibility()"), True)
    take(browser, report(2, 15, send_ops=41, recv_ops=1, mechanism="<b>x</b>\\"))
    equal("names are text", browser.js("[rows.size, document.querySelectorAll('#rows b').length, "
                                       "rows.get('<b>x</b>\\\\').button.textContent].join()"), "2,0,<b>x</b>\\")
    text = '{"a": "\\": 1234567890123456789", "b": 12345678901234567, "c": 1234567890123456.5}'
    equal("digits in a string are left alone", browser.js(f"Object.values(parse({json.dumps(text)}))"),
          ['": 1234567890123456789', "12345678901234567", 1234567890123456.5])


def host(port, program):
    def serve():
        server = subprocess.Popen([program, "--listen", f"127.0.0.1:{port}", "--flows"])
        for _ in range(100):
            if subprocess.run(["curl", "-s", "-o", "/dev/null", url]).returncode == 0:
                return server
            time.sleep(0.1)
        raise TimeoutError("the exporter does not listen")

    url = f"http://127.0.0.1:{port}/"
    loaded = os.path.exists("/sys/module/ipcstat")
    server = serve()
    browser = Browser()
    try:
        browser.screen(1280, 900)
        browser.goto(url)
        says(browser, "Live|anew" if loaded else "not loaded .*goes on when it is")
        changes = browser.js("""new Promise(done => {
            let nr = 0;
            new MutationObserver(list => { nr += list.length; }).observe(document.body,
                { subtree: true, childList: true, characterData: true });
            setTimeout(() => done(nr), 2500);
        })""")
        equal("what has not changed is not said again", changes if not loaded else 0, 0)
        looks(browser, "without the module")
        browser.screen(1280, 900, reduced=True)
        browser.goto(url)
        equal("who wants little motion gets less",
              browser.js("""[document.getElementById('every').value,
                  getComputedStyle(document.getElementById('pause')).transitionDuration].join()"""), "5,0s")
        browser.screen(1280, 900)
        browser.goto(url)
        equal("no complaints", browser.complaints(), [])
        own(browser, url)
        server.terminate()
        equal("the exporter ends well", server.wait(), 0)
        says(browser, "No answer from the exporter")
        server = serve()
        says(browser, "Live|anew" if loaded else "not loaded")
        if not loaded:
            numbers(browser)
    finally:
        browser.end()
        server.terminate()
        server.wait()


# ---- with it ----

def table(browser, path):
    with open(path) as f:
        wanted = {row["mechanism"]: row for row in json.load(f)["mechanisms"]}
    shown = browser.js("""Object.fromEntries([...document.querySelectorAll('#rows tbody > tr:first-child')].map(tr =>
        [tr.cells[0].querySelector('button').textContent, [...tr.cells].slice(3).map(td => td.textContent.replaceAll(',', ''))]))""")
    equal("each mechanism has a row", list(shown), list(wanted))
    text = {row: ["-" if name not in values else "?" if values[name] is None else str(values[name])
                  for name in CELLS] for row, values in wanted.items()}
    for row in QUIET:
        equal(f"{row}: the numbers are those of ipcstat -J", shown.get(row), text[row])
    # The browser has moved the others since; what is on the page is what was sent.
    sent = browser.js(f"""last.mechanisms.map(row => {json.dumps(CELLS)}.map(name =>
        row[name] === undefined ? '-' : row[name] === null ? '?' : `${{row[name]}}`))""")
    equal("all rows are what the exporter said", list(shown.values()), sent)
    equal("what cannot be known is ?", [shown["posix_shm"][5], shown["futex"][4]], ["?", "-"])


def keyboard(browser):
    equal("the first Tab is to pass over the table",
          browser.js("document.activeElement.blur(), 1") and tab_to(browser, "e.className == 'skip'"), True)
    equal("Tab gets to Pause", tab_to(browser, "e.id == 'pause'"), True)
    browser.key("Enter")
    says(browser, "^Paused")


def sort_and_open(browser):
    equal("Tab gets to a column", tab_to(browser, "e.textContent == 'Sent' && e.closest('th')"), True)
    order = """[...document.querySelectorAll('#rows tbody > tr:first-child')].map(tr =>
        tr.cells[6].textContent.replaceAll(',', '')).filter(text => /^[0-9]/.test(text)).map(Number)"""
    for turn, way in enumerate(["descending", "ascending", None]):
        browser.key("Enter" if turn else "Space")
        got = browser.js("document.activeElement.closest('th').getAttribute('aria-sort')")
        values = browser.js(order)
        good = {"descending": sorted(values, reverse=True), "ascending": sorted(values), None: values}[way]
        equal(f"a key sorts: {way}", [got, values], [way, good])
    equal("Tab gets to a row", tab_to(browser, "e.textContent == 'sysv_msg'"), True)
    browser.key("Enter")
    details = browser.js("""(() => {
        const row = rows.get('sysv_msg'), found = {};
        for (const dt of row.content.querySelectorAll('dt'))
            found[dt.textContent] = dt.nextSibling.textContent;
        return [row.button.getAttribute('aria-expanded'), row.details.checkVisibility(), found.send_bytes,
            [...row.content.querySelectorAll('caption')].map(e => e.textContent.split(':')[0]).join(),
            document.getElementById(row.button.getAttribute('aria-controls')) === row.details];
    })()""")
    equal("Enter opens it, with its histograms", details,
          ["true", True, "1,472", "send_wait,recv_wait,send_size,recv_size", True])
    browser.key("Enter")
    equal("and closes it", browser.js("rows.get('sysv_msg').details.checkVisibility()"), False)


def graph(browser):
    drawn = browser.until("""flows && [document.querySelectorAll('#picture > path').length == Math.min(flows.edges.length, 100),
        document.getElementById('edges').tBodies[0].rows.length == flows.edges.length]""", 30 * SLOWER)
    equal("each flow is drawn, and a row", drawn, [True, True])
    equal("a hostile name is text",
          browser.js("""[document.querySelectorAll('main b i, main i').length,
              document.getElementById('picture').textContent.includes('<i>"&x</i>')]"""), [0, True])
    browser.js("document.querySelector('details').open = true")
    browser.js("document.getElementById('only').value = 'posix_mq';"
               "document.getElementById('only').dispatchEvent(new Event('change'))")
    only = browser.js("""[[...document.getElementById('edges').tBodies[0].rows].map(row =>
        [2, 3, 4].map(nr => row.cells[nr].textContent).join(' ')), document.querySelectorAll('#picture > path').length]""")
    equal("only one mechanism, with its numbers", only,
          [["posix_mq 94,208 23", "posix_mq 94,208 23", "posix_mq 1,472 23", "posix_mq 1,472 23"], 4])
    browser.js("document.getElementById('only').value = '';"
               "document.getElementById('only').dispatchEvent(new Event('change'))")


def module_goes(browser):
    browser.js("document.getElementById('pause').click()")
    says(browser, "^Live")
    # It may just be asked something.
    for _ in range(50):
        if subprocess.run(["rmmod", "ipcstat"], check=False).returncode == 0:
            break
        time.sleep(0.2)
    says(browser, "not loaded")
    equal("there are no numbers then", browser.js("document.getElementById('numbers').checkVisibility()"), False)
    subprocess.run(["modprobe", "ipcstat"], check=True)
    says(browser, "loaded anew: its counters began at 0")
    browser.until("rows.get('pipe').rates.ops.send.length > 3", 30 * SLOWER)
    equal("no rate is below 0",
          browser.js("[...rows.values()].some(row => Object.values(row.rates).some(both => "
                     "Object.values(both).some(list => list.some(rate => rate < 0))))"), False)
    equal("flows are off now", browser.js("document.getElementById('flows').textContent.split(':')[0]"),
          "Flows are off")


def guest(port, path, pid):
    url = f"http://127.0.0.1:{port}/"
    browser = Browser(patience=120 * SLOWER)
    try:
        browser.screen(1280, 900)
        browser.goto(url)
        says(browser, "^Live")
        browser.until("flows", 30 * SLOWER)
        keyboard(browser)
        table(browser, path)
        sort_and_open(browser)
        graph(browser)
        looks(browser, "with numbers")
        light, dark = colours(browser)
        ok("dark is another page than light", light != dark, light, dark)
        module_goes(browser)
        equal("no complaints", browser.complaints(), [])
        own(browser, url)
        os.kill(int(pid), signal.SIGTERM)
        says(browser, "No answer")
        browser.events.clear()
    finally:
        browser.end()


def pictures(port, prefix):
    browser = Browser()
    browser.screen(1280, 900)
    browser.goto(f"http://127.0.0.1:{port}/")
    time.sleep(15)
    browser.picture(f"{prefix}-light.png")
    browser.js("rows.get('pipe').button.click()")
    browser.screen(1280, 900, dark=True)
    browser.picture(f"{prefix}-dark.png")
    browser.screen(360, 740)
    browser.picture(f"{prefix}-narrow.png")
    browser.end()


{"host": host, "guest": guest, "pictures": pictures}[sys.argv[1]](*sys.argv[2:])
if sys.argv[1] != "pictures":
    print(f"1..{nr}")
sys.exit(failed > 0)
