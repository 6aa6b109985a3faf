/**
 * The prompt that a model file's own chat template makes of a conversation, with holes where the
 * people's texts belong. The template never sees those texts: it is rendered with placeholders that
 * nobody can guess, so nothing in a text can act on the template or pass for a part of it.
 */
import { randomBytes } from 'node:crypto';
import { Template } from '@huggingface/jinja';
import type { GuardRole } from '../../../core/conversation.js';

/** A string of the prompt, or the index of the message whose text stands here. */
export type ScaffoldPart = string | number;

export interface Scaffold {
  readonly parts: readonly ScaffoldPart[];
  /** The template strips whitespace around messages, so the texts must be stripped too. */
  readonly trims: boolean;
}

export interface ScaffoldMaker {
  /**
   * @param roles of the messages, alternating, User first
   * Throws when the template refuses them or leaves a message out.
   */
  make(roles: readonly GuardRole[]): Scaffold;
}

/** Special tokens by the names that chat templates use. */
export interface TemplateTokens {
  readonly bos: string;
  readonly eos: string;
}

/** How a template wants `content`: a string (Llama Guard 2), or a list of typed parts. */
type ContentShape = (text: string) => unknown;
const SHAPES: readonly ContentShape[] = [(text) => text, (text) => [{ type: 'text', text }]];

/** Throws when the template cannot be parsed, or does not take a User message in any known shape. */
export function createScaffoldMaker(source: string, tokens: TemplateTokens): ScaffoldMaker {
  const template = new Template(source);
  const secret = `slot${randomBytes(16).toString('hex')}n`;
  const placeholder = (index: number): string => `${secret}${index}x`;
  const cache = new Map<number, Scaffold>();

  function render(roles: readonly GuardRole[], shape: ContentShape, padding: string): string {
    return template.render({
      messages: roles.map((role, index) => ({
        role: role === 'User' ? 'user' : 'assistant',
        content: shape(padding + placeholder(index) + padding),
      })),
      bos_token: tokens.bos,
      eos_token: tokens.eos,
      add_generation_prompt: true,
    });
  }

  function split(rendering: string, count: number): ScaffoldPart[] {
    const parts = rendering
      .split(new RegExp(`${secret}(\\d+)x`))
      .map((part, index) => (index % 2 === 0 ? part : Number(part)))
      .filter((part) => part !== '');
    for (let index = 0; index < count; index++)
      if (!parts.includes(index))
        throw new Error(`The model's chat template leaves out message ${index + 1} of ${count}.`);
    return parts;
  }

  const shape = findShape();
  // Four spaces around the placeholder either survive the template or are stripped by it.
  const trims = !render(['User'], shape, '    ').includes(`    ${placeholder(0)}`);

  function findShape(): ContentShape {
    let fault: unknown;
    for (const candidate of SHAPES)
      try {
        split(render(['User'], candidate, ''), 1);
        return candidate;
      } catch (error) {
        fault ??= error;
      }
    throw fault;
  }

  return {
    make(roles) {
      // Roles alternate from User on, so their number says all.
      const known = cache.get(roles.length);
      if (known !== undefined) return known;
      const scaffold = { parts: split(render(roles, shape, ''), roles.length), trims };
      if (cache.size >= 64) cache.clear();
      cache.set(roles.length, scaffold);
      return scaffold;
    },
  };
}
