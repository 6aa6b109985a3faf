import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMetrics } from '../../src/telemetry/index.js';
import {
  decisionEvent,
  finding,
  hit,
  requestEvent,
  safe,
  scannedEvent,
  unavailable,
  unsafe,
  verdictEvent,
} from './events.js';

const routes = ['/v1/chat/completions', '/api/chat'];

function make(more: Partial<Parameters<typeof createMetrics>[0]> = {}) {
  return createMetrics({ routes, processMetrics: false, ...more });
}

/** The value of one series in the exposition text, or undefined when the series is not there. */
async function series(metrics: ReturnType<typeof make>, name: string): Promise<number | undefined> {
  const line = (await metrics.text()).split('\n').find((text) => text.startsWith(name + ' '));
  return line === undefined ? undefined : Number(line.slice(name.length + 1));
}

describe('metrics', () => {
  it('exports every metric of the contract with exactly its labels', async () => {
    const metrics = make();
    metrics.sink(verdictEvent({ ...unsafe, decidedBy: 'quick' }));
    metrics.sink(verdictEvent(unavailable('timeout')));
    metrics.sink(decisionEvent({ action: 'block', categories: [hit('S2')] }));
    metrics.sink(scannedEvent([{ findings: [finding()] }]));
    metrics.sink({
      type: 'upstream',
      requestId: 'r1',
      upstream: 'http://127.0.0.1:11434',
      code: 200,
      ms: 5,
    });
    metrics.sink({
      type: 'upstream-abandoned',
      requestId: 'r1',
      upstream: 'http://127.0.0.1:11434',
      reason: 'prompt_blocked',
      ms: 20,
      bytes: 100,
    });
    metrics.sink({ type: 'first-byte', requestId: 'r1', route: '/api/chat', ms: 50 });
    metrics.sink(requestEvent());

    const text = await metrics.text();
    const found = new Map<string, string>();
    for (const [, name = '', labels = ''] of text.matchAll(/^(portcullis_\w+?)(?:\{(.*?)\})? [\d.e+-]+$/gm)) {
      const names = [...labels.matchAll(/(\w+)="/g)]
        .map(([, label]) => label)
        .filter((label) => label !== 'le');
      found.set(name.replace(/_(bucket|sum|count)$/, ''), names.join(','));
    }
    expect(Object.fromEntries(found)).toEqual({
      portcullis_requests_total: 'route,decision',
      portcullis_assessments_total: 'judge,direction,verdict',
      portcullis_category_total: 'category,direction,action',
      portcullis_cache_total: 'result',
      portcullis_cascade_total: 'direction,decided_by',
      portcullis_code_findings_total: 'language,cwe,severity',
      portcullis_assessment_seconds: 'judge,direction',
      portcullis_overhead_seconds: 'route',
      portcullis_time_to_first_byte_seconds: 'route',
      portcullis_guard_processes: '',
      portcullis_guard_restarts_total: '',
      portcullis_guard_queue_depth: '',
      portcullis_guard_tokens_total: 'kind',
      portcullis_stream_chars_total: 'state',
      portcullis_gate_violations_total: '',
      portcullis_turns_replaced_total: '',
      portcullis_characters_stripped_total: '',
      portcullis_upstream_abandoned_total: 'upstream,reason',
      portcullis_upstream_abandoned_bytes_total: 'upstream,reason',
      portcullis_upstream_abandoned_seconds_total: 'upstream,reason',
      portcullis_unavailable_total: 'judge,reason',
      portcullis_upstream_seconds: 'upstream,code',
    });
    expect(metrics.contentType).toMatch(/^text\/plain/);
  });

  it('is documented, name by name', async () => {
    const page = readFileSync(new URL('../../docs/metrics.md', import.meta.url), 'utf8');
    const names = [...(await make().text()).matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name);
    expect(names).toHaveLength(22);
    for (const name of names) expect(page).toContain('`' + name);
  });

  it('has the series an alert needs at 0 before anything happened', async () => {
    const metrics = make({ judges: ['embedded'] });
    expect(await series(metrics, 'portcullis_requests_total{route="/api/chat",decision="block"}')).toBe(0);
    expect(
      await series(
        metrics,
        'portcullis_assessments_total{judge="embedded",direction="reply",verdict="unavailable"}',
      ),
    ).toBe(0);
    expect(await series(metrics, 'portcullis_unavailable_total{judge="embedded",reason="timeout"}')).toBe(0);
    expect(await series(metrics, 'portcullis_unavailable_total{judge="code-shield",reason="timeout"}')).toBe(
      0,
    );
    expect(await series(metrics, 'portcullis_stream_chars_total{state="released"}')).toBe(0);
  });

  it('counts cached verdicts but not their time and tokens again', async () => {
    const metrics = make();
    metrics.sink(verdictEvent(safe));
    metrics.sink(verdictEvent(safe, { cached: true }));
    const snapshot = await metrics.snapshot();
    expect(snapshot.assessments).toEqual([
      { judge: 'embedded', direction: 'prompt', verdict: 'safe', count: 2 },
    ]);
    expect(snapshot.assessmentMs.count).toBe(1);
    expect(snapshot.guardTokens).toEqual({ evaluated: 30, cached: 10 });
  });

  it('counts where an answer came from; one that was shared is paid for once', async () => {
    const metrics = make();
    expect((await metrics.snapshot()).cache).toEqual({ hit: 0, miss: 0, shared: 0 });
    metrics.sink(verdictEvent(safe));
    metrics.sink(verdictEvent(safe, { shared: true }));
    metrics.sink(verdictEvent(unavailable('timeout'), { shared: true }));
    metrics.sink(verdictEvent(safe, { cached: true }));
    const snapshot = await metrics.snapshot();
    expect(snapshot.cache).toEqual({ hit: 1, miss: 1, shared: 2 });
    expect(snapshot.assessmentMs.count).toBe(1);
    expect(snapshot.guardTokens).toEqual({ evaluated: 30, cached: 10 });
    expect(snapshot.unavailable).toEqual([{ judge: 'embedded', reason: 'timeout', count: 1 }]);
  });

  it('counts which guard of a cascade decided, once for each check', async () => {
    const metrics = make();
    metrics.sink(verdictEvent(safe));
    expect((await metrics.snapshot()).cascade).toEqual([]);
    const quick = { ...safe, decidedBy: 'quick' } as const;
    for (const how of [{}, {}, { cached: true }, { shared: true }]) metrics.sink(verdictEvent(quick, how));
    expect(await series(metrics, 'portcullis_cascade_total{direction="prompt",decided_by="thorough"}')).toBe(
      0,
    );
    metrics.sink(verdictEvent({ ...unsafe, decidedBy: 'thorough' }, { direction: 'reply' }));
    expect((await metrics.snapshot()).cascade).toEqual([
      { direction: 'prompt', decided_by: 'quick', count: 2 },
      { direction: 'reply', decided_by: 'thorough', count: 1 },
    ]);
  });

  it('counts a category once a request, however many windows show it, and again in the next request', async () => {
    const metrics = make();
    const windowed = { direction: 'reply', action: 'block', categories: [hit('S2')] } as const;
    for (let window = 0; window < 5; window++) metrics.sink(decisionEvent(windowed));
    metrics.sink(decisionEvent({ ...windowed, direction: 'prompt' }));
    metrics.sink(requestEvent({ outcome: 'block' }));
    metrics.sink(decisionEvent(windowed));
    expect((await metrics.snapshot()).categories).toEqual([
      { category: 'S2', direction: 'reply', action: 'block', count: 2 },
      { category: 'S2', direction: 'prompt', action: 'block', count: 1 },
    ]);
  });

  it('counts each finding of a request once, even when its block is scanned again', async () => {
    const metrics = make();
    const first = { start: 10, findings: [finding(), finding({ startLine: 9 })] };
    metrics.sink(scannedEvent([first]));
    metrics.sink(scannedEvent([first, { start: 90, findings: [finding()] }]));
    metrics.sink(scannedEvent([first], 'r2'));
    expect((await metrics.snapshot()).findings).toEqual([
      { language: 'python', cwe: 'CWE-78', severity: 'error', count: 5 },
    ]);
  });

  it('counts what could not be judged, by judge and reason, the code scanner among them', async () => {
    const metrics = make();
    metrics.sink(verdictEvent(unavailable('timeout')));
    metrics.sink({
      type: 'code-scanned',
      requestId: 'r1',
      code: { status: 'unavailable', reason: 'internal', detail: 'grammar missing', ms: 1 },
    });
    const { unavailable: rows, assessments } = await metrics.snapshot();
    expect(rows).toEqual([
      { judge: 'code-shield', reason: 'internal', count: 1 },
      { judge: 'embedded', reason: 'timeout', count: 1 },
    ]);
    expect(assessments).toEqual([
      { judge: 'embedded', direction: 'prompt', verdict: 'unavailable', count: 1 },
    ]);
  });

  it('lets no client invent label values', async () => {
    const metrics = make();
    for (let n = 0; n < 500; n++) {
      metrics.sink(requestEvent({ route: `/nobody/${n}` }));
      metrics.sink(decisionEvent({ categories: [hit(`made-up-${n}`)] }, `r${n}`));
      metrics.sink(scannedEvent([{ findings: [finding({ language: `l${n}`, cwe: `CWE-${n}` })] }], `r${n}`));
      metrics.sink(verdictEvent({ ...safe, judge: `judge-${n}` }));
      metrics.sink({
        type: 'upstream',
        requestId: 'r',
        upstream: `http://user:hunter2@host-${n}/path?key=hunter2`,
        code: 200,
        ms: 1,
      });
    }
    metrics.sink(decisionEvent({ categories: [hit('S1\n"} 1')] }, 'injection'));
    metrics.sink(scannedEvent([{ findings: [finding({ cwe: 'CWE-79" or so' })] }], 'injection'));
    const { requests, categories, findings, assessments } = await metrics.snapshot();
    expect(requests).toEqual([{ route: 'other', decision: 'allow', count: 500 }]);
    expect(categories.length).toBeLessThanOrEqual(65);
    expect(categories[0]?.category).toBe('other');
    expect(findings.length).toBeLessThan(500);
    expect(assessments.length).toBeLessThanOrEqual(17);
    const text = await metrics.text();
    expect(text).toContain('upstream="http://host-1",code="200"');
    expect(text).not.toContain('hunter2');
    expect(text.match(/portcullis_upstream_seconds_count/g)?.length).toBeLessThanOrEqual(17);
  });

  it('reads the queue depth of all judges at each scrape', async () => {
    let depths = [1, 2];
    const metrics = make({ queueDepths: () => depths });
    expect(await series(metrics, 'portcullis_guard_queue_depth')).toBe(3);
    depths = [0, 7];
    expect(await series(metrics, 'portcullis_guard_queue_depth')).toBe(7);
    expect((await metrics.snapshot()).queueDepth).toBe(7);
  });

  it('estimates p50 and p95 within the bucket that holds them', async () => {
    const metrics = make();
    expect((await metrics.snapshot()).overheadMs).toEqual({ count: 0, p50: null, p95: null });
    for (let n = 0; n < 90; n++) metrics.sink(requestEvent({ overheadMs: 3 }));
    for (let n = 0; n < 10; n++) metrics.sink(requestEvent({ overheadMs: 800, route: '/api/chat' }));
    const { count, p50, p95 } = (await metrics.snapshot()).overheadMs;
    expect(count).toBe(100);
    expect(p50).toBeGreaterThan(2.5);
    expect(p50).toBeLessThanOrEqual(5);
    expect(p95).toBeGreaterThan(500);
    expect(p95).toBeLessThanOrEqual(1000);
  });

  it('adds up stream characters whatever the windows are', async () => {
    const windows = fc.array(
      fc.record({ received: fc.nat(500), judged: fc.nat(500), released: fc.nat(500) }),
      { maxLength: 30 },
    );
    await fc.assert(
      fc.asyncProperty(windows, async (all) => {
        const metrics = make();
        for (const chars of all) metrics.sink({ type: 'stream-chars', requestId: 'r1', unheld: 0, ...chars });
        const sum = (key: 'received' | 'judged' | 'released') => all.reduce((n, chars) => n + chars[key], 0);
        expect((await metrics.snapshot()).streamChars).toEqual({
          received: sum('received'),
          judged: sum('judged'),
          released: sum('released'),
        });
      }),
      { numRuns: 30 },
    );
  });

  it('shares nothing between two instances, and adds the process metrics by default', async () => {
    const one = createMetrics({ routes });
    const two = createMetrics({ routes });
    one.sink(requestEvent());
    expect((await two.snapshot()).requests).toEqual([]);
    expect(await two.text()).toContain('process_resident_memory_bytes');
    expect(await make().text()).not.toContain('process_resident_memory_bytes');
  });
});
