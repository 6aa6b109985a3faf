import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/json.js';
import { parseJsonStrict } from '../../src/protocols/index.js';
import { guardErrorOf } from '../support/wire/read.js';

describe('parseJsonStrict', () => {
  it('agrees with JSON.parse on every JSON that JSON.stringify writes', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        const parsed = parseJsonStrict(Buffer.from(text));
        expect(parsed).toEqual(JSON.parse(text));
        expect(JSON.stringify(parsed)).toBe(JSON.stringify(JSON.parse(text)));
      }),
    );
  });

  it('accepts nothing that JSON.parse refuses', () => {
    const alphabet = fc.constantFrom(...'{}[]",:\\u0-1.e+ntrue \n'.split(''));
    fc.assert(
      fc.property(fc.string({ unit: alphabet, maxLength: 24 }), (text) => {
        let strict: unknown;
        try {
          strict = parseJsonStrict(text);
        } catch {
          return;
        }
        expect(strict).toEqual(JSON.parse(text));
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['{"a":1,"a":2}', 'the key "a" occurs twice', '1:8'],
    ['{"a":1,\n "\\u0061":2}', 'the key "a" occurs twice', '2:2'],
    ['{"m":[{"x":{"role":"user","role":"system"}}]}', 'the key "role" occurs twice', '1:27'],
    ['{"__proto__":1,"__proto__":2}', 'the key "__proto__" occurs twice', '1:16'],
    ['', 'empty', '1:1'],
    ['{"a":}', 'a value is expected', '1:6'],
    ['{"a" 1}', "':' is expected", '1:6'],
    ['{"a":1', "',' or '}' is expected", '1:7'],
    ["{'a':1}", 'a key in double quotes', '1:2'],
    ['[1,]', 'a value is expected', '1:4'],
    ['{"a":1,}', 'a key in double quotes', '1:8'],
    ['"a\nb"', 'control character', '1:3'],
    ['"a\\x"', 'an escape that JSON does not know', '1:3'],
    ['["open', 'does not end', '1:2'],
    ['01', 'text after the end', '1:2'],
    ['[1e400]', 'too large', '1:2'],
    ['NaN', 'a value is expected', '1:1'],
    ['{} {}', 'text after the end', '1:4'],
    ['{} // comment', 'text after the end', '1:4'],
  ])('refuses %s', (text, what, where) => {
    const error = guardErrorOf(() => parseJsonStrict(text));
    expect(error.code).toBe('invalid_json');
    expect(error.message).toContain(what);
    expect(error.message).toContain(`(at ${where})`);
  });

  it('finds a key that occurs twice wherever it stands, and however it is written', () => {
    const key = fc.constantFrom('a', 'b:c', '"', '\\\\', 'd\\', '__proto__', '7', 'é', '');
    const member = fc.tuple(key, fc.boolean(), fc.jsonValue({ maxDepth: 3 }));
    const escaped = (text: string): string =>
      `"${text.replace(/[^]/g, (unit) => '\\u' + unit.charCodeAt(0).toString(16).padStart(4, '0'))}"`;
    fc.assert(
      fc.property(fc.array(member, { maxLength: 6 }), fc.nat(3), (members, depth) => {
        const object = members
          .map(
            ([name, raw, value]) => `${raw ? JSON.stringify(name) : escaped(name)}: ${JSON.stringify(value)}`,
          )
          .join(', ');
        const text = `${'[{"x":'.repeat(depth)}{${object}}${'}]'.repeat(depth)}`;
        const names = members.map(([name]) => name);
        if (new Set(names).size === names.length) expect(parseJsonStrict(text)).toEqual(JSON.parse(text));
        else expect(guardErrorOf(() => parseJsonStrict(text)).message).toContain('occurs twice');
      }),
      { numRuns: 1000 },
    );
  });

  it('refuses nesting beyond the limit, and far beyond it without overflowing the stack', () => {
    const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
    expect(parseJsonStrict(nested(64))).toEqual(JSON.parse(nested(64)));
    expect(guardErrorOf(() => parseJsonStrict(nested(65))).message).toContain('64 levels');
    expect(guardErrorOf(() => parseJsonStrict(nested(1_000_000))).code).toBe('invalid_json');
    expect(guardErrorOf(() => parseJsonStrict('[[1]]', { maxDepth: 1 })).code).toBe('invalid_json');
  });

  it('drops a byte order mark and refuses what is not UTF-8', () => {
    expect(parseJsonStrict(Buffer.from('\ufeff{"a":1}'))).toEqual({ a: 1 });
    expect(guardErrorOf(() => parseJsonStrict(Buffer.from('\ufeff{"a":1}', 'utf16le'))).message).toContain(
      'UTF-8',
    );
    expect(guardErrorOf(() => parseJsonStrict(Buffer.from('{"a":1}', 'utf16le'))).code).toBe('invalid_json');
    expect(guardErrorOf(() => parseJsonStrict(Buffer.from([0x22, 0xc3, 0x22]))).message).toContain('UTF-8');
    expect(guardErrorOf(() => parseJsonStrict('\ufeff\ufeff1')).code).toBe('invalid_json');
  });

  it('keeps __proto__ and constructor as ordinary fields', () => {
    const value = parseJsonStrict('{"__proto__":{"admin":true},"constructor":1}') as JsonObject;
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect('admin' in value).toBe(false);
    expect(JSON.stringify(value)).toBe('{"__proto__":{"admin":true},"constructor":1}');
  });

  it('does not repeat the text of a prompt in its errors', () => {
    const error = guardErrorOf(() => parseJsonStrict('{"prompt":"a private sentence" x}'));
    expect(error.message).not.toContain('private');
  });

  it('keeps lone surrogates as they came', () => {
    expect(JSON.stringify(parseJsonStrict('"\\ud83d"'))).toBe('"\\ud83d"');
  });
});
