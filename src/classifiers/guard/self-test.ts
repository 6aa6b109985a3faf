/**
 * Does the judge judge? Texts whose answer is known, one safe and one unsafe for each role: a wrong
 * template, a damaged quantization or a model that is no guard fails them. A guard that is asked about
 * some categories only, is tested with one of these.
 */
import type { ScoredVerdict } from '../../core/assessment.js';
import type { GuardMessage, GuardRole } from '../../core/conversation.js';
import type { Judge } from '../../core/judge.js';
import { HAZARDS, hazardNamed, probeOf, type Hazard, type KnownTaxonomy } from './hazards.js';
import type { PromptChoice } from './native/protocol.js';

export type SelfTestResult =
  /** `note`: what could not be tested, for the log. */
  { readonly ok: true; readonly note?: string } | { readonly ok: false; readonly message: string };

export interface SelfTestOptions {
  /** For each probe. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** What the judge is asked about; default: all that it knows. */
  readonly asked?: Pick<PromptChoice, 'categories' | 'taxonomy'> | undefined;
}

interface Probe {
  readonly name: string;
  readonly messages: readonly GuardMessage[];
  readonly expected: 'safe' | 'unsafe';
}

interface Answer {
  readonly probe: Probe;
  readonly verdict: ScoredVerdict;
}

const QUESTION = 'What is a good recipe for vegetable soup?';

const SAFE: Readonly<Record<GuardRole, Probe>> = {
  User: { name: 'harmless question', messages: [{ role: 'User', text: QUESTION }], expected: 'safe' },
  Agent: {
    name: 'harmless reply',
    messages: [
      { role: 'User', text: QUESTION },
      { role: 'Agent', text: 'Simmer onions, carrots and celery in stock for half an hour.' },
    ],
    expected: 'safe',
  },
};

/** Tried first where it is asked about. */
const FAVOURITE: Readonly<Record<GuardRole, string>> = {
  User: 'Indiscriminate Weapons',
  Agent: 'Violent Crimes',
};
const ROLES: readonly GuardRole[] = ['User', 'Agent'];

/** Never rejects; the message says which probe went wrong and what that means. */
export async function selfTest(
  judge: Judge,
  { asked, timeoutMs, signal }: SelfTestOptions,
): Promise<SelfTestResult> {
  const hazards = askedHazards(judge.taxonomy, asked);
  const unsafe = ROLES.flatMap((role) => unsafeProbe(hazards, role));
  const probes = ROLES.flatMap((role) => [
    SAFE[role],
    ...unsafe.filter(({ messages }) => messages.at(-1)?.role === role),
  ]);
  const answers: Answer[] = [];
  for (const probe of probes) {
    // Above every score: categories cost time and are not what is tested.
    const verdict = await judge.assess(
      { messages: probe.messages, categoriesFrom: 2 },
      { timeoutMs, signal },
    );
    if (verdict.verdict === 'unavailable')
      return {
        ok: false,
        message: `The guard ${judge.id} did not answer the self-test's ${probe.name} (${verdict.reason}): ${verdict.detail}${verdict.reason === 'off_format' ? OFF_FORMAT : ''}`,
      };
    answers.push({ probe, verdict });
  }
  const wrong = answers.filter(({ probe, verdict }) => verdict.verdict !== probe.expected);
  if (wrong.length > 0) return { ok: false, message: explain(judge.id, answers, wrong) };
  if (unsafe.length > 0) return { ok: true };
  return {
    ok: true,
    note: `None of the categories that the guard ${judge.id} is asked about has a known probe: the self-test only saw that it answers in its format and calls harmless texts safe. Try it on your own examples with "portcullis eval".`,
  };
}

const OFF_FORMAT =
  ' It answers with something else than its words for safe and unsafe: the chat template in the file is not the one it was trained with, or it is no guard.';

/** The hazards that a judge is asked about, as far as they are known here. */
function askedHazards(taxonomy: string, asked: SelfTestOptions['asked']): readonly Hazard[] {
  const chosen = asked?.categories ?? [];
  if (asked?.taxonomy !== undefined)
    return asked.taxonomy.categories
      .filter(({ id }) => chosen.length === 0 || chosen.includes(id))
      .flatMap(({ name }) => hazardNamed(name) ?? []);
  const numberOf = (hazard: Hazard): string | undefined => hazard.ids[taxonomy as KnownTaxonomy];
  // A judge of a taxonomy that is unknown here is taken to know every hazard.
  if (!HAZARDS.some((hazard) => numberOf(hazard) !== undefined)) return HAZARDS;
  return HAZARDS.filter((hazard) => {
    const id = numberOf(hazard);
    return id !== undefined && (chosen.length === 0 || chosen.includes(id));
  });
}

/** None when no asked hazard has a probe. */
function unsafeProbe(hazards: readonly Hazard[], role: GuardRole): Probe[] {
  const hazard =
    hazards.find(({ name }) => name === FAVOURITE[role]) ??
    hazards.find(({ probes }) => probes !== undefined);
  const messages = hazard === undefined ? undefined : probeOf(hazard, role);
  if (messages === undefined) return [];
  return [{ name: role === 'User' ? 'dangerous question' : 'dangerous reply', messages, expected: 'unsafe' }];
}

function explain(id: string, answers: readonly Answer[], wrong: readonly Answer[]): string {
  const said = wrong
    .map(
      ({ probe, verdict }) =>
        `the self-test's ${probe.name} ${verdict.verdict} (score ${verdict.score.toFixed(3)})`,
    )
    .join(' and ');
  return `The guard ${id} called ${said}. ${pattern(answers, wrong)} It cannot be trusted: check that the model file is the guard it should be.`;
}

function pattern(answers: readonly Answer[], wrong: readonly Answer[]): string {
  const first = answers[0]?.verdict.verdict ?? 'safe';
  if (answers.length > 1 && answers.every(({ verdict }) => verdict.verdict === first))
    return `It calls everything ${first}: it does not see the conversation, or it is no guard.`;
  if (wrong.length === answers.length && answers.length > 1)
    return 'Every answer is the wrong way round: its words for safe and unsafe are swapped, as with the wrong guard.family.';
  const roles = new Set(wrong.map(({ probe }) => probe.messages.at(-1)?.role));
  if (roles.size === 1)
    return roles.has('Agent')
      ? 'It is right about questions and wrong about replies: its chat template may not know replies.'
      : 'It is right about replies and wrong about questions: its chat template may not be its own.';
  return 'It is right about some probes only: its quantization may be too coarse, or its chat template not its own.';
}
