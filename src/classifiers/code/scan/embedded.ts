/** Code of one language inside another: scripts in HTML. */

/**
 * The page with everything but its scripts turned into spaces, so that offsets stay; undefined when
 * there is no script. Only the tag decides: a script may be JSON or a template and simply parse badly.
 */
export function scriptsOf(html: string): string | undefined {
  const opening = /<script\b[^>]{0,1000}>/gi;
  let out = '';
  let from = 0;
  let found = false;
  for (let match = opening.exec(html); match !== null; match = opening.exec(html)) {
    const start = opening.lastIndex;
    const rest = /<\/script/gi;
    rest.lastIndex = start;
    const end = rest.exec(html)?.index ?? html.length;
    out += blank(html.slice(from, start)) + html.slice(start, end);
    found = true;
    from = end;
    opening.lastIndex = end;
  }
  return found ? out + blank(html.slice(from)) : undefined;
}

function blank(text: string): string {
  return text.replace(/[^\r\n]/g, ' ');
}
