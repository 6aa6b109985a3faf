/** The endpoints this version understands, as metrics and logs name them. Everything else is refused. */
export const CHAT_ROUTES = [
  '/v1/chat/completions',
  '/api/chat',
  '/api/generate',
  '/v1/messages',
  '/v1/messages/count_tokens',
] as const;
export const LIST_ROUTES = ['/v1/models', '/api/tags', '/api/version'] as const;
export const GUARD_ROUTES = ['/v1/moderations', '/guard/classify', '/guard/scan'] as const;

/** Label values of `portcullis_requests_total{route}`; `middleware` is the Express middleware. */
export const ROUTE_LABELS: readonly string[] = [
  ...CHAT_ROUTES,
  ...LIST_ROUTES,
  ...GUARD_ROUTES,
  'middleware',
  'allowed',
];
