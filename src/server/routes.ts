/** The endpoints that only llama.cpp's server has. */
export const LLAMA_ROUTES = [
  '/completion',
  '/completions',
  '/infill',
  '/embedding',
  '/embeddings',
  '/tokenize',
  '/detokenize',
  '/apply-template',
] as const;
/** The endpoints this version understands, as metrics and logs name them. Everything else is refused. */
export const CHAT_ROUTES = [
  '/v1/chat/completions',
  '/v1/responses',
  '/api/chat',
  '/api/generate',
  '/v1/messages',
  '/v1/messages/count_tokens',
  '/v1/completions',
  '/v1/embeddings',
  '/api/embed',
  '/api/embeddings',
  ...LLAMA_ROUTES,
] as const;
export const LIST_ROUTES = ['/v1/models', '/api/tags', '/api/version'] as const;
/** Ollama's details of one model, by POST. */
export const DETAILS_ROUTE = '/api/show';
export const GUARD_ROUTES = ['/v1/moderations', '/guard/classify', '/guard/scan'] as const;

/** Label values of `portcullis_requests_total{route}`; `middleware` is the Express middleware. */
export const ROUTE_LABELS: readonly string[] = [
  ...CHAT_ROUTES,
  ...LIST_ROUTES,
  DETAILS_ROUTE,
  ...GUARD_ROUTES,
  'middleware',
  'allowed',
];
