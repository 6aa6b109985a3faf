/** What clients of the responses API rely on, checked without the code under test. */
import { expect } from 'vitest';
import type { JsonObject } from '../../../src/core/json.js';

const OPENERS = /^response\.(output_item|content_part|reasoning_summary_part)\.(\w+)$/;

/**
 * Events are numbered in order, and whatever is opened is closed once.
 * @param cut true where a call may stay open, because Portcullis ended the stream within it
 */
export function expectWellFormed(events: readonly JsonObject[], cut = false): void {
  const numbers = events.map((event) => event.sequence_number);
  expect(numbers).toEqual(numbers.map((_, index) => index));
  expect(events[0]?.type).toBe('response.created');
  expect(events.filter(({ type }) => type === 'response.created')).toHaveLength(1);
  const open = new Map<string, JsonObject>();
  for (const event of events) {
    const [, what, step = ''] = OPENERS.exec(event.type as string) ?? [];
    if (what === undefined) continue;
    const part = event.content_index ?? event.summary_index ?? '';
    const key = `${what} ${event.output_index as number} ${part as number}`;
    expect(open.has(key), `${key} ${step}`).toBe(step === 'done');
    if (step === 'added') open.set(key, event);
    else open.delete(key);
  }
  const left = [...open.values()].map(({ item }) => (item as JsonObject | undefined)?.type);
  expect(left.filter((type) => !(cut && type === 'function_call'))).toEqual([]);
}

/** A text in the events of a stream, and whether it says again what others brought. */
export interface SaidText {
  readonly key: string;
  readonly text: string;
  readonly again: boolean;
}

const TEXTS: Readonly<Record<string, string>> = {
  'response.output_text': 'text',
  'response.refusal': 'refusal',
  'response.reasoning_text': 'text',
  'response.reasoning_summary_text': 'text',
  'response.function_call_arguments': 'arguments',
};

/** All texts of an event that a client could show, by item, kind and part. */
export function textsOf(event: JsonObject): SaidText[] {
  const type = event.type as string;
  const step = type.slice(type.lastIndexOf('.') + 1);
  const index = event.output_index as number;
  const family = type.slice(0, type.lastIndexOf('.'));
  const field = TEXTS[family];
  const part = (event.content_index ?? 0) as number;
  if (field !== undefined) {
    const kind = family.includes('summary')
      ? 'summary'
      : family.includes('arguments')
        ? 'arguments'
        : 'content';
    const text = event[step === 'delta' ? 'delta' : field] as string;
    return [{ key: `${index} ${kind} ${part}`, text, again: step === 'done' }];
  }
  const said = partText(event.part);
  if (said !== undefined) {
    const kind = family.includes('summary') ? 'summary' : 'content';
    return [{ key: `${index} ${kind} ${part}`, text: said, again: step === 'done' }];
  }
  if (event.item !== undefined) return step === 'done' ? textsOfItem(event.item as JsonObject, index) : [];
  const response = event.response as JsonObject | undefined;
  return ((response?.output ?? []) as JsonObject[]).flatMap((item, position) => textsOfItem(item, position));
}

function textsOfItem(item: JsonObject, index: number): SaidText[] {
  const list = (kind: 'content' | 'summary'): SaidText[] =>
    ((item[kind] ?? []) as JsonObject[]).map((part, number) => ({
      key: `${index} ${kind} ${number}`,
      text: partText(part) ?? '',
      again: true,
    }));
  const args = item.arguments;
  const call = typeof args === 'string' ? [{ key: `${index} arguments 0`, text: args, again: true }] : [];
  return [...list('content'), ...list('summary'), ...call];
}

function partText(part: unknown): string | undefined {
  const { text, refusal } = (part ?? {}) as { text?: string; refusal?: string };
  return text ?? refusal;
}

/** Collects what a client reads, and fails when an event says again something else than the client was given. */
export class ClientReader {
  readonly texts = new Map<string, string>();

  take(event: JsonObject): void {
    for (const { key, text, again } of textsOf(event)) {
      if (again) expect(text, `${event.type as string} says ${key} again`).toBe(this.texts.get(key) ?? '');
      else this.texts.set(key, (this.texts.get(key) ?? '') + text);
    }
  }
}
