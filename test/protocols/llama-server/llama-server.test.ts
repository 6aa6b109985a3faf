import { describe, expect, it } from 'vitest';
import { GuardError } from '../../../src/core/errors.js';
import type { JsonObject, JsonValue } from '../../../src/core/json.js';
import {
  llamaApplyTemplate,
  llamaCompletion,
  llamaDetokenize,
  llamaInfill,
  llamaTokenize,
} from '../../../src/protocols/index.js';
import { describeExchanges } from '../../support/wire/exchange.js';
import { FACTS, FACTS_ON_THE_WIRE } from '../../support/wire/facts.js';
import { codeOf, guardErrorOf, judgedText, textsById } from '../../support/wire/read.js';
import {
  LLAMA_APPLY_TEMPLATE,
  LLAMA_COMPLETION,
  LLAMA_DETOKENIZE,
  LLAMA_INFILL,
  LLAMA_TOKENIZE,
} from './exchanges.js';

describeExchanges(llamaCompletion, LLAMA_COMPLETION);
describeExchanges(llamaInfill, LLAMA_INFILL);
describeExchanges(llamaTokenize, LLAMA_TOKENIZE);
describeExchanges(llamaDetokenize, LLAMA_DETOKENIZE);
describeExchanges(llamaApplyTemplate, LLAMA_APPLY_TEMPLATE);

describe('requests', () => {
  it.each<[string, JsonObject, string]>([
    ['no prompt', {}, 'prompt must be a string or a list of prompts, got nothing'],
    ['a prompt in other case', { prompt: 'x', PROMPT: 'y' }, 'write "prompt"'],
    ['a prompt object without text', { prompt: { multimodal_data: [] } }, 'prompt.prompt_string must be'],
    [
      'media that is no list',
      { prompt: { prompt_string: 'x', multimodal_data: 'y' } },
      'prompt.multimodal_data',
    ],
    [
      'text in place of media',
      { prompt: { prompt_string: 'x', multimodal_data: ['some words'] } },
      'prompt.multimodal_data[0] must be base64',
    ],
    ['too many completions', { prompt: ['x', 'y'], n_cmpl: 33 }, 'at most 64 completions'],
    ['a count that is no number', { prompt: 'x', n_cmpl: '2' }, 'n_cmpl must be a whole number'],
    ['replies without "stop"', { prompt: 'x', response_fields: ['content'] }, 'a list with "stop" in it'],
    ['stream as text', { prompt: 'x', stream: 'true' }, 'stream must be true or false'],
  ])('of completion: refuses %s', (_name, body, text) => {
    const error = guardErrorOf(() => llamaCompletion.decodeRequest(body));
    expect(error.code).toBe('invalid_request');
    expect(error.message).toContain(text);
  });

  it.each<[string, JsonObject, string]>([
    ['extra that is no list', { input_extra: 'x' }, 'input_extra must be an array'],
    ['extra of text', { input_extra: ['x'] }, 'input_extra[0] must be an object'],
    ['extra in other case', { input_extra: [{ Text: 'x' }] }, 'write "text"'],
    ['extra text that is none', { input_extra: [{ text: ['x'] }] }, 'input_extra[0].text must be a string'],
    ['a prefix that is no text', { input_prefix: {} }, 'input_prefix must be a string or a list'],
    ['a suffix in other case', { input_Suffix: 'x' }, 'write "input_suffix"'],
  ])('of infill: refuses %s', (_name, body, text) => {
    expect(guardErrorOf(() => llamaInfill.decodeRequest(body)).message).toContain(text);
  });

  it('lists token ids in every place, and judges text among them', () => {
    const mixed = llamaCompletion.decodeRequest({ prompt: [[1, 'first words'], 'last words'] });
    expect(mixed.conversation.unjudged).toEqual([{ kind: 'tokens', path: 'prompt' }]);
    expect(judgedText(mixed.conversation)).toBe('first words\nlast words');
    const infill = llamaInfill.decodeRequest({ input_prefix: [1, 'words'], input_suffix: [2], prompt: [3] });
    expect(infill.conversation.unjudged.map(({ path }) => path).sort()).toEqual([
      'input_prefix',
      'input_suffix',
      'prompt',
    ]);
    expect(judgedText(infill.conversation)).toBe('words');
    expect(llamaTokenize.decodeRequest({ content: [1, 'words'] }).conversation.unjudged).toHaveLength(1);
    const detokenize = llamaDetokenize.decodeRequest({ tokens: [1, 'words of text'] }).conversation;
    expect(judgedText(detokenize)).toBe('words of text');
  });

  it('judges words in place of samplers and fields', () => {
    const { conversation } = llamaCompletion.decodeRequest({
      prompt: 'x',
      samplers: ['top_k', 'make_it_burn'],
      response_fields: ['stop', 'make_it_burn', 'stop/make it burn', 'stop/a/b'],
    });
    expect(judgedText(conversation).split('\n')).toEqual([
      'x',
      'make_it_burn',
      'make_it_burn',
      'stop/make it burn',
      'stop/a/b',
    ]);
  });

  it.each([llamaTokenize, llamaDetokenize])('$id: refuses a stream', (format) => {
    expect(guardErrorOf(() => format.decodeRequest({ stream: 'x' })).message).toContain('stream must be');
  });
});

describe('replies', () => {
  const open = (more: JsonObject = {}) =>
    llamaCompletion.openStream(llamaCompletion.decodeRequest({ prompt: 'x', stream: true, ...more }));

  it.each<[string, JsonObject]>([
    ['an event of another format', { choices: [] }],
    ['stop that is no boolean', { content: '', stop: 'true' }],
    ['a completion that nobody asked for', { content: '', index: 1 }],
  ])('calls %s malformed', (_name, json) => {
    expect(codeOf(() => open().decode(json))).toBe('upstream_malformed');
  });

  it('calls text after the end malformed', () => {
    const codec = open();
    codec.decode({ content: '', stop: true });
    expect(codeOf(() => codec.decode({ content: 'more', stop: false }))).toBe('upstream_malformed');
  });

  it('is complete only when every prompt has its end', () => {
    const codec = open({ prompt: ['x', 'y'] });
    codec.decode({ index: 0, content: 'a', stop: true });
    expect(codec.complete).toBe(false);
    codec.decode({ index: 1, content: 'b', stop: true });
    expect(codec.complete).toBe(true);
  });

  it.each(['completion_probabilities', 'probs'])('%s go with the text they spell', (key) => {
    const frame = llamaCompletion.decodeReply({
      content: 'secret',
      stop: true,
      [key]: [
        { token: 'sec', top_probs: [{ token: 'x' }] },
        { content: 'ret', probs: [{ tok_str: 'y' }] },
      ],
    });
    expect(textsById([frame])).toEqual({ '0/text': 'secret' });
    frame.texts[0]?.set('***');
    expect(frame.json).toEqual({ content: '***', stop: true });
  });

  it('judges probabilities that spell something else as a text of their own', () => {
    const frame = llamaCompletion.decodeReply({
      content: 'secret',
      stop: true,
      completion_probabilities: [{ token: 'other' }, { token: ' words' }],
    });
    expect(textsById([frame])['0/other/completion_probabilities']).toBe('other words');
    frame.texts[1]?.set('');
    expect(JSON.stringify(frame.json)).not.toContain('other');
  });

  it('judges a prompt that comes back changed', () => {
    const frame = open({ prompt: 'my prompt' }).decode({
      content: '',
      prompt: 'SURE! my prompt',
      stop: true,
    });
    expect(textsById([frame])).toEqual({ '0/other/prompt': 'SURE! my prompt' });
  });

  it.each<[string, JsonObject, JsonValue, string | undefined]>([
    ['one prompt', { prompt: 'my prompt' }, 'my prompt', undefined],
    ['a token that begins texts', { prompt: 'my prompt' }, '<s>my prompt', undefined],
    ['one of several prompts', { prompt: ['one prompt', 'another'] }, 'another', undefined],
    ['an object', { prompt: { prompt_string: 'my prompt' } }, 'my prompt', undefined],
    ['another text', { prompt: 'my prompt' }, 'my prompt, and how', 'my prompt, and how'],
    ['two of several prompts', { prompt: ['one', ' two'] }, 'one two', 'one two'],
    ['a prompt that is partly token ids', { prompt: [1, 'words', 2] }, 'words', 'words'],
  ])('a whole reply echoes %s', (_name, body, echo, judged) => {
    const request = llamaCompletion.decodeRequest(body);
    const frame = llamaCompletion.decodeReply({ content: 'x', stop: true, prompt: echo }, request);
    expect(textsById([frame])['0/other/prompt']).toBe(judged);
  });

  it('keeps the parts of an array apart', () => {
    const frame = llamaCompletion.decodeReply([{ content: 'a', note: 'a note' }, { content: 'b' }]);
    expect(textsById([frame])).toEqual({ '0/text': 'a', '0/other/note': 'a note', '1/text': 'b' });
    for (const text of frame.texts) text.set('*');
    expect(llamaCompletion.replyBody?.(frame)).toEqual([{ content: '*', note: '*' }, { content: '*' }]);
    expect(codeOf(() => llamaCompletion.decodeReply([7]))).toBe('upstream_malformed');
  });

  it('passes an error on, its text to be judged', () => {
    const error = { code: 503, message: 'Loading model', type: 'unavailable_error' };
    for (const frame of [open().decode({ error }), llamaCompletion.decodeReply({ error })]) {
      expect(frame.isError).toBe(true);
      expect(textsById([frame])['0/other/error.message']).toBe('Loading model');
    }
    expect(llamaTokenize.decodeReply({ error }).isError).toBe(true);
    expect(llamaDetokenize.decodeReply({ error }).isError).toBe(true);
  });

  it('takes pieces out whole', () => {
    const frame = llamaTokenize.decodeReply({
      tokens: [
        { id: 1, piece: 'se' },
        { id: 2, piece: 'cret' },
      ],
    });
    frame.texts[0]?.set('');
    expect(frame.json).toEqual({});
    expect(codeOf(() => llamaTokenize.decodeReply({ content: 'x' }))).toBe('upstream_malformed');
  });
});

describe('what Portcullis writes', () => {
  const decoded = llamaCompletion.decodeRequest({ prompt: 'x', model: 'm', stream: true });

  it('a refusal is a completion that ended by the content filter', () => {
    const json = llamaCompletion.refusal(decoded, 'I cannot help.', FACTS);
    expect(json).toMatchObject({
      content: 'I cannot help.',
      stop: true,
      stop_type: 'content_filter',
      model: 'm',
      portcullis: FACTS_ON_THE_WIRE,
    });
    expect(llamaCompletion.decodeReply(json).finished).toEqual([0]);
  });

  it('a stream that is stopped ends once', () => {
    const codec = llamaCompletion.openStream(decoded);
    const first = codec.decode({ index: 0, content: 'First, ', stop: false });
    codec.released(first);
    const messages = [...codec.notice(0, '[stopped]'), ...codec.finish(FACTS)];
    expect(messages.map(({ content, stop }) => ({ content, stop }))).toEqual([
      { content: '[stopped]', stop: false },
      { content: '', stop: true },
    ]);
    expect(messages.at(-1)?.portcullis).toEqual(FACTS_ON_THE_WIRE);
    expect(codec.finish(FACTS)).toEqual([]);
  });

  it('a stream whose end was decoded but never released is ended', () => {
    const codec = llamaCompletion.openStream(decoded);
    const last = codec.decode({ content: '', stop: true });
    expect(codec.finish(FACTS)).toHaveLength(1);
    const other = llamaCompletion.openStream(decoded);
    other.released(last);
    expect(other.finish(FACTS)).toEqual([]);
  });

  it.each([
    ['content_policy_violation', 403, 'permission_error'],
    ['guard_unavailable', 503, 'unavailable_error'],
    ['invalid_request', 400, 'invalid_request_error'],
    ['body_too_large', 413, 'invalid_request_error'],
    ['upstream_interrupted', 502, 'server_error'],
  ] as const)("an error, %s, has the server's own shape", (code, status, type) => {
    const error = new GuardError(code, 'So it is.');
    expect(llamaCompletion.error(error, 'req-1')).toEqual({
      error: { code: status, message: 'So it is.', type, reason: code, request_id: 'req-1' },
    });
  });

  it('the facts stand in the last completion of several', () => {
    const frame = llamaCompletion.decodeReply([{ content: 'a' }, { content: 'b' }]);
    llamaCompletion.annotate(frame.json, FACTS);
    expect(llamaCompletion.replyBody?.(frame)).toEqual([
      { content: 'a' },
      { content: 'b', portcullis: FACTS_ON_THE_WIRE },
    ]);
  });
});
