/**
 * Toys of every guard family: chat templates of the same build as theirs, in words of our own, and what
 * the toy model has to know to answer as they do.
 */
import { LLAMA3_SPECIALS } from './llama3-tokenizer.js';
import { HAZARDS, toyGuardTemplate, type ToyTemplateOptions } from './toy-template.js';

export const TOY_FAMILIES = [
  'llama-guard-1',
  'llama-guard-2',
  'llama-guard-3',
  'llama-guard-3-1b',
  'llama-guard-4',
  'shieldgemma',
  'granite-guardian',
  'granite-guardian-tags',
] as const;

export type ToyFamily = (typeof TOY_FAMILIES)[number];

export interface ToyKind {
  readonly template: string;
  /** How the vocabulary is built: byte-level BPE, or SentencePiece. */
  readonly vocabulary: 'bpe' | 'spm';
  readonly specials: readonly string[];
  readonly bos: string;
  readonly eos: string;
  /** Ends the answer. */
  readonly eot: string;
  /** The tokens from the prompt's last to the one that the verdict follows. */
  readonly end: readonly string[];
  /** Vocabulary's spellings of the answer's words. */
  readonly words: { readonly safe: string; readonly unsafe: string };
  /** Undefined: the family names no categories. */
  readonly letter: 'S' | 'O' | undefined;
  readonly triggers: Readonly<Record<string, readonly string[]>>;
}

/** Trigger words, by the digits of the category that a toy names for them. */
export const TOY_TRIGGERS = {
  '1': ['kill', 'murder', 'stab'],
  '2': ['phishing', 'burglary', 'ransomware'],
  '8': ['bomb', 'explosive', 'nerve'],
  '10': ['suicide', 'overdose'],
};
const LLAMA_3 = {
  vocabulary: 'bpe',
  specials: LLAMA3_SPECIALS,
  bos: '<|begin_of_text|>',
  eos: '<|end_of_text|>',
  eot: '<|eot_id|>',
  end: ['<|end_header_id|>', 'ĊĊ'],
  words: { safe: 'safe', unsafe: 'unsafe' },
  letter: 'S',
  triggers: TOY_TRIGGERS,
} as const;
/** The rules that Portcullis writes into some prompts name bombs and killing; these words are not in them. */
const FOR_RULES = { '1': ['murder', 'neighbour'], '2': ['phishing', 'ransomware'], '8': ['pipe', 'nerve'] };
const GRANITE_SPECIALS = ['<|start_of_role|>', '<|end_of_role|>', '<|end_of_text|>'];

export function toyKind(family: ToyFamily, options: ToyTemplateOptions = {}): ToyKind {
  switch (family) {
    case 'llama-guard-1':
      return {
        template: firstTemplate(),
        vocabulary: 'spm',
        specials: ['<s>', '</s>'],
        bos: '<s>',
        eos: '</s>',
        eot: '</s>',
        end: [']'],
        words: { safe: '▁safe', unsafe: '▁unsafe' },
        letter: 'O',
        triggers: {
          '1': TOY_TRIGGERS['1'],
          '3': TOY_TRIGGERS['2'],
          '4': TOY_TRIGGERS['8'],
          '6': TOY_TRIGGERS['10'],
        },
      };
    case 'llama-guard-2':
      return { ...LLAMA_3, template: toyGuardTemplate(options) };
    case 'llama-guard-3':
      return { ...LLAMA_3, template: toyGuardTemplate({ ...options, categories: 14 }) };
    case 'llama-guard-3-1b':
      return { ...LLAMA_3, template: listTemplate() };
    case 'llama-guard-4':
      return {
        ...LLAMA_3,
        template: toyGuardTemplate({ ...options, categories: 14 })
          .replaceAll('<|start_header_id|>', '<|header_start|>')
          .replaceAll('<|end_header_id|>', '<|header_end|>')
          .replaceAll('<|eot_id|>', '<|eot|>'),
        specials: [
          '<|begin_of_text|>',
          '<|end_of_text|>',
          '<|header_start|>',
          '<|header_end|>',
          '<|eot|>',
          '<|image|>',
        ],
        eot: '<|eot|>',
        end: ['<|header_end|>', 'ĊĊ'],
      };
    case 'shieldgemma':
      return {
        template: guidelineTemplate(),
        vocabulary: 'bpe',
        specials: ['<bos>', '<eos>', '<start_of_turn>', '<end_of_turn>'],
        bos: '<bos>',
        eos: '<eos>',
        eot: '<end_of_turn>',
        end: ['Ċ'],
        words: { safe: 'No', unsafe: 'Yes' },
        letter: undefined,
        triggers: FOR_RULES,
      };
    case 'granite-guardian':
    case 'granite-guardian-tags': {
      const tags = family === 'granite-guardian-tags';
      return {
        template: riskTemplate(tags),
        vocabulary: 'bpe',
        specials: GRANITE_SPECIALS,
        bos: '<|end_of_text|>',
        eos: '<|end_of_text|>',
        eot: '<|end_of_text|>',
        end: [tags ? '>' : '<|end_of_role|>'],
        words: tags ? { safe: 'Ġno', unsafe: 'Ġyes' } : { safe: 'No', unsafe: 'Yes' },
        letter: undefined,
        triggers: FOR_RULES,
      };
    }
  }
}

/** As Llama Guard 1's: no special tokens but the first, categories from O1 on, several lines each. */
function firstTemplate(): string {
  const list = HAZARDS.slice(0, 6)
    .map(
      (name, index) => `O${index + 1}: ${name}.\\nNot allowed\\n- helping with it.\\nAllowed\\n- news of it.`,
    )
    .join('\\n');
  return [
    "{% set judged = 'User' if messages|length % 2 == 1 else 'Agent' %}",
    "{{ bos_token + '[INST] Look for hazards of the kinds below in what ' + judged + ' says last.\\n\\n' }}",
    `{{ '<BEGIN HAZARD LIST>\\n${list}\\n<END HAZARD LIST>\\n\\n<BEGIN CONVERSATION>\\n\\n' }}`,
    '{% for message in messages %}',
    "{{ ('User: ' if message['role'] == 'user' else 'Agent: ') + message['content'] | trim + '\\n\\n' }}",
    '{% endfor %}',
    "{{ '<END CONVERSATION>\\n\\nWhat is your verdict on the last ' + judged + ' message?\\n' }}",
    "{{ '- Write safe or unsafe on a line of its own, the kinds on a second line. [/INST]' }}",
  ].join('');
}

/** As Llama Guard 3 1B's: messages hold lists of parts, and the categories are variables. */
function listTemplate(): string {
  const hazards = HAZARDS.slice(0, 13).map((name, index) => `'S${index + 1}': '${name}.'`);
  return [
    "{%- set judged = 'User' if messages|length % 2 == 1 else 'Agent' -%}",
    `{%- if categories is not defined -%}{%- set categories = ({${hazards.join(', ')}}) -%}{%- endif -%}`,
    "{{- '<|begin_of_text|><|start_header_id|>user<|end_header_id|>\\n\\n' -}}",
    "{{- 'Look for hazards of the kinds below in what ' + judged + ' says last.\\n\\n<BEGIN HAZARD LIST>\\n' -}}",
    '{%- for key in categories -%}{%- if key not in excluded_category_keys -%}',
    "{{- key + ': ' + categories[key] + '\\n' -}}",
    '{%- endif -%}{%- endfor -%}',
    "{{- '<END HAZARD LIST>\\n\\n<BEGIN CONVERSATION>\\n\\n' -}}",
    '{%- for message in messages -%}',
    "{%- for part in message['content'] | selectattr('type', 'equalto', 'text') -%}",
    "{{- ('User: ' if message['role'] == 'user' else 'Agent: ') + part['text'] | trim + '\\n\\n' -}}",
    '{%- endfor -%}{%- endfor -%}',
    "{{- '<END CONVERSATION>\\n\\nWhat is your verdict on the last ' + judged + ' message?\\n' -}}",
    "{{- '- Write safe or unsafe on a line of its own, the kinds on a second line. ' -}}",
    "{{- '<|eot_id|><|start_header_id|>assistant<|end_header_id|>' -}}",
  ].join('');
}

/** As ShieldGemma's: a guideline, one question or a question and a reply, Yes or No. */
function guidelineTemplate(): string {
  return [
    "{%- if messages|length > 2 -%}{{ raise_exception('One question and one reply at most') }}{%- endif -%}",
    "{%- if not guideline -%}{{ raise_exception('There is no guideline') }}{%- endif -%}",
    "{{ bos_token + 'You check texts against a guideline.\\n\\n<start_of_turn>\\n' }}",
    "{{ 'Human Question: ' + messages[0]['content'] | trim + '\\n' }}",
    "{%- if messages|length == 2 -%}{{ '\\nChatbot Response: ' + messages[1]['content'] | trim + '\\n' }}{%- endif -%}",
    "{{ '<end_of_turn>\\n\\nThe guideline:\\n\\n' + guideline + '\\n\\n===\\n\\n' }}",
    "{{ 'Is the guideline broken? Begin your answer with Yes or No.<end_of_turn>\\n<start_of_turn>model\\n' }}",
  ].join('');
}

/** As Granite Guardian's: a risk by name or by definition; the last message and the one before it are read. */
function riskTemplate(tags: boolean): string {
  const key = tags ? 'criteria_id' : 'risk_name';
  const definition = tags ? 'custom_criteria' : 'risk_definition';
  const answer = tags
    ? 'Answer between tags: <score> yes </score> or <score> no </score>.'
    : 'Say Yes or No.';
  return [
    "{%- set risks = {'harm': 'The message is harmful.'} -%}",
    '{%- if guardian_config -%}',
    `{%- if '${definition}' in guardian_config -%}{%- set risk = guardian_config['${definition}'] -%}`,
    `{%- elif '${key}' in guardian_config -%}{%- set risk = risks[guardian_config['${key}']] -%}`,
    "{%- else -%}{{ raise_exception('a risk has to be named or defined') }}{%- endif -%}",
    "{%- else -%}{%- set risk = risks['harm'] -%}{%- endif -%}",
    "{{ '<|start_of_role|>user<|end_of_role|>Is the risk below in the last message?\\n\\n<start_of_turn>\\n' }}",
    "{%- if messages[-1]['role'] == 'assistant' -%}",
    "{{ 'User Message: ' + messages[-2]['content'] + '\\nAssistant Message: ' + messages[-1]['content'] + '\\n' }}",
    "{%- else -%}{{ 'User Message: ' + messages[-1]['content'] + '\\n' }}{%- endif -%}",
    "{{ '<end_of_turn>\\n\\n<start_of_risk_definition>\\n* ' + risk + '\\n<end_of_risk_definition>\\n\\n' }}",
    `{{ '${answer}<|end_of_text|>\\n<|start_of_role|>assistant<|end_of_role|>' }}`,
  ].join('');
}
