/**
 * The endpoints on which something is judged, as a policy may name them. `middleware` is the Express
 * middleware, `library` is `guard.assess()` of an application. A name that is not here is a mistake in
 * the policy, and a silent one if it were let pass: the operator would believe the route guarded.
 */
export const JUDGED_ROUTES = [
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
  '/completion',
  '/completions',
  '/infill',
  '/embedding',
  '/embeddings',
  '/tokenize',
  '/detokenize',
  '/apply-template',
  '/v1/moderations',
  '/guard/classify',
  'middleware',
  'library',
] as const;
