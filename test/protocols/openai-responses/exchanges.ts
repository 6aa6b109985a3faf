/**
 * Exchanges in the shapes that OpenAI, vLLM and llama.cpp document for the responses API; texts are our own.
 * `texts` are the reply's texts by id, what restates one left out.
 */
import type { UnjudgedPart } from '../../../src/core/conversation.js';
import type { JsonObject } from '../../../src/core/json.js';

export interface Exchange {
  readonly name: string;
  readonly request: JsonObject;
  /** One JSON object, or the events of the stream. */
  readonly reply: JsonObject | readonly JsonObject[];
  readonly segments: readonly string[];
  readonly texts: Readonly<Record<string, string>>;
  readonly unjudged?: readonly UnjudgedPart[];
  readonly unjudgedReply?: readonly UnjudgedPart['kind'][];
}

/** As servers write a stream: with the event's name, and without `[DONE]`. */
export function asSse(events: readonly JsonObject[]): string {
  return events.map((event) => `event: ${event.type as string}\ndata: ${JSON.stringify(event)}\n\n`).join('');
}

/** Numbers events as a server does. */
export function numbered(...events: readonly (JsonObject | readonly JsonObject[])[]): JsonObject[] {
  return events.flat().map((event, index) => ({ ...event, sequence_number: index }));
}

export const response = (more: JsonObject = {}): JsonObject => ({
  id: 'resp_abc123',
  object: 'response',
  created_at: 1_741_290_958,
  status: 'in_progress',
  error: null,
  incomplete_details: null,
  instructions: null,
  max_output_tokens: null,
  model: 'llama-3.1-8b',
  output: [],
  parallel_tool_calls: true,
  previous_response_id: null,
  reasoning: { effort: null, summary: null },
  store: false,
  temperature: 1,
  text: { format: { type: 'text' } },
  tool_choice: 'auto',
  tools: [],
  top_p: 1,
  truncation: 'disabled',
  usage: null,
  user: null,
  metadata: {},
  ...more,
});

export const usage: JsonObject = {
  input_tokens: 36,
  input_tokens_details: { cached_tokens: 0 },
  output_tokens: 87,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: 123,
};

export const completed = (output: JsonObject[], more: JsonObject = {}): JsonObject => ({
  type: 'response.completed',
  response: response({ status: 'completed', output, usage, ...more }),
});

export const begun = (more: JsonObject = {}): JsonObject[] => [
  { type: 'response.created', response: response(more) },
  { type: 'response.in_progress', response: response(more) },
];

export const outputText = (text: string, more: JsonObject = {}): JsonObject => ({
  type: 'output_text',
  text,
  annotations: [],
  ...more,
});

export const message = (id: string, ...parts: JsonObject[]): JsonObject => ({
  id,
  type: 'message',
  status: 'completed',
  role: 'assistant',
  content: parts,
});

export const functionCall = (id: string, name: string, args: string): JsonObject => ({
  id,
  type: 'function_call',
  status: 'completed',
  name,
  arguments: args,
  call_id: `call_${id}`,
});

/** All events of a message of one text part, in these pieces. */
export function messageEvents(index: number, id: string, pieces: readonly string[]): JsonObject[] {
  const text = pieces.join('');
  const at = { item_id: id, output_index: index, content_index: 0 };
  return [
    {
      type: 'response.output_item.added',
      output_index: index,
      item: { id, type: 'message', status: 'in_progress', role: 'assistant', content: [] },
    },
    { type: 'response.content_part.added', ...at, part: outputText('') },
    ...pieces.map((delta) => ({ type: 'response.output_text.delta', ...at, delta })),
    { type: 'response.output_text.done', ...at, text },
    { type: 'response.content_part.done', ...at, part: outputText(text) },
    { type: 'response.output_item.done', output_index: index, item: message(id, outputText(text)) },
  ];
}

/** All events of a function call, its arguments in these pieces. */
export function callEvents(index: number, id: string, name: string, pieces: readonly string[]): JsonObject[] {
  const whole = pieces.join('');
  const at = { item_id: id, output_index: index };
  return [
    {
      type: 'response.output_item.added',
      output_index: index,
      item: { ...functionCall(id, name, ''), status: 'in_progress' },
    },
    ...pieces.map((delta) => ({ type: 'response.function_call_arguments.delta', ...at, delta })),
    { type: 'response.function_call_arguments.done', ...at, name, arguments: whole },
    { type: 'response.output_item.done', output_index: index, item: functionCall(id, name, whole) },
  ];
}

export function reasoningItem(
  id: string,
  summary: readonly string[],
  content: readonly string[],
): JsonObject {
  return {
    id,
    type: 'reasoning',
    summary: summary.map((text) => ({ type: 'summary_text', text })),
    content: content.map((text) => ({ type: 'reasoning_text', text })),
  };
}

/** All events of a reasoning item with one summary and one text. */
export function reasoningEvents(
  index: number,
  id: string,
  summary: readonly string[],
  thoughts: readonly string[],
): JsonObject[] {
  const at = { item_id: id, output_index: index };
  const [short, long] = [summary.join(''), thoughts.join('')];
  return [
    {
      type: 'response.output_item.added',
      output_index: index,
      item: { id, type: 'reasoning', summary: [], content: [] },
    },
    {
      type: 'response.reasoning_summary_part.added',
      ...at,
      summary_index: 0,
      part: { type: 'summary_text', text: '' },
    },
    ...summary.map((delta) => ({
      type: 'response.reasoning_summary_text.delta',
      ...at,
      summary_index: 0,
      delta,
    })),
    { type: 'response.reasoning_summary_text.done', ...at, summary_index: 0, text: short },
    {
      type: 'response.reasoning_summary_part.done',
      ...at,
      summary_index: 0,
      part: { type: 'summary_text', text: short },
    },
    {
      type: 'response.content_part.added',
      ...at,
      content_index: 0,
      part: { type: 'reasoning_text', text: '' },
    },
    ...thoughts.map((delta) => ({ type: 'response.reasoning_text.delta', ...at, content_index: 0, delta })),
    { type: 'response.reasoning_text.done', ...at, content_index: 0, text: long },
    {
      type: 'response.content_part.done',
      ...at,
      content_index: 0,
      part: { type: 'reasoning_text', text: long },
    },
    {
      type: 'response.output_item.done',
      output_index: index,
      item: reasoningItem(id, [short], [long]),
    },
  ];
}

const WEATHER: JsonObject = {
  type: 'function',
  name: 'get_weather',
  description: 'The weather at a place, now.',
  strict: true,
  parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};
const WEATHER_SEGMENTS = ['get_weather', 'The weather at a place, now.', 'city', 'city'].map(
  (text) => `User/system tool_definition: ${text}`,
);

const PNG = 'iVBORw0KGgo'.repeat(40);

export const EXCHANGES: readonly Exchange[] = [
  {
    name: 'a text, whole',
    request: {
      model: 'llama-3.1-8b',
      instructions: 'Answer in one sentence.',
      input: 'Tell me a story of a unicorn.',
      max_output_tokens: 99,
      store: false,
      metadata: { trace: 'abc-1' },
      reasoning: { effort: 'low' },
      text: { format: { type: 'text' }, verbosity: 'low' },
      include: ['message.output_text.logprobs'],
    },
    reply: response({
      status: 'completed',
      completed_at: 1_741_290_959,
      output: [message('msg_1', outputText('In a quiet valley, a unicorn watched the moon.'))],
      usage,
      some_new_field: { x: 1 },
    }),
    segments: ['User/system text: Answer in one sentence.', 'User/user text: Tell me a story of a unicorn.'],
    texts: { '0/0/0/text': 'In a quiet valley, a unicorn watched the moon.' },
  },
  {
    name: 'messages and parts, a refusal and a citation',
    request: {
      model: 'llama-3.1-8b',
      input: [
        { role: 'developer', content: 'Be brief.' },
        {
          type: 'message',
          role: 'user',
          content: [
            { type: 'input_text', text: 'What is in the paper?' },
            { type: 'input_image', image_url: 'https://example.org/a.png?x=1', detail: 'auto' },
            { type: 'input_file', filename: 'a paper.pdf', file_data: 'data:application/pdf;base64,AAAA' },
          ],
        },
        { ...message('msg_0', outputText('Llamas.', { logprobs: [] })), phase: 'final_answer' },
        { role: 'assistant', content: [{ type: 'refusal', refusal: 'No more.' }] },
        { role: 'user', content: 'Why?' },
      ],
    },
    reply: response({
      status: 'completed',
      output: [
        message(
          'msg_1',
          outputText('See the paper.', {
            annotations: [
              {
                type: 'url_citation',
                start_index: 0,
                end_index: 3,
                url: 'https://example.org/p?q=llama',
                title: 'On llamas',
              },
              { type: 'file_citation', index: 3, file_id: 'file-1', filename: 'a paper.pdf' },
            ],
          }),
          { type: 'refusal', refusal: 'I will not say more.' },
        ),
      ],
    }),
    segments: [
      'User/developer text: Be brief.',
      'User/user text: What is in the paper?',
      'Agent/assistant text: Llamas.',
      'Agent/assistant refusal: No more.',
      'User/user text: Why?',
      'User/user other: a paper.pdf',
    ],
    texts: {
      '0/0/0/text': 'See the paper.',
      '0/0/1/refusal': 'I will not say more.',
      '0/item/0/content[0]/annotations[0]/url': 'https://example.org/p?q=llama',
      '0/item/0/content[0]/annotations[0]/title': 'On llamas',
      '0/item/0/content[0]/annotations[1]/filename': 'a paper.pdf',
    },
    unjudged: [
      { kind: 'image', path: 'input[1].content[1]' },
      { kind: 'file', path: 'input[1].content[2]' },
    ],
  },
  {
    name: 'calls of every kind and what they brought',
    request: {
      model: 'm',
      tools: [WEATHER],
      tool_choice: { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'function' }] },
      input: [
        { role: 'user', content: 'Go.' },
        { ...functionCall('fc_1', 'get_weather', '{"city":"Köln"}') },
        { type: 'function_call_output', call_id: 'call_1', output: '{"degrees":9}' },
        { type: 'custom_tool_call', call_id: 'c2', name: 'sql', input: 'SELECT 1' },
        {
          type: 'custom_tool_call_output',
          call_id: 'c2',
          output: [
            { type: 'input_text', text: 'one row' },
            { type: 'input_image', file_id: 'file-9' },
          ],
        },
        {
          id: 'rs_1',
          type: 'reasoning',
          summary: [{ type: 'summary_text', text: 'A sum.' }],
          content: [{ type: 'reasoning_text', text: 'A thought.' }],
          encrypted_content: 'gAAAAABm',
        },
        {
          type: 'web_search_call',
          id: 'ws_1',
          status: 'completed',
          action: { type: 'search', query: 'llamas' },
        },
        {
          type: 'file_search_call',
          id: 'fs_1',
          status: 'completed',
          queries: ['wool price'],
          results: [{ file_id: 'f', filename: 'b.txt', score: 0.5, text: 'Wool is dear.' }],
        },
        {
          type: 'code_interpreter_call',
          id: 'ci_1',
          container_id: 'cn',
          status: 'completed',
          code: 'print(1)',
          outputs: [
            { type: 'logs', logs: 'one line' },
            { type: 'image', url: 'https://example.org/plot.png' },
          ],
        },
        {
          type: 'mcp_call',
          id: 'mcp_1',
          server_label: 'docs',
          name: 'find',
          arguments: '{"q":"x y"}',
          output: 'Found it.',
          error: null,
        },
        {
          type: 'computer_call_output',
          call_id: 'c3',
          output: { type: 'computer_screenshot', file_id: 'f1' },
        },
        {
          type: 'local_shell_call',
          id: 'ls',
          call_id: 'c4',
          status: 'completed',
          action: { type: 'exec', command: ['ls', '-l'] },
        },
        { type: 'local_shell_call_output', id: 'c4', output: 'total 0' },
        { type: 'a_new_item', id: 'n1', poem: { lines: ['Roses are', 'red'] } },
      ],
    },
    reply: response({
      status: 'completed',
      output: [
        functionCall('fc_2', 'get_weather', '{"city":"Ulm"}'),
        { id: 'ct_1', type: 'custom_tool_call', call_id: 'c5', name: 'sql', input: 'SELECT 2' },
        {
          id: 'ig_1',
          type: 'image_generation_call',
          status: 'completed',
          result: PNG,
          revised_prompt: 'A red llama',
        },
        {
          id: 'ci_2',
          type: 'code_interpreter_call',
          container_id: 'cn',
          status: 'completed',
          code: 'print(2)',
          outputs: [{ type: 'logs', logs: 'two lines' }],
        },
        {
          id: 'mcp_2',
          type: 'mcp_call',
          server_label: 'docs',
          name: 'find',
          arguments: '{"q":"z"}',
          output: 'Nothing there.',
          error: null,
        },
        reasoningItem('rs_2', ['In short.'], ['At length.']),
        { id: 'n2', type: 'a_new_item', poem: ['Violets are'] },
      ],
      usage,
    }),
    segments: [
      ...WEATHER_SEGMENTS,
      'User/user text: Go.',
      'Agent/assistant tool_name: get_weather',
      'Agent/assistant tool_arguments: {"city":"Köln"}',
      'User/tool tool_result: {"degrees":9}',
      'Agent/assistant tool_name: sql',
      'Agent/assistant tool_arguments: SELECT 1',
      'User/tool tool_result: one row',
      'Agent/assistant reasoning: A sum.',
      'Agent/assistant reasoning: A thought.',
      'Agent/assistant tool_arguments: {"type":"search","query":"llamas"}',
      'User/tool tool_result: b.txt',
      'User/tool tool_result: Wool is dear.',
      'Agent/assistant tool_arguments: print(1)',
      'User/tool tool_result: one line',
      'Agent/assistant tool_name: find',
      'Agent/assistant tool_arguments: {"q":"x y"}',
      'User/tool tool_result: Found it.',
      'Agent/assistant tool_arguments: {"type":"exec","command":["ls","-l"]}',
      'User/tool tool_result: total 0',
    ],
    texts: {
      '0/tool/0/name': 'get_weather',
      '0/tool/0/arguments': '{"city":"Ulm"}',
      '0/tool/1/name': 'sql',
      '0/tool/1/input': 'SELECT 2',
      '0/item/2/revised_prompt': 'A red llama',
      '0/tool/3/code': 'print(2)',
      '0/item/3/outputs[0].type': 'logs',
      '0/item/3/outputs[0].logs': 'two lines',
      '0/tool/4/name': 'find',
      '0/tool/4/arguments': '{"q":"z"}',
      '0/item/4/output': 'Nothing there.',
      '0/5/summary/0': 'In short.',
      '0/5/0/reasoning': 'At length.',
      '0/item/6/poem[0]': 'Violets are',
    },
    unjudged: [
      { kind: 'image', path: 'input[4].output[1]' },
      { kind: 'tokens', path: 'input[5].encrypted_content' },
      { kind: 'image', path: 'input[8].outputs[1]' },
      { kind: 'image', path: 'input[10].output' },
    ],
    unjudgedReply: ['image'],
  },
  {
    name: 'a text, streamed, beyond one plane of Unicode',
    request: { model: 'llama-3.1-8b', input: 'Hi', stream: true, instructions: 'Be kind to all.' },
    reply: numbered(
      begun({ instructions: 'Be kind to all.' }),
      messageEvents(0, 'msg_1', ['He', 'llo 🦙', ' – 漢字', ', é!']),
      completed([message('msg_1', outputText('Hello 🦙 – 漢字, é!'))], { instructions: 'Be kind to all.' }),
    ),
    segments: ['User/system text: Be kind to all.', 'User/user text: Hi'],
    texts: { '0/0/0/text': 'Hello 🦙 – 漢字, é!' },
  },
  {
    name: 'reasoning, a text and two calls, streamed',
    request: { model: 'm', input: 'Plan a day.', stream: true, tools: [WEATHER] },
    reply: numbered(
      begun({ tools: [WEATHER] }),
      reasoningEvents(0, 'rs_1', ['Need ', 'weather.'], ['First the ', 'weather.']),
      messageEvents(1, 'msg_1', ['Let me ', 'look.']),
      callEvents(2, 'fc_1', 'get_weather', ['{"city":', '"Köln"}']),
      callEvents(3, 'fc_2', 'get_weather', ['{"city":"', 'Bonn', '"}']),
      completed(
        [
          reasoningItem('rs_1', ['Need weather.'], ['First the weather.']),
          message('msg_1', outputText('Let me look.')),
          functionCall('fc_1', 'get_weather', '{"city":"Köln"}'),
          functionCall('fc_2', 'get_weather', '{"city":"Bonn"}'),
        ],
        { tools: [WEATHER] },
      ),
    ),
    segments: [...WEATHER_SEGMENTS, 'User/user text: Plan a day.'],
    texts: {
      '0/0/summary/0': 'Need weather.',
      '0/0/0/reasoning': 'First the weather.',
      '0/1/0/text': 'Let me look.',
      '0/tool/2/name': 'get_weather',
      '0/tool/2/arguments': '{"city":"Köln"}',
      '0/tool/3/name': 'get_weather',
      '0/tool/3/arguments': '{"city":"Bonn"}',
    },
  },
  {
    name: 'log probabilities and citations, streamed',
    request: { model: 'm', input: 'Hi', stream: true, top_logprobs: 1 },
    reply: numbered(
      begun(),
      {
        type: 'response.output_text.delta',
        item_id: 'msg_1',
        output_index: 0,
        content_index: 0,
        delta: 'Yes',
        obfuscation: 'kJ3x',
        logprobs: [{ token: 'Yes', logprob: -0.1, top_logprobs: [{ token: 'No', logprob: -3 }] }],
      },
      {
        type: 'response.output_text.annotation.added',
        item_id: 'msg_1',
        output_index: 0,
        content_index: 0,
        annotation_index: 0,
        annotation: { type: 'url_citation', url: 'https://example.org', title: 'A title' },
      },
      {
        type: 'response.output_text.done',
        item_id: 'msg_1',
        output_index: 0,
        content_index: 0,
        text: 'Yes',
        logprobs: [{ token: 'Yes', logprob: -0.1, top_logprobs: [] }],
      },
      completed([
        message(
          'msg_1',
          outputText('Yes', {
            annotations: [{ type: 'url_citation', url: 'https://example.org', title: 'A title' }],
            logprobs: [{ token: 'Yes', logprob: -0.1, bytes: [89, 101, 115], top_logprobs: [] }],
          }),
        ),
      ]),
    ),
    segments: ['User/user text: Hi'],
    texts: {
      '0/0/0/text': 'Yes',
      '0/item/0/content[0]/annotations[0]/url': 'https://example.org',
      '0/item/0/content[0]/annotations[0]/title': 'A title',
    },
  },
  {
    name: 'tools that the server runs, streamed',
    request: { model: 'm', input: 'Hi', stream: true, tools: [{ type: 'code_interpreter' }] },
    reply: numbered(
      begun(),
      {
        type: 'response.output_item.added',
        output_index: 0,
        item: { id: 'ci', type: 'code_interpreter_call', status: 'in_progress', code: '', outputs: null },
      },
      { type: 'response.code_interpreter_call.in_progress', output_index: 0, item_id: 'ci' },
      { type: 'response.code_interpreter_call_code.delta', output_index: 0, item_id: 'ci', delta: 'print' },
      { type: 'response.code_interpreter_call_code.delta', output_index: 0, item_id: 'ci', delta: '(1)' },
      { type: 'response.code_interpreter_call_code.done', output_index: 0, item_id: 'ci', code: 'print(1)' },
      {
        type: 'response.output_item.added',
        output_index: 1,
        item: { id: 'mcp', type: 'mcp_call', server_label: 'd', name: 'find', arguments: '' },
      },
      { type: 'response.mcp_call_arguments.delta', output_index: 1, item_id: 'mcp', delta: '{"a":' },
      { type: 'response.mcp_call_arguments.delta', output_index: 1, item_id: 'mcp', delta: '1}' },
      { type: 'response.mcp_call_arguments.done', output_index: 1, item_id: 'mcp', arguments: '{"a":1}' },
      {
        type: 'response.output_item.added',
        output_index: 2,
        item: { id: 'ct', type: 'custom_tool_call', call_id: 'c', name: 'sql', input: '' },
      },
      { type: 'response.custom_tool_call_input.delta', output_index: 2, item_id: 'ct', delta: 'SELECT' },
      { type: 'response.custom_tool_call_input.delta', output_index: 2, item_id: 'ct', delta: ' 1' },
      { type: 'response.custom_tool_call_input.done', output_index: 2, item_id: 'ct', input: 'SELECT 1' },
      {
        type: 'response.image_generation_call.partial_image',
        output_index: 3,
        item_id: 'ig',
        partial_image_index: 0,
        partial_image_b64: PNG,
      },
      { type: 'response.audio.delta', delta: 'UklGRg==' },
      { type: 'response.audio.transcript.delta', delta: 'Spoken ' },
      { type: 'response.audio.transcript.delta', delta: 'words.' },
      { type: 'response.a_new_thing.delta', delta: 'New ' },
      { type: 'response.a_new_thing.delta', delta: 'words.' },
      { type: 'response.a_new_thing.done', text: 'New words.' },
      completed([]),
    ),
    segments: ['User/system tool_definition: code_interpreter', 'User/user text: Hi'],
    texts: {
      '0/tool/0/code': 'print(1)',
      '0/tool/1/name': 'find',
      '0/tool/1/arguments': '{"a":1}',
      '0/tool/2/name': 'sql',
      '0/tool/2/input': 'SELECT 1',
      '0/audio/transcript': 'Spoken words.',
      '0/event/response.a_new_thing.delta/delta': 'New words.',
      '0/event/response.a_new_thing.done/text': 'New words.',
    },
    unjudgedReply: ['image', 'audio'],
  },
  {
    name: 'llama.cpp, which numbers nothing',
    request: { model: 'm', input: 'Hi', stream: true },
    reply: [
      { type: 'response.created', response: { id: 'resp_1', object: 'response', status: 'in_progress' } },
      {
        type: 'response.output_item.added',
        item: {
          id: 'rs_1',
          type: 'reasoning',
          summary: [],
          content: [],
          encrypted_content: '',
          status: 'in_progress',
        },
      },
      { type: 'response.reasoning_text.delta', item_id: 'rs_1', delta: 'Hm, ' },
      { type: 'response.reasoning_text.delta', item_id: 'rs_1', delta: 'well.' },
      {
        type: 'response.output_item.added',
        item: { id: 'msg_1', type: 'message', status: 'in_progress', role: 'assistant', content: [] },
      },
      { type: 'response.content_part.added', item_id: 'msg_1', part: { type: 'output_text', text: '' } },
      { type: 'response.output_text.delta', item_id: 'msg_1', delta: 'Good ' },
      { type: 'response.output_text.delta', item_id: 'msg_1', delta: 'day.' },
      {
        type: 'response.output_item.done',
        item: reasoningItem('rs_1', [], ['Hm, well.']),
      },
      { type: 'response.output_text.done', item_id: 'msg_1', text: 'Good day.' },
      { type: 'response.output_item.done', item: message('msg_1', outputText('Good day.')) },
      {
        type: 'response.completed',
        response: {
          id: 'resp_1',
          object: 'response',
          model: 'm',
          status: 'completed',
          output: [reasoningItem('rs_1', [], ['Hm, well.']), message('msg_1', outputText('Good day.'))],
        },
      },
    ],
    segments: ['User/user text: Hi'],
    texts: { '0/0/0/reasoning': 'Hm, well.', '0/1/0/text': 'Good day.' },
  },
];
