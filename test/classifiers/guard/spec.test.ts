import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatJudgeSpec, parseJudgeSpec } from '../../../src/classifiers/guard/spec.js';
import { GuardError } from '../../../src/core/errors.js';

function fault(text: string): GuardError {
  try {
    parseJudgeSpec(text);
  } catch (error) {
    if (error instanceof GuardError) return error;
    throw error;
  }
  throw new Error(`"${text}" was accepted`);
}

describe('parseJudgeSpec', () => {
  it('reads every form of the contract', () => {
    expect(parseJudgeSpec('embedded')).toEqual({ kind: 'embedded' });
    expect(parseJudgeSpec('gguf:/models/guard 2.gguf')).toEqual({
      kind: 'gguf',
      path: '/models/guard 2.gguf',
    });
    expect(parseJudgeSpec('gguf:C:\\models\\g.gguf')).toEqual({ kind: 'gguf', path: 'C:\\models\\g.gguf' });
    expect(parseJudgeSpec('hf:someone/Some-Guard-GGUF/q4/guard.Q4_K_M.gguf')).toEqual({
      kind: 'hf',
      repository: 'someone/Some-Guard-GGUF',
      file: 'q4/guard.Q4_K_M.gguf',
    });
    expect(parseJudgeSpec('hf:someone/Some-Guard-GGUF:Q4_K_M')).toEqual({
      kind: 'hf',
      repository: 'someone/Some-Guard-GGUF',
      quantization: 'Q4_K_M',
    });
    expect(parseJudgeSpec('openai:http://127.0.0.1:8000/v1#llama-guard')).toMatchObject({
      kind: 'openai',
      urls: [new URL('http://127.0.0.1:8000/v1')],
      model: 'llama-guard',
    });
    expect(parseJudgeSpec('ollama:https://gpu.example#llama-guard3:1b')).toMatchObject({
      kind: 'ollama',
      model: 'llama-guard3:1b',
    });
  });

  it('reads several servers of one model, each once', () => {
    expect(
      parseJudgeSpec('openai:http://a:8000,https://b/guard,v2,http://a:8000/#meta-llama/Llama-Guard-3-8B'),
    ).toEqual({
      kind: 'openai',
      urls: [new URL('http://a:8000/'), new URL('https://b/guard,v2')],
      model: 'meta-llama/Llama-Guard-3-8B',
    });
  });

  it.each([
    ['', 'it is empty'],
    ['embeded', '"embeded" is no kind of guard'],
    ['gguf:', 'the path is missing'],
    ['models/guard.gguf', 'write gguf:models/guard.gguf'],
    ['hf:guard.gguf', 'USER/REPO'],
    ['hf:../../etc/passwd', 'USER/REPO'],
    ['hf:a/b/../c.gguf', 'USER/REPO'],
    ['openai:http://127.0.0.1:8000', 'the model is missing'],
    ['openai:ftp://127.0.0.1#m', 'no http or https address'],
    ['ollama:#m', 'no http or https address'],
    ['openai:http://a,b#m', 'several are written like http://a,http://b'],
    ['openai:http://a,ftp://b#m', '"ftp://b" is no http or https address'],
    ['openai:http://a?key=1#m', '? part'],
    ['openai:http://me:pw@a#m', 'guard.headers'],
  ])('refuses %j and says what would do', (text, why) => {
    const error = fault(text);
    expect(error.code).toBe('config_invalid');
    expect(error.message).toContain(why);
    expect(error.message).toContain('gguf:PATH');
  });

  it('keeps a password out of its message', () => {
    for (const text of [
      'openai:https://me:hunter2@gpu.example',
      'openai:https://me:hunter2@gpu.example#m',
      'openai:ftp://me:hunter2@gpu.example#m',
      'openai:http://me:hun@hunter2@gpu.example,http://you:hunter2@gpu.example#m',
    ])
      expect(fault(text).message).not.toContain('hunter2');
  });

  it('formats what it parsed so that it parses to the same', () => {
    const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,12}$/);
    const spec = fc.oneof(
      fc.constant('embedded'),
      fc.string({ minLength: 1 }).map((path) => `gguf:/${path.trim()}`),
      fc.tuple(name, name, name).map(([user, repository, file]) => `hf:${user}/${repository}/${file}.gguf`),
      fc
        .tuple(fc.array(fc.webUrl({ withFragments: false }), { minLength: 1, maxLength: 3 }), name)
        .map(([urls, model]) => `openai:${urls.join(',')}#${model}`),
    );
    fc.assert(
      fc.property(spec, (text) => {
        const parsed = parseJudgeSpec(text);
        expect(parseJudgeSpec(formatJudgeSpec(parsed))).toEqual(parsed);
      }),
    );
  });

  it('never fails with anything but a GuardError', () => {
    fc.assert(
      fc.property(
        fc.tuple(fc.constantFrom('', 'gguf:', 'hf:', 'openai:', 'ollama:'), fc.string()),
        ([scheme, rest]) => {
          try {
            parseJudgeSpec(scheme + rest);
          } catch (error) {
            expect(error).toBeInstanceOf(GuardError);
          }
        },
      ),
    );
  });
});
