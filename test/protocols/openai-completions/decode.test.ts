import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/json.js';
import { openAiCompletions } from '../../../src/protocols/index.js';
import { describeExchanges } from '../../support/wire/exchange.js';
import { codeOf, guardErrorOf, judgedText, textsById } from '../../support/wire/read.js';
import { COMPLETIONS } from './exchanges.js';

describeExchanges(openAiCompletions, COMPLETIONS);

describe('requests', () => {
  it.each<[string, JsonObject, string]>([
    ['a prompt that is no text', { prompt: {} }, 'prompt must be a string or a list'],
    ['a prompt in other case', { prompt: 'x', Prompt: 'y' }, 'write "prompt"'],
    ['no prompts at all', { prompt: [] }, 'prompt must be a list of 1 to 64 prompts'],
    ['lists in lists of text', { prompt: [['x', ['y']]] }, 'prompt[0][1] must be a string or a token id'],
    ['numbers beside lists', { prompt: [1, ['x']] }, 'prompt[1] must be a string or a token id'],
    ['an object among prompts', { prompt: ['x', { prompt_string: 'y' }] }, 'prompt[1] must be a string'],
    ['n that is no number of choices', { prompt: 'x', n: 1e9 }, 'n must be a whole number from 1 to 64'],
    ['too many choices', { prompt: ['x', 'y', 'z'], n: 30 }, 'got "90 choices"'],
    ['stream as text', { prompt: 'x', stream: 'true' }, 'stream must be true or false'],
    ['echo as text', { prompt: 'x', echo: 'yes' }, 'echo must be true or false'],
    ['a suffix that is no text', { prompt: 'x', suffix: ['y'] }, 'suffix must be a string'],
    [
      'a response_format that is no object',
      { prompt: 'x', response_format: 'json' },
      'response_format must be',
    ],
  ])('refuses %s', (_name, body, text) => {
    const error = guardErrorOf(() => openAiCompletions.decodeRequest(body));
    expect(error.code).toBe('invalid_request');
    expect(error.message).toContain(text);
  });

  it.each<[string, JsonObject, string, number]>([
    ['token ids', { prompt: [1, 2, 3] }, '', 1],
    ['lists of token ids', { prompt: [[1, 2], [3]] }, '', 2],
    ['token ids with text among them', { prompt: [1, 'hidden words', 3] }, 'hidden words', 1],
    ['token ids beside text', { prompt: ['first words', [1, 'last words']] }, 'first words\nlast words', 2],
  ])('lists %s, and judges what is text', (_name, body, text, choices) => {
    const { conversation, choices: count } = openAiCompletions.decodeRequest(body);
    expect(conversation.unjudged).toEqual([{ kind: 'tokens', path: 'prompt' }]);
    expect(judgedText(conversation)).toBe(text);
    expect(count).toBe(choices);
  });

  it('lists embeddings that stand for a prompt', () => {
    const { conversation } = openAiCompletions.decodeRequest({ prompt: null, prompt_embeds: 'AAAA' });
    expect(conversation.unjudged).toEqual([{ kind: 'tokens', path: 'prompt_embeds' }]);
  });

  it('takes text for no structure', () => {
    const { structured } = openAiCompletions.decodeRequest({
      prompt: 'x',
      response_format: { type: 'text' },
    });
    expect(structured).toBe(false);
  });
});

describe('replies', () => {
  const whole = (choice: JsonObject): JsonObject => ({ choices: [{ index: 0, text: 'secret', ...choice }] });

  it.each<[string, JsonObject]>([
    ['no choices', { object: 'text_completion' }],
    ['a choice that is no object', { choices: ['text'] }],
    ['a choice beyond those asked for', { choices: [{ index: 64, text: '' }] }],
    [
      'a choice twice',
      {
        choices: [
          { index: 0, text: 'a' },
          { index: 0, text: 'b' },
        ],
      },
    ],
  ])('calls %s malformed', (_name, json) => {
    expect(codeOf(() => openAiCompletions.decodeReply(json))).toBe('upstream_malformed');
  });

  it('calls text after the end malformed', () => {
    const codec = openAiCompletions.openStream(openAiCompletions.decodeRequest({ prompt: 'x' }));
    codec.decode({ choices: [{ index: 0, text: '', finish_reason: 'stop' }] });
    expect(codeOf(() => codec.decode({ choices: [{ index: 0, text: 'more' }] }))).toBe('upstream_malformed');
  });

  it('drops log probabilities with the text they spell', () => {
    const frame = openAiCompletions.decodeReply(
      whole({ logprobs: { tokens: ['sec', 'ret'], top_logprobs: [{ sec: -1 }, { ret: -1 }] } }),
    );
    frame.texts[0]?.set('***');
    expect(frame.json.choices).toEqual([{ index: 0, text: '***', logprobs: null }]);
  });

  it('judges log probabilities that spell something else as a text of their own', () => {
    const frame = openAiCompletions.decodeReply(whole({ logprobs: { tokens: ['other', ' words'] } }));
    expect(textsById([frame])).toEqual({ '0/text': 'secret', '0/other/logprobs': 'other words' });
    frame.texts[1]?.set('');
    expect(JSON.stringify(frame.json)).not.toContain('other');
  });

  it('judges alternatives that are no single token', () => {
    const long = 'a sentence of its own that is much longer than any single token can be';
    const frame = openAiCompletions.decodeReply(
      whole({ logprobs: { tokens: ['secret'], top_logprobs: [{ [long]: -1 }] } }),
    );
    expect(Object.values(textsById([frame]))).toContain(long);
  });

  it('removes log probabilities whose tokens are numbers', () => {
    const frame = openAiCompletions.decodeReply(whole({ logprobs: { tokens: ['token_id:17'] } }));
    expect(frame.json.choices).toEqual([{ index: 0, text: 'secret' }]);
  });

  it('passes an error on, its text to be judged', () => {
    const frame = openAiCompletions.decodeReply({ error: { message: 'no such model', type: 'x' } });
    expect(frame.isError).toBe(true);
    expect(textsById([frame])).toMatchObject({ '0/other/error.message': 'no such model' });
  });

  it('is complete only when every prompt has its answer', () => {
    const codec = openAiCompletions.openStream(openAiCompletions.decodeRequest({ prompt: ['x', 'y'] }));
    codec.decode({ choices: [{ index: 0, text: 'a', finish_reason: 'stop' }] });
    expect(codec.complete).toBe(false);
    codec.decode({ choices: [{ index: 1, text: 'b', finish_reason: 'stop' }] });
    expect(codec.complete).toBe(true);
  });
});
