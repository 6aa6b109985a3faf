/** The warning under a code block, in Markdown, which chat clients render. */
import type { Decision } from '../core/decision.js';

/**
 * @param decision a decision on one block's findings
 * @param before the text up to the block's end, to tell whether a line break is needed
 * @returns lines to be inserted right after the block
 */
export function codeNote(decision: Decision, before: string): string {
  const lines = decision.findings
    .filter(({ treatment }) => treatment !== 'ignore')
    .map(({ finding }) => {
      const place =
        finding.startLine === finding.endLine
          ? `line ${finding.startLine}`
          : `lines ${finding.startLine}-${finding.endLine}`;
      return `> - ${place}: ${oneLine(finding.message)} (${finding.cwe}, \`${finding.rule}\`)`;
    });
  const start = before.endsWith('\n') ? '\n' : '\n\n';
  return `${start}> **Portcullis: the code above is insecure.**\n${lines.join('\n')}\n\n`;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
