/** Readiness, key figures and the counts. */
import {
  bar,
  byId,
  count,
  duration,
  el,
  groups,
  nothing,
  percent,
  plural,
  setText,
  show,
  sum,
} from './dom.js';

const DECISIONS = [
  ['allow', 'Allowed'],
  ['annotate', 'Annotated'],
  ['redact', 'Redacted'],
  ['block', 'Blocked'],
  ['error', 'Ended in an error'],
];

const REASONS = {
  not_ready: 'not ready yet',
  timeout: 'took too long',
  overloaded: 'too many waiting',
  guard_restarted: 'was restarted',
  load_failed: 'model did not load',
  off_format: 'answered off format',
  context_overflow: 'text did not fit',
  aborted: 'stopped, nobody waited',
  internal: 'internal fault',
};

/** Longest list shown; the rest is on /metrics. */
const MOST_ROWS = 12;

export function reasonText(reason) {
  return REASONS[reason] ?? reason;
}

export function showReadiness(guard) {
  const element = byId('readiness');
  element.dataset.state = guard.ready ? 'ready' : 'waiting';
  const message = guard.message === '' ? '' : ` ${guard.message}`;
  setText(element, guard.ready ? `Ready.${message}` : `Not ready.${message}`);
}

/** @param {string | undefined} since local time of the last good poll, if there was one */
export function showUnreachable(problem, since) {
  const element = byId('readiness');
  element.dataset.state = 'down';
  const counts = since === undefined ? '' : ` The counts are from ${since}.`;
  setText(element, `${problem}${counts} Still trying.`);
}

export function showOverview(summary) {
  const { policy, guard, counts, taxonomy, startedAt } = summary;
  show(byId('setup'), { policy, guard: [guard.spec, guard.judge], taxonomy: taxonomy.id }, () => [
    fact('Policy', `${policy.id}, ${policy.mode}`, policy.description),
    fact('Guard', guard.spec === guard.judge ? guard.judge : `${guard.judge} (${guard.spec})`),
    fact('Taxonomy', taxonomy.id),
  ]);
  const note = byId('mode-note');
  note.hidden = policy.mode !== 'monitor';
  setText(note, 'Monitor mode: everything is judged and reported, nothing is blocked.');
  setText(byId('since'), new Date(startedAt).toLocaleString());

  showFigures(counts);
  const names = new Map(taxonomy.categories.map(({ id, name }) => [id, name]));
  show(byId('decisions'), counts.requests, decisionRows);
  show(byId('categories'), [counts.categories, taxonomy.categories], () =>
    categoryRows(counts.categories, names),
  );
  show(byId('findings'), counts.findings, findingRows);
  show(byId('unavailable'), counts.unavailable, unavailableRows);
  showGate(counts.streamChars);
}

function fact(name, value, title = '') {
  return el('div', title === '' ? {} : { title }, el('dt', {}, name), el('dd', {}, value));
}

function showFigures(counts) {
  const requests = sum(counts.requests);
  const blocked = sum(counts.requests, ({ decision }) => decision === 'block');
  const answers = sum(counts.assessments);
  const missing = sum(counts.unavailable, ({ reason }) => reason !== 'aborted');
  const { assessmentMs, overheadMs, queueDepth, guardTokens, cache, cascade } = counts;
  const tokens = guardTokens.evaluated + guardTokens.cached;
  const figures = [
    ['Requests', count(requests), ''],
    ['Blocked', count(blocked), requests === 0 ? '' : `${percent(blocked, requests)} of requests`],
    [
      'Guard answers',
      count(answers),
      queueDepth === 0 ? 'none waiting' : `${count(queueDepth)} in the queue`,
    ],
    [
      'Answer time',
      duration(assessmentMs.p50),
      assessmentMs.count === 0 ? '' : `median · p95 ${duration(assessmentMs.p95)}`,
    ],
    [
      'Time added',
      duration(overheadMs.p50),
      overheadMs.count === 0 ? '' : `median · p95 ${duration(overheadMs.p95)}`,
    ],
    [
      'No answer',
      count(missing),
      answers === 0 ? '' : missing === 0 ? 'nothing went unjudged' : 'left unjudged',
    ],
  ];
  if (cache.hit + cache.shared > 0) {
    const spared = cache.hit + cache.shared;
    figures.push([
      'Judged before',
      percent(spared, spared + cache.miss),
      `${plural(cache.hit, 'answer')} from memory, ${count(cache.shared)} shared`,
    ]);
  }
  if (cascade.length > 0) {
    const thorough = sum(cascade, (row) => row.decided_by === 'thorough');
    figures.push(['Decided thoroughly', percent(thorough, sum(cascade)), 'the rest by the quick guard']);
  }
  if (tokens > 0) {
    const share = percent(guardTokens.cached, tokens);
    figures.push(['Guard tokens', count(tokens), `${share} from its cache`]);
  }
  show(byId('figures'), figures, () =>
    figures.map(([name, value, note]) =>
      el(
        name === 'No answer' && missing > 0 ? 'div.figure.bad' : 'div.figure',
        {},
        el('span.name', {}, name),
        el('strong', {}, value),
        el('span.aside', {}, note),
      ),
    ),
  );
}

function decisionRows(requests) {
  const all = sum(requests);
  return DECISIONS.map(([decision, label]) => {
    const size = sum(requests, (row) => row.decision === decision);
    return bar({
      label,
      value: count(size),
      note: percent(size, all),
      parts: [{ size, kind: decision }],
      of: all,
    });
  });
}

function shortened(items, render) {
  const rows = items.slice(0, MOST_ROWS).map(render);
  const rest = items.length - rows.length;
  return rest > 0 ? [...rows, nothing(`and ${count(rest)} more on /metrics`)] : rows;
}

function categoryRows(categories, names) {
  if (categories.length === 0) return [nothing('No category has reached its threshold.')];
  const found = groups(categories, ({ category }) => category);
  const most = sum(found[0][1]);
  return shortened(found, ([id, rows]) => {
    const prompts = sum(rows, ({ direction }) => direction === 'prompt');
    const replies = sum(rows, ({ direction }) => direction === 'reply');
    return bar({
      label: categoryLabel(id, names),
      value: count(prompts + replies),
      note: `${plural(prompts, 'prompt')}, ${plural(replies, 'reply', 'replies')}`,
      parts: [
        { size: prompts, kind: 'prompt' },
        { size: replies, kind: 'reply' },
      ],
      of: most,
    });
  });
}

/** `S2` with its name where the taxonomy has one. */
export function categoryLabel(id, names) {
  const name = names.get(id);
  return name === undefined ? el('span', {}, id) : el('span', {}, el('b.id', {}, id), ' ', name);
}

function findingRows(findings) {
  if (findings.length === 0) return [nothing('No insecure code has come by.')];
  const found = groups(findings, ({ language, cwe }) => JSON.stringify([cwe, language]));
  const most = sum(found[0][1]);
  return shortened(found, ([key, rows]) => {
    const [cwe, language] = JSON.parse(key);
    const parts = ['error', 'warning', 'info'].map((severity) => ({
      size: sum(rows, (row) => row.severity === severity),
      kind: `severity-${severity}`,
      text: severity,
    }));
    return bar({
      label: el('span', {}, el('b.id', {}, cwe), ' ', language),
      value: count(sum(rows)),
      note: parts
        .filter(({ size }) => size > 0)
        .map(({ size, text }) => (text === 'info' ? `${count(size)} info` : plural(size, text)))
        .join(', '),
      parts,
      of: most,
    });
  });
}

function unavailableRows(rows) {
  if (rows.length === 0) return [nothing('Every question so far got an answer.')];
  return shortened(rows, ({ judge, reason, count: size }) =>
    bar({
      label: el('span', {}, reasonText(reason)),
      value: count(size),
      note: judge,
      parts: [{ size, kind: reason === 'aborted' ? 'error' : 'block' }],
      of: rows[0].count,
    }),
  );
}

function showGate(chars) {
  show(byId('gate'), chars, ({ received, judged, released }) =>
    [
      ['Received', received, 'error'],
      ['Judged', judged, 'prompt'],
      ['Released', released, 'allow'],
    ].map(([label, size, kind]) =>
      bar({
        label,
        value: count(size),
        note: percent(size, received),
        parts: [{ size, kind }],
        of: received,
      }),
    ),
  );
  const verdict = byId('gate-verdict');
  const broken = chars.released > chars.judged;
  verdict.classList.toggle('alarm', broken);
  if (chars.received === 0) setText(verdict, 'No reply has been streamed yet.');
  else if (broken) setText(verdict, 'More was released than judged. Stop using this process and report it.');
  else setText(verdict, 'Nothing was released before it was judged.');
}
