/**
 * Exchanges in the shapes that Anthropic documents for messages, and in those of the servers that speak it
 * too; texts are our own. `texts` are the reply's texts by id, all pieces joined.
 */
import type { UnjudgedPart } from '../../../src/core/conversation.js';
import type { JsonObject } from '../../../src/core/json.js';

export interface Exchange {
  readonly name: string;
  readonly request: JsonObject;
  /** One JSON object, or the whole stream as it came. */
  readonly reply: JsonObject | string;
  readonly segments: readonly string[];
  readonly texts: Readonly<Record<string, string>>;
  readonly unjudged?: readonly UnjudgedPart[];
  readonly unjudgedReply?: readonly UnjudgedPart[];
}

const user = (content: JsonObject[string]): JsonObject => ({ role: 'user', content });

/** Events named after their type, as all of these servers send them. */
export const sse = (...events: JsonObject[]): string =>
  events.map((event) => `event: ${event.type as string}\ndata: ${JSON.stringify(event)}\n\n`).join('');

export const messageStart = (more: JsonObject = {}): JsonObject => ({
  type: 'message_start',
  message: {
    id: 'msg_01',
    type: 'message',
    role: 'assistant',
    model: 'llama-3.1',
    content: [],
    stop_reason: null,
    stop_sequence: null,
    usage: { input_tokens: 12, output_tokens: 1, service_tier: 'standard' },
    ...more,
  },
});
export const blockStart = (index: number, block: JsonObject): JsonObject => ({
  type: 'content_block_start',
  index,
  content_block: block,
});
export const blockDelta = (index: number, delta: JsonObject): JsonObject => ({
  type: 'content_block_delta',
  index,
  delta,
});
export const textDelta = (index: number, text: string): JsonObject =>
  blockDelta(index, { type: 'text_delta', text });
export const blockStop = (index: number): JsonObject => ({ type: 'content_block_stop', index });
export const messageEnd = (reason: string): JsonObject[] => [
  {
    type: 'message_delta',
    delta: { stop_reason: reason, stop_sequence: null },
    usage: { output_tokens: 9 },
  },
  { type: 'message_stop' },
];

const SIGNATURE = 'EqQBCgIYAhIM1gbcDa9GJwZA2b3h'.repeat(20);

export const EXCHANGES: readonly Exchange[] = [
  {
    name: 'a whole reply, system text, stop sequences',
    request: {
      model: 'llama-3.1',
      max_tokens: 100,
      system: 'Be brief.',
      messages: [user('Hi.'), { role: 'assistant', content: 'Hello.' }, user('Who are you?')],
      stop_sequences: ['THE END'],
      metadata: { user_id: 'user-17' },
      service_tier: 'auto',
      temperature: 0.2,
    },
    reply: {
      id: 'msg_01',
      type: 'message',
      role: 'assistant',
      model: 'llama-3.1',
      content: [{ type: 'text', text: 'A model.' }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: 9, output_tokens: 3, cache_creation: { ephemeral_5m_input_tokens: 0 } },
    },
    segments: [
      'User/system text: Be brief.',
      'User/user text: Hi.',
      'Agent/assistant text: Hello.',
      'User/user text: Who are you?',
      'User/user other: THE END',
    ],
    texts: { '0/text/0': 'A model.' },
  },
  {
    name: 'a stream of one block, with a ping, after a prefilled answer',
    request: {
      model: 'llama-3.1',
      max_tokens: 100,
      stream: true,
      system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral', ttl: '1h' } }],
      messages: [user([{ type: 'text', text: 'Say hello.' }]), { role: 'assistant', content: 'Hel' }],
    },
    reply: sse(
      messageStart(),
      blockStart(0, { type: 'text', text: '' }),
      { type: 'ping' },
      textDelta(0, 'lo '),
      textDelta(0, 'there.'),
      blockStop(0),
      ...messageEnd('end_turn'),
    ),
    segments: ['User/system text: Be brief.', 'User/user text: Say hello.', 'Agent/assistant text: Hel'],
    texts: { '0/text/0': 'lo there.' },
  },
  {
    name: 'thinking and tool calls streamed, with a tool result going in',
    request: {
      model: 'llama-3.1',
      max_tokens: 2000,
      stream: true,
      thinking: { type: 'enabled', budget_tokens: 1024 },
      tool_choice: { type: 'auto', disable_parallel_tool_use: true },
      tools: [
        {
          name: 'get_weather',
          description: 'The weather in a city.',
          input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
          cache_control: { type: 'ephemeral' },
        },
      ],
      messages: [
        user('Weather in Rome?'),
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'I should look.', signature: SIGNATURE },
            { type: 'text', text: 'Let me see.' },
            { type: 'tool_use', id: 'toolu_01', name: 'get_weather', input: { city: 'Rome' } },
          ],
        },
        user([
          {
            type: 'tool_result',
            tool_use_id: 'toolu_01',
            content: [{ type: 'text', text: 'Sunny, 25 degrees.' }],
          },
        ]),
      ],
    },
    reply: sse(
      messageStart(),
      blockStart(0, { type: 'thinking', thinking: '', signature: '' }),
      blockDelta(0, { type: 'thinking_delta', thinking: 'And in ' }),
      blockDelta(0, { type: 'thinking_delta', thinking: 'Oslo?' }),
      blockDelta(0, { type: 'signature_delta', signature: SIGNATURE }),
      blockStop(0),
      blockStart(1, { type: 'text', text: 'One ' }),
      textDelta(1, 'moment.'),
      blockStop(1),
      blockStart(2, { type: 'tool_use', id: 'toolu_02', name: 'get_weather', input: {} }),
      blockDelta(2, { type: 'input_json_delta', partial_json: '' }),
      blockDelta(2, { type: 'input_json_delta', partial_json: '{"ci' }),
      blockDelta(2, { type: 'input_json_delta', partial_json: 'ty":"Oslo"}' }),
      blockStop(2),
      ...messageEnd('tool_use'),
    ),
    segments: [
      'User/system tool_definition: get_weather',
      'User/system tool_definition: The weather in a city.',
      'User/system tool_definition: city',
      'User/system tool_definition: city',
      'User/user text: Weather in Rome?',
      'Agent/assistant reasoning: I should look.',
      'Agent/assistant text: Let me see.',
      'Agent/assistant tool_name: get_weather',
      'Agent/assistant tool_arguments: {"city":"Rome"}',
      'User/tool tool_result: Sunny, 25 degrees.',
    ],
    texts: {
      '0/thinking/0': 'And in Oslo?',
      '0/text/1': 'One moment.',
      '0/tool/2/name': 'get_weather',
      '0/tool/2/arguments': '{"city":"Oslo"}',
    },
  },
  {
    name: 'a whole reply with thinking, a tool call and a quotation',
    request: {
      model: 'llama-3.1',
      max_tokens: 2000,
      messages: [
        user([
          {
            type: 'document',
            title: 'A letter',
            context: 'found in a drawer',
            source: { type: 'text', media_type: 'text/plain', data: 'Dear Ada, come soon.' },
            citations: { enabled: true },
          },
          {
            type: 'search_result',
            title: 'Trains',
            source: 'https://example.org/trains',
            content: [{ type: 'text', text: 'The last train leaves at nine.' }],
          },
          { type: 'text', text: 'What does the letter say?' },
        ]),
      ],
    },
    reply: {
      id: 'msg_01',
      type: 'message',
      role: 'assistant',
      model: 'llama-3.1',
      content: [
        { type: 'thinking', thinking: 'A short letter.', signature: SIGNATURE },
        {
          type: 'text',
          text: 'Come soon.',
          citations: [
            {
              type: 'char_location',
              cited_text: 'come soon',
              document_index: 0,
              document_title: 'A letter',
              start_char_index: 10,
              end_char_index: 19,
            },
          ],
        },
        { type: 'tool_use', id: 'toolu_01', name: 'book_train', input: { at: 'nine' } },
      ],
      stop_reason: 'tool_use',
      stop_sequence: null,
      usage: { input_tokens: 9, output_tokens: 3 },
    },
    segments: [
      'User/user tool_result: A letter',
      'User/user tool_result: found in a drawer',
      'User/user tool_result: Dear Ada, come soon.',
      'User/user tool_result: Trains',
      'User/user tool_result: https://example.org/trains',
      'User/user tool_result: The last train leaves at nine.',
      'User/user text: What does the letter say?',
    ],
    texts: {
      '0/thinking/0': 'A short letter.',
      '0/text/1': 'Come soon.',
      '0/tool/2/name': 'book_train',
      '0/tool/2/arguments': '{"at":"nine"}',
      '0/other/content[1].citations[0].cited_text': 'come soon',
      '0/other/content[1].citations[0].document_title': 'A letter',
    },
  },
  {
    name: "tools of the server's own, streamed, with quotations",
    request: {
      model: 'llama-3.1',
      max_tokens: 2000,
      stream: true,
      tools: [{ type: 'web_search_20250305', name: 'web_search', max_uses: 2 }],
      mcp_servers: [
        {
          type: 'url',
          name: 'library',
          url: 'https://library.example.org/mcp',
          authorization_token: 'secret-token-of-the-library',
        },
      ],
      messages: [user('Look for trains.')],
    },
    reply: sse(
      messageStart(),
      blockStart(0, { type: 'server_tool_use', id: 'srvtoolu_01', name: 'web_search', input: {} }),
      blockDelta(0, { type: 'input_json_delta', partial_json: '{"query":"trains"}' }),
      blockStop(0),
      blockStart(1, {
        type: 'web_search_tool_result',
        tool_use_id: 'srvtoolu_01',
        content: [
          {
            type: 'web_search_result',
            title: 'All trains',
            url: 'https://example.org/all',
            page_age: '3 days',
          },
        ],
      }),
      blockStop(1),
      blockStart(2, {
        type: 'mcp_tool_use',
        id: 'mcptoolu_01',
        name: 'lookup',
        server_name: 'library',
        input: { at: 'nine' },
      }),
      blockStop(2),
      blockStart(3, {
        type: 'mcp_tool_result',
        tool_use_id: 'mcptoolu_01',
        is_error: false,
        content: [{ type: 'text', text: 'No such book.' }],
      }),
      blockStop(3),
      blockStart(4, { type: 'text', text: '', citations: [] }),
      blockDelta(4, {
        type: 'citations_delta',
        citation: {
          type: 'web_search_result_location',
          cited_text: 'at nine',
          url: 'https://example.org/all',
          title: 'All trains',
        },
      }),
      textDelta(4, 'At nine.'),
      blockStop(4),
      ...messageEnd('end_turn'),
    ),
    segments: [
      'User/system tool_definition: web_search_20250305',
      'User/system tool_definition: web_search',
      'User/system tool_definition: max_uses',
      'User/user text: Look for trains.',
      'User/user other: library',
      'User/user other: https://library.example.org/mcp',
    ],
    texts: {
      '0/tool/0/name': 'web_search',
      '0/tool/0/arguments': '{"query":"trains"}',
      '0/other/content_block.content[0].title': 'All trains',
      '0/other/content_block.content[0].url': 'https://example.org/all',
      '0/other/content_block.content[0].page_age': '3 days',
      '0/tool/2/name': 'lookup',
      '0/tool/2/input': '{"at":"nine"}',
      '0/other/content_block.server_name': 'library',
      '0/other/content_block.content[0].text': 'No such book.',
      '0/other/delta.citation.cited_text': 'at nine',
      '0/other/delta.citation.url': 'https://example.org/all',
      '0/other/delta.citation.title': 'All trains',
      '0/text/4': 'At nine.',
    },
  },
  {
    name: 'vLLM: a first event without what has nothing to say yet',
    request: { model: '/models/Llama-3.1-8B', max_tokens: 10, stream: true, messages: [user('Hi')] },
    reply:
      sse(
        {
          type: 'message_start',
          message: {
            id: 'chatcmpl-1',
            content: [],
            model: '/models/Llama-3.1-8B',
            usage: { input_tokens: 2, output_tokens: 0 },
          },
        },
        blockStart(0, { type: 'text', text: '' }),
        textDelta(0, 'Hello.'),
        blockStop(0),
        {
          type: 'message_delta',
          delta: { stop_reason: 'end_turn' },
          usage: { input_tokens: 2, output_tokens: 2 },
        },
        { type: 'message_stop' },
      ) + 'data: [DONE]\n\n',
    segments: ['User/user text: Hi'],
    texts: { '0/text/0': 'Hello.' },
  },
  {
    name: 'fields and blocks that nobody knows',
    request: {
      model: 'm',
      max_tokens: 10,
      messages: [
        user([
          { type: 'hologram', caption: 'a merry one', layers: [{ type: 'layer', words: ['some', 'more'] }] },
          { type: 'text', text: 'Hi', mood: 'in a good mood' },
        ]),
      ],
      extra: { note: ['deep text here'], level: 3 },
    },
    reply: {
      type: 'message',
      role: 'assistant',
      content: [
        { type: 'hologram', caption: 'see below' },
        { type: 'text', text: 'Hi', remark: 'at the side' },
      ],
      stop_reason: 'end_turn',
      greeting: 'from the server',
    },
    segments: [
      'User/user tool_result: a merry one',
      'User/user tool_result: some',
      'User/user tool_result: more',
      'User/user text: Hi',
      'User/user text: in a good mood',
      'User/user other: deep text here',
    ],
    texts: {
      '0/text/1': 'Hi',
      '0/other/content[0].caption': 'see below',
      '0/other/content[1].remark': 'at the side',
      '0/other/greeting': 'from the server',
    },
  },
];

/** What no judge of text can read, in requests and replies. */
export const UNJUDGED_EXCHANGES: readonly Exchange[] = [
  {
    name: 'pictures, files and encrypted text',
    request: {
      model: 'm',
      max_tokens: 10,
      messages: [
        user([
          { type: 'text', text: 'Look.' },
          { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } },
          { type: 'image', source: { type: 'url', url: 'https://example.org/a.png' } },
          {
            type: 'document',
            title: 'A report',
            source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0x' },
          },
          { type: 'document', source: { type: 'file', file_id: 'file_01' } },
          {
            type: 'document',
            source: {
              type: 'content',
              content: [
                { type: 'text', text: 'Page one.' },
                { type: 'image', source: { type: 'file', file_id: 'file_02' } },
              ],
            },
          },
          { type: 'container_upload', file_id: 'file_03' },
        ]),
        {
          role: 'assistant',
          content: [
            { type: 'redacted_thinking', data: 'EmwKAhgBEgy3va3pzix' },
            { type: 'server_tool_use', id: 's1', name: 'web_search', input: { query: 'trains' } },
            {
              type: 'web_search_tool_result',
              tool_use_id: 's1',
              content: [
                {
                  type: 'web_search_result',
                  title: 'All trains',
                  url: 'https://x.org',
                  encrypted_content: 'EqgfCioIARgB',
                },
              ],
            },
          ],
        },
        user([
          {
            type: 'tool_result',
            tool_use_id: 't1',
            content: [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AAAA' } }],
          },
          {
            type: 'web_fetch_tool_result',
            tool_use_id: 't2',
            content: {
              type: 'web_fetch_result',
              url: 'https://x.org/a.pdf',
              content: {
                type: 'document',
                title: 'Fetched',
                source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0x' },
              },
            },
          },
        ]),
      ],
    },
    reply: {
      type: 'message',
      role: 'assistant',
      model: 'm',
      content: [
        { type: 'redacted_thinking', data: 'EmwKAhgBEgy3va3pzix' },
        {
          type: 'web_fetch_tool_result',
          tool_use_id: 's2',
          content: {
            type: 'web_fetch_result',
            url: 'https://x.org/a.pdf',
            content: {
              type: 'document',
              source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0x' },
            },
          },
        },
        { type: 'container_upload', file_id: 'file_04' },
        { type: 'text', text: 'Done.' },
      ],
      stop_reason: 'end_turn',
    },
    segments: [
      'User/user text: Look.',
      'User/user tool_result: A report',
      'User/user tool_result: Page one.',
      'Agent/assistant tool_name: web_search',
      'Agent/assistant tool_arguments: {"query":"trains"}',
      'Agent/assistant tool_result: All trains',
      'Agent/assistant tool_result: https://x.org',
      'User/user tool_result: https://x.org/a.pdf',
      'User/user tool_result: Fetched',
    ],
    texts: {
      '0/other/content[1].content.url': 'https://x.org/a.pdf',
      '0/text/3': 'Done.',
    },
    unjudged: [
      { kind: 'image', path: 'messages[0].content[1]' },
      { kind: 'image', path: 'messages[0].content[2]' },
      { kind: 'file', path: 'messages[0].content[3]' },
      { kind: 'file', path: 'messages[0].content[4]' },
      { kind: 'image', path: 'messages[0].content[5].source.content[1]' },
      { kind: 'file', path: 'messages[0].content[6]' },
      { kind: 'tokens', path: 'messages[1].content[0]' },
      { kind: 'tokens', path: 'messages[1].content[2].content[0].encrypted_content' },
      { kind: 'image', path: 'messages[2].content[0].content[0]' },
      { kind: 'file', path: 'messages[2].content[1].content.content' },
    ],
    unjudgedReply: [
      { kind: 'tokens', path: 'content[0]' },
      { kind: 'file', path: 'content[1].content.content' },
      { kind: 'file', path: 'content[2]' },
    ],
  },
];
