/** What a session keeps of what it evaluated, counted in tokens; a toy model, the real llama.cpp. */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Verdict } from '../../../../src/core/assessment.js';
import type { GuardMessage } from '../../../../src/core/conversation.js';
import type { Judge, JudgeStream } from '../../../../src/core/judge.js';
import {
  agent,
  ask,
  done,
  judgeOn,
  toyBench,
  user,
  type GuardSession,
  type ToyBench,
} from './open-toy-session.js';
import { writeToyGuard } from '../../../support/gguf/toy-guard.js';

const PATIENT = { timeoutMs: 60_000 };

let bench: ToyBench;
beforeAll(() => {
  bench = toyBench();
});
afterEach(() => bench.closeSessions());
afterAll(() => bench.remove());

/** Harmless words, in an order that depends on the seed. */
function prose(words: number, seed = 0): string {
  const list = ['soup', 'bread', 'garden', 'river', 'winter', 'paper', 'music', 'window', 'little', 'green'];
  return Array.from({ length: words }, (_, i) => list[(i * 7 + seed * 3 + (i % 3)) % list.length]).join(' ');
}

function costOf(verdict: Verdict): number {
  if (verdict.verdict === 'unavailable') throw new Error(verdict.detail);
  return verdict.cost.tokensEvaluated;
}

/** A text in the windows of a stream: 80 characters first, each next twice as long, up to 1200. */
function windowsOf(text: string): string[] {
  const windows: string[] = [];
  for (let start = 0, size = 80; start < text.length; start += size, size = Math.min(1200, size * 2))
    windows.push(text.slice(start, start + size));
  return windows;
}

const openStream = (judge: Judge, question: string): JudgeStream =>
  judge.openStream({ context: [user(question)], role: 'Agent', categoriesFrom: 2 });

describe('a conversation', () => {
  it('costs its new tokens, however long it has become', async () => {
    const session = await bench.open();
    const question = prose(20, 1);
    const reply = prose(20, 2);
    await ask(session, [user('warm')]);
    const first = done(await ask(session, [user(''), agent(reply), user(question)]));
    const conversation: GuardMessage[] = [user(prose(20, 0))];
    await ask(session, conversation);
    let sixth = first;
    for (let turn = 2; turn <= 6; turn++) {
      conversation.push(agent(reply), user(question));
      sixth = done(await ask(session, conversation));
    }
    expect(sixth.tokensEvaluated).toBeLessThanOrEqual(1.3 * first.tokensEvaluated);
    expect(sixth.tokensCached).toBeGreaterThan(2 * sixth.tokensEvaluated);
  });

  it('is found again after others were judged', async () => {
    const session = await bench.open();
    const conversation = [user(prose(60, 4))];
    await ask(session, conversation);
    for (let other = 0; other < 2; other++) await ask(session, [user(prose(30, 5 + other))]);
    const again = done(await ask(session, conversation));
    expect(again.tokensEvaluated).toBeLessThanOrEqual(2);
  });
});

describe('a stream', () => {
  it('costs at most 1.8 times the tokens of one pass over it', async () => {
    const session = await bench.open();
    const judge = judgeOn(session);
    const question = 'What grows in winter?';
    const probe = done(await ask(session, [user('warm'), agent('warm')]));
    let words = 1;
    let text = '';
    // As many words as make 400 tokens: counted by what the prompt grows by.
    const lengthOf = async (reply: string): Promise<number> => {
      const answer = done(await ask(session, [user('warm'), agent(reply)]));
      return answer.tokensEvaluated + answer.tokensCached - probe.tokensEvaluated - probe.tokensCached;
    };
    while ((await lengthOf(text)) < 400) text = prose((words += 20), 9);

    const onePass = done(await ask(session, [user(question), agent(text)])).tokensEvaluated;
    expect(onePass).toBeGreaterThan(400);
    const other = 'What grows in spring?';
    const stream = openStream(judge, other);
    let sum = 0;
    for (const window of windowsOf(text)) sum += costOf(await stream.push(window, PATIENT));
    stream.close();
    expect(sum).toBeLessThanOrEqual(1.8 * onePass);
    // The last push judged all of it: nothing is left to evaluate for the whole text but its last token.
    expect(done(await ask(session, [user(other), agent(text)])).tokensEvaluated).toBeLessThanOrEqual(2);
  });

  it('answers as the whole text does', async () => {
    const judge = judgeOn(await bench.open());
    const text = `${prose(40, 1)} and then a bomb, ${prose(40, 2)}`;
    const stream = openStream(judge, 'Tell me');
    let soFar = '';
    for (const window of windowsOf(text)) {
      soFar += window;
      const verdict = await stream.push(window, PATIENT);
      expect(verdict.verdict).toBe(soFar.includes('bomb') ? 'unsafe' : 'safe');
      const whole = await judge.assess(
        { messages: [user('Tell me'), agent(soFar)], categoriesFrom: 2 },
        PATIENT,
      );
      if (whole.verdict === 'unavailable' || verdict.verdict === 'unavailable') throw new Error('no verdict');
      expect(verdict.score).toBeCloseTo(whole.score, 4);
    }
  });

  it('keeps its tokens while another runs, and while prompts are judged', async () => {
    const text = prose(150, 3);
    const alone = judgeOn(await bench.open());
    const single = openStream(alone, 'one question');
    const costs: number[] = [];
    for (const window of windowsOf(text)) costs.push(costOf(await single.push(window, PATIENT)));

    const session = await bench.open();
    const judge = judgeOn(session);
    await ask(session, [user('warm'), agent('warm')]);
    const one = openStream(judge, 'one question');
    const two = openStream(judge, 'two questions, really');
    for (const [index, window] of windowsOf(text).entries()) {
      const cost = costOf(await one.push(window, PATIENT));
      if (index > 0) expect(cost).toBe(costs[index]);
      await two.push(window, PATIENT);
      for (let prompt = 0; prompt < 4; prompt++) await ask(session, [user(prose(10, index * 4 + prompt))]);
    }
  });
});

describe('the policy', () => {
  it('is evaluated once for each role, whatever lane is used', async () => {
    const session = await bench.open();
    const costs: number[] = [];
    for (let seed = 0; seed < 6; seed++)
      costs.push(done(await ask(session, [user(prose(10, seed))])).tokensEvaluated);
    const [first = 0, ...others] = costs;
    for (const cost of others) expect(cost).toBeLessThan(first / 2);
    const reply = done(await ask(session, [user('a'), agent('b')]));
    expect(reply.tokensEvaluated).toBeGreaterThan(200);
    expect(done(await ask(session, [user('c'), agent('d')])).tokensEvaluated).toBeLessThan(130);
  });

  it('is not evaluated again by a second process that finds it in the folder', async () => {
    const stateFolder = join(bench.folder, 'kept');
    const first = await bench.open({ stateFolder });
    const cold = done(await ask(first, [user('soup')]));
    const next = await bench.open({ stateFolder });
    const warm = done(await ask(next, [user('soup')]));
    expect(cold.tokensCached).toBe(0);
    expect(warm.tokensCached).toBeGreaterThan(150);
    expect(warm.tokensEvaluated + warm.tokensCached).toBe(cold.tokensEvaluated);
    expect(warm.margin).toBeCloseTo(cold.margin, 3);
    expect(done(await ask(next, [user('a bomb')])).score).toBeGreaterThan(0.99);

    expect(statSync(stateFolder).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(stateFolder)) {
      expect(name).toMatch(/^[0-9a-f]{32}\.(state|json)$/);
      expect(statSync(join(stateFolder, name)).mode & 0o777).toBe(0o600);
    }
  });

  it('of another model is not used', async () => {
    const stateFolder = join(bench.folder, 'models');
    await ask(await bench.open({ stateFolder }), [user('soup')]);
    const other = await bench.open({ stateFolder, modelFingerprint: 'another' });
    expect(done(await ask(other, [user('soup')])).tokensCached).toBe(0);
  });

  it('of a file that was replaced meanwhile is not used', async () => {
    const stateFolder = join(bench.folder, 'replaced');
    const modelPath = join(bench.folder, 'replaced.gguf');
    writeToyGuard(modelPath);
    await ask(await bench.open({ stateFolder, modelPath }), [user('soup')]);
    writeToyGuard(modelPath, { swapped: true });
    // A process that starts again has the fingerprint that the proxy took of the first file.
    const again = await bench.open({ stateFolder, modelPath });
    expect(done(await ask(again, [user('soup')])).tokensCached).toBe(0);
  });

  describe('in a folder that was tampered with', () => {
    const MAKE: Record<string, (state: string, sidecar: string) => void> = {
      'one bit turned': (state) => {
        const bytes = readFileSync(state);
        bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
        writeFileSync(state, bytes);
      },
      'replaced by garbage that the sidecar vouches for': (state, sidecar) => {
        const garbage = Buffer.alloc(5000, 7);
        writeFileSync(state, garbage);
        const sha256 = createHash('sha256').update(garbage).digest('hex');
        writeFileSync(sidecar, JSON.stringify({ size: garbage.length, sha256 }));
      },
    };
    it.each(Object.keys(MAKE))('%s: is evaluated anew, and kept anew', async (name) => {
      const stateFolder = join(bench.folder, name.replaceAll(' ', '-'));
      mkdirSync(stateFolder, { mode: 0o700 });
      const cold = done(await ask(await bench.open({ stateFolder }), [user('soup')]));
      const state = readdirSync(stateFolder).find((file) => file.endsWith('.state'));
      const path = join(stateFolder, state ?? '');
      MAKE[name]?.(path, path.replace(/state$/, 'json'));

      const answer = done(await ask(await bench.open({ stateFolder }), [user('soup')]));
      expect(answer.tokensCached).toBe(0);
      expect(answer.margin).toBeCloseTo(cold.margin, 3);
      expect(done(await ask(await bench.open({ stateFolder }), [user('soup')])).tokensCached).toBeGreaterThan(
        150,
      );
      expect(readdirSync(stateFolder).filter((file) => file.includes('loading'))).toEqual([]);
    });
  });
});

describe('a prompt that does not fit', () => {
  const LONG = prose(3000);

  it('is refused, and the policy stays where it is', async () => {
    const session = await bench.open({ lanes: 2 });
    await ask(session, [user('soup')]);
    const refused = await ask(session, [user(LONG)]);
    expect(refused).toMatchObject({ status: 'unavailable', reason: 'context_overflow' });
    const after = done(await ask(session, [user('soup')]));
    expect(after.tokensEvaluated).toBe(1);
  });

  it('is judged in pieces where that is wanted: each is judged, the worst decides', async () => {
    const session = await bench.open();
    const options = { overflow: 'pieces' as const, categoriesFrom: 0.5 };
    const safe = done(await ask(session, [user(LONG)], options));
    expect(safe.score).toBeLessThan(0.01);
    // All of it was evaluated, and the overlaps twice.
    expect(safe.tokensEvaluated).toBeGreaterThan(4000);
    for (const at of [0, 700, 1500, 2300, 2999]) {
      const words = LONG.split(' ');
      words.splice(at, 1, 'murder');
      const unsafe = done(await ask(session, [user(words.join(' '))], options));
      expect(unsafe.score).toBeGreaterThan(0.99);
      expect(unsafe.categories[0]?.id).toBe('S1');
    }
    const after = done(await ask(session, [user('soup')]));
    expect(after.tokensCached).toBeGreaterThan(150);
  });

  it('is read to its end behind an unsafe piece, of which a policy may allow the category', async () => {
    const session = await bench.open();
    const words = LONG.split(' ');
    words.splice(5, 1, 'bomb');
    words.splice(2900, 1, 'murder');
    const options = { overflow: 'pieces' as const, categoriesFrom: 0.5 };
    const answer = done(await ask(session, [user(words.join(' '))], options));
    expect(answer.categories.map(({ id }) => id).sort()).toEqual(['S1', 'S8']);
  });

  it('does not pay again for pieces that a growing message has left behind', async () => {
    const session = await bench.open();
    const options = { overflow: 'pieces' as const };
    const first = done(await ask(session, [user('Write'), agent(LONG)], options));
    const more = done(await ask(session, [user('Write'), agent(`${LONG} and soup`)], options));
    expect(more.tokensEvaluated).toBeLessThan(first.tokensEvaluated / 3);
  });

  it('is refused where it would take too many pieces', async () => {
    const session = await bench.open({ contextTokens: 512 });
    const outcome = await ask(session, [user(prose(40_000))], { overflow: 'pieces' });
    expect(outcome).toMatchObject({ status: 'unavailable', reason: 'context_overflow' });
  });
});

describe('a call that is given up', () => {
  it('stops within a chunk, and leaves its lane sound', async () => {
    const session = await bench.open({ contextTokens: 8192 });
    await ask(session, [user('soup')]);
    const text = prose(2000, 6);
    const controller = new AbortController();
    const running = ask(session, [user(text)], { signal: controller.signal });
    setTimeout(() => controller.abort(), 10);
    await expect(running).rejects.toMatchObject({ name: 'AbortError' });
    // What it had evaluated is there for whoever asks again, and the answer is that of a whole evaluation.
    const again = done(await ask(session, [user(text)]));
    const fresh = done(await ask(await bench.open({ contextTokens: 8192 }), [user(text)]));
    expect(again.margin).toBeCloseTo(fresh.margin, 3);
    expect(again.tokensEvaluated + again.tokensCached).toBe(fresh.tokensEvaluated);
    expect(done(await ask(session, [user('a bomb')])).score).toBeGreaterThan(0.99);
  });
});

describe('categories', () => {
  let session: GuardSession;
  beforeEach(async () => {
    session = await bench.open();
  });
  const categoriesOf = async (text: string): Promise<Map<string, number>> => {
    const answer = done(await ask(session, [user(text)], { categoriesFrom: 0.5 }));
    expect(answer.notes).toEqual([]);
    for (const { score } of answer.categories) expect(score).toBeLessThanOrEqual(answer.score);
    return new Map(answer.categories.map(({ id, score }) => [id, score]));
  };

  it('have the verdict’s score where there is one', async () => {
    const one = await categoriesOf('a bomb');
    expect([...one.keys()]).toEqual(['S8']);
    expect(one.get('S8')).toBeGreaterThan(0.99);
    expect([...(await categoriesOf('suicide')).keys()]).toEqual(['S10']);
  });

  it('share it where the model wavers, and a threshold tells them from what is sure', async () => {
    const both = await categoriesOf('murder and phishing');
    expect([...both.keys()].sort()).toEqual(['S1', 'S2']);
    for (const score of both.values()) {
      expect(score).toBeGreaterThan(0.4);
      expect(score).toBeLessThan(0.6);
    }
  });

  it('cost few tokens', async () => {
    await ask(session, [user('a bomb')]);
    const verdictOnly = done(await ask(session, [user('a bomb')]));
    const withCategories = done(await ask(session, [user('a bomb')], { categoriesFrom: 0.5 }));
    expect(withCategories.tokensEvaluated - verdictOnly.tokensEvaluated).toBeLessThanOrEqual(8);
  });
});

describe('calls at one time', () => {
  // As on a GPU; the CPU's session asks for one after the other, but how they share lanes is the same.
  it('have lanes and answers of their own', async () => {
    const session = await bench.open({ lanes: 3 });
    expect(session.facts.parallel).toBe(1);
    const texts = ['soup', 'a bomb', 'bread', 'a murder', 'salad', 'phishing', 'tea', 'overdose'];
    const answers = await Promise.all(
      texts.map((text) => ask(session, [user(text)], { categoriesFrom: 0.5 })),
    );
    expect(answers.map((answer) => done(answer).score > 0.5)).toEqual(
      texts.map((_, index) => index % 2 === 1),
    );
    expect(answers.map((answer) => done(answer).categories[0]?.id)).toEqual([
      undefined,
      'S8',
      undefined,
      'S1',
      undefined,
      'S2',
      undefined,
      'S10',
    ]);
    // The policy was evaluated for one of them only.
    expect(answers.filter((answer) => done(answer).tokensEvaluated > 200)).toHaveLength(1);
  });
});
