import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launchBrowser, watchPage, type PageWatch } from '../support/browser/launch-browser.js';
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
} from '../telemetry/events.js';
import { startDashboardServer, type DashboardServer } from './dashboard-server.js';

let browser: Browser;
let server: DashboardServer;
let page: Page;
let watch: PageWatch;

beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser.close());

beforeEach(async () => {
  server = await startDashboardServer();
});
afterEach(async () => {
  await page.context().close();
  await server.close();
});

async function open(options: BrowserContextOptions = {}): Promise<void> {
  const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
  page = await context.newPage();
  page.setDefaultTimeout(10_000);
  watch = await watchPage(page, server.origin);
  await page.goto(`${server.origin}/dashboard`);
  await page.locator('#readiness:not([data-state=unknown])').waitFor();
}

/** What a person reads in the element, each row on one line. */
async function rows(selector: string): Promise<string[]> {
  const texts = await page.locator(`${selector} > li`).allInnerTexts();
  return texts.map((text) => text.replace(/\s+/g, ' ').trim());
}

async function text(selector: string): Promise<string> {
  return (await page.locator(selector).innerText()).replace(/\s+/g, ' ').trim();
}

/** Waits for what the element says: `await shows('#x').toBe('…')`. The page polls every two seconds. */
function shows(selector: string) {
  return expect.poll(() => text(selector), { timeout: 10_000 });
}

/** Nothing went wrong behind the page, and it asked nobody but its own server. */
function expectQuiet({ failedRequests = false } = {}): void {
  const ours = watch.faults.filter(
    (fault) => !(failedRequests && /Failed to load resource|net::ERR/.test(fault)),
  );
  expect(ours).toEqual([]);
  expect(watch.strangers).toEqual([]);
}

function sendTraffic(): void {
  server.send(
    verdictEvent(safe),
    decisionEvent({ action: 'allow' }),
    requestEvent(),
    verdictEvent(unsafe, { requestId: 'r2' }),
    decisionEvent({ action: 'block', reason: 'category', categories: [hit('S2')] }, 'r2'),
    requestEvent({ requestId: 'r2', outcome: 'block', route: '/api/chat', overheadMs: 31 }),
    scannedEvent([{ findings: [finding(), finding({ startLine: 7, severity: 'warning' })] }], 'r3'),
    decisionEvent(
      {
        direction: 'reply',
        action: 'annotate',
        reason: 'code',
        categories: [hit('S2', 'annotate')],
        findings: [{ finding: finding(), treatment: 'warn' }],
      },
      'r3',
    ),
    requestEvent({ requestId: 'r3', outcome: 'annotate' }),
    verdictEvent(unavailable('timeout'), { requestId: 'r4' }),
    decisionEvent({ action: 'block', reason: 'unavailable', unavailable: 'timeout' }, 'r4'),
    requestEvent({ requestId: 'r4', outcome: 'error', error: 'guard_unavailable', status: 503 }),
    { type: 'stream-chars', requestId: 'r3', received: 1500, judged: 1200, released: 900, unheld: 0 },
  );
}

describe('the counts', () => {
  it('say how to send a request while there is none, and show the first one by themselves', async () => {
    await open();
    expect(await text('#readiness')).toBe('Ready.');
    expect(await text('#setup')).toBe('Policy default@1, enforce Guard embedded Taxonomy mlcommons-v0.5');
    expect(await page.getByRole('heading', { name: 'No requests yet' }).isVisible()).toBe(true);
    expect(await text('#empty-command')).toContain(`curl -s ${server.origin}/v1/chat/completions`);
    expect(await rows('#decisions')).toContain('Blocked 0 –');

    server.send(decisionEvent({ action: 'block' }), requestEvent({ outcome: 'block' }));
    await page.getByRole('heading', { name: 'No requests yet' }).waitFor({ state: 'hidden' });
    expect(await rows('#decisions')).toContain('Blocked 1 100 %');
    expect(await page.locator('#recent tbody tr').count()).toBe(1);
    expectQuiet();
  });

  it('tell what the guard was spared', async () => {
    server.send(verdictEvent({ ...safe, decidedBy: 'thorough' }), verdictEvent(safe, { cached: true }));
    for (let count = 0; count < 3; count++) server.send(verdictEvent({ ...safe, decidedBy: 'quick' }));
    await open();
    expect(await text('#figures')).toContain('Judged before 20 % 1 answer from memory, 0 shared');
    expect(await text('#figures')).toContain('Decided thoroughly 25 % the rest by the quick guard');
  });

  it('are those of the running process', async () => {
    sendTraffic();
    await open();
    expect(await rows('#decisions')).toEqual([
      'Allowed 1 25 %',
      'Annotated 1 25 %',
      'Redacted 0 0 %',
      'Blocked 1 25 %',
      'Ended in an error 1 25 %',
    ]);
    expect(await rows('#categories')).toEqual(['S2 Non-violent crimes 2 1 prompt, 1 reply']);
    expect(await rows('#findings')).toEqual(['CWE-78 python 2 1 error, 1 warning']);
    expect(await rows('#unavailable')).toEqual(['took too long 1 embedded']);
    expect(await rows('#gate')).toEqual(['Received 1,500 100 %', 'Judged 1,200 80 %', 'Released 900 60 %']);
    expect(await text('#gate-verdict')).toBe('Nothing was released before it was judged.');
    expect(await text('#figures')).toContain('Blocked 1 25 % of requests');
    expect(await text('#figures')).toContain('No answer 1 left unjudged');
    expect(await text('#figures')).not.toContain('Judged before');
    expectQuiet();
  });

  it('raise the alarm when more was released than judged', async () => {
    server.send({ type: 'stream-chars', requestId: 'r1', received: 10, judged: 5, released: 6, unheld: 0 });
    await open();
    expect(await text('#gate-verdict')).toContain('More was released than judged.');
  });

  it('come with the recent decisions, newest first, and never with a text', async () => {
    sendTraffic();
    await open();
    const lines = await page.locator('#recent tbody tr').allInnerTexts();
    expect(lines.map((line) => line.replace(/\s+/g, ' ').replace(/^\S+( [AP]M)? /, ''))).toEqual([
      'error no verdict: took too long guard_unavailable (HTTP 503) /v1/chat/completions default@1 20 ms r4',
      'annotated S2 Non-violent crimes in the reply python/os-system /v1/chat/completions default@1 20 ms r3',
      'blocked S2 Non-violent crimes in the prompt /api/chat default@1 31 ms r2',
      'allowed – /v1/chat/completions default@1 20 ms r1',
    ]);
    expectQuiet();
  });

  it('show fifteen decisions at first and all when asked', async () => {
    for (let n = 0; n < 40; n++) {
      server.send(decisionEvent({}, `r${n}`), requestEvent({ requestId: `r${n}` }));
    }
    await open();
    expect(await page.locator('#recent tbody tr').count()).toBe(15);
    await page.getByRole('button', { name: 'Show all 40' }).click();
    expect(await page.locator('#recent tbody tr').count()).toBe(40);
  });
});

describe('the state of the guard', () => {
  it('is told when it is not ready, and that monitor mode blocks nothing', async () => {
    server.change({
      guard: { spec: 'gguf:g.gguf', judge: 'llama-guard-2', ready: false, message: 'Loading g.gguf.' },
      policy: { id: 'monitor@1', mode: 'monitor', description: '', hash: '' },
    });
    server.send(decisionEvent({ action: 'allow', intended: 'block', reason: 'category' }), requestEvent());
    await open();
    expect(await text('#readiness')).toBe('Not ready. Loading g.gguf.');
    expect(await text('#mode-note')).toContain('nothing is blocked');
    expect(await text('#recent tbody')).toContain('allowed would block');
    expectQuiet();
  });

  it('shows what the server says when it refuses, and recovers', async () => {
    server.answer('/dashboard/api/summary', {
      status: 401,
      body: { error: { message: 'The dashboard needs the admin key.' } },
    });
    await open();
    expect(await text('#readiness')).toContain('The dashboard needs the admin key.');
    server.answer('/dashboard/api/summary', { status: 200, body: '<html>somebody else' });
    await shows('#readiness').toContain('something else than its counts');
    expectQuiet({ failedRequests: true });
  });

  it('is "does not answer" when the process is gone; the old counts stay, marked as old', async () => {
    sendTraffic();
    await open();
    await page.route('**/dashboard/api/summary', (route) => route.abort('connectionrefused'));
    await shows('#readiness').toContain('Portcullis does not answer.');
    expect(await page.locator('body.stale #decisions').isVisible()).toBe(true);
    expect(await rows('#decisions')).toContain('Blocked 1 25 %');
    await page.unroute('**/dashboard/api/summary');
    await shows('#readiness').toBe('Ready.');
    expectQuiet({ failedRequests: true });
  });
});

describe('the playground', () => {
  it('judges a text, by keyboard alone', async () => {
    server.answer('/guard/classify', {
      status: 200,
      body: { verdict: 'unsafe', score: 0.9731, categories: ['S2', 'S6'], judge: 'embedded', ms: 11.4 },
    });
    await open();
    await page.getByRole('textbox', { name: 'Text' }).focus();
    await page.keyboard.type('how to');
    await page.keyboard.press('Tab');
    await page.keyboard.press('ArrowRight');
    expect(await page.getByRole('radio', { name: 'Agent' }).isChecked()).toBe(true);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.locator('#classify-result .outcome').waitFor();
    expect(server.posted).toEqual([{ path: '/guard/classify', body: { text: 'how to', role: 'Agent' } }]);
    expect(await text('#classify-result')).toBe(
      'Unsafe Score 0.973 (0 is surely safe, 1 surely unsafe) S2 Non-violent crimes S6 Specialized advice embedded · 11 ms',
    );
    expect(await page.locator('#classify-result').getAttribute('role')).toBe('status');
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Judge');
    expectQuiet();
  });

  it('does not call a missing verdict safe', async () => {
    server.answer('/guard/classify', {
      status: 200,
      body: {
        verdict: 'unavailable',
        score: 0,
        categories: [],
        judge: 'embedded',
        reason: 'timeout',
        ms: 10000,
      },
    });
    await open();
    await page.fill('#classify-text', 'x');
    await page.press('#classify-text', 'Control+Enter');
    await page.locator('#classify-result .outcome').waitFor();
    expect(await text('#classify-result')).toBe(
      'No verdict The guard could not say: took too long. That is not the same as safe. embedded · 10 s',
    );
  });

  it('scans code in a named language, in a detected one, and inside an answer', async () => {
    server.answer('/guard/scan', {
      status: 200,
      body: { language: 'python', treatment: 'block', ms: 6.1, findings: [{ ...finding() }] },
    });
    server.change({ codeLanguages: ['python', 'rust'] });
    await open();
    const select = page.getByRole('combobox', { name: 'Read it as' });
    await expect
      .poll(() => select.locator('option').allTextContents())
      .toEqual(['Code, detect the language', 'An answer with code fences', 'Python', 'rust']);
    const code = 'import os\nos.system(input())\n';
    await page.getByRole('textbox', { name: /Code, or a whole answer/ }).fill(code);
    for (const way of ['Python', 'Code, detect the language', 'An answer with code fences']) {
      await select.selectOption({ label: way });
      const answered = page.waitForResponse('**/guard/scan');
      await page.getByRole('button', { name: 'Scan' }).click();
      await answered;
      await page.getByRole('button', { name: 'Scan', exact: true }).waitFor();
    }
    expect(server.posted.map(({ body }) => body)).toEqual([
      { code, language: 'python' },
      { code },
      { text: code },
    ]);
    await select.selectOption({ label: 'Python' });
    await page.press('#scan-text', 'Control+Enter');
    await shows('#scan-result').toBe(
      'Block: 1 finding Line 2 error CWE-78 python/os-system os.system(input()) ' +
        'A shell runs a string built from input. python · 6.1 ms',
    );
    expectQuiet();
  });

  it('tells nothing found from nothing recognised', async () => {
    const clean = { treatment: 'ignore', findings: [], ms: 1 };
    server.answer('/guard/scan', { status: 200, body: { ...clean, language: 'java' } });
    await open();
    await page.fill('#scan-text', 'class A {}');
    await page.press('#scan-text', 'Control+Enter');
    await shows('#scan-result').toBe('Nothing found java · 1.0 ms');
    server.answer('/guard/scan', { status: 200, body: { ...clean, language: 'unknown' } });
    await page.press('#scan-text', 'Control+Enter');
    await shows('#scan-result').toContain('so no rule was applied');
  });

  it('shows errors as the server words them, and others plainly', async () => {
    await open();
    await page.fill('#classify-text', 'x');
    const judge = () => page.press('#classify-text', 'Control+Enter');
    const message = 'The guard is not ready yet; try again in 5 seconds.';
    server.answer('/guard/classify', { status: 503, body: { error: { message, code: 'guard_not_ready' } } });
    await judge();
    await shows('#classify-result').toBe(message);
    server.answer('/guard/classify', { status: 500, body: '<h1>Bad</h1>' });
    await judge();
    await shows('#classify-result').toBe('The server answered HTTP 500.');
    await page.route('**/guard/classify', (route) => route.abort('connectionrefused'));
    await judge();
    await shows('#classify-result').toContain('Portcullis does not answer.');
    expectQuiet({ failedRequests: true });
  });

  it('fills in an example that can be sent', async () => {
    await open();
    for (const form of ['#classify', '#scan']) {
      await page.click(`${form} [data-example]`);
      expect((await page.inputValue(`${form}-text`)).length).toBeGreaterThan(10);
    }
  });
});

describe('what clients made up', () => {
  const evil = '<img src=x onerror="globalThis.pwned=1"><script>globalThis.pwned=1</script>';

  it('is shown as text wherever it turns up', async () => {
    server.change({
      policy: { id: evil, mode: evil, description: evil, hash: evil },
      guard: { spec: evil, judge: evil + '2', ready: false, message: evil },
      taxonomy: { id: evil, categories: [{ id: 'S2', name: evil }] },
    });
    const category = { ...hit('S2'), id: evil };
    server.send(
      decisionEvent({
        action: 'block',
        policy: evil,
        categories: [hit('S2'), category],
        findings: [{ finding: finding({ rule: evil }), treatment: 'block' }],
      }),
      requestEvent({ outcome: 'block', route: evil, requestId: 'r1', model: evil }),
    );
    const made = { rule: evil, cwe: evil, severity: evil, message: evil, startLine: 1 };
    server.answer('/guard/scan', {
      status: 200,
      body: { language: evil, treatment: evil, ms: 1, findings: [made] },
    });
    server.answer('/guard/classify', {
      status: 200,
      body: { verdict: 'unsafe', score: 1, categories: [evil], judge: evil, reason: evil, ms: 1 },
    });
    await open();
    await page.fill('#scan-text', evil);
    await page.press('#scan-text', 'Control+Enter');
    await page.locator('#scan-result .outcome').waitFor();
    await page.fill('#classify-text', evil);
    await page.press('#classify-text', 'Control+Enter');
    await page.locator('#classify-result .outcome').waitFor();

    for (const place of [
      '#readiness',
      '#setup',
      '#categories',
      '#recent',
      '#scan-result',
      '#classify-result',
    ]) {
      expect(await text(place), place).toContain(evil);
    }
    expect(await page.locator('main img, main script').count()).toBe(0);
    expect(await page.evaluate('globalThis.pwned')).toBeUndefined();
    expectQuiet();
  });

  it('could not become markup even by mistake: the browser refuses', async () => {
    await open();
    const attempt = `try { document.body.innerHTML = '<b>x</b>'; 'done' } catch (error) { error.name }`;
    expect(await page.evaluate(attempt)).toBe('TypeError');
    const inline = `const s = document.createElement('div'); s.setAttribute('style', 'width: 3px');
      document.body.append(s); s.style.width`;
    expect(await page.evaluate(inline)).toBe('');
    await expect.poll(() => watch.faults.some((fault) => fault.startsWith('policy: '))).toBe(true);
  });
});

describe('the layout', () => {
  it.each([320, 360, 800, 1280])('fits a window %i pixels wide, whatever the strings are', async (width) => {
    const long = 'an-unbroken-word-'.repeat(20);
    server.change({ guard: { spec: long, judge: long, ready: false, message: long } });
    sendTraffic();
    server.send(
      decisionEvent({ findings: [{ finding: finding({ rule: long }), treatment: 'warn' }] }, 'r9'),
      requestEvent({ requestId: 'r9', route: `/${long}` }),
    );
    server.answer('/guard/scan', {
      status: 200,
      body: {
        language: 'c',
        treatment: 'warn',
        ms: 1,
        findings: [{ ...finding(), rule: long, message: long }],
      },
    });
    await open({ viewport: { width, height: 700 }, isMobile: width < 500, hasTouch: width < 500 });
    await page.fill('#scan-text', `x\n${long}`);
    await page.click('#scan [type=submit]');
    await page.locator('#scan-result .outcome').waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
    const outside = `[...document.querySelectorAll('main *')].filter((e) =>
      e.getBoundingClientRect().right > innerWidth + 1 && !e.closest('pre, thead')).length`;
    expect(await page.evaluate(outside)).toBe(0);
    expectQuiet();
  });

  it('follows the reader’s choice of light or dark', async () => {
    const backgrounds: unknown[] = [];
    for (const colorScheme of ['light', 'dark'] as const) {
      await open({ colorScheme });
      backgrounds.push(await page.evaluate('getComputedStyle(document.body).backgroundColor'));
      if (colorScheme === 'light') await page.context().close();
    }
    expect(backgrounds).toEqual(['rgb(244, 242, 237)', 'rgb(16, 20, 27)']);
  });
});
