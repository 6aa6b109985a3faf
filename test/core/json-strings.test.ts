import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { withPlainStrings } from '../../src/core/json-strings.js';

describe('text that is JSON', () => {
  it('is followed by what its strings say', () => {
    expect(withPlainStrings('{"body":"Say \\u0022hi\\u0022 to\\nher"}')).toBe(
      '{"body":"Say \\u0022hi\\u0022 to\\nher"}\n\nSay "hi" to\nher',
    );
  });

  it('is read before its end has come', () => {
    expect(withPlainStrings('{"to":"x","body":"a long lett')).toMatch(/\n\na long lett$/);
    expect(withPlainStrings('{"body":"one word\\u00')).toContain('\n\none word');
  });

  it('leaves prose alone, quotes and all', () => {
    const prose = 'He said "come in", and she did.';
    expect(withPlainStrings(prose)).toBe(prose);
  });

  it('shows every sentence of any JSON, however it is escaped and nested', () => {
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
    fc.assert(
      fc.property(fc.array(json), (value) => {
        const sentences: string[] = [];
        JSON.stringify(value, (_key, inner: unknown) => {
          if (typeof inner === 'string') sentences.push(inner);
          return inner;
        });
        const shown = withPlainStrings(escapeAll(JSON.stringify(value)));
        for (const each of sentences) expect(shown).toContain(each);
      }),
    );
  });

  it('keeps the text as it was written in front', () => {
    fc.assert(fc.property(fc.string(), (text) => withPlainStrings(text).startsWith(text)));
  });
});
