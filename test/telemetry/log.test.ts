import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GuardError } from '../../src/core/errors.js';
import { createLog, logSink, type LogLevel } from '../../src/telemetry/index.js';
import { decisionEvent, finding, hit, requestEvent, unavailable, verdictEvent } from './events.js';

function capture(level: LogLevel = 'trace', prompts = false) {
  const lines: string[] = [];
  const log = createLog({ level, prompts, destination: { write: (line) => lines.push(line) } });
  return {
    log,
    sink: logSink(log),
    output: () => lines.join(''),
    records: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}

describe('the line of a request', () => {
  it('tells what happened, in one line', () => {
    const { sink, records } = capture();
    sink(decisionEvent({ action: 'allow' }));
    sink(
      decisionEvent({
        direction: 'reply',
        action: 'block',
        reason: 'category',
        categories: [hit('S2')],
        findings: [{ finding: finding(), treatment: 'warn' }],
      }),
    );
    sink(requestEvent({ outcome: 'block', ms: 123.456, overheadMs: 7.891 }));
    expect(records()).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string,
        requestId: 'r1',
        route: '/v1/chat/completions',
        model: 'llama3',
        outcome: 'block',
        intended: 'block',
        reason: 'category',
        categories: ['S2'],
        rules: ['python/os-system'],
        policy: 'default@1',
        status: 200,
        ms: 123.5,
        overheadMs: 7.9,
        msg: 'request',
      },
    ]);
  });

  it('warns of a judge that could not answer, once a request and reason, and of nothing when the client left', () => {
    const { sink, records } = capture('info');
    for (let window = 0; window < 3; window++)
      sink(verdictEvent(unavailable('timeout', 'no answer in 10 s')));
    sink(verdictEvent(unavailable('aborted')));
    sink({
      type: 'code-scanned',
      requestId: 'r1',
      code: { status: 'unavailable', reason: 'timeout', detail: 'scan took 2 s', ms: 2000 },
    });
    expect(records()).toMatchObject([
      { level: 'warn', judge: 'embedded', reason: 'timeout', detail: 'no answer in 10 s' },
      { level: 'warn', judge: 'code-shield', reason: 'timeout', detail: 'scan took 2 s' },
    ]);
  });

  it('warns of an upstream that failed and of requests that ended in an error', () => {
    const { sink, records } = capture('info');
    const upstream = {
      type: 'upstream',
      requestId: 'r1',
      upstream: 'http://u:pw1234@127.0.0.1:1',
      ms: 3,
    } as const;
    sink({ ...upstream, code: 200 });
    sink({ ...upstream, code: 'upstream_unreachable' });
    sink(requestEvent({ outcome: 'error', error: 'upstream_unreachable', status: 502 }));
    sink(requestEvent({ outcome: 'error', error: 'internal', status: 500 }));
    expect(records()).toMatchObject([
      { level: 'warn', code: 'upstream_unreachable', upstream: 'http://[redacted]@127.0.0.1:1' },
      { level: 'warn', error: 'upstream_unreachable', status: 502 },
      { level: 'error', error: 'internal', status: 500 },
    ]);
  });
});

describe('what never gets into the log', () => {
  const prompt = 'tell me about the canary named Kolibri';

  it('withholds prompts and replies wherever code puts them', () => {
    const { log, output } = capture();
    log.info({ prompt, body: { messages: [{ role: 'user', content: prompt }] } }, 'a');
    log
      .child({ text: prompt })
      .warn({ deep: { er: { still: { content: [{ type: 'text', text: prompt }] } } } });
    log.info({ input: [prompt], delta: { content: prompt }, arguments: JSON.stringify({ prompt }) });
    expect(output()).not.toContain('Kolibri');
    expect(output()).toContain('[text withheld]');
  });

  it('withholds the prompt that a JSON parser quotes in its error', () => {
    const { log, output, records } = capture();
    for (const bad of [prompt, `{"prompt": "${prompt}`, `{"a": ${prompt}}`, `[1, 2, "x" ${prompt}]`]) {
      let thrown: unknown;
      try {
        JSON.parse(bad);
      } catch (error) {
        thrown = error;
      }
      log.error({ err: thrown }, 'failed');
      log.error(
        { err: new GuardError('invalid_json', 'The body is not JSON.', { cause: thrown }) },
        'failed',
      );
      log.error(thrown, 'failed');
    }
    expect(records()).toHaveLength(12);
    expect(output()).not.toMatch(/Kolibri|canary|tell me/);
    expect(output()).toContain('The body is not JSON.');
  });

  it('lets prompt text in when told to, and credentials not even then', () => {
    const { log, output } = capture('info', true);
    log.info({ prompt, headers: { authorization: 'Bearer abc.def' } });
    expect(output()).toContain('Kolibri');
    expect(output()).not.toContain('abc.def');
  });

  it('redacts credentials by name at any depth, and by look in any string', () => {
    const { log, output } = capture();
    const secrets = ['s3cr3t-one', 's3cr3t-two', 's3cr3t-three', 's3cr3t-four', 's3cr3t-five', 's3cr3t-six'];
    const [one = '', two = '', three = '', four = '', five = '', six = ''] = secrets;
    log.info({ req: { headers: { Authorization: one, cookie: two, 'X-API-Key': three } } });
    log.child({ api_key: four }).info({ response: { headers: { 'set-cookie': [five] } } });
    log.warn(`sent "Authorization: Bearer ${six}" to http://me:${one}@example.test/?api_key=${two}`);
    log.error({ err: new Error('upstream refused key sk-abcdefghijklmnop') });
    for (const secret of [...secrets, 'sk-abcdefghijklmnop']) expect(output()).not.toContain(secret);
  });

  it('writes one parsable line for whatever it is given, and no secret survives under a secret name', () => {
    const secret = 'ZZ-canary-ZZ';
    fc.assert(
      fc.property(fc.object({ maxDepth: 3 }), fc.string(), (value, message) => {
        const { log, output } = capture();
        log.info({ value, headers: { authorization: secret, inner: [value, { cookie: secret }] } }, message);
        expect(output().split('\n')).toHaveLength(2);
        expect(() => JSON.parse(output()) as unknown).not.toThrow();
        expect(output()).not.toContain(secret);
      }),
      { numRuns: 60 },
    );
  });
});
