/** The JSON that `classify` judges: one text, or a conversation whose last message is judged. */
import { z } from 'zod';
import type { GuardMessage, GuardRole } from '../../core/conversation.js';
import { GuardError } from '../../core/errors.js';
import { isJsonObject } from '../../core/json.js';
import { itemId, labelKeys, readItem } from './read-item.js';

export interface ItemToJudge {
  readonly id: string | number | undefined;
  /** The last is judged, the others are its context; none is empty. */
  readonly messages: readonly GuardMessage[];
}

/** Everything that goes into a model is User, everything it says is Agent. */
const GUARD_ROLES = {
  system: 'User',
  developer: 'User',
  user: 'User',
  User: 'User',
  tool: 'User',
  assistant: 'Agent',
  agent: 'Agent',
  Agent: 'Agent',
} as const satisfies Record<string, GuardRole>;

const text = z.string().min(1).describe('a text that is not empty');

const textItem = z.strictObject({
  id: itemId,
  text,
  role: z.enum(['User', 'Agent', 'user', 'agent']).optional(),
  // Data sets write an empty prompt where there is none.
  prompt: z.string().nullable().optional(),
  ...labelKeys,
});

const part = z.strictObject({ type: z.literal('text'), text: z.string() });

const messagesItem = z.strictObject({
  id: itemId,
  messages: z
    .array(
      z.strictObject({
        role: z.enum(Object.keys(GUARD_ROLES) as (keyof typeof GUARD_ROLES)[]),
        content: z.union([z.string(), z.array(part)]).describe('a text or a list of text parts'),
      }),
    )
    .min(1)
    .describe('a list of at least one message'),
  ...labelKeys,
});

/**
 * @param defaultRole of a `text` that says neither `role` nor `prompt`
 * @throws GuardError('invalid_request') naming what is wrong, unknown keys among it
 */
export function readClassifyItem(item: unknown, defaultRole: GuardRole): ItemToJudge {
  if (isJsonObject(item) && 'messages' in item) return fromMessages(item);
  const { id, text, role, prompt } = readItem(item, textItem, 'The item');
  const asked = prompt ?? '';
  // A text that answers a prompt is a reply.
  const speaker = role === undefined ? (asked === '' ? defaultRole : 'Agent') : GUARD_ROLES[role];
  if (asked === '') return { id, messages: [{ role: speaker, text }] };
  if (speaker === 'User')
    throw new GuardError(
      'invalid_request',
      'prompt: is the user\'s turn that "text" answers, so the role has to be "Agent"; for a conversation of several turns use "messages"',
    );
  return {
    id,
    messages: [
      { role: 'User', text: asked },
      { role: 'Agent', text },
    ],
  };
}

function fromMessages(item: unknown): ItemToJudge {
  const { id, messages } = readItem(item, messagesItem, 'The item');
  const all = messages.map(({ role, content }) => ({
    role: GUARD_ROLES[role],
    text: typeof content === 'string' ? content : content.map((one) => one.text).join('\n'),
  }));
  if (all.at(-1)?.text === '')
    throw new GuardError(
      'invalid_request',
      `messages[${all.length - 1}].content: is empty; the last message is the one that is judged`,
    );
  return { id, messages: all.filter((message) => message.text !== '') };
}
