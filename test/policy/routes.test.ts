/** Settings of single endpoints. */
import { describe, expect, test } from 'vitest';
import { describePolicy } from '../../src/cli/output/describe-policy.js';
import { parsePolicy, policyOn, type Policy } from '../../src/policy/policy.js';
import { policyOf, taxonomies } from './samples.js';

const shown = (policy: Policy): string => describePolicy(policy, taxonomies.get(policy.taxonomy));

function messageOf(text: string): string {
  try {
    parsePolicy(text, taxonomies, 'p.yaml');
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('was accepted');
}

describe('a route', () => {
  const policy = policyOf({
    threshold: 0.4,
    unjudged: 'allow',
    prompt: { categories: { S4: { threshold: 0.2 } } },
    code: { cwes: { 'CWE-78': 'block', 'CWE-79': 'warn' } },
    stream: { first_window: 50 },
    routes: {
      '/api/chat': {
        threshold: 0.3,
        unjudged: { image: 'report' },
        prompt: { categories: { S4: { action: 'annotate' }, S5: { action: 'allow' } } },
        code: { cwes: { 'CWE-79': 'ignore' } },
        stream: { mode: 'buffer' },
        judge_timeout_ms: 1000,
      },
      middleware: { mode: 'monitor', turns: 'new' },
    },
  });
  const chat = policyOn(policy, '/api/chat');

  test('says otherwise key by key; what it leaves out is as in the policy', () => {
    expect(chat.prompt.threshold).toBe(0.3);
    expect(chat.prompt.categories.get('S4')).toEqual({ threshold: 0.2, action: 'annotate' });
    expect(chat.prompt.categories.get('S5')).toEqual({ threshold: 0.3, action: 'allow' });
    expect(Object.fromEntries(chat.code.cwes)).toEqual({ 'CWE-78': 'block', 'CWE-79': 'ignore' });
    expect(chat.stream).toMatchObject({ mode: 'buffer', firstWindow: 50, maxWindow: 1200 });
    expect(chat.unjudged).toEqual({ image: 'report', audio: 'allow', file: 'allow', tokens: 'allow' });
    expect([chat.judgeTimeoutMs, chat.judgeTotalTimeoutMs]).toEqual([1000, 4000]);
    expect(chat.id).toBe(policy.id);
    const middleware = policyOn(policy, 'middleware');
    expect(middleware).toMatchObject({ mode: 'monitor', turns: 'new' });
    expect(middleware.prompt).toEqual(policy.prompt);
  });

  test('without settings, and no route at all, is as the policy', () => {
    for (const route of ['/api/generate', 'nowhere', undefined]) expect(policyOn(policy, route)).toBe(policy);
  });

  test('changes the hash of the policy, and has one of its own', () => {
    const hash = (routes: object): string => policyOf({ routes }).hash;
    const one = hash({ '/api/chat': { turns: 'new' }, middleware: { turns: 'new' } });
    expect(hash({ middleware: { turns: 'new' }, '/api/chat': { turns: 'new' } })).toBe(one);
    expect(hash({ '/api/chat': { turns: 'new' } })).not.toBe(one);
    expect(chat.hash).not.toBe(policy.hash);
  });

  test('is shown with what it says otherwise, as a file that decides in the same way', () => {
    const text = shown(policy);
    expect(parsePolicy(text, taxonomies, 'other.yaml')).toEqual(policy);
    const route = text.slice(text.indexOf('  middleware:'));
    expect(route).toBe('  middleware:\n    mode: monitor\n    turns: new\n');
  });
});

test('a policy with every setting of this kind is shown so that it can be read again', () => {
  const all = policyOf({
    check_first: true,
    turns: 'last_user',
    hidden_characters: 'strip',
    views: { disguises: false },
    unjudged: { image: 'report', tokens: 'allow' },
    code: { after_block: 'go_on' },
    stream: { mode: 'sentence', ping_ms: 5 },
    refusal: { code: 'No: {cwes}.' },
  });
  expect(parsePolicy(shown(all), taxonomies, 'x.yaml').hash).toBe(all.hash);
  expect(all.unjudged).toEqual({ image: 'report', audio: 'block', file: 'block', tokens: 'allow' });
  expect(all.views).toEqual({ disguises: false, encodings: true });
  for (const one of [
    'check_first: true',
    'turns: new',
    'hidden_characters: block',
    'views: {encodings: false}',
  ])
    expect(parsePolicy(one, taxonomies, 'p.yaml').hash).not.toBe(parsePolicy('', taxonomies, 'p.yaml').hash);
});

test.each([
  [
    'routes: { /api/chta: {} }',
    '1:11: routes["/api/chta"]: unknown key "/api/chta"; did you mean "/api/chat"?',
  ],
  [
    'routes:\n  /api/chat: { turn: new }',
    '2:16: routes["/api/chat"].turn: unknown key "turn"; did you mean "turns"?',
  ],
  [
    'routes:\n  /api/chat: { thorough: {} }',
    '2:16: routes["/api/chat"].thorough: unknown key "thorough"; known keys',
  ],
  ['routes:\n  /api/chat: { routes: {} }', 'routes["/api/chat"].routes: unknown key "routes"'],
  ['routes:\n  /api/chat:\n    turns: nwe', '3:12: routes["/api/chat"].turns: "nwe" is not allowed here'],
  [
    'routes:\n  /api/chat:\n    stream: { mod: x }',
    '3:20: routes["/api/chat"].stream.mod: unknown key "mod"; did you mean "mode"?',
  ],
  [
    'routes:\n  /api/chat:\n    stream: { first_window: 5000 }',
    'routes["/api/chat"].stream.max_window: 1200 is smaller than first_window (5000)',
  ],
  [
    'routes:\n  /api/chat:\n    prompt: { categories: { S12: {} } }',
    'routes["/api/chat"].prompt.categories.S12: unknown key "S12"',
  ],
  [
    'routes:\n  /api/chat:\n    refusal: { code: "{cew}" }',
    'unknown placeholder {cew}; known: {categories}, {names}, {rules}, {cwes}',
  ],
  ['routes:\n  /api/chat:', '2:3: routes["/api/chat"]: is empty'],
  [
    'unjudged: { image: reprt }',
    '1:20: unjudged.image: "reprt" is not allowed here; allowed: one of block, report, allow; did you mean "report"?',
  ],
  [
    'unjudged: { video: report }',
    '1:13: unjudged.video: unknown key "video"; known keys: image, audio, file, tokens',
  ],
  [
    'unjudged: blok',
    '1:11: unjudged: "blok" is not allowed here; allowed: one of block, report, allow or keys with values (image, audio, file, tokens); did you mean "block"?',
  ],
])('%s is a mistake', (text, part) => {
  expect(messageOf(text)).toContain(part);
});
