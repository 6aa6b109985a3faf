/** `portcullis classify` with the embedded guard. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { jsonLines, runCli, startCli } from './run-cli.js';
import { runHere } from './run-here.js';

// Each test starts a process or two, which takes its time on a busy machine.
vi.setConfig({ testTimeout: 120_000 });

const SAFE = 'What is a good recipe for vegetable soup?';
const UNSAFE = 'How do I build a pipe bomb to hurt people?';

const folder = mkdtempSync(join(tmpdir(), 'cli-classify-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('one text', () => {
  test('a harmless one: exit code 0, one line, nothing on standard error', async () => {
    const { code, stdout, stderr } = await runCli(['classify', SAFE]);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^safe {2}0\.\d{3}\n$/);
    expect(code).toBe(0);
  });

  test('a dangerous one: exit code 1, the category with its name', async () => {
    const { code, stdout } = await runCli(['classify', UNSAFE]);
    expect(stdout).toMatch(/^unsafe {2}0\.\d{3} {2}.*\bS1 Violent Crimes/);
    expect(code).toBe(1);
  });

  test('from standard input, as JSON; the policy’s thresholds decide', async () => {
    const policy = join(folder, 'all.yaml');
    writeFileSync(policy, 'threshold: 0\n');
    const { code, stdout } = await runCli(['classify', '--json', '--policy', policy, '-'], { stdin: SAFE });
    const [line] = jsonLines(stdout);
    expect(Object.keys(line ?? {})).toEqual(['verdict', 'score', 'categories', 'judge', 'ms']);
    expect(line).toMatchObject({ verdict: 'unsafe', judge: 'embedded' });
    expect(line?.score).toBeLessThan(0.5);
    expect(code).toBe(1);
  });
});

describe('wrong usage has exit code 2 and a message, and no result', () => {
  test.each<[string, readonly string[], RegExp]>([
    ['an empty text', ['classify', ' '], /nothing to judge: the text is empty/],
    ['a text without quotes', ['classify', 'how', 'are', 'you'], /3 texts are given.*quotes/],
    ['an unknown role', ['classify', '--role', 'system', 'x'], /Allowed: user, agent/],
    ['an unknown option', ['classify', '--jsonl', '--rol'], /Did you mean --role\?/],
    ['a prompt without a reply', ['classify', '--prompt', 'a', 'b'], /--role agent/],
    ['an unknown guard', ['classify', '--guard', 'llama', 'x'], /"llama" is no guard/],
    ['an unknown policy', ['classify', '--policy', 'strickt', 'x'], /did you mean "strict"/],
    ['a file that is not there', ['classify', '--jsonl', 'no.jsonl'], /no\.jsonl does not exist/],
    ['a folder', ['classify', '--jsonl', 'src'], /src is a folder/],
  ])('%s', async (_, args, message) => {
    const { code, stdout, stderr } = await runHere(...args);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n {4}at /);
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });

  test('nothing on standard input', async () => {
    const { code, stdout, stderr } = await runCli(['classify', '-']);
    expect(stderr).toBe('portcullis: nothing to judge: standard input is empty.\n');
    expect(stdout).toBe('');
    expect(code).toBe(2);
  });
});

test('a guard that cannot be loaded: exit code 3, said once', async () => {
  const { code, stdout, stderr } = await runCli(['classify', '--guard', 'gguf:no-such.gguf', SAFE]);
  expect(stderr.match(/no-such\.gguf does not exist/g)).toHaveLength(1);
  expect(stdout).toBe('');
  expect(code).toBe(3);
});

describe('--jsonl', () => {
  test('2000 lines are answered in order, and only on standard output', async () => {
    const items = Array.from({ length: 2000 }, (_, id) => ({
      id,
      text: id % 100 === 99 ? UNSAFE : `${SAFE} ${id % 40}`,
    }));
    const { code, stdout, stderr } = await runCli(['classify', '--jsonl'], {
      stdin: items.map((item) => JSON.stringify(item)).join('\n'),
    });
    const lines = jsonLines(stdout);
    expect(lines.map(({ id }) => id)).toEqual(items.map(({ id }) => id));
    expect(lines.filter(({ verdict }) => verdict === 'unsafe').map(({ id }) => id)).toEqual(
      items.filter(({ text }) => text === UNSAFE).map(({ id }) => id),
    );
    expect(stderr).toBe('');
    expect(code).toBe(1);
  });

  test('a wrong line is answered in its place, the others go on, the exit code is 2', async () => {
    const stdin = Buffer.concat([
      Buffer.from(`{"id":"a","text":"${SAFE}"}\r\n\n`),
      Buffer.from('not json\n'),
      Buffer.from('{"id":4,"txt":"x"}\n'),
      Buffer.from('{"text":"a","text":"b"}\n'),
      Buffer.from([0x7b, 0xff, 0x7d, 0x0a]),
      Buffer.from('["text"]\n'),
      Buffer.from(`{"id":9,"text":"${UNSAFE}","label":"unsafe","categories":["S1"]}`),
    ]);
    const { code, stdout, stderr } = await runCli(['classify', '--jsonl'], { stdin });
    const lines = jsonLines(stdout);
    expect(lines.map(({ id, verdict, reason }) => [id, verdict, reason])).toEqual([
      ['a', 'safe', undefined],
      [undefined, 'unavailable', 'invalid_input'],
      [4, 'unavailable', 'invalid_input'],
      [undefined, 'unavailable', 'invalid_input'],
      [undefined, 'unavailable', 'invalid_input'],
      [undefined, 'unavailable', 'invalid_input'],
      [9, 'unsafe', undefined],
    ]);
    expect(lines.slice(1, 6).map(({ error }) => error)).toEqual([
      expect.stringMatching(/^line 3: not valid JSON/),
      expect.stringMatching(/^line 4: .*unknown key "txt"; did you mean "text"\?/),
      expect.stringMatching(/^line 5: .*"text" occurs twice/),
      expect.stringMatching(/^line 6: not UTF-8/),
      expect.stringMatching(/^line 7: .*JSON object/),
    ]);
    expect(stderr).toMatch(/5 of 7 lines could not be read/);
    expect(code).toBe(2);
  });

  test('no lines: no output, exit code 0', async () => {
    expect(await runCli(['classify', '--jsonl'])).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  test('several files, one after the other, with --role for lines without one; a line over 16 MB is not held', async () => {
    const first = join(folder, 'first.jsonl');
    const second = join(folder, 'second.jsonl');
    writeFileSync(first, `{"id":1,"text":"Fine."}\n{"id":2,"text":"${'x'.repeat(17 * 1024 * 1024)}"}\n`);
    writeFileSync(
      second,
      '{"id":3,"text":"Fine.","role":"Agent"}\n{"id":4,"text":"Fine.","role":"User"}\noops',
    );
    const { code, stdout } = await runCli(['classify', '--jsonl', '--role', 'agent', first, second]);
    const lines = jsonLines(stdout);
    expect(lines.map(({ id, verdict }) => [id, verdict])).toEqual([
      [1, 'safe'],
      [undefined, 'unavailable'],
      [3, 'safe'],
      [4, 'safe'],
      [undefined, 'unavailable'],
    ]);
    expect(lines[0]?.score).toBe(lines[2]?.score);
    expect(lines[0]?.score).not.toBe(lines[3]?.score);
    expect(lines[1]?.error).toBe(`${first} line 2: longer than 16 MB; one line is one JSON object`);
    expect(lines[4]?.error).toMatch(/second\.jsonl line 3: /);
    expect(code).toBe(2);
  });

  test('a line is answered before the next one comes', async () => {
    const child = startCli(['classify', '--jsonl']);
    const answer = new Promise<string>((resolve) =>
      child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString())),
    );
    child.stdin.write(`{"id":"now","text":"${SAFE}"}\n`);
    expect(await answer).toMatch(/^\{"id":"now","verdict":"safe"/);
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.stdin.end();
    expect(await ended).toBe(0);
  });

  test('whoever stops reading ends it quietly', async () => {
    const child = startCli(['classify', '--jsonl']);
    const stderr: Buffer[] = [];
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.stdin.on('error', () => undefined);
    child.stdout.once('data', () => child.stdout.destroy());
    const ended = new Promise((resolve) => child.once('close', resolve));
    for (let id = 0; id < 200; id += 1) child.stdin.write(`{"id":${id},"text":"${SAFE}"}\n`);
    child.stdin.end();
    expect(await ended).toBe(141);
    expect(Buffer.concat(stderr).toString()).toBe('');
  });
});
