/** The parts that read input and keep its order. */
import fc from 'fast-check';
import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { Tally, type ExitCode } from '../../src/cli/exit.js';
import { mapInOrder } from '../../src/cli/input/in-order.js';
import { readLines } from '../../src/cli/input/lines.js';
import { createProgress } from '../../src/cli/output/progress.js';

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  for (const item of items) yield await Promise.resolve(item);
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** Cuts bytes at the given places. */
function pieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const at = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

describe('readLines', () => {
  test('gives the same lines however the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.array(fc.nat()), async (words, cuts) => {
        const bytes = Buffer.from(words.replaceAll(/[a-m]/g, '\n'));
        const expected = bytes.toString().split('\n');
        if (expected.at(-1) === '') expected.pop();
        const lines = await all(readLines(each(pieces(bytes, cuts))));
        expect(lines.map((line) => line.bytes?.toString())).toEqual(expected);
        expect(lines.map(({ number }) => number)).toEqual(expected.map((_, index) => index + 1));
        expect(lines.at(-1)?.offset ?? 0).toBe(bytes.length);
      }),
    );
  });

  test('a line over the limit is skipped to its end, the next one is read', async () => {
    const bytes = Buffer.from('short\n' + 'x'.repeat(50) + '\nagain');
    for (let cut = 1; cut < bytes.length; cut += 1) {
      const lines = await all(readLines(each(pieces(bytes, [cut])), 10));
      expect(lines.map((line) => line.bytes?.toString())).toEqual(['short', undefined, 'again']);
    }
  });
});

describe('mapInOrder', () => {
  test('keeps the order whatever ends first, with at most so many at once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.array(fc.nat(), { maxLength: 30 }),
        fc.integer({ min: 1, max: 5 }),
        async (scheduler, items, limit) => {
          let running = 0;
          let most = 0;
          const work = async (item: number): Promise<number> => {
            most = Math.max(most, (running += 1));
            await scheduler.schedule(Promise.resolve());
            running -= 1;
            return item * 2;
          };
          const results = all(mapInOrder(each(items), limit, work));
          await scheduler.waitFor(results);
          expect(await results).toEqual(items.map((item) => item * 2));
          expect(most).toBeLessThanOrEqual(limit);
        },
      ),
    );
  });

  test('a result is there although the source has not said what comes next', async () => {
    let more: () => void = () => undefined;
    async function* slow(): AsyncGenerator<number> {
      yield 1;
      await new Promise<void>((resolve) => (more = resolve));
      yield 2;
    }
    const results = mapInOrder(slow(), 4, (item) => Promise.resolve(item));
    expect((await results.next()).value).toBe(1);
    more();
    expect((await results.next()).value).toBe(2);
    expect((await results.next()).done).toBe(true);
  });

  test('an error ends it and closes the source', async () => {
    let closed = false;
    async function* source(): AsyncGenerator<number> {
      try {
        for (let item = 0; ; item += 1) yield await Promise.resolve(item);
      } finally {
        closed = true;
      }
    }
    const seen: number[] = [];
    const run = async (): Promise<void> => {
      const work = (item: number) =>
        item === 3 ? Promise.reject(new Error('broken')) : Promise.resolve(item);
      for await (const item of mapInOrder(source(), 2, work)) seen.push(item);
    };
    await expect(run()).rejects.toThrow('broken');
    expect(seen).toEqual([0, 1, 2]);
    expect(closed).toBe(true);
  });
});

describe('progress', () => {
  const screen = (isTTY: boolean) => {
    const written: string[] = [];
    const stream = Object.assign(
      new Writable({
        write(chunk: Buffer, _, done) {
          written.push(chunk.toString());
          done();
        },
      }),
      { isTTY, columns: 120, cursorTo: () => true, clearLine: () => true },
    ) as unknown as NodeJS.WriteStream;
    return { stream, text: () => written.join('') };
  };

  test('a bar and a count on a terminal', () => {
    const { stream, text } = screen(true);
    const progress = createProgress({ stream, totalBytes: 200 });
    progress.update(7, 100);
    progress.stop();
    expect(text()).toContain('50% · 7 lines');
  });

  test('a count where the size is not known', () => {
    const { stream, text } = screen(true);
    const progress = createProgress({ stream, totalBytes: undefined });
    progress.update(7, 100);
    progress.stop();
    expect(text()).toContain('7 lines');
    expect(text()).not.toContain('%');
  });

  test('nothing where there is no terminal', () => {
    const { stream, text } = screen(false);
    const progress = createProgress({ stream, totalBytes: 200 });
    progress.update(7, 100);
    progress.stop();
    expect(text()).toBe('');
  });
});

test.each<[ExitCode[], ExitCode]>([
  [[], 0],
  [[0, 1, 0], 1],
  [[3, 1], 3],
  [[1, 2, 3], 2],
])('exit codes %j together are %i', (codes, expected) => {
  const tally = new Tally();
  for (const code of codes) tally.add(code);
  expect(tally.code).toBe(expected);
});
