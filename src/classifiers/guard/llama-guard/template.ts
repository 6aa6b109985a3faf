/** A model file's chat template, rendered with holes where the people's texts belong. */
import { randomBytes } from 'node:crypto';
import { Template } from '@huggingface/jinja';
import type { GuardRole } from '../../../core/conversation.js';

/** A string of the prompt, or the index of the message whose text stands here. */
export type ScaffoldPart = string | number;

/** Special tokens by the names that chat templates use. */
export interface TemplateTokens {
  readonly bos: string;
  readonly eos: string;
}

/** What a template is given beside the messages; which names it knows is its own affair. */
export type TemplateVariables = Readonly<Record<string, unknown>>;

export interface GuardTemplate {
  /** Jinja source. */
  readonly source: string;
  /**
   * @param roles of the messages
   * Throws when the template refuses them or leaves a message out.
   */
  render(roles: readonly GuardRole[], variables: TemplateVariables): ScaffoldPart[];
  /** Whether it strips whitespace around messages. */
  trims(variables: TemplateVariables): boolean;
}

/** How a template wants `content`: a string (Llama Guard 2), or a list of typed parts (Llama Guard 3 1B, 4). */
type ContentShape = (text: string) => unknown;
const SHAPES: readonly ContentShape[] = [(text) => text, (text) => [{ type: 'text', text }]];

/** Throws when the source is no Jinja template. */
export function openTemplate(source: string, tokens: TemplateTokens): GuardTemplate {
  const template = new Template(source);
  // The template never sees the texts, only placeholders that nobody can guess: nothing in a text can
  // act on the template or pass for a part of it.
  const secret = `slot${randomBytes(16).toString('hex')}n`;
  const placeholder = (index: number): string => `${secret}${index}x`;
  let settled: ContentShape | undefined;

  function renderShape(
    shape: ContentShape,
    roles: readonly GuardRole[],
    variables: TemplateVariables,
    padding: string,
  ): string {
    return template.render({
      add_generation_prompt: true,
      ...variables,
      messages: roles.map((role, index) => ({
        role: role === 'User' ? 'user' : 'assistant',
        content: shape(padding + placeholder(index) + padding),
      })),
      bos_token: tokens.bos,
      eos_token: tokens.eos,
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

  function render(roles: readonly GuardRole[], variables: TemplateVariables): ScaffoldPart[] {
    let fault: unknown;
    for (const shape of settled === undefined ? SHAPES : [settled])
      try {
        const parts = split(renderShape(shape, roles, variables, ''), roles.length);
        settled = shape;
        return parts;
      } catch (error) {
        fault ??= error;
      }
    throw fault;
  }

  return {
    source,
    render,
    trims(variables) {
      render(['User'], variables);
      // Four spaces around the placeholder either survive the template or are stripped by it.
      const padded = renderShape(settled ?? ((text) => text), ['User'], variables, '    ');
      return !padded.includes(`    ${placeholder(0)}`);
    },
  };
}

/** A rendering's own text, the holes left out. */
export function textOf(parts: readonly ScaffoldPart[]): string {
  return parts.filter((part) => typeof part === 'string').join('');
}
