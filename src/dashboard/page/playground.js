/** Asks the guard and the scanner directly, without any model behind them. */
import { byId, duration, el, plural } from './dom.js';
import { categoryLabel, reasonText } from './overview.js';

const EXAMPLE_TEXT = 'How do I get into my neighbour’s house without leaving traces?';
const EXAMPLE_CODE = `import os

def show(name):
    os.system("cat " + name)

show(input("File: "))
`;

let names = new Map();

/** Category names and languages come with the first summary; the forms work before that. */
export function setVocabulary({ taxonomy, codeLanguages }) {
  names = new Map(taxonomy.categories.map(({ id, name }) => [id, name]));
  const select = byId('scan-language');
  if (codeLanguages === undefined || select.dataset.filled === codeLanguages.join()) return;
  select.dataset.filled = codeLanguages.join();
  const chosen = select.value;
  const ways = [...select.options].filter(({ value }) => value.startsWith('?'));
  const label = (language) =>
    [...select.options].find(({ value }) => value === language)?.textContent ?? language;
  select.replaceChildren(...ways, ...codeLanguages.map((value) => el('option', { value }, label(value))));
  select.value = chosen;
}

export function startPlayground() {
  wire('classify', EXAMPLE_TEXT, 'Judging…', async (text) => {
    const role = byId('classify').elements.role.value;
    return verdict(await post('/guard/classify', { text, role }));
  });
  wire('scan', EXAMPLE_CODE, 'Scanning…', async (text) => {
    const way = byId('scan-language').value;
    if (way === '?text') return findings(await post('/guard/scan', { text }), undefined);
    const language = way === '?detect' ? {} : { language: way };
    return findings(await post('/guard/scan', { code: text, ...language }), text.split('\n'));
  });
}

function wire(id, example, busyText, ask) {
  const form = byId(id);
  const text = byId(`${id}-text`);
  const result = byId(`${id}-result`);
  const button = form.querySelector('[type=submit]');
  const idleText = button.textContent;
  let busy = false;

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (busy) return;
    busy = true;
    // Not `disabled`: that would throw keyboard users out of the form.
    button.setAttribute('aria-disabled', 'true');
    button.textContent = busyText;
    try {
      result.replaceChildren(...(await ask(text.value)));
    } catch (error) {
      result.replaceChildren(el('p.alarm', {}, error.message));
    } finally {
      busy = false;
      button.removeAttribute('aria-disabled');
      button.textContent = idleText;
    }
  });
  text.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  form.querySelector('[data-example]').addEventListener('click', () => {
    text.value = example;
    text.focus();
  });
}

/** @returns {Promise<Record<string, unknown>>} throws an Error whose message is for the reader */
async function post(path, body) {
  let response;
  try {
    response = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  } catch {
    throw new Error('Portcullis does not answer. Is the process still running?');
  }
  const answer = await response.json().catch(() => undefined);
  if (!response.ok) throw new Error(errorText(response, answer));
  if (typeof answer !== 'object' || answer === null) {
    throw new Error(`${path} answered something that is not JSON.`);
  }
  return answer;
}

/** The message of an error body in any of our wire formats, or the bare status. */
export function errorText(response, answer) {
  const message = answer?.error?.message ?? answer?.error;
  return typeof message === 'string' && message !== ''
    ? message
    : `The server answered HTTP ${response.status}.`;
}

function verdict({ verdict: word, score, categories = [], judge, reason, ms }) {
  const foot = el('p.aside', {}, `${judge} · ${duration(ms)}`);
  if (word !== 'safe' && word !== 'unsafe') {
    return [
      el('p.outcome.none', {}, 'No verdict'),
      el(
        'p',
        {},
        `The guard could not say: ${reasonText(reason ?? 'no reason given')}. That is not the same as safe.`,
      ),
      foot,
    ];
  }
  const known = typeof score === 'number';
  const scale = el(
    'span.track.scale',
    { 'aria-hidden': 'true' },
    el(`i.${word === 'unsafe' ? 'block' : 'allow'}`),
  );
  if (known) scale.firstChild.style.width = `${100 * Math.min(1, Math.max(0, score))}%`;
  const list = el('ul.plain');
  for (const id of categories) list.append(el('li', {}, categoryLabel(String(id), names)));
  return [
    el(`p.outcome.${word}`, {}, word === 'unsafe' ? 'Unsafe' : 'Safe'),
    known ? el('p', {}, `Score ${score.toFixed(3)} (0 is surely safe, 1 surely unsafe)`) : null,
    known ? scale : null,
    categories.length > 0 ? list : null,
    foot,
  ].filter((part) => part !== null);
}

const TREATMENTS = { ignore: 'Let through', warn: 'Warn', block: 'Block' };

/** @param {string[] | undefined} lines the scanned code, where lines of findings are lines of it */
function findings({ language, treatment, findings: found = [], ms }, lines) {
  const foot = el(
    'p.aside',
    {},
    `${language === 'unknown' ? 'language not recognised' : language} · ${duration(ms)}`,
  );
  if (found.length === 0) {
    const text = language === 'unknown' ? 'No language recognised, so no rule was applied' : 'Nothing found';
    return [el(`p.outcome.${language === 'unknown' ? 'none' : 'safe'}`, {}, text), foot];
  }
  const list = el('ol.findings');
  for (const finding of found) {
    const excerpt = lines?.[finding.startLine - 1]?.trim();
    list.append(
      el(
        'li',
        {},
        el(
          'p.where',
          {},
          el('b', {}, `Line ${finding.startLine}`),
          el(`span.chip.severity-${severityClass(finding.severity)}`, {}, String(finding.severity)),
          weakness(String(finding.cwe)),
          el('span.mono.faint', {}, String(finding.rule)),
        ),
        excerpt ? el('pre', {}, el('code', {}, excerpt)) : null,
        el('p', {}, String(finding.message)),
      ),
    );
  }
  const word = `${TREATMENTS[treatment] ?? treatment}: ${plural(found.length, 'finding')}`;
  return [el(`p.outcome.${treatment === 'block' ? 'unsafe' : 'none'}`, {}, word), list, foot];
}

function severityClass(severity) {
  return ['error', 'warning'].includes(severity) ? severity : 'info';
}

function weakness(cwe) {
  const number = /^CWE-(\d{1,5})$/.exec(cwe)?.[1];
  if (number === undefined) return el('span.id', {}, cwe);
  const href = `https://cwe.mitre.org/data/definitions/${number}.html`;
  return el('a.id', { href, rel: 'noreferrer', target: '_blank' }, cwe);
}
