// SPDX-License-Identifier: GPL-2.0-only
// Who talks to whom: /flows.json as a graph, and as a table.
'use strict';

const DRAWN = 100; // edges; the table has all
const WIDTHS = [160, 250, 160]; // of the nodes in each layer, in pixels
const LETTER = 6.9; // about the width of one
const STEP = 34; // from node to node
const HEIGHT = 26;

function short(text, width) {
	const most = Math.floor((width - 14) / LETTER);
	return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

const nodeName = node => node.kind === 'process' ? `${node.name}${node.pid ? ` ${node.pid}` : ''}` :
	!node.name ? node.mechanism : node.name.startsWith(node.mechanism) ? node.name : `${node.mechanism} ${node.name}`;
const moved = edge => known(edge.bytes) ? size(edge.bytes) : known(edge.ops) ? `${exact(edge.ops)} ops` :
	edge.bytes === null || edge.ops === null ? '?' : '';
const asleep = edge => edge.asleep ?
	`asleep ${microseconds(Number(edge.asleep_ns) / 1000)}${edge.asleep > 1 ? ` (${edge.asleep})` : ''}` : '';

// From 1 px for a KiB or an operation to 8 px, by orders of magnitude.
function thickness(edge) {
	const units = known(edge.bytes) ? Number(edge.bytes) / 1024 : Number(edge.ops ?? 0);
	return Math.min(8, 1.5 + Math.max(0, Math.log2(units || 1)) * 0.28);
}

// Three layers: who sends, through what, who receives. A process may be in two of them.
function layers(nodes, edges) {
	const layer = [new Map(), new Map(), new Map()];
	const place = (nr, key) => {
		if (!layer[nr].has(key))
			layer[nr].set(key, { node: nodes.get(key), nr, x: 0, y: layer[nr].size, links: [] });
		return layer[nr].get(key);
	};
	const links = edges.map(edge => {
		const from = nodes.get(edge.from).kind === 'process' ? place(0, edge.from) : place(1, edge.from);
		const to = nodes.get(edge.to).kind === 'process' ? place(2, edge.to) : place(1, edge.to);
		from.links.push(to);
		to.links.push(from);
		return { edge, from, to };
	});
	// Each near those that it is linked with: few lines cross.
	for (let round = 0; round < 8; round++) {
		for (const nr of round % 2 ? [1, 2, 0] : [1, 0, 2]) {
			const list = [...layer[nr].values()];
			for (const item of list)
				item.want = item.links.reduce((sum, other) => sum + other.y, 0) / item.links.length;
			list.sort((a, b) => a.want - b.want || a.y - b.y);
			list.forEach((item, i) => { item.y = i - (list.length - 1) / 2; });
		}
	}
	return { layer: layer.map(map => [...map.values()]), links };
}

function drawNode(item) {
	const { node, x, y } = item, width = WIDTHS[item.nr];
	const g = make('g', { class: `${node.kind} ${node.ended ? 'ended' : ''}` },
		make('title', {}, nodeName(node) + (node.ended ? ' (ended)' : '')),
		make('rect', { x, y: y - HEIGHT / 2, width, height: HEIGHT, rx: node.kind === 'object' ? 13 : 4 }),
		make('text', { x: x + 8, y: y + 4 }, short(nodeName(node), width)));
	if (node.kind === 'object')
		g.style.setProperty('--hue', node.hue);
	return g;
}

// The line, and what stands on it: near the end where fewer lines are.
function drawLink({ edge, from, to }) {
	const x1 = from.x + WIDTHS[from.nr], x2 = to.x, bend = (x2 - x1) / 2;
	const direct = from.nr === 0 && to.nr === 2; // past all objects
	const first = direct || from.links.length <= to.links.length;
	const path = make('path', { d: `M${x1} ${from.y}C${x1 + bend} ${from.y} ${x2 - bend} ${to.y} ${x2} ${to.y}`,
		'stroke-width': thickness(edge).toFixed(1), class: edge.asleep ? 'asleep' : '' },
		make('title', {}, `${nodeName(from.node)} to ${nodeName(to.node)}: ${edge.mechanism}, ${moved(edge)}, ` +
			`${exact(edge.ops)} operations, ${exact(edge.waits)} waits ${asleep(edge)}`));
	path.style.setProperty('--hue', edge.hue);
	const label = make('text', { x: first ? x1 + 8 : x2 - 8, y: (first ? from.y : to.y) + 4,
		'text-anchor': first ? 'start' : 'end', class: edge.asleep ? 'halo asleep' : 'halo' },
		`${direct ? edge.mechanism : ''} ${moved(edge)} ${asleep(edge)}`.trim());
	return [path, label];
}

function draw(nodes, edges) {
	const { layer, links } = layers(nodes, edges);
	const most = Math.max(...layer.map(list => list.length), 1);
	const total = Math.max(760, $('picture').parentElement.clientWidth - 2);
	const left = [4, (total - WIDTHS[1]) / 2, total - WIDTHS[2] - 4];
	layer.forEach((list, nr) => list.forEach(item => {
		item.x = left[nr];
		item.y = most / 2 * STEP + 34 + item.y * STEP;
	}));
	const heads = ['Who sends', 'Through', 'Who receives'].map((text, nr) =>
		make('text', { class: 'column', x: left[nr], y: 18 }, text));
	const drawn = links.map(drawLink);
	$('picture').setAttribute('viewBox', `0 0 ${total} ${most * STEP + 44}`);
	$('picture').setAttribute('width', total);
	$('picture').replaceChildren(...heads, ...drawn.map(one => one[0]), ...layer.flat().map(drawNode),
		...drawn.map(one => one[1]));
}

function listEdges(nodes, edges) {
	const name = key => nodeName(nodes.get(key)) + (nodes.get(key).ended ? ' (ended)' : '');
	$('edges').tBodies[0].replaceChildren(...edges.map(edge => make('tr', {},
		make('td', {}, name(edge.from)), make('td', {}, name(edge.to)), make('td', {}, edge.mechanism),
		...[exact(edge.bytes), exact(edge.ops), exact(edge.waits), asleep(edge) || '-'].map(text =>
			make('td', { class: 'number' }, text)))));
}

let flows = null; // those that are shown
let flowsText = '';

function chooseMechanisms(edges) {
	const names = [...new Set(edges.map(edge => edge.mechanism))].sort();
	const options = [...$('only').options].slice(1).map(option => option.value);
	if (names.join() === options.join())
		return;
	const chosen = $('only').value;
	$('only').replaceChildren($('only').options[0], ...names.map(name => make('option', { value: name }, name)));
	$('only').value = names.includes(chosen) ? chosen : '';
}

function showFlows() {
	$('graph').hidden = !flows?.on;
	if (!flows?.on)
		return;
	const nodes = new Map(flows.nodes.map(node => [node.key, node]));
	chooseMechanisms(flows.edges);
	const edges = flows.edges.filter(edge => !$('only').value || edge.mechanism === $('only').value);
	const notes = [`${edges.length > DRAWN ? `The first ${DRAWN} of ` : ''}${edges.length} edges; ` +
		'width is bytes, colour and name the mechanism'];
	if (BigInt(flows.edges_left_out))
		notes.push(`${exact(flows.edges_left_out)} more, which moved less, are left out`);
	if (BigInt(flows.evicted))
		notes.push(`${exact(flows.evicted)} flows had to make room`);
	if (flows.changed)
		notes.push('some may be counted twice');
	if (BigInt(flows.asleep_hidden))
		notes.push(`${exact(flows.asleep_hidden)} more tasks are asleep, of other users`);
	say($('flows'), flows.edges.length ? `${notes.join('; ')}.` : 'No flows yet that we may see.');
	draw(nodes, edges.slice(0, DRAWN));
	listEdges(nodes, edges);
	const others = flows.nodes.filter(node => node.kind === 'other').map(node =>
		`${node.mechanism} sent ${known(node.send_bytes) ? size(node.send_bytes) : `${exact(node.send_ops)} ops`}, ` +
		`received ${known(node.recv_bytes) ? size(node.recv_bytes) : `${exact(node.recv_ops)} ops`}`);
	say($('others'), others.length ? `Sums of flows that may not be seen, or that had to make room: ${others.join('; ')}.` : '');
}

function noFlows(why) {
	flows = null;
	flowsText = '';
	say($('flows'), why);
	showFlows();
}
