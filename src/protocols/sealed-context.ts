/**
 * Fields of vLLM that bring something into the model's context which is no text: vectors in place of tokens,
 * and what another server has read already (blocks of its cache, by their numbers).
 */
import type { JsonObject } from '../core/json.js';
import type { ConversationBuilder } from './conversation-builder.js';
import { field, isAbsent } from './shape.js';

export const SEALED_CONTEXT = ['prompt_embeds', 'kv_transfer_params'] as const;

/** Lists them as unjudged: the policy decides. */
export function readSealedContext(builder: ConversationBuilder, body: JsonObject): void {
  for (const name of SEALED_CONTEXT)
    if (!isAbsent(field(body, name))) builder.unjudgeable('tokens', body, name, name);
}
