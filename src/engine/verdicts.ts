/**
 * Verdicts on messages, in the policy's taxonomy: the one place where the judge is asked, with the cache,
 * the checks that run already and the other views of a text around it.
 */
import type { Direction, Verdict } from '../core/assessment.js';
import type { GuardMessage } from '../core/conversation.js';
import type { Judge, JudgeOptions } from '../core/judge.js';
import type { Taxonomies } from '../core/taxonomy.js';
import type { Policy } from '../policy/policy.js';
import type { Ask } from './ask.js';
import { createGrowingMessage, type GrowingMessage } from './growing-message.js';
import { normalMessage } from './normal-text.js';
import { firstLink, keyOf, nextLink, type Link } from './question-key.js';
import { questionSettings } from './question-settings.js';
import type { RequestContext } from './request-context.js';
import { viewsInTurns } from './views/text-views.js';
import { createViewedMessage } from './views/viewed-message.js';
import { worstOf, type ViewVerdict } from './views/worst-view.js';

/** A conversation whose messages can be asked about one by one. */
export interface Questions {
  readonly count: number;
  /** The verdict on message `index`, with those before it as context: the worst on its text and its other views. */
  about(index: number, context: RequestContext): Promise<Verdict>;
}

export interface Verdicts {
  open(messages: readonly GuardMessage[], direction: Direction, context: RequestContext): Questions;
  /** The reply to these messages, while it is written. */
  openReply(before: readonly GuardMessage[], context: RequestContext): GrowingMessage;
}

export interface VerdictParts {
  readonly judge: Judge;
  readonly taxonomies: Taxonomies;
  readonly ask: Ask;
}

export function createVerdicts({ judge, taxonomies, ask }: VerdictParts): Verdicts {
  function inTaxonomyOf(policy: Policy, verdict: Verdict): Verdict {
    if (verdict.verdict === 'unavailable' || judge.taxonomy === policy.taxonomy) return verdict;
    const readings = verdict.readings?.map((each) => inTaxonomyOf(policy, each));
    return {
      ...verdict,
      categories: taxonomies.mapCategories(verdict.categories, judge.taxonomy, policy.taxonomy),
      ...(readings === undefined ? {} : { readings }),
    };
  }

  return {
    open(given, direction, opened) {
      const settings = questionSettings(direction, opened, judge, taxonomies);
      const messages = given.map(normalMessage);
      const first = firstLink(judge, settings);
      const links = linksOf(messages, first);
      return {
        count: messages.length,
        async about(index, context) {
          const message = messages[index];
          if (message === undefined) throw new RangeError(`there is no message ${index}`);
          const { role } = message;
          // As written in every view: each of these messages is judged in its own views when it is asked about.
          const before = messages.slice(0, index);
          const link = links[index - 1] ?? first;
          const verdictOn = async (text: string, view: string | undefined): Promise<ViewVerdict> => {
            const last = { role, text };
            const request = { ...settings, messages: [...before, last] };
            const key = keyOf(nextLink(link, last));
            const start = (options: JudgeOptions): Promise<Verdict> => judge.assess(request, options);
            return { verdict: await ask({ key, role, direction, start }, context), view };
          };
          const others = viewsInTurns(message.text, context.policy.views).then((views) =>
            Promise.all(views.map(({ name, text }) => verdictOn(text, name))),
          );
          const [asWritten, viewed] = await Promise.all([verdictOn(message.text, undefined), others]);
          return inTaxonomyOf(context.policy, worstOf([asWritten, ...viewed], settings.categoriesFrom));
        },
      };
    },

    openReply(before, context) {
      const settings = questionSettings('reply', context, judge, taxonomies);
      const parts = { judge, ask, settings, before: before.map(normalMessage), direction: 'reply' } as const;
      const open = (): GrowingMessage => createGrowingMessage(parts, context);
      const message = createViewedMessage(open, context.policy.views, settings.categoriesFrom);
      return {
        add: async (more) => inTaxonomyOf(context.policy, await message.add(more)),
        replace: async (text) => inTaxonomyOf(context.policy, await message.replace(text)),
        close: () => message.close(),
      };
    },
  };
}

/** One link for each message: of all messages up to it. */
function linksOf(messages: readonly GuardMessage[], first: Link): Link[] {
  const links: Link[] = [];
  for (const message of messages) links.push(nextLink(links.at(-1) ?? first, message));
  return links;
}
