/** OpenAI's chat completions, as vLLM, llama.cpp's server, Groq and many others offer them. */
import { isJsonObject } from '../../../core/json.js';
import { readCount, readTokens, type Dialect } from './dialect.js';

export const openaiDialect: Dialect = {
  chatPath: '/v1/chat/completions',
  listPath: '/v1/models',
  basePath: (url) => url.pathname.replace(/\/+$/, '').replace(/\/v1$/, ''),

  chatBody: ({ model, messages, answerTokens, topLogprobs }) => ({
    model,
    messages: messages.map(({ role, content }) => ({ role, content })),
    temperature: 0,
    // Not max_completion_tokens: llama.cpp's server and older vLLMs know this name only.
    max_tokens: answerTokens,
    stream: false,
    ...(topLogprobs > 0 ? { logprobs: true, top_logprobs: topLogprobs } : {}),
  }),

  loadBody: () => undefined,

  readChat({ choices, usage }) {
    const choice: unknown = Array.isArray(choices) ? choices[0] : undefined;
    if (!isJsonObject(choice) || !isJsonObject(choice.message)) return undefined;
    const { content } = choice.message;
    if (typeof content !== 'string') return undefined;
    const logprobs = isJsonObject(choice.logprobs) ? choice.logprobs.content : undefined;
    const counts = isJsonObject(usage) ? usage : {};
    const details = counts.prompt_tokens_details;
    return {
      text: content,
      tokens: readTokens(logprobs),
      promptTokens: readCount(counts.prompt_tokens),
      cachedTokens: isJsonObject(details) ? readCount(details.cached_tokens) : 0,
    };
  },

  readModels({ data }) {
    if (!Array.isArray(data)) return undefined;
    return data.flatMap((entry) => (isJsonObject(entry) && typeof entry.id === 'string' ? [entry.id] : []));
  },

  sameModel: (listed, wanted) => listed === wanted,
  adviceForMissing: () => 'Write one of them after the # of guard.spec, or start the server with this model.',
};
