import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scannedText } from '../../src/core/conversation.js';
import { createPlainStrings, withPlainStrings } from '../../src/core/json-strings.js';

describe('text that is JSON', () => {
  it('says what its strings say', () => {
    expect(withPlainStrings('{"body":"Say \\u0022hi\\u0022 to\\nher"}')).toBe('Say "hi" to\nher');
  });

  it('is read before its end has come', () => {
    expect(withPlainStrings('{"to":"x","body":"a long lett')).toMatch(/(^|\n\n)a long lett$/);
    expect(withPlainStrings('{"body":"one word\\u00')).toBe('one word');
  });

  it('stays in the prose around it', () => {
    expect(withPlainStrings('Sum it up:\n{"a": "one two", "n": 1}\nThank you. {"b": "c d"}')).toBe(
      'Sum it up:\n\none two\nThank you. {"b": "c d"}',
    );
  });

  it('says a sentence that came word by word', () => {
    expect(withPlainStrings('["how", "to", "get", "there"]')).toBe('how to get there');
    expect(withPlainStrings('{"first": "one", "second": "two"}')).toBeUndefined();
  });

  it('stands behind itself for a scanner of code, with its line ends', () => {
    const turn = (text: string) => ({
      role: 'Agent' as const,
      wireRole: 'assistant' as const,
      segments: [{ channel: 'text' as const, text, path: '' }],
    });
    expect(scannedText(turn('{"code": "a = 1\\nb = 2"}'))).toBe('{"code": "a = 1\\nb = 2"}\n\na = 1\nb = 2');
    expect(scannedText(turn('Just words.'))).toBe('Just words.');
  });

  it('leaves prose alone, quotes and all', () => {
    for (const prose of [
      'He said "come in", and she did.',
      '[a link](there "its title")',
      '{ int x; "a b" }',
      '',
    ])
      expect(withPlainStrings(prose)).toBeUndefined();
  });

  const sentence = fc.string({ unit: 'grapheme', minLength: 1 }).map((text) => `a ${text} b`);
  const json = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      sentence,
      fc.array(tie('value')),
      fc.dictionary(fc.string(), tie('value')),
    ),
  })).value;
  const escapeAll = (text: string): string =>
    text.replace(/[\u0080-\uffff]/g, (char) => '\\u' + char.charCodeAt(0).toString(16).padStart(4, '0'));

  it('shows every sentence of any JSON, however it is escaped and nested', () => {
    fc.assert(
      fc.property(fc.array(json), (value) => {
        const sentences: string[] = [];
        JSON.stringify(value, (_key, inner: unknown) => {
          if (typeof inner === 'string') sentences.push(inner);
          return inner;
        });
        const shown = withPlainStrings(escapeAll(JSON.stringify(value))) ?? '';
        for (const each of sentences) expect(shown).toContain(each);
      }),
    );
  });

  const anything = fc.string({ unit: fc.constantFrom(...Array.from('ab {}[]":,\\nu0e9\n é🦙'), '\ud83e') });

  it('is the same in any pieces, and only ever goes on', () => {
    const pieces = fc.array(
      fc.oneof(
        anything,
        json.map((value) => JSON.stringify(value)),
      ),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(pieces, fc.infiniteStream(fc.integer({ min: 1, max: 5 })), (parts, lengths) => {
        const text = parts.join('');
        const strings = createPlainStrings();
        let shown = '';
        let at = 0;
        for (const length of lengths) {
          if (at >= text.length) break;
          shown += strings.add(text.slice(at, at + length));
          at += length;
        }
        expect(strings.speak ? shown : undefined).toBe(withPlainStrings(text));
      }),
      { numRuns: 500 },
    );
  });

  it('leaves any text without JSON as it is', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const prose = text.replace(/[{[]/g, '');
        expect(createPlainStrings().add(prose)).toBe(prose);
      }),
    );
  });
});
