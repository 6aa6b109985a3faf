/**
 * One case of the fuzz job: a recorded request, reply or stream of some wire format, changed in a few places,
 * through the real decoders, codecs and gate. Whatever comes in, only GuardErrors are thrown, nothing hangs,
 * nothing leaves unjudged, and what goes out is JSON again.
 */
import { isDeepStrictEqual } from 'node:util';
import { GuardError } from '../../src/core/errors.js';
import type { JsonObject, JsonValue } from '../../src/core/json.js';
import type { DecodedRequest, ReplyFrame, StreamCodec, WireFormat } from '../../src/core/wire-format.js';
import { gateReply } from '../../src/enforcement/gate.js';
import { createFrameDecoder, encodeMessage, parseJsonStrict } from '../../src/protocols/index.js';
import { policyOf } from '../enforcement/guarded-reply.js';
import { allow, block, reviewOf } from '../enforcement/plain-frames.js';
import { encodeStream, isStream, type Recording } from '../enforcement/recordings.js';
import { MARKER, mutateBytes, mutateJson, mutateMessages } from './mutations.js';
import { randomFrom, type Random } from './random.js';

/** A case that took longer hangs. */
const HANGS_MS = 10_000;

const FACTS = { requestId: 'req-1', decision: { ...block, message: 'Blocked.' } };
const MODES = ['window', 'sentence', 'buffer', 'monitor'] as const;
const POLICIES = MODES.map((mode) =>
  policyOf({ stream: { mode, first_window: 8, max_window: 60, idle_ms: 5 }, unjudged: 'allow' }),
);

/** The steps of a case; each can be left out. */
export interface Plan {
  readonly recording: Recording;
  readonly kind: 'request' | 'reply';
  /** Seeds of changes of the JSON, and of the bytes behind it. */
  readonly json: readonly number[];
  readonly bytes: readonly number[];
  readonly other: Recording;
  readonly seed: number;
}

export function planOf(seed: number, recordings: readonly Recording[]): Plan {
  const random = randomFrom(seed);
  const steps = (most: number): number[] =>
    Array.from({ length: random.below(most + 1) }, () => random.below(2 ** 31));
  const inBytes = random.chance(0.35);
  return {
    seed,
    recording: random.pick(recordings),
    other: random.pick(recordings),
    kind: random.chance(0.3) ? 'request' : 'reply',
    json: steps(inBytes ? 1 : 4),
    bytes: inBytes ? steps(4) : [],
  };
}

/** Runs a case. @returns how it ended; throws what was found. */
export async function runPlan(plan: Plan): Promise<'passed' | 'refused'> {
  let timer: NodeJS.Timeout | undefined;
  const hangs = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the case hangs (${HANGS_MS} ms)`)), HANGS_MS);
  });
  try {
    await Promise.race([plan.kind === 'request' ? runRequest(plan) : runReply(plan), hangs]);
    return 'passed';
  } catch (error) {
    if (error instanceof GuardError && error.code !== 'internal') return 'refused';
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Leaves out every step that is not needed for the case to fail. */
export async function minimized(plan: Plan): Promise<Plan> {
  let smallest = plan;
  for (const list of ['json', 'bytes'] as const)
    for (let index = plan[list].length - 1; index >= 0; index -= 1) {
      const fewer = { ...smallest, [list]: smallest[list].filter((_, at) => at !== index) };
      if (
        await runPlan(fewer).then(
          () => false,
          () => true,
        )
      )
        smallest = fewer;
    }
  return smallest;
}

const bytesOf = (value: JsonValue): Uint8Array => Buffer.from(JSON.stringify(value));

/** What a plan makes of some JSON, as bytes. */
function changed(value: JsonValue, other: JsonValue, { json, bytes }: Plan): Uint8Array {
  let now = structuredClone(value);
  for (const seed of json) now = mutateJson(now, other, seed);
  return bytes.reduce((all, seed) => mutateBytes(all, bytesOf(other), seed), bytesOf(now));
}

function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(what);
}

const segmentsOf = ({ conversation }: DecodedRequest): string[] =>
  conversation.turns.flatMap(({ segments }) => segments.map(({ text }) => text));

function decodeRequest(format: WireFormat, bytes: Uint8Array): DecodedRequest {
  const body = parseJsonStrict(bytes);
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new GuardError('invalid_request', 'The body must be an object.');
  return format.decodeRequest(body);
}

/** What goes upstream says the same as what was judged. */
function runRequest(plan: Plan): Promise<void> {
  const { format, request } = plan.recording;
  const decoded = decodeRequest(format, changed(request, plan.other.request, plan));
  const sent = JSON.stringify(decoded.body);
  const judged = segmentsOf(decoded);
  if (sent.includes(MARKER))
    must(
      judged.some((text) => text.includes(MARKER)),
      'a text goes upstream that was not judged',
    );
  const again = decodeRequest(format, Buffer.from(sent));
  must(
    isDeepStrictEqual(segmentsOf(again), judged),
    'what is sent upstream reads otherwise than what was judged',
  );
  must(isDeepStrictEqual(JSON.parse(sent), JSON.parse(JSON.stringify(again.body))), 'the body changes again');
  return Promise.resolve();
}

async function runReply(plan: Plan): Promise<void> {
  const { format, request, reply } = plan.recording;
  const random = randomFrom(plan.seed ^ 0x5bd1e995);
  const decoded = format.decodeRequest(structuredClone(request));
  if (!isStream(plan.recording)) {
    const other = 'whole' in plan.other.reply ? plan.other.reply.whole : {};
    const body = parseJsonStrict(changed('whole' in reply ? reply.whole : {}, other, plan));
    const frame = format.decodeReply(body, decoded);
    const frames = async function* (): AsyncGenerator<ReplyFrame> {
      yield await Promise.resolve(frame);
    };
    await throughGate(frames(), plan, random, false);
    return;
  }
  const codec = format.openStream(decoded);
  const blocked = await throughGate(streamFrames(plan, codec, random), plan, random, true, codec);
  const closing: JsonObject[] = blocked ? [...codec.notice(0, 'A notice.'), ...codec.finish(FACTS)] : [];
  closing.push(codec.error(new GuardError('internal', 'An error.'), 'req-1'));
  for (const message of closing) {
    const { framing, eventName } = format;
    const wire = encodeMessage(framing, message, eventName?.(message));
    // What the gate held back must not come out in what Portcullis itself says of the reply.
    must(!blocked || !wire.includes(MARKER), 'unsafe text left with the end of the stream');
  }
}

async function* streamFrames(plan: Plan, codec: StreamCodec, random: Random): AsyncGenerator<ReplyFrame> {
  const { recording, other } = plan;
  if (!isStream(recording)) return;
  const foreign = isStream(other) ? other.reply.messages : [];
  const messages = plan.json.reduce<readonly JsonObject[]>(
    (list, seed) => mutateMessages(list, foreign, seed),
    recording.reply.messages,
  );
  const bytes = plan.bytes.reduce(
    (all, seed) => mutateBytes(all, encodeStream(other.format, foreign), seed),
    encodeStream(recording.format, messages),
  );
  const decoder = createFrameDecoder(recording.format.framing);
  for (let at = 0; at < bytes.length;) {
    const end = at + 1 + random.below(random.chance(0.2) ? 4 : 400);
    for (const message of decoder.push(bytes.subarray(at, end)))
      if (message.kind === 'json') yield await Promise.resolve(codec.decode(message.json));
      else if (message.kind === 'terminator') return;
    at = end;
  }
  decoder.end();
}

/** @returns whether the reply was blocked */
async function throughGate(
  frames: AsyncIterable<ReplyFrame>,
  plan: Plan,
  random: Random,
  streamed: boolean,
  codec?: StreamCodec,
): Promise<boolean> {
  const policy = random.pick(POLICIES);
  const watches = streamed && policy.stream.mode === 'monitor';
  const safe = new Map<string, string>();
  const review = reviewOf({
    judge(texts) {
      if (texts.some(({ text }) => text.includes(MARKER))) return { decision: block };
      for (const { id, text } of texts) safe.set(id, text);
      return { decision: allow };
    },
  });
  const moved = { received: 0, judged: 0, released: 0 };
  const gate = gateReply(frames, {
    review,
    policy,
    streamed,
    editable: random.chance(0.5),
    onRelease: (frame) => codec?.released(frame),
    onLast: (frame, decision) => {
      if (!frame.isError && !streamed)
        plan.recording.format.annotate(frame.json, { requestId: 'req-1', decision });
    },
    onProgress: ({ received, judged, released }) => {
      moved.received += received;
      moved.judged += judged;
      moved.released += released;
      must(moved.received >= moved.judged && moved.judged >= moved.released, 'the counts are out of order');
    },
  });
  const read = new Map<string, string>();
  for (;;) {
    const step = await gate.next();
    if (step.done === true) {
      if (step.value.status === 'failed' && step.value.error.code === 'internal')
        throw step.value.error.cause instanceof Error ? step.value.error.cause : step.value.error;
      return step.value.status === 'blocked';
    }
    const { json, texts } = step.value;
    const wire = JSON.stringify(json);
    const { framing, eventName } = plan.recording.format;
    const sent = encodeMessage(framing, json, eventName?.(json));
    must(watches || !sent.includes(MARKER), 'unsafe text left');
    must(isDeepStrictEqual(JSON.parse(wire), JSON.parse(JSON.stringify(JSON.parse(wire)))), 'no JSON');
    if (watches) continue;
    for (const { id, text, restates } of texts) {
      if (restates !== true) read.set(id, (read.get(id) ?? '') + text);
      must((safe.get(id) ?? '').startsWith(read.get(id) ?? ''), `text ${id} left before its verdict`);
    }
  }
}
