/** Text in a request's address: a handler can put it into a prompt as well as the body. */
import type { Segment } from '../../core/conversation.js';

/** A path segment of this form is the name of a route or an id. */
const NAME = /^[\w.:@+=,-]{0,256}$/;

/**
 * Every value of the query and every name in it that is no plain word, and the segments of the path
 * that are text rather than names (`/ask/how%20are%20you`). Broken percent-encoding stays as it is.
 */
export function urlSegments(url: string): Segment[] {
  const [beforeHash = ''] = url.split('#', 1);
  const queryAt = beforeHash.indexOf('?');
  const path = queryAt === -1 ? beforeHash : beforeHash.slice(0, queryAt);
  const segments: Segment[] = [];
  const add = (text: string, where: string): void => {
    if (text !== '') segments.push({ channel: 'other', text, path: where });
  };
  path.split('/').forEach((part, index) => {
    const text = decoded(part);
    if (!NAME.test(text)) add(text, `path[${index}]`);
  });
  if (queryAt === -1) return segments;
  for (const [name, value] of new URLSearchParams(beforeHash.slice(queryAt + 1))) {
    if (!NAME.test(name.replaceAll(/[[\]]/g, ''))) add(name, 'query');
    add(value, `query.${name}`);
  }
  return segments;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    // Not valid percent-encoding: judged as it was typed.
    return part;
  }
}
