/** The code in one text of a reply, which is plain text or, where it begins as JSON, JSON. */
import type { CodeAssessment } from '../core/assessment.js';
import type { CodeScanner } from '../core/code-scanner.js';
import type { BlockNote } from './block-note.js';
import { createCodeInJson, type CodeInJson } from './code-in-json.js';
import { createCodeInText, type CodeInText, type CodeInTextParts } from './code-in-text.js';
import { endOf, type GrowingText } from './growing-text.js';

export interface CodeInReplyParts extends CodeInTextParts {
  readonly scanner: CodeScanner;
}

export interface CodeInReply {
  look(text: GrowingText, complete: boolean): Promise<BlockNote[]>;
  /** Offset up to which no code is in the way. */
  readonly free: number;
  /** Scans of snippets in plain text. */
  readonly snippets: Iterable<CodeAssessment>;
  /** Scans of values in JSON, which cannot be taken out. */
  readonly values: Iterable<CodeAssessment>;
}

export function createCodeInReply(textId: string, parts: CodeInReplyParts): CodeInReply {
  let plain: CodeInText | undefined;
  let json: CodeInJson | undefined;
  let length = 0;
  let wasComplete = false;

  return {
    async look(grown, complete) {
      const { text, added } = grown;
      if (plain === undefined && text.length === length && complete === wasComplete) return [];
      wasComplete = complete;
      if (plain === undefined && json === undefined && /\S/.test(text)) {
        if (/^\s*[[{]/.test(text)) json = createCodeInJson(parts);
        else plain = createCodeInText(textId, parts);
      }
      if (plain === undefined && json !== undefined) {
        const more = added?.length === text.length - length ? added : endOf(text, length);
        length = text.length;
        if (await json.look(more, text, complete)) return [];
        // What has left as JSON stays; all of it is read again as the text that it is.
        plain = createCodeInText(textId, parts, json.free);
        return plain.look({ text }, complete);
      }
      length = text.length;
      return (await plain?.look(grown, complete)) ?? [];
    },
    get free() {
      if (plain !== undefined) return plain.free;
      // Without anything to read yet, blanks are held with what they belong to.
      return json?.free ?? 0;
    },
    get snippets() {
      return plain?.scans ?? [];
    },
    get values() {
      return json?.scans ?? [];
    },
  };
}
