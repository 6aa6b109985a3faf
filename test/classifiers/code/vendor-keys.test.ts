/** Keys of live shape, put together here so that no key stands in the repository. */
import { expect, test } from 'vitest';
import { loadRuleSet } from '../../../src/classifiers/code/rules/rule-set.js';
import { scanSnippet } from '../../../src/classifiers/code/scan/scan-code.js';
import { shippedRules } from './shipped-rules.js';

const rules = await loadRuleSet(shippedRules);

/** Letters and digits without a pattern in them. */
function filler(length: number): string {
  const letters = 'qW7eR2tY9uI4oP1aS8dF3gH6jK5lZ0xCvBnM';
  return Array.from({ length }, (_, index) => letters.charAt((index * 17 + length) % letters.length)).join(
    '',
  );
}

async function rulesFound(text: string, language?: string): Promise<string[]> {
  const { findings } = await scanSnippet(rules, text, language, performance.now() + 10_000);
  return findings.map((finding) => finding.rule);
}

test.each([
  ['AWS', 'AKIA' + filler(16).toUpperCase()],
  ['GitHub', 'ghp_' + filler(36)],
  ['GitHub, fine-grained', 'github_pat_' + filler(70)],
  ['Slack', 'xoxb-' + filler(30)],
  ['OpenAI', 'sk-proj-' + filler(48)],
  ['Stripe', 'sk_live_' + filler(24)],
])('%s', async (_, key) => {
  expect(await rulesFound(`client = Client("${key}")`, 'python')).toContain('any-vendor-key');
  expect(await rulesFound(`export TOKEN=${key}\n`, 'bash')).toContain('any-vendor-key');
});

test.each([
  ['the documentation key of AWS', 'AKIAIOSFODNN7' + 'EXAMPLE'],
  ['too short', 'ghp_' + filler(12)],
  ['a word that starts alike', 'AKIAfication of things'],
  ['a placeholder', 'sk-proj-' + 'x'.repeat(40)],
])('not %s', async (_, text) => {
  expect(await rulesFound(`key = "${text}"`, 'python')).not.toContain('any-vendor-key');
});
