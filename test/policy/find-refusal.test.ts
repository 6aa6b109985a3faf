/** The policy's own refusals are known again, and little else. */
import { describe, expect, test } from 'vitest';
import { findRefusal } from '../../src/policy/policy.js';
import { assessed, code, decided, finding, policyOf, scored } from './samples.js';
import { decideHidden, decideUnjudged } from '../../src/policy/policy.js';

const policy = policyOf({
  refusal: {
    prompt: 'Not here: {categories} ({names}).',
    reply: 'Withheld ({names}).',
    code: 'The code is unsafe.\n\nRules: {rules}; weaknesses: {cwes}.',
  },
});
const hate = scored(0.9, [
  { id: 'S9', score: 0.9 },
  { id: 'S1', score: 0.8 },
]);
const insecure = code(finding('python-os-system', 'CWE-78', 'error'), finding('js-eval', 'CWE-95', 'error'));
const image = { kind: 'image', path: 'messages[0].content[1]' } as const;
const hidden = {
  turns: [
    {
      role: 'User',
      wireRole: 'user',
      segments: [{ channel: 'text', text: 'a\u200bb', path: 'messages[0].content' }],
    },
  ],
  unjudged: [],
} as const;

const MESSAGES: [what: string, of: 'prompt' | 'reply', message: string | undefined][] = [
  ['of a prompt', 'prompt', decided(policy, assessed([hate])).message],
  ['of a reply', 'reply', decided(policy, assessed([hate], [], 'reply')).message],
  ['of code', 'reply', decided(policy, assessed([scored(0.1)], [insecure], 'reply')).message],
  ['of an image in a prompt', 'prompt', decideUnjudged([image], 'prompt', policy)?.message],
  ['of an image in a reply', 'reply', decideUnjudged([image], 'reply', policy)?.message],
  ['of hidden characters', 'prompt', decideHidden(hidden, policyOf({ hidden_characters: 'block' }))?.message],
];

describe.each(MESSAGES)('the refusal %s', (_, of, message = '') => {
  test('is found alone and at the end of a reply that was stopped', () => {
    expect(message).not.toBe('');
    expect(findRefusal(message, policy)).toEqual({ text: message, of });
    expect(findRefusal(`  ${message}\n`, policy)).toEqual({ text: message, of });
    expect(findRefusal(`Take two\n\nspoons of\n\n${message}`, policy)).toEqual({ text: message, of });
  });

  test('is not found within other text, or cut', () => {
    for (const text of [`${message} But here it is.`, `He said: ${message}`, message.slice(0, -3), ''])
      expect(findRefusal(text, policy)).toBeUndefined();
  });
});

test('a text of a megabyte is read in one pass', () => {
  const odd = policyOf({ refusal: { prompt: '{names} a {names} bc {names} no such words {names}' } });
  for (const text of ['\n\n a bc'.repeat(100_000), 'a'.repeat(600_000), '\n\n'.repeat(300_000)])
    expect(findRefusal(`${text} no such words x`, odd)).toBeUndefined();
});
