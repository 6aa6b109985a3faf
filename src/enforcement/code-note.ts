/** What the reader of a reply is told about insecure code in it, in Markdown, which chat clients render. */
import type { Decision } from '../core/decision.js';

/**
 * The warning under a code block.
 * @param decision a decision on one block's findings
 * @param before the text up to the block's end, or its last character: is a line break needed?
 * @returns lines to be inserted right after the block
 */
export function codeNote(decision: Decision, before: string): string {
  const start = before.endsWith('\n') ? '\n' : '\n\n';
  return `${start}> **Portcullis: the code above is insecure.**\n${findings(decision)}\n\n`;
}

/**
 * The notice in the place of code that was taken out.
 * @param decision a decision on the findings in it
 * @param before the text before it, or its last character
 */
export function blockNotice(decision: Decision, before: string): string {
  const start = before === '' || before.endsWith('\n') ? '' : '\n';
  return `${start}> **Portcullis: insecure code was taken out here.**\n${findings(decision)}\n\n`;
}

function findings(decision: Decision): string {
  return decision.findings
    .filter(({ treatment }) => treatment !== 'ignore')
    .map(({ finding }) => {
      const place =
        finding.startLine === finding.endLine
          ? `line ${finding.startLine}`
          : `lines ${finding.startLine}-${finding.endLine}`;
      return `> - ${place}: ${oneLine(finding.message)} (${finding.cwe}, \`${finding.rule}\`)`;
    })
    .join('\n');
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
