/** Small helpers. Text goes in as text nodes, never as markup. */

/**
 * @param {string} tag element name, with classes: `span.chip.block`
 * @param {Record<string, string>} attributes
 * @param {...(Node | string | null)} children strings become text; null is skipped
 */
export function el(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split('.');
  const element = document.createElement(name);
  if (classes.length > 0) element.className = classes.join(' ');
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children.filter((child) => child !== null));
  return element;
}

export function byId(id) {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`The page has no element #${id}.`);
  return element;
}

/** Changes the text only when it differs, so that screen readers are not told the same thing again. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

const shown = new WeakMap();

/** Renders `data` into `element` unless it shows it already: selections and focus survive the polling. */
export function show(element, data, render) {
  const key = JSON.stringify(data);
  if (shown.get(element) === key) return;
  shown.set(element, key);
  element.replaceChildren(...render(data));
}

const whole = new Intl.NumberFormat('en');

export function count(value) {
  return whole.format(value);
}

export function plural(value, one, many = one + 's') {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** Milliseconds for reading; – for none. */
export function duration(ms) {
  if (ms === null || ms === undefined) return '–';
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
}

export function percent(part, all) {
  if (all === 0) return '–';
  const share = (100 * part) / all;
  if (share > 0 && share < 0.1) return '< 0.1 %';
  return `${share < 10 && share > 0 ? share.toFixed(1) : Math.round(share)} %`;
}

export function sum(rows, keep = () => true) {
  return rows.filter(keep).reduce((total, row) => total + row.count, 0);
}

/** Adds up rows by a key: [[key, rows], …], largest first. */
export function groups(rows, key) {
  const found = new Map();
  for (const row of rows) found.set(key(row), [...(found.get(key(row)) ?? []), row]);
  return [...found].sort(([, a], [, b]) => sum(b) - sum(a));
}

/**
 * One line with a bar. The bar repeats what the text says, so assistive technology skips it.
 * @param {{label: Node | string, note?: string, value: string, parts: {size: number, kind: string}[], of: number}} row
 */
export function bar({ label, note, value, parts, of }) {
  const track = el('span.track', { 'aria-hidden': 'true' });
  for (const { size, kind } of parts) {
    if (size <= 0) continue;
    const part = el(`i.${kind}`);
    // Set through the style object: the page's policy forbids style attributes.
    part.style.width = `${of > 0 ? (100 * size) / of : 0}%`;
    track.append(part);
  }
  return el(
    'li',
    {},
    el('span.label', {}, label),
    el('span.value', {}, value),
    track,
    note === undefined ? null : el('span.aside', {}, note),
  );
}

export function nothing(text) {
  return el('li.nothing', {}, text);
}
