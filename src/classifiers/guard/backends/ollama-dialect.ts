/** Ollama's own chat endpoint. */
import { isJsonObject } from '../../../core/json.js';
import { readCount, readTokens, type ChatQuestion, type Dialect } from './dialect.js';

/** How long Ollama keeps the model in memory after a check; its own default of 5 minutes reloads it too often. */
const KEEP_ALIVE = '30m';

const common = ({ model, contextTokens }: Pick<ChatQuestion, 'model' | 'contextTokens'>) => ({
  model,
  stream: false,
  keep_alive: KEEP_ALIVE,
  // Without these Ollama cuts a long conversation silently, the guard's policy first.
  truncate: false,
  shift: false,
  options: { temperature: 0, num_ctx: contextTokens },
});

export const ollamaDialect: Dialect = {
  chatPath: '/api/chat',
  listPath: '/api/tags',
  basePath: (url) => url.pathname.replace(/\/+$/, '').replace(/\/api$/, ''),

  chatBody({ messages, answerTokens, topLogprobs, ...rest }) {
    const body = common(rest);
    return {
      ...body,
      messages: messages.map(({ role, content }) => ({ role, content })),
      options: { ...body.options, num_predict: answerTokens },
      ...(topLogprobs > 0 ? { logprobs: true, top_logprobs: topLogprobs } : {}),
    };
  },

  /** A chat without messages only loads the model. */
  loadBody: (question) => ({ ...common(question), messages: [] }),

  readChat({ message, done, logprobs, prompt_eval_count: promptTokens }) {
    if (done !== true || !isJsonObject(message) || typeof message.content !== 'string') return undefined;
    return {
      text: message.content,
      tokens: readTokens(logprobs),
      promptTokens: readCount(promptTokens),
      cachedTokens: 0,
    };
  },

  readModels({ models }) {
    if (!Array.isArray(models)) return undefined;
    return models.flatMap((entry) => {
      const name = isJsonObject(entry) ? (entry.model ?? entry.name) : undefined;
      return typeof name === 'string' ? [name] : [];
    });
  },

  sameModel(listed, wanted) {
    const full = (name: string): string => (/:[^/]*$/.test(name) ? name : `${name}:latest`).toLowerCase();
    return full(listed) === full(wanted);
  },

  adviceForMissing: (model) =>
    `Fetch it there with "ollama pull ${model}", or write another after the # of guard.spec.`,
};
