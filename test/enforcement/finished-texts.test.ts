/** Texts that are complete before their reply is: they leave when they are judged, and not before. */
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/core/json.js';
import type { ReplyFrame, WireFormat } from '../../src/core/wire-format.js';
import { anthropicMessages, ollamaChat, openAiResponses } from '../../src/protocols/index.js';
import { DANGEROUS, runGate, UNSAFE, type Run } from './guarded-reply.js';

const question = { messages: [{ role: 'user', content: 'Look it up.' }], max_tokens: 99 };

interface Case {
  readonly format: WireFormat;
  readonly request: JsonObject;
  /** Up to and with the message that says that the arguments are complete. */
  readonly call: (pieces: readonly string[]) => JsonObject[];
  /** More of the same arguments, after they were said to be complete. */
  readonly more?: (piece: string) => JsonObject;
  readonly rest: readonly JsonObject[];
}

const responses = (type: string, fields: JsonObject): JsonObject => ({ type: `response.${type}`, ...fields });
const call = { type: 'function_call', id: 'f1', call_id: 'c1', name: 'run', arguments: '' };

const CASES: readonly Case[] = [
  {
    format: openAiResponses,
    request: { model: 'm', stream: true, input: 'Look it up.' },
    call: (pieces) => [
      responses('output_item.added', { output_index: 0, item: call }),
      ...pieces.map((delta) =>
        responses('function_call_arguments.delta', { output_index: 0, item_id: 'f1', delta }),
      ),
      responses('function_call_arguments.done', {
        output_index: 0,
        item_id: 'f1',
        arguments: pieces.join(''),
      }),
    ],
    more: (delta) => responses('function_call_arguments.delta', { output_index: 0, item_id: 'f1', delta }),
    rest: [responses('completed', { response: { output: [] } })],
  },
  {
    format: anthropicMessages,
    request: { model: 'm', stream: true, ...question },
    call: (pieces) => [
      { type: 'message_start', message: { id: 'm1', role: 'assistant', content: [] } },
      {
        type: 'content_block_start',
        index: 0,
        content_block: { type: 'tool_use', id: 't', name: 'run', input: {} },
      },
      ...pieces.map((partial_json) => ({
        type: 'content_block_delta',
        index: 0,
        delta: { type: 'input_json_delta', partial_json },
      })),
      { type: 'content_block_stop', index: 0 },
    ],
    rest: [{ type: 'message_delta', delta: { stop_reason: 'tool_use' } }, { type: 'message_stop' }],
  },
  {
    format: ollamaChat,
    request: { model: 'm', stream: true, ...question },
    call: (pieces) => {
      const called = { name: 'run', arguments: JSON.parse(pieces.join('')) as JsonObject };
      return [
        { message: { role: 'assistant', content: '', tool_calls: [{ function: called }] }, done: false },
      ];
    },
    rest: [{ message: { role: 'assistant', content: '' }, done: true }],
  },
];

/** Runs `first`, and goes on with `rest` only once all of `first` has left. */
async function runInTwo(
  { format, request }: Case,
  first: readonly JsonObject[],
  rest: readonly JsonObject[],
): Promise<Run> {
  const codec = format.openStream(format.decodeRequest(structuredClone(request)));
  let left = 0;
  let goOn = (): void => undefined;
  const waiting = new Promise<void>((resolve) => (goOn = resolve));
  async function* frames(): AsyncGenerator<ReplyFrame> {
    for (const message of first) yield codec.decode(structuredClone(message));
    await waiting;
    for (const message of rest) yield codec.decode(structuredClone(message));
  }
  return runGate(frames(), {}, () => {
    left += 1;
    if (left === first.length) goOn();
  });
}

describe.each(CASES)('$format.id', (one) => {
  const pieces = ['{"code":', '"print(1)"', '}'];

  // Held to the end, they would wait for what waits for them.
  it('lets arguments go when they are complete and judged, while the reply goes on', async () => {
    const run = await runInTwo(one, one.call(pieces), one.rest);
    expect(run.result.status).toBe('complete');
    expect(run.released).toHaveLength(one.call(pieces).length + one.rest.length);
    const scanned: unknown[] = run.scripted.scanned.map((json) => JSON.parse(json) as unknown);
    expect(scanned).toEqual([{ code: 'print(1)' }]);
  });

  it.each([
    ['code that the policy blocks', DANGEROUS],
    ['what the guard finds unsafe', UNSAFE],
  ])('lets none of them go with %s', async (_name, bad) => {
    const messages = [...one.call(['{"code":"', bad.slice(0, 3), `${bad.slice(3)}()"}`]), ...one.rest];
    const run = await runInTwo(one, messages, []);
    expect(run.result.status).toBe('blocked');
    expect(JSON.stringify(run.released.map(({ json }) => json))).not.toContain(bad.slice(3));
  });
});

it('more of arguments that were complete is held and judged with all before it', async () => {
  const [one] = CASES;
  if (one?.more === undefined) throw new Error('a case is missing');
  const first = one.call(['{"code":"x"}', ` ${DANGEROUS.slice(0, 4)}`]);
  const run = await runInTwo(one, first, [one.more(`${DANGEROUS.slice(4)} `), one.more('on'), ...one.rest]);
  expect(run.result.status).toBe('blocked');
  expect(run.released).toHaveLength(first.length);
});

it('more of them that is harmless leaves with the end', async () => {
  const [one] = CASES;
  if (one?.more === undefined) throw new Error('a case is missing');
  const first = one.call(['{"code":"x"}']);
  const run = await runInTwo(one, first, [one.more(' '), ...one.rest]);
  expect(run.result.status).toBe('complete');
  expect(run.released).toHaveLength(first.length + 1 + one.rest.length);
  expect(run.scripted.scanned).toEqual(['{"code":"x"}', '{"code":"x"} ']);
});
