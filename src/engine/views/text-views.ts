/**
 * The other readings of a text that are judged beside it: the strings of its JSON in plain words, and what
 * it says when disguises and encodings are undone.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createPlainStrings, type PlainStrings } from '../../core/json-strings.js';
import { createGrowingView, type GrowingView, type ViewStep } from './growing-view.js';
import type { Undoing } from './undo.js';

export interface View {
  /** For `ScoredVerdict.view`: `json`, `disguises`, `base64`, `disguises+rot13`, `json+base64`, … */
  readonly name: string;
  readonly text: string;
}

/** A view as it goes on, or undefined while there is none. */
export interface GrowingViews {
  /** @returns one step for each view that there may be, always in the same order */
  add(more: string): readonly ViewStep[];
}

const JSON_VIEW = 'json';

export function createGrowingViews(undoing: Undoing): GrowingViews {
  const strings: PlainStrings = createPlainStrings();
  const undone: GrowingView | undefined =
    undoing.disguises || undoing.encodings ? createGrowingView(undoing) : undefined;
  return {
    add(more) {
      const plain = strings.add(more);
      const json = strings.speak ? JSON_VIEW : undefined;
      const steps: ViewStep[] = [{ name: json, settled: plain, tail: '' }];
      if (undone !== undefined) {
        const step = undone.add(plain);
        const name = step.name === undefined || json === undefined ? step.name : `${json}+${step.name}`;
        steps.push({ ...step, name });
      }
      return steps;
    },
  };
}

/** UTF-16 units that are read at once; between them others have their turn. */
const AT_ONCE = 32 * 1024;

/** As `views.add(more)`, without holding everybody up while a long text is read. */
export async function addInTurns(views: GrowingViews, more: string): Promise<readonly ViewStep[]> {
  let steps = views.add(more.slice(0, AT_ONCE));
  for (let at = AT_ONCE; at < more.length; at += AT_ONCE) {
    await nextTurn();
    const before = steps;
    steps = views
      .add(more.slice(at, at + AT_ONCE))
      .map((step, index) => ({ ...step, settled: (before[index]?.settled ?? '') + step.settled }));
  }
  return steps;
}

function viewsAt(steps: readonly ViewStep[]): View[] {
  return steps.flatMap(({ name, settled, tail }) =>
    name === undefined ? [] : [{ name, text: settled + tail }],
  );
}

/** The views of a whole text; none for an ordinary one. Time is linear in the text; throws on no string. */
export function viewsOf(text: string, undoing: Undoing): View[] {
  return viewsAt(createGrowingViews(undoing).add(text));
}

/** As `viewsOf`; others have their turn while a long text is read. */
export async function viewsInTurns(text: string, undoing: Undoing): Promise<View[]> {
  return viewsAt(await addInTurns(createGrowingViews(undoing), text));
}
