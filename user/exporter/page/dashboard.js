// SPDX-License-Identifier: GPL-2.0-only
// The page of `ipcstat-exporter`: it asks for /report.json, and shows it.
'use strict';

const HISTORY = 60; // samples of a sparkline
const FLOWS_SECONDS = 2; // flows are asked for no oftener
const PATIENCE_MS = 20000; // for an answer
const FRESH_SECONDS = 15; // how long a reset is told
const reduced = matchMedia('(prefers-reduced-motion: reduce)');

// ---- the table of mechanisms ----

// hide: from which width on it is shown.
const COLUMNS = [
	{ name: 'mechanism', title: 'Mechanism' },
	{ name: 'send', title: 'Sent/s', rate: true },
	{ name: 'recv', title: 'Received/s', rate: true },
	{ name: 'objects', title: 'Objects', hide: 'wide' },
	{ name: 'queued', title: 'Queued', hide: 'wide' },
	{ name: 'blocked', title: 'Blocked', hide: 'wide' },
	{ name: 'send_ops', title: 'Sent', hide: 'middle' },
	{ name: 'send_bytes', title: 'Bytes sent', hide: 'middle' },
	{ name: 'recv_ops', title: 'Received', hide: 'middle' },
	{ name: 'recv_bytes', title: 'Bytes received', hide: 'middle' },
	{ name: 'send_waits', title: 'Waits to send', hide: 'wide' },
	{ name: 'recv_waits', title: 'Waits to receive', hide: 'wide' },
	{ name: 'send_fails', title: 'Failed to send', hide: 'wide' },
	{ name: 'recv_fails', title: 'Failed to receive', hide: 'wide' },
];

const rows = new Map(); // by mechanism, in the module's order
const sort = { column: null, descending: true };
let unit = 'ops';

function makeHead() {
	for (const column of COLUMNS) {
		const button = make('button', { type: 'button' }, column.title);
		button.addEventListener('click', () => sortBy(column));
		const th = make('th', { scope: 'col', class: `${column.hide ?? ''} number` }, button);
		if (column.name === 'mechanism')
			th.classList.remove('number');
		column.th = th;
		$('rows').tHead.rows[0].append(th);
	}
}

// Numbers from the largest one, names from the first one; then the other way; then as it was.
function sortBy(column) {
	const first = column.name !== 'mechanism';
	if (sort.column !== column) {
		sort.column = column;
		sort.descending = first;
	} else if (sort.descending === first) {
		sort.descending = !first;
	} else {
		sort.column = null;
	}
	for (const each of COLUMNS)
		each.th.removeAttribute('aria-sort');
	sort.column?.th.setAttribute('aria-sort', sort.descending ? 'descending' : 'ascending');
	order();
}

function sortValue(row) {
	const name = sort.column.name;
	if (name === 'mechanism')
		return row.name;
	const value = sort.column.rate ? row.rates[unit][name].at(-1) : row.now[name];
	if (!known(value) || value === 'soon')
		return null;
	return sort.column.rate ? value : BigInt(value);
}

function order() {
	const list = [...rows.values()];
	if (sort.column) {
		const values = new Map(list.map(row => [row, sortValue(row)]));
		list.sort((a, b) => {
			const x = values.get(a), y = values.get(b);
			if (x === null || y === null)
				return (x === null) - (y === null);
			return (x < y ? -1 : x > y ? 1 : 0) * (sort.descending ? -1 : 1);
		});
	}
	const bodies = [...$('rows').tBodies];
	if (list.every((row, i) => bodies[i] === row.body))
		return;
	const focused = document.activeElement;
	$('rows').append(...list.map(row => row.body));
	if (focused !== document.activeElement)
		focused.focus({ preventScroll: true });
}

function makeRow(name) {
	const row = { name, cells: {}, now: {}, history: [] };
	const id = `details-${rows.size}`;
	row.button = make('button', { type: 'button', 'aria-expanded': 'false', 'aria-controls': id }, name);
	row.button.addEventListener('click', () => {
		row.open = !row.open;
		row.button.setAttribute('aria-expanded', row.open);
		row.details.hidden = !row.open;
		showDetails(row);
	});
	const tr = make('tr', {}, make('th', { scope: 'row' }, row.button));
	for (const column of COLUMNS.slice(1)) {
		const td = make('td', { class: `${column.rate ? 'rate' : 'number'} ${column.hide ?? ''}` });
		if (column.rate) {
			const path = make('path');
			const text = make('span');
			td.append(make('svg', { class: `spark ${column.name}`, viewBox: `0 0 ${HISTORY - 1} 20`,
				preserveAspectRatio: 'none', 'aria-hidden': 'true' }, path), text);
			row.cells[column.name] = { path, text };
		} else {
			row.cells[column.name] = td;
		}
		tr.append(td);
	}
	row.content = make('div', { class: 'all' });
	row.details = make('tr', { id, class: 'details', hidden: '' },
		make('td', { colspan: COLUMNS.length }, row.content));
	row.body = make('tbody', {}, tr, row.details);
	forget(row);
	return row;
}

function forget(row) {
	row.rates = { ops: { send: ['soon'], recv: ['soon'] }, bytes: { send: ['soon'], recv: ['soon'] } };
	row.shown = null;
}

// By how much a counter grows a second.
function rateOf(was, now, seconds) {
	if (!known(now))
		return now;
	return known(was) ? Number(BigInt(now) - BigInt(was)) / seconds : null;
}

// A gap in the numbers is one in the line.
function sparkline(values) {
	const numbers = values.map(value => typeof value === 'number' ? value : NaN);
	const most = Math.max(...numbers.filter(Number.isFinite), 0);
	let path = '', pen = 'M';
	numbers.forEach((value, i) => {
		if (Number.isNaN(value)) {
			pen = 'M';
			return;
		}
		const x = HISTORY - numbers.length + i, y = most ? 19 - 18 * value / most : 19;
		path += `${pen}${x} ${y.toFixed(1)}`;
		pen = 'L';
	});
	return path;
}

function showRow(row) {
	for (const column of COLUMNS.slice(1)) {
		const cell = row.cells[column.name];
		if (column.rate) {
			const values = row.rates[unit][column.name];
			cell.path.setAttribute('d', sparkline(values));
			say(cell.text, rateText(values.at(-1), unit));
		} else {
			say(cell, exact(row.now[column.name]));
		}
	}
	row.body.hidden = $('idle').checked && !row.open && isIdle(row);
	showDetails(row);
}

// Nothing was counted, as far as is known.
function isIdle(row) {
	return ['send_ops', 'recv_ops'].every(name => !known(row.now[name]) || BigInt(row.now[name]) === 0n);
}

// ---- details ----

function makeHistogram(hist) {
	const of = hist.unit === 'usecs' ? 'waits' : 'operations';
	let title = `${hist.histogram}: ${known(hist.count) ? exact(hist.count) : '?'} ${of}`;
	if (hist.p50 !== undefined) {
		for (const name of ['p50', 'p90', 'p99'])
			title += `, ${name} ~${amount(hist[name], hist.unit)}`;
		if (hist.max !== undefined)
			title += `, max ${amount(hist.max, hist.unit)}`;
	}
	const table = make('table', { class: 'hist' }, make('caption', {}, title));
	if (!hist.buckets?.length)
		return table;
	const most = Math.max(...hist.buckets.map(bucket => Number(bucket.count)), 1);
	table.append(make('thead', {}, make('tr', {},
		make('th', { scope: 'col' }, hist.unit === 'usecs' ? 'How long' : 'How large'),
		make('th', { scope: 'col', class: 'number' }, of), make('td'))));
	const body = make('tbody');
	// From the first one that holds something; behind the last such one there are none.
	for (const bucket of hist.buckets.slice(hist.buckets.findIndex(one => Number(one.count)))) {
		const end = BigInt(bucket.high) + 1n;
		body.append(make('tr', {},
			make('th', { scope: 'row' }, `${amount(bucket.low, hist.unit)} to < ${amount(end, hist.unit)}`),
			make('td', { class: 'number' }, exact(bucket.count)),
			make('td', {}, make('svg', { 'aria-hidden': 'true' },
				make('rect', { height: '100%', width: `${100 * Number(bucket.count) / most}%` })))));
	}
	table.append(body);
	return table;
}

function showDetails(row) {
	if (!row.open || row.now === row.shown)
		return;
	row.shown = row.now;
	const counters = make('dl');
	for (const [name, value] of Object.entries(row.now))
		if (name !== 'mechanism' && name !== 'histograms')
			counters.append(make('dt', {}, name), make('dd', {}, exact(value)));
	row.content.replaceChildren(make('div', {}, make('h3', {}, `${row.name}: all counters`), counters),
		...(row.now.histograms ?? []).map(makeHistogram));
}

// ---- a report ----

let last = null; // the report that is shown

function takeRow(now, seconds) {
	let row = rows.get(now.mechanism);
	if (!row)
		rows.set(now.mechanism, row = makeRow(now.mechanism));
	for (const [unit, both] of Object.entries(row.rates)) {
		for (const [direction, values] of Object.entries(both)) {
			const name = `${direction}_${unit}`;
			values.push(seconds ? rateOf(row.now[name], now[name], seconds) : known(now[name]) ? 'soon' : now[name]);
			values.splice(0, values.length - HISTORY);
		}
	}
	row.now = now;
}

// Counters only grow: where one has not, these are those of another load.
function isReset(report) {
	if (report.since !== last.since)
		return true;
	return report.mechanisms.some(now => {
		const was = rows.get(now.mechanism)?.now;
		return was && ['send_ops', 'recv_ops'].some(name =>
			known(was[name]) && known(now[name]) && BigInt(now[name]) < BigInt(was[name]));
	});
}

function takeReport(report) {
	const reset = last && isReset(report);
	if (reset)
		for (const row of rows.values())
			forget(row);
	if (reset || (gone && last === null && seen))
		fresh = performance.now();
	const seconds = last && !reset ? report.clock - last.clock : 0;
	if (last && !reset && seconds <= 0)
		return; // the same as before
	for (const now of report.mechanisms) {
		now.histograms = report.histograms.filter(hist => hist.mechanism === now.mechanism);
		takeRow(now, seconds);
	}
	last = report;
	gone = false;
	seen = true;
	showAll();
}

let gone = false; // the module, since it was seen last
let seen = false; // it was, once
let fresh = -Infinity; // when it was there anew

function showAll() {
	$('numbers').hidden = false;
	for (const row of rows.values())
		showRow(row);
	order();
	const since = new Date(last.since * 1000).toLocaleString('en-GB');
	say($('about'), `${last.version}, counting since ${since}, hooks ${last.hooks_attached}/${last.hooks_all}`);
	const worth = [];
	if (BigInt(last.missed))
		worth.push(`${exact(last.missed)} events were missed, so some numbers are too small: "ipcstat hooks" shows where.`);
	if (last.hooks_attached < last.hooks_all)
		worth.push('Not all hooks are attached: what hangs on the others is "?".');
	if (worth.join() !== [...$('worth').children].map(item => item.textContent).join())
		$('worth').replaceChildren(...worth.map(text => make('li', {}, text)));
}

function clear() {
	for (const row of rows.values())
		forget(row);
	last = null;
	gone = true;
	$('numbers').hidden = true;
	say($('about'), '');
	$('worth').replaceChildren();
}

// ---- asking ----

let paused = false, timer = 0, asked = false, flowsAt = -Infinity;

async function get(path) {
	const answer = await fetch(path, { cache: 'no-store', signal: AbortSignal.timeout(PATIENCE_MS) });
	const text = await answer.text();
	if (!answer.ok)
		throw new Error(`The exporter says: ${text.trim()}`);
	return text;
}

async function askFlows(report) {
	if (!report.flows)
		return noFlows('Not shown. "ipcstat-exporter --flows" shows it, to all who can reach this page.');
	if (performance.now() < flowsAt + FLOWS_SECONDS * 1000)
		return;
	flowsAt = performance.now();
	let text;
	try {
		text = await get('/flows.json');
	} catch (error) {
		return noFlows(error.message);
	}
	if (text === flowsText)
		return;
	const answer = parse(text);
	if (!answer.loaded || !answer.on)
		return noFlows('Flows are off: "ipcstat flows on" turns them on.');
	flows = answer;
	flowsText = text;
	showFlows();
}

async function ask() {
	const report = parse(await get('/report.json'));
	if (!report.loaded) {
		if (!gone)
			clear();
		noFlows('Nothing: the module is not loaded.');
		return 'The kernel module ipcstat is not loaded ("modprobe ipcstat"). This page goes on when it is.';
	}
	takeReport(report);
	await askFlows(report);
	return performance.now() < fresh + FRESH_SECONDS * 1000 ?
		'The module was loaded anew: its counters began at 0.' : `Live, every ${$('every').value} s.`;
}

async function round() {
	asked = true;
	let text, bad = false;
	try {
		text = await ask();
		bad = !last;
	} catch (error) {
		bad = true;
		const why = error.name === 'TimeoutError' ? 'it does not answer' : error.message;
		text = `${why.startsWith('The exporter') ? why : `No answer from the exporter (${why}).`} What is shown is old; trying again.`;
	}
	asked = false;
	if (!paused) {
		say($('status'), text);
		$('status').classList.toggle('bad', bad);
		next();
	}
}

function next(now) {
	clearTimeout(timer);
	if (!paused && !asked && !document.hidden)
		timer = setTimeout(round, now ? 0 : $('every').value * 1000);
}

$('pause').addEventListener('click', () => {
	paused = !paused;
	say($('pause'), paused ? 'Resume' : 'Pause');
	say($('status'), paused ? 'Paused.' : 'Going on…');
	next(true);
});
$('every').addEventListener('change', () => next(true));
$('unit').addEventListener('change', () => {
	unit = $('unit').value;
	if (last)
		showAll();
});
$('idle').addEventListener('change', () => {
	if (last)
		showAll();
});
$('only').addEventListener('change', showFlows);
document.addEventListener('visibilitychange', () => next(true));
addEventListener('resize', () => { if (flows) showFlows(); });
$('controls').addEventListener('submit', event => event.preventDefault());

$('every').value = reduced.matches ? '5' : '1';
makeHead();
round();
