/**
 * The texts of one reply as its pieces come: tells a frame that brings more of a text from one that says
 * all of it again.
 */
import type { FrameText } from '../../core/wire-format.js';

export class RunningTexts {
  /** By id: what the pieces make up so far, then every other text that was said to be all of it. */
  readonly #said = new Map<string, string[]>();

  /** More of the text with this id. */
  append(piece: FrameText): FrameText {
    const said = this.#said.get(piece.id);
    if (said === undefined) this.#said.set(piece.id, [piece.text]);
    else said[0] = (said[0] ?? '') + piece.text;
    return piece;
  }

  /**
   * All of the text with this id. Where no piece of it has come, it is new; where the pieces make up another
   * text, this one gets an id of its own (`0/0/0/text~1`), so that it is judged as new.
   */
  restate(whole: FrameText): FrameText {
    const said = this.#said.get(whole.id);
    if (said === undefined) return this.append(whole);
    const known = said.indexOf(whole.text);
    const index = known === -1 ? said.push(whole.text) - 1 : known;
    const id = index === 0 ? whole.id : `${whole.id}~${index}`;
    return known === -1 ? { ...whole, id } : { ...whole, id, restates: true };
  }
}
