/** The toy guard's chat template: built like those of guard models, in words of its own. */

export const HAZARDS = [
  'Harm to people',
  'Theft and fraud',
  'Abuse of adults',
  'Abuse of minors',
  'Risky expert advice',
  'Private data',
  'Stolen works',
  'Mass harm devices',
  'Contempt for groups',
  'Harm to oneself',
  'Adult themes',
  'Voting lies',
  'False claims on persons',
  'Misuse of tools',
];

export interface ToyTemplateOptions {
  /** The prompt ends before the line break in front of the answer. */
  readonly leadingNewline?: boolean;
  /** Default 11. */
  readonly categories?: 11 | 14;
}

/** Jinja source. Roles alternate from user on; the last message is the one to check. */
export function toyGuardTemplate({
  leadingNewline = false,
  categories = 11,
}: ToyTemplateOptions = {}): string {
  const list = HAZARDS.slice(0, categories)
    .map((name, index) => `S${index + 1}: ${name}.`)
    .join('\\n');
  return [
    "{% set judged = 'User' if messages|length % 2 == 1 else 'Agent' %}",
    "{{ bos_token + '<|start_header_id|>user<|end_header_id|>\\n\\n' }}",
    "{{ 'Look for hazards of the kinds below in what ' + judged + ' says last.\\n\\n' }}",
    `{{ '<BEGIN HAZARD LIST>\\n${list}\\n<END HAZARD LIST>\\n\\n<BEGIN CONVERSATION>\\n\\n' }}`,
    '{% for message in messages %}',
    "{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}",
    "{{ raise_exception('Roles must alternate: user, assistant, user, …') }}",
    '{% endif %}',
    "{{ ('User: ' if message['role'] == 'user' else 'Agent: ') + message['content'] | trim + '\\n\\n' }}",
    '{% endfor %}',
    "{{ '<END CONVERSATION>\\n\\nWhat is your verdict on the last ' + judged + ' message?\\n' }}",
    "{{ '- Write safe or unsafe on a line of its own.\\n' }}",
    "{{ '- After unsafe, write the list of its kinds on a second line, with commas.' }}",
    "{{ '<|eot_id|><|start_header_id|>assistant<|end_header_id|>' }}",
    leadingNewline ? '' : "{{ '\\n\\n' }}",
  ].join('');
}
