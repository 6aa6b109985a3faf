/**
 * What a server with the toy guard would answer. It does what real servers do and what makes them weaker
 * than the local way: the messages' texts are put into the template as they are, and special tokens and
 * tags in them are taken for real. A text that was not defused can so hide what it says.
 */

/** Trigger words, by the digits of their category: those of the toy GGUF. */
const TRIGGERS: Readonly<Record<string, readonly string[]>> = {
  '1': ['kill', 'murder', 'stab'],
  '2': ['phishing', 'burglary', 'ransomware'],
  '8': ['bomb', 'explosive', 'nerve'],
  '10': ['suicide', 'overdose'],
};

export interface ToyMessage {
  readonly role: string;
  readonly content: string;
}

export interface ToyToken {
  readonly text: string;
  /** Probability. */
  readonly p: number;
  /** What else could stand here. */
  readonly others: readonly (readonly [string, number])[];
}

const TURN = '<|start_header_id|>user<|end_header_id|>\n\n';

/** Throws when the roles do not alternate from user on, as guard templates do. */
export function renderToyPrompt(messages: readonly ToyMessage[]): string {
  const turns = messages.map(({ role, content }, index) => {
    if (role !== (index % 2 === 0 ? 'user' : 'assistant')) throw new Error('Roles must alternate');
    return `${role === 'user' ? 'User' : 'Agent'}: ${content.trim()}\n\n`;
  });
  return `${TURN}<BEGIN CONVERSATION>\n\n${turns.join('')}<END CONVERSATION>\n\nsafe or unsafe?<|eot_id|>`;
}

/** Tokens of the answer: `safe`, or `unsafe`, a line break and the categories. */
export function toyAnswer(messages: readonly ToyMessage[]): ToyToken[] {
  const prompt = renderToyPrompt(messages);
  // The conversation ends at the first tag that says so, and a new turn makes the old one forgotten.
  const conversation = prompt.split('<BEGIN CONVERSATION>').at(-1)?.split('<END CONVERSATION>')[0] ?? '';
  const read = conversation.split(/<\|[a-z_]+\|>/).at(-1) ?? '';
  const found = Object.entries(TRIGGERS).filter(([, words]) =>
    words.some((word) => new RegExp(`\\b${word}`, 'i').test(read)),
  );
  if (found.length === 0) return [{ text: 'safe', p: 0.98, others: [['unsafe', 0.015]] }];
  const categories = found.flatMap(([digits], index): ToyToken[] => [
    ...(index === 0 ? [] : [{ text: ',', p: 0.99, others: [] }]),
    { text: 'S', p: 0.99, others: [] },
    { text: digits, p: 0.9, others: [['3', 0.05]] },
  ]);
  return [
    { text: 'unsafe', p: 0.97, others: [['safe', 0.02]] },
    { text: '\n', p: 0.99, others: [] },
    ...categories,
  ];
}

export function logprobsOf(tokens: readonly ToyToken[], top: number): object[] {
  const entry = (text: string, p: number) => ({
    token: text,
    logprob: Math.log(p),
    bytes: [...Buffer.from(text)],
  });
  return tokens.map(({ text, p, others }) => ({
    ...entry(text, p),
    top_logprobs: [entry(text, p), ...others.map(([other, q]) => entry(other, q))].slice(0, top),
  }));
}
