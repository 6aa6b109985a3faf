/** Replies that no judge of text can read: images, archives, compressed bodies. */
import type { Decision } from '../../core/decision.js';
import { GuardError } from '../../core/errors.js';
import type { Policy } from '../../policy/policy.js';
import type { MediaType } from './media-type.js';

/** What the policy's `unjudged` makes of such a reply. */
export function decideUnjudgedReply(policy: Policy): Decision {
  const intended =
    policy.unjudged.file === 'block' ? 'block' : policy.unjudged.file === 'report' ? 'annotate' : 'allow';
  return {
    direction: 'reply',
    action: policy.mode === 'monitor' ? 'allow' : intended,
    intended,
    reason: 'unjudged_part',
    categories: [],
    findings: [],
    policy: policy.id,
  };
}

/** @param encoding the reply's content-encoding, `identity` when it has none */
export function unjudgeableReply({ type, charset }: MediaType, encoding: string): GuardError {
  const shown = (text: string): string => text.replaceAll(/[^\x21-\x7e]/g, '?').slice(0, 60);
  if (encoding !== 'identity')
    return new GuardError(
      'unjudgeable_content',
      `The app's reply came to the guard compressed (${shown(encoding)}), so it could not be judged. In the app, mount compression before the guard, not after it.`,
    );
  const form = charset === undefined ? shown(type) : `${shown(type)} in ${shown(charset)}`;
  return new GuardError(
    'unjudgeable_content',
    `The app's reply is ${form}, which the guard cannot judge, and the policy lets nothing through unjudged.`,
  );
}
