/** What the items of requests and of replies have in common: which of their fields hold which text. */
import type { Channel } from '../../core/conversation.js';

/** Part type -> the field that holds its text, and the end of the text's id. */
export const TEXT_PARTS: ReadonlyMap<
  string,
  { readonly key: string; readonly channel: Channel; readonly id: string }
> = new Map([
  ['input_text', { key: 'text', channel: 'text', id: 'text' }],
  ['output_text', { key: 'text', channel: 'text', id: 'text' }],
  ['text', { key: 'text', channel: 'text', id: 'text' }],
  ['refusal', { key: 'refusal', channel: 'refusal', id: 'refusal' }],
  ['summary_text', { key: 'text', channel: 'reasoning', id: 'reasoning' }],
  ['reasoning_text', { key: 'text', channel: 'reasoning', id: 'reasoning' }],
] as const);

/** What calls of tools are made of, whoever runs the tool: objects are taken as JSON. */
export const CALL_FIELDS = [
  ['name', 'tool_name'],
  ['arguments', 'tool_arguments'],
  ['input', 'tool_arguments'],
  ['code', 'tool_arguments'],
  ['action', 'tool_arguments'],
  ['operation', 'tool_arguments'],
] as const satisfies readonly (readonly [string, Channel])[];
