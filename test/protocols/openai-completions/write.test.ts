/** What Portcullis writes for legacy completions, read by the openai package as a client. */
import OpenAI, { APIError } from 'openai';
import { describe, expect, it } from 'vitest';
import { GuardError } from '../../../src/core/errors.js';
import type { JsonObject } from '../../../src/core/json.js';
import { createOpenAiCompletions } from '../../../src/protocols/index.js';
import { sse } from '../../support/wire/exchange.js';
import { FACTS, FACTS_ON_THE_WIRE, FIXED_CLOCK } from '../../support/wire/facts.js';
import { withReplayServer } from '../../support/wire/replay-server.js';

const format = createOpenAiCompletions({ clock: FIXED_CLOCK });
const open = (more: JsonObject = {}) =>
  format.openStream(format.decodeRequest({ model: 'm', prompt: 'Hi', stream: true, ...more }));

const upstreamChunk = (index: number, text: string, finish: string | null = null): JsonObject => ({
  id: 'cmpl-up',
  object: 'text_completion',
  created: 1_700_000_000,
  model: 'llama-3.1',
  choices: [{ index, text, logprobs: null, finish_reason: finish }],
});

type Choices = Record<number, { text: string; finish: string | null }>;

/** Text and finish reason of each choice, as a client's loop over the chunks collects them. */
function collect(messages: readonly JsonObject[]): Promise<Choices> {
  const response = { contentType: 'text/event-stream', body: sse(messages, format.terminator) };
  return withReplayServer(response, async (url) => {
    const client = new OpenAI({ apiKey: 'none', baseURL: `${url}/v1`, maxRetries: 0 });
    const choices: Choices = {};
    // Null until the last chunk, whatever the package's types say.
    const take = (part: { index: number; text: string; finish_reason: string | null }): void => {
      const choice = (choices[part.index] ??= { text: '', finish: null });
      choice.text += part.text;
      choice.finish = part.finish_reason ?? choice.finish;
    };
    for await (const chunk of await client.completions.create({ model: 'm', prompt: 'Hi', stream: true }))
      chunk.choices.forEach(take);
    return choices;
  });
}

describe('a stream', () => {
  it('of Portcullis alone: a notice and an end for each choice, the facts in the last', async () => {
    const codec = open({ n: 2 });
    const messages = [...codec.notice(0, 'No.'), ...codec.notice(1, 'No.'), ...codec.finish(FACTS)];
    expect(await collect(messages)).toEqual({
      0: { text: 'No.', finish: 'content_filter' },
      1: { text: 'No.', finish: 'content_filter' },
    });
    expect(messages.filter((message) => 'portcullis' in message)).toEqual([messages.at(-1)]);
    expect(messages.at(-1)?.portcullis).toEqual(FACTS_ON_THE_WIRE);
    expect(messages[0]).toMatchObject({ id: 'cmpl-portcullis-fixed', created: 1_735_787_045, model: 'm' });
    expect(codec.finish(FACTS)).toEqual([]);
  });

  it('that the upstream began: goes on under its id, and ends the choices that are open', async () => {
    const codec = open({ n: 2 });
    const began = [upstreamChunk(0, 'Whole.', 'stop'), upstreamChunk(1, 'Half ')];
    for (const message of began) codec.released(codec.decode(message));
    const messages = [...began, ...codec.notice(1, '[stopped]'), ...codec.finish(FACTS)];
    expect(await collect(messages)).toEqual({
      0: { text: 'Whole.', finish: 'stop' },
      1: { text: 'Half [stopped]', finish: 'content_filter' },
    });
    expect(messages.every(({ id, model }) => id === 'cmpl-up' && model === 'llama-3.1')).toBe(true);
  });

  it('whose end was decoded but never released is ended', () => {
    const codec = open();
    codec.decode(upstreamChunk(0, 'x', 'stop'));
    expect(codec.complete).toBe(true);
    expect(codec.finish(FACTS)).toHaveLength(1);
  });

  it('never repeats an id that reads like text', () => {
    const codec = open();
    codec.decode({ ...upstreamChunk(0, 'x'), id: 'words that nobody has judged' });
    expect(JSON.stringify(codec.notice(0, 'No.'))).not.toContain('words');
  });

  it('with an error in it is raised', async () => {
    const error = new GuardError('upstream_interrupted', 'The upstream closed the stream.');
    await expect(collect([upstreamChunk(0, 'a'), open().error(error, 'req-1')])).rejects.toThrow(APIError);
  });
});

it('a refusal has the text in each choice, and no tokens', () => {
  const request = format.decodeRequest({ model: 'm', prompt: ['Hi', 'Ho'] });
  const json = format.refusal(request, 'No.', FACTS);
  expect(json).toMatchObject({
    object: 'text_completion',
    choices: [0, 1].map((index) => ({ index, text: 'No.', logprobs: null, finish_reason: 'content_filter' })),
    usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
    portcullis: FACTS_ON_THE_WIRE,
  });
  expect(format.decodeReply(json).finished).toEqual([0, 1]);
});

it('a reply is annotated beside its own fields', () => {
  const reply = upstreamChunk(0, 'Hello.', 'stop');
  format.annotate(reply, FACTS);
  expect(reply).toEqual({ ...upstreamChunk(0, 'Hello.', 'stop'), portcullis: FACTS_ON_THE_WIRE });
});
