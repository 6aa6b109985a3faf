/** Knows the policy's own refusals again, in chats that clients send back. */
import { HIDDEN_TEMPLATE } from './decide-hidden.js';
import { UNJUDGED_TEMPLATES } from './decide-unjudged.js';
import type { Policy } from './policy-types.js';
import { PLACEHOLDERS } from './refusal-text.js';

export interface FoundRefusal {
  /** As it stands in the chat. */
  readonly text: string;
  /** Whether a prompt was refused, or the reply to one. */
  readonly of: 'prompt' | 'reply';
}

/** What stands for a placeholder is one line and not longer than this, in UTF-16 units. */
const MAX_FILLED = 1000;
/** A text with placeholders and fewer letters than this outside of them would be found everywhere. */
const MIN_LETTERS = 4;

const PLACEHOLDER = new RegExp(`\\{(${PLACEHOLDERS.join('|')}|what)\\}`);
/** Ids in a row; the other placeholders stand for words. */
const IDS = /^[\w./-]+(?:, [\w./-]+)*$/;

/**
 * The refusal that a text is, or that it ends with after a blank line, as a reply does that was stopped in
 * the middle; undefined where there is none. Takes time linear in the text. A chat can be made up: nothing
 * may be allowed because of what is found here.
 */
export function findRefusal(text: string, { refusal }: Policy): FoundRefusal | undefined {
  const templates = [
    ...[refusal.prompt, HIDDEN_TEMPLATE, UNJUDGED_TEMPLATES.prompt].map((template) => ['prompt', template]),
    ...[refusal.reply, refusal.code, UNJUDGED_TEMPLATES.reply].map((template) => ['reply', template]),
  ] as const;
  const given = text.trim();
  for (const [of, template = ''] of templates) {
    const found = endOf(given, template);
    if (found !== undefined) return { text: found, of: of === 'prompt' ? 'prompt' : 'reply' };
  }
  return undefined;
}

function endOf(text: string, template: string): string | undefined {
  // Literals, with the names of the placeholders between them.
  const parts = template.trim().split(PLACEHOLDER);
  const literals = parts.filter((_, index) => index % 2 === 0);
  const fillings = parts.filter((_, index) => index % 2 === 1);
  const first = literals[0] ?? '';
  const letters = literals.join('').replaceAll(/\P{L}/gu, '').length;
  if (fillings.length > 0 && letters < MIN_LETTERS) return undefined;
  if (!text.endsWith(literals.at(-1) ?? '')) return undefined;
  if (fits(text, 0, literals, fillings)) return text;
  const gap = text.lastIndexOf(`\n\n${first}`);
  return gap >= 0 && fits(text, gap + 2, literals, fillings) ? text.slice(gap + 2) : undefined;
}

/** Whether the text from there on is the literals, in order, with something short between them. */
function fits(text: string, from: number, literals: readonly string[], fillings: readonly string[]): boolean {
  let at = from;
  for (const [index, literal] of literals.entries()) {
    const isLast = index === literals.length - 1;
    if (index === 0 && !text.startsWith(literal, from)) return false;
    const found = index === 0 ? from : isLast ? text.length - literal.length : text.indexOf(literal, at);
    if (found < at || (index > 0 && !mayStandFor(fillings[index - 1], text.slice(at, found)))) return false;
    at = found + literal.length;
  }
  return at === text.length;
}

function mayStandFor(placeholder: string | undefined, text: string): boolean {
  if (text.length > MAX_FILLED || text.includes('\n')) return false;
  return placeholder === 'names' || placeholder === 'what' || text === '' || IDS.test(text);
}
