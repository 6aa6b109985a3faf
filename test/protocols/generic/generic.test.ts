import { describe, expect, it } from 'vitest';
import { GuardError } from '../../../src/core/errors.js';
import type { JsonObject } from '../../../src/core/json.js';
import type { GenericFormat } from '../../../src/protocols/index.js';
import { createGeneric } from '../../../src/protocols/index.js';
import { FACTS, FACTS_ON_THE_WIRE, FIXED_CLOCK } from '../../support/wire/facts.js';
import { codeOf, segmentLines, textsById } from '../../support/wire/read.js';

const format: GenericFormat = createGeneric({ clock: FIXED_CLOCK });
const open = (body: JsonObject = { question: 'Hi' }) => format.openStream(format.decodeRequest(body));

describe('requests', () => {
  it('takes every string of an application body for text of the user', () => {
    const { conversation } = format.decodeRequest({
      question: 'What is this?',
      session: 'abc-1',
      options: { tone: ['formal', 3, null] },
      'an odd key': 1,
    });
    expect(segmentLines(conversation)).toEqual([
      'User/user text: What is this?',
      'User/user text: abc-1',
      'User/user text: formal',
      'User/user text: an odd key',
    ]);
  });

  it('reads a chat where the body looks like one', () => {
    const decoded = format.decodeRequest({
      model: 'm',
      messages: [
        { role: 'system', content: 'Be kind.' },
        { role: 'assistant', content: [{ type: 'text', text: 'Hello.' }] },
        { role: 'User', content: 'Other case.' },
        'a bare string',
      ],
      locale: 'en',
    });
    expect(segmentLines(decoded.conversation)).toEqual([
      'User/system text: Be kind.',
      'User/user other: User',
      'User/user other: Other case.',
      'User/user other: a bare string',
      'User/user other: en',
      'Agent/assistant text: Hello.',
    ]);
    expect(decoded.stream).toBe(false);
  });

  it('takes empty bodies, and lists media', () => {
    expect(format.decodeRequest({}).conversation).toEqual({ turns: [], unjudged: [] });
    const { conversation } = format.decodeRequest({ photo: 'data:image/png;base64,AAAA' });
    expect(conversation).toEqual({ turns: [], unjudged: [{ kind: 'file', path: 'photo' }] });
  });
});

describe('whole replies', () => {
  it('finds every string, and replaces it', () => {
    const frame = format.decodeReply({ id: 'a1', answer: 'Yes.', sources: [{ title: 'A page' }] });
    expect(textsById([frame])).toEqual({ '0/text/answer': 'Yes.', '0/text/sources[0].title': 'A page' });
    frame.texts[1]?.set('removed');
    expect(format.encodeBody(frame.json)).toBe('{"id":"a1","answer":"Yes.","sources":[{"title":"removed"}]}');
  });

  it('carries bodies that are no object', () => {
    const list = format.decodeValue(['one', { two: 'three' }]);
    expect(textsById([list])).toEqual({ '0/text/value[0]': 'one', '0/text/value[1].two': 'three' });
    list.texts[0]?.set('1');
    format.annotate(list.json, FACTS);
    expect(format.encodeBody(list.json)).toBe('["1",{"two":"three"}]');
    const text = format.decodeText('Just text.');
    text.texts[0]?.set('Edited.');
    format.annotate(text.json, FACTS);
    expect(format.encodeBody(text.json)).toBe('Edited.');
    expect(format.encodeBody(format.decodeText('').json)).toBe('');
  });

  it('does not mistake a body of the application for wrapped text', () => {
    expect(format.encodeBody({ text: 'x' })).toBe('{"text":"x"}');
    expect(format.encodeBody({ value: 'x' })).toBe('{"value":"x"}');
  });

  it('refuses with the shape the client speaks', () => {
    const app = format.refusal(format.decodeRequest({ question: 'x' }), 'No.', FACTS);
    expect(app).toEqual({ text: 'No.', finish_reason: 'content_filter', portcullis: FACTS_ON_THE_WIRE });
    const chat = format.decodeRequest({ model: 'm', messages: [{ role: 'user', content: 'x' }] });
    expect(format.refusal(chat, 'No.', FACTS)).toMatchObject({
      object: 'chat.completion',
      choices: [{ message: { content: 'No.' }, finish_reason: 'content_filter' }],
    });
  });
});

describe('streams', () => {
  it('joins the pieces that stand at the same place', () => {
    const codec = open();
    const frames = [
      codec.decode({ type: 'delta', text: 'Hel' }),
      codec.decode({ type: 'delta', text: 'lo.' }),
      codec.decode({ type: 'done' }),
    ];
    expect(textsById(frames)).toEqual({ '0/text/text': 'Hello.' });
    expect(codec.complete).toBe(true);
  });

  it('gives notices the shape of the application’s own messages', () => {
    const codec = open();
    codec.decode({ event: 'delta', data: { kind: 'a b', token: 'Hello ' }, seq: 1 });
    codec.decode({ event: 'delta', data: { kind: 'a b', token: 'there, friend' }, seq: 2 });
    codec.decode({ event: 'end' });
    expect(codec.notice(0, '[stopped]')).toEqual([
      { event: 'delta', data: { kind: '', token: '[stopped]' }, seq: 2 },
    ]);
    expect(codec.finish(FACTS)).toMatchObject([{ done: true, portcullis: FACTS_ON_THE_WIRE }]);
  });

  it('speaks plain text where the application does', () => {
    const codec = open();
    const frame = codec.decodeText('Hello ');
    expect(textsById([frame])).toEqual({ '0/text': 'Hello ' });
    expect(format.encodeEvent(frame.json, 'word')).toBe('event: word\ndata: Hello \n\n');
    expect(codec.notice(0, 'two\nlines').map((json) => format.encodeEvent(json))).toEqual([
      'data: two\ndata: lines\n\n',
    ]);
    expect(codec.finish(FACTS)).toEqual([]);
  });

  it('speaks chat completions where the application does', () => {
    const codec = open({ messages: [], n: 1 });
    const chunk: JsonObject = {
      id: 'c1',
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta: { role: 'assistant', content: 'Hel' }, finish_reason: null }],
    };
    const frame = codec.decode(chunk);
    codec.released(frame);
    expect(textsById([frame])).toEqual({ '0/text': 'Hel' });
    expect(codec.complete).toBe(false);
    expect(codec.notice(0, 'x')).toMatchObject([{ id: 'c1', choices: [{ delta: { content: 'x' } }] }]);
    expect(codec.finish(FACTS)).toMatchObject([{ choices: [{ index: 0, finish_reason: 'content_filter' }] }]);
    expect(codeOf(() => codec.decode({ ...chunk, choices: [{ index: 3, delta: {} }] }))).toBe(
      'upstream_malformed',
    );
  });

  it('has a notice before any message, and errors', () => {
    const codec = open();
    expect(codec.notice(0, 'No.')).toEqual([{ text: 'No.' }]);
    const error = new GuardError('guard_unavailable', 'The guard is not there.');
    expect(codec.error(error, 'req-1')).toMatchObject({
      error: { message: 'The guard is not there.', code: 'guard_unavailable' },
    });
  });
});
