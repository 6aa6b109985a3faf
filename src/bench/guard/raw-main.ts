/**
 * Entry point of the process that shows what llama.cpp itself costs: the least work that gives a verdict,
 * node-llama-cpp called directly, without lanes, pieces of work, deadlines or a way to cancel. The clock runs
 * in this process, so passing messages is not part of it.
 */
import type { LlamaContextSequence, LlamaModel, Token } from 'node-llama-cpp';
import { openLlama } from '../../classifiers/guard/native/llama.js';
import type { FromRaw, RawSpec, RawWork, ToRaw } from './raw-protocol.js';
import { createTextSource } from './words.js';

/** Ordinary tokens of every vocabulary of this kind, past the bytes. */
const FIRST_TOKEN = 300;
const TOKENS = 600;
/** Tokens that are evaluated at once at the most; llama.cpp's own default. */
const BATCH = 512;

interface Loaded {
  readonly model: LlamaModel;
  /** One keeps what comes before, the other always begins from nothing. */
  readonly keeping: LlamaContextSequence;
  readonly naive: LlamaContextSequence;
}

let loaded: Loaded | undefined;
const random = createTextSource(7);
const prefix: Token[] = [];

async function load({ modelPath, threads, contextTokens }: RawSpec): Promise<void> {
  const llama = await openLlama(false, threads);
  const model = await llama.loadModel({ modelPath, useMmap: false });
  const context = await model.createContext({
    contextSize: contextTokens,
    sequences: 2,
    batchSize: BATCH,
    threads,
  });
  loaded = { model, keeping: context.getSequence(), naive: context.getSequence() };
}

const drawToken = (): Token => (FIRST_TOKEN + random.number(TOKENS)) as Token;

async function work({ kept, fresh }: RawWork): Promise<{ ms: number; evaluated: number }> {
  if (loaded === undefined) throw new Error('The model is not loaded.');
  const sequence = kept === 0 ? loaded.naive : loaded.keeping;
  while (prefix.length < kept) prefix.push(drawToken());
  const before = prefix.slice(0, kept);
  if (sequence.compareContextTokens(before).firstDifferentIndex < kept) {
    await sequence.adaptStateToTokens(before, false);
    await sequence.evaluateWithoutGeneratingNewTokens(before.slice(sequence.nextTokenIndex));
  }
  // What comes next must not be what came there the last time.
  const seen = sequence.contextTokens[kept];
  let first = drawToken();
  while (first === seen) first = drawToken();
  const tokens = [...before, first, ...Array.from({ length: fresh - 1 }, drawToken)];
  const [safe, unsafe] = ['safe', 'unsafe'].map((word) => loaded?.model.tokenize(word, false)[0]);
  const watched = [safe, unsafe].filter((token) => token !== undefined);

  const startedAt = performance.now();
  await sequence.adaptStateToTokens(tokens.slice(0, -1), false);
  const rest = tokens.slice(sequence.nextTokenIndex);
  const last = rest.at(-1);
  if (last === undefined) throw new Error('There is nothing to evaluate.');
  const output = await sequence.controlledEvaluate([
    ...rest.slice(0, -1),
    [
      last,
      {
        generateNext: {
          logits: { filter: { tokens: watched, includeSelected: true } },
          totalLogitWeight: true,
        },
      },
    ],
  ]);
  const ms = performance.now() - startedAt;
  if (output.at(-1)?.next.logits === undefined) throw new Error('llama.cpp gave no logits.');
  return { ms, evaluated: rest.length };
}

function send(message: FromRaw): void {
  if (process.connected) process.send?.(message);
}

async function answer(message: ToRaw): Promise<void> {
  try {
    if (message.type === 'load') {
      await load(message.spec);
      send({ type: 'loaded' });
    } else send({ type: 'worked', ...(await work(message.work)) });
  } catch (error) {
    send({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
  }
}

process.on('message', (message: ToRaw) => void answer(message));
// A terminal's Ctrl-C reaches the whole group; the benchmark ends this process when it is done itself.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
