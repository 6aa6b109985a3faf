/** Fields that are known to hold something else than text: text that stands there is judged all the same. */
import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../src/core/json.js';
import type { ReplyFrame } from '../../src/core/wire-format.js';
import {
  anthropicMessages,
  llamaCompletion,
  ollamaChat,
  openAiChat,
  openAiCompletions,
  openAiResponses,
} from '../../src/protocols/index.js';
import { judgedText } from '../support/wire/read.js';

const BAD = 'poison the well tonight';
const bytes = (text: string): number[] => [...Buffer.from(text)];

const judgedIn = ({ texts }: ReplyFrame): string => texts.map(({ text }) => text).join('\n');

const chat = (logprobs: JsonValue): ReplyFrame =>
  openAiChat.decodeReply({ choices: [{ index: 0, message: { content: 'Yes.' }, logprobs }] });
const completion = (logprobs: JsonValue): ReplyFrame =>
  openAiCompletions.decodeReply({ choices: [{ index: 0, text: 'Yes.', logprobs }] });
const llama = (entry: JsonObject): ReplyFrame =>
  llamaCompletion.decodeReply({ content: 'Yes.', stop: true, completion_probabilities: [entry] });
const ollama = (entry: JsonObject): ReplyFrame =>
  ollamaChat.decodeReply({ message: { content: 'Yes.' }, done: true, logprobs: [entry] });

describe('alternatives of several words are no tokens', () => {
  const entry: JsonObject = { token: 'Yes.', logprob: -1, top_logprobs: [{ token: BAD, logprob: -2 }] };

  it.each<[string, ReplyFrame]>([
    ['chat completions', chat({ content: [entry] })],
    ['legacy completions, as a key', completion({ tokens: ['Yes.'], top_logprobs: [{ [BAD]: -2 }] })],
    ['legacy completions, as llama.cpp has them', completion({ content: [entry] })],
    ['llama.cpp', llama(entry)],
    ['Ollama', ollama(entry)],
  ])('in %s', (_name, frame) => {
    expect(judgedIn(frame)).toContain(BAD);
  });

  it('one word with its space is one, and costs no verdict', () => {
    const frame = chat({ content: [{ token: 'Yes.', top_logprobs: [{ token: ' No' }, { token: '\n\n' }] }] });
    expect(judgedIn(frame)).toBe('Yes.');
  });
});

describe('bytes of tokens', () => {
  it.each<[string, ReplyFrame]>([
    ['chat completions', chat({ content: [{ token: 'Yes.', bytes: bytes(BAD) }] })],
    ['log probabilities of a refusal', chat({ refusal: [{ token: 'Yes.', bytes: bytes(BAD) }] })],
    ['chat completions without a token', chat({ content: [{ bytes: bytes(BAD) }] })],
    ['legacy completions', completion({ content: [{ token: 'Yes.', bytes: bytes(BAD) }] })],
    ['llama.cpp', llama({ token: 'Yes.', bytes: bytes(BAD) })],
    ['Ollama', ollama({ token: 'Yes.', bytes: bytes(BAD) })],
  ])('that spell another text are judged: %s', (_name, frame) => {
    expect(judgedIn(frame)).toContain(BAD);
    for (const text of frame.texts) if (text.text.includes(BAD)) text.set('');
    expect(JSON.stringify(frame.json)).not.toContain(String(bytes('poison')));
  });

  it.each<[string, ReplyFrame]>([
    [
      'chat completions',
      chat({ content: [{ token: 'Yes.', top_logprobs: [{ token: 'No', bytes: bytes(BAD) }] }] }),
    ],
    ['llama.cpp', llama({ token: 'Yes.', top_logprobs: [{ token: 'No', bytes: bytes(BAD) }] })],
  ])('of an alternative are dropped when they are several words: %s', (_name, frame) => {
    expect(JSON.stringify(frame.json)).not.toContain(String(bytes('poison')));
    expect(JSON.stringify(frame.json)).toContain('"No"');
  });

  it('that are the token again, or half a character, are no text of their own', () => {
    const frame = chat({
      content: [
        { token: 'Yes.', bytes: bytes('Yes.') },
        { token: '', bytes: [240, 159] },
      ],
    });
    expect(judgedIn(frame)).toBe('Yes.');
    expect(JSON.stringify(frame.json)).toContain('[240,159]');
  });
});

describe('a data URL', () => {
  const url = `data:text/plain;base64,${BAD}`;

  it('with text in place of base64 is text, in requests', () => {
    const { conversation } = openAiChat.decodeRequest({
      messages: [{ role: 'user', content: 'Hi.' }],
      documents: [{ body: url }],
    });
    expect(judgedText(conversation)).toContain(BAD);
    expect(conversation.unjudged).toEqual([]);
    const { conversation: claude } = anthropicMessages.decodeRequest({
      messages: [{ role: 'user', content: [{ type: 'search_result', source: url, content: [] }] }],
    });
    expect(judgedText(claude)).toContain(BAD);
    expect(claude.unjudged).toEqual([]);
  });

  it('with text in place of base64 is text, in replies', () => {
    expect(judgedIn(openAiChat.decodeReply({ choices: [{ message: { note: url } }] }))).toContain(BAD);
    const frame = openAiResponses.decodeReply({ output: [{ type: 'web_search_call', note: url }] });
    expect(judgedIn(frame)).toContain(BAD);
    expect(frame.unjudged).toEqual([]);
  });

  it('of base64 is media', () => {
    const { conversation } = openAiChat.decodeRequest({
      messages: [{ role: 'user', content: 'Hi.' }],
      documents: [{ body: 'data:text/plain;charset=utf-8;base64,SGkgdGhlcmU=' }],
    });
    expect(conversation.unjudged).toHaveLength(1);
  });
});

describe('signatures of Anthropic’s messages', () => {
  const signed = (type: string): JsonObject => ({ type, signature: 'poison_the_well_tonight' });
  const whole = (block: JsonObject): ReplyFrame =>
    anthropicMessages.decodeReply({ type: 'message', role: 'assistant', content: [block] });

  it('are passed by where thinking is signed', () => {
    expect(judgedIn(whole({ ...signed('thinking'), thinking: 'Hm.' }))).toBe('Hm.');
  });

  it('are text in any other block, however deep', () => {
    expect(judgedIn(whole({ ...signed('text'), text: 'Hi.' }))).toContain('poison_the_well');
    const result = { type: 'mcp_tool_result', content: [{ ...signed('text'), text: 'Hi.' }] };
    expect(judgedIn(whole(result))).toContain('poison_the_well');
  });
});

describe('MCP servers of a request', () => {
  const decode = (tool: JsonObject): ReturnType<typeof openAiResponses.decodeRequest> =>
    openAiResponses.decodeRequest({ input: 'Hi.', tools: [{ type: 'mcp', server_label: 'docs', ...tool }] });

  it('keep their secrets from the guard, and get them', () => {
    const tool = { authorization: 'Bearer s3cr3t.t0ken', headers: { 'x-api-key': 'k3y' } };
    const { conversation, body } = decode(tool);
    expect(judgedText(conversation)).toContain('docs');
    expect(judgedText(conversation)).not.toMatch(/s3cr3t|k3y/);
    expect(body.tools).toEqual([{ type: 'mcp', server_label: 'docs', ...tool }]);
  });

  it.each<[string, JsonObject]>([
    ['words as a token', { authorization: BAD }],
    ['words in a header', { headers: { a: 'x', b: BAD } }],
    ['words as the name of a header', { headers: { [BAD]: 'x' } }],
    ['a list of tokens', { authorization: [BAD] }],
    ['a tool of another type', { type: 'function', authorization: BAD }],
  ])('%s are judged', (_name, tool) => {
    expect(judgedText(decode(tool).conversation)).toContain(BAD);
  });
});

describe('context that is no text', () => {
  it.each([openAiChat, openAiCompletions, openAiResponses, anthropicMessages])('$id', (format) => {
    const { conversation } = format.decodeRequest({
      ...{ prompt: format === openAiCompletions ? 'x' : null, input: 'x', max_tokens: 9 },
      messages: [{ role: 'user', content: 'x' }],
      kv_transfer_params: { do_remote_prefill: true, remote_block_ids: [1, 2, 3] },
      prompt_embeds: 'AAAA',
    });
    expect(conversation.unjudged).toEqual([
      { kind: 'tokens', path: 'prompt_embeds' },
      { kind: 'tokens', path: 'kv_transfer_params' },
    ]);
  });
});

describe('text where media are', () => {
  it.each<[string, string, JsonObject]>([
    ['a file', 'file', { filename: 'a.txt', file_data: `data:text/plain;base64${BAD}` }],
    ['an image', 'image_url', { url: BAD, detail: 'auto' }],
    ['a sound', 'input_audio', { data: 'AAAA', format: BAD }],
    ['the name of a field', 'image_url', { url: 'https://example.org/a.png', [BAD]: 1 }],
  ])('is judged, and the part stays unjudged: %s', (_name, type, media) => {
    const { conversation } = openAiChat.decodeRequest({
      messages: [{ role: 'user', content: [{ type, [type]: media }] }],
    });
    expect(judgedText(conversation)).toContain(BAD);
    expect(conversation.unjudged).toHaveLength(1);
  });

  it('is judged in replies too', () => {
    for (const item of [
      { type: 'image_generation_call', result: { note: BAD } },
      { type: 'image_generation_call', result: ['AAAA', BAD] },
      { type: 'reasoning', encrypted_content: { [BAD]: 1 } },
    ]) {
      const frame = openAiResponses.decodeReply({ output: [item] });
      expect(judgedIn(frame)).toContain(BAD);
      expect(frame.unjudged).toHaveLength(1);
    }
  });

  it('is not found in base64 of several lines', () => {
    const data = `${'QUJD'.repeat(19)}\r\n`.repeat(100_000) + 'QUJDRA==\n';
    const { conversation } = ollamaChat.decodeRequest({
      messages: [{ role: 'user', content: 'Hi.', images: [data] }],
    });
    expect(judgedText(conversation)).toBe('Hi.');
    expect(conversation.unjudged).toHaveLength(1);
  });
});
