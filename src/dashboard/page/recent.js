/** The table of recent decisions. Roles are spelled out because the narrow layout turns rows into cards. */
import { byId, duration, el, setText, show } from './dom.js';
import { categoryLabel, reasonText } from './overview.js';

const ACTIONS = {
  allow: 'allowed',
  annotate: 'annotated',
  redact: 'redacted',
  block: 'blocked',
  error: 'error',
};
const WOULD = { annotate: 'would annotate', redact: 'would redact', block: 'would block' };

const COLUMNS = ['Time', 'Decision', 'Why', 'Route', 'Policy', 'Time added', 'Request'];

const FEW = 15;
let showsAll = false;

export function startRecent() {
  byId('recent-more').addEventListener('click', () => {
    showsAll = !showsAll;
    showRecent(...last);
  });
}

let last = [[], { categories: [] }];

export function showRecent(recent, taxonomy) {
  last = [recent, taxonomy];
  byId('recent-empty').hidden = recent.length > 0;
  const holder = byId('recent');
  holder.hidden = recent.length === 0;
  const names = new Map(taxonomy.categories.map(({ id, name }) => [id, name]));
  const entries = showsAll ? recent : recent.slice(0, FEW);
  show(holder, [entries, taxonomy], () => [table(entries, names)]);
  const more = byId('recent-more');
  more.hidden = recent.length <= FEW;
  setText(more, showsAll ? `Show the last ${FEW} only` : `Show all ${recent.length}`);
}

function table(recent, names) {
  const head = el('tr', { role: 'row' });
  for (const name of COLUMNS) head.append(el('th', { role: 'columnheader', scope: 'col' }, name));
  const body = el('tbody', { role: 'rowgroup' });
  for (const entry of recent) body.append(row(entry, names));
  return el(
    'table',
    { role: 'table', 'aria-labelledby': 'recent-title' },
    el('thead', { role: 'rowgroup' }, head),
    body,
  );
}

function row(entry, names) {
  const time = new Date(entry.time);
  const cells = [
    el('time', { datetime: entry.time, title: time.toLocaleString() }, time.toLocaleTimeString()),
    decision(entry),
    why(entry, names),
    el('span.mono', {}, entry.route),
    entry.policy ?? '–',
    el('span', { title: `${duration(entry.ms)} in all` }, duration(entry.overheadMs)),
    el('span.mono.faint', {}, entry.requestId),
  ];
  const line = el('tr', { role: 'row' });
  cells.forEach((cell, index) => line.append(el('td', { role: 'cell', 'data-label': COLUMNS[index] }, cell)));
  return line;
}

function decision({ action, intended }) {
  const chip = el(
    `span.chip.${ACTIONS[action] === undefined ? 'error' : action}`,
    {},
    ACTIONS[action] ?? action,
  );
  const would = intended !== action ? WOULD[intended] : undefined;
  return would === undefined || action === 'error'
    ? chip
    : el('span', {}, chip, ' ', el('span.aside', {}, would));
}

function why(entry, names) {
  const parts = [];
  for (const { id, direction } of entry.categories) {
    parts.push(el('span.reason', {}, categoryLabel(id, names), el('span.aside', {}, ` in the ${direction}`)));
  }
  for (const rule of entry.rules) parts.push(el('span.reason.mono', {}, rule));
  if (entry.unavailable !== null) {
    parts.push(el('span.reason', {}, `no verdict: ${reasonText(entry.unavailable)}`));
  }
  if (entry.reason === 'unjudged_part') parts.push(el('span.reason', {}, 'a part no judge can read'));
  if (entry.error !== null) {
    parts.push(el('span.reason', {}, el('span.mono', {}, entry.error), ` (HTTP ${entry.status})`));
  }
  return parts.length === 0 ? el('span.blank', {}, '–') : el('span', {}, ...parts);
}
