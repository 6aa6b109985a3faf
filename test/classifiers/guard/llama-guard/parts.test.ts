import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readVerdict, shareOf } from '../../../../src/classifiers/guard/llama-guard/reading.js';
import { createScaffoldMaker } from '../../../../src/classifiers/guard/llama-guard/scaffold.js';
import { openTemplate } from '../../../../src/classifiers/guard/llama-guard/template.js';

const makerFor = (source: string) => createScaffoldMaker(openTemplate(source, { bos: '<s>', eos: '</s>' }));

describe('readVerdict', () => {
  it('is the softmax of the two words, with their share of the whole', () => {
    const values = new Map([
      ['safe', 1],
      ['unsafe', 3],
      ['other', 2],
    ]);
    const totalWeight = Math.exp(-2) + 1 + Math.exp(-1);
    const reading = readVerdict({ values, totalWeight }, 'safe', 'unsafe');
    expect(reading?.score).toBeCloseTo(Math.exp(3) / (Math.exp(1) + Math.exp(3)), 12);
    expect(reading?.margin).toBe(2);
    expect(reading?.mass).toBeCloseTo(
      (Math.exp(1) + Math.exp(3)) / (Math.exp(1) + Math.exp(2) + Math.exp(3)),
      12,
    );
    expect(shareOf({ values, totalWeight }, ['other', 'none'])).toBeCloseTo(Math.exp(-1) / totalWeight, 12);
  });

  it.each([NaN, Infinity, -Infinity])('is nothing when a logit is %d', (bad) => {
    expect(
      readVerdict(
        {
          values: new Map([
            ['a', bad],
            ['b', 1],
          ]),
          totalWeight: 1,
        },
        'a',
        'b',
      ),
    ).toBeUndefined();
    expect(
      readVerdict(
        {
          values: new Map([
            ['a', 0],
            ['b', 1],
          ]),
          totalWeight: NaN,
        },
        'a',
        'b',
      ),
    ).toBeUndefined();
    expect(readVerdict({ values: new Map([['a', 0]]), totalWeight: 1 }, 'a', 'b')).toBeUndefined();
  });

  it('stays in [0, 1] and grows with the margin', () => {
    const logit = fc.double({ min: -80, max: 80, noNaN: true });
    fc.assert(
      fc.property(logit, logit, (safe, unsafe) => {
        const highest = Math.max(safe, unsafe);
        const totalWeight = Math.exp(safe - highest) + Math.exp(unsafe - highest);
        const reading = readVerdict(
          {
            values: new Map([
              ['s', safe],
              ['u', unsafe],
            ]),
            totalWeight,
          },
          's',
          'u',
        );
        expect(reading?.score).toBeGreaterThanOrEqual(0);
        expect(reading?.score).toBeLessThanOrEqual(1);
        expect(reading?.mass).toBeCloseTo(1, 9);
        if (unsafe > safe) expect(reading?.score).toBeGreaterThanOrEqual(0.5);
      }),
    );
  });
});

describe('createScaffoldMaker', () => {
  it('leaves a hole for each text', () => {
    const maker = makerFor("{% for m in messages %}{{ m.role + ': ' + m['content'] + '\n' }}{% endfor %}END");
    expect(maker.make(['User', 'Agent'])).toEqual({
      parts: ['user: ', 0, '\nassistant: ', 1, '\nEND'],
      trims: false,
    });
  });

  it('notices that the template strips the texts', () => {
    expect(makerFor('{{ messages[0].content | trim }}').make(['User']).trims).toBe(true);
    expect(makerFor('{{ messages[0].content.strip() }}').make(['User']).trims).toBe(true);
  });

  it('also serves templates that want a list of parts', () => {
    const maker = makerFor(
      "{% for m in messages %}{{ m.content[0].text if m.content is iterable and m.content is not string else raise_exception('parts only') }}{% endfor %}!",
    );
    expect(maker.make(['User']).parts).toEqual([0, '!']);
  });

  it('gives the template the special tokens by name', () => {
    const maker = makerFor('{{ bos_token }}{{ messages[0].content }}{{ eos_token }}');
    expect(maker.make(['User']).parts).toEqual(['<s>', 0, '</s>']);
  });

  it.each([
    ['{{ messages', /./],
    ['Hello', /leaves out message 1 of 1/],
    ["{{ raise_exception('no roles today') }}", /no roles today/],
    ['{{ messages[0].content | upper }}', /leaves out message 1/],
  ])('refuses the template %j', (source, why) => {
    expect(() => makerFor(source)).toThrow(why);
  });

  it('refuses a conversation of which the template would hide a part', () => {
    const maker = makerFor('{{ messages[0].content }}');
    expect(() => maker.make(['User', 'Agent'])).toThrow('leaves out message 2 of 2');
  });
});
