// SPDX-License-Identifier: GPL-2.0-only
// What the page's scripts share. Names of processes and objects are up to whoever made them: text
// becomes a part of the page as textContent only.
'use strict';

const SVG = 'http://www.w3.org/2000/svg';
const $ = id => document.getElementById(id);

// ---- numbers ----

// JSON, but integers that a double cannot hold are strings of digits. Strings are passed over.
function parse(text) {
	return JSON.parse(text.replace(/"(?:[^"\\]|\\.)*"|-?\d{16,}(?![\d.eE])/g,
		found => found[0] === '"' ? found : `"${found}"`));
}

const grouped = new Intl.NumberFormat('en-US');
// What does not apply is undefined, what is not known null.
const known = value => value !== undefined && value !== null;
const gap = value => value === undefined ? '-' : '?';
const exact = value => known(value) ? grouped.format(BigInt(value)) : gap(value);

function scaled(value, step, units) {
	let unit = 0;
	while (value >= step - 0.5 && unit < units.length - 1) {
		value /= step;
		unit++;
	}
	return `${value.toFixed(value < 9.95 && (unit || value % 1) ? 1 : 0)} ${units[unit]}`;
}
const size = bytes => scaled(Number(bytes), 1024, ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB']);
const microseconds = us => Number(us) < 1e6 ? scaled(Number(us), 1000, ['µs', 'ms']) :
	`${grouped.format(Math.round(Number(us) / 1e5) / 10)} s`;
const amount = (value, unit) => unit === 'usecs' ? microseconds(value) : size(value);

function rateText(rate, unit) {
	if (rate === 'soon')
		return '…';
	if (!known(rate))
		return gap(rate);
	if (unit === 'bytes')
		return size(rate);
	return rate === 0 ? '0' : rate < 9.995 ? rate.toFixed(2) : rate < 99.95 ? rate.toFixed(1) :
		grouped.format(Math.round(rate));
}

// ---- making elements ----

function make(tag, attributes = {}, ...children) {
	const svg = ['svg', 'path', 'rect', 'g', 'text', 'title'].includes(tag);
	const element = svg ? document.createElementNS(SVG, tag) : document.createElement(tag);
	for (const [name, value] of Object.entries(attributes))
		if (value !== undefined)
			element.setAttribute(name, value);
	element.append(...children);
	return element;
}

// Only what is new is written: what reads the page aloud, or has selected, is left alone.
function say(element, text) {
	if (element.textContent !== text)
		element.textContent = text;
}
