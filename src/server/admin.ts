/** What the operator looks at: health, readiness, metrics, the dashboard. */
import type { Express } from 'express';
import { createDashboardFiles, DASHBOARD_HEADERS, type DashboardSummary } from '../dashboard/index.js';
import type { Portcullis } from './compose.js';

export function registerAdmin(app: Express, portcullis: Portcullis): void {
  const { metrics, readiness } = portcullis;

  // Clients of Ollama look here whether a server is up.
  app.get('/', (_request, response) => {
    response.type('text/plain').send('Portcullis is running. See /dashboard, /readyz, /metrics.\n');
  });
  app.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });
  app.get('/readyz', (_request, response) => {
    const { ready, message } = readiness;
    if (!ready) response.setHeader('retry-after', '5');
    response.status(ready ? 200 : 503).json({ status: ready ? 'ready' : 'not_ready', message });
  });
  app.get('/metrics', async (_request, response) => {
    response.setHeader('content-type', metrics.contentType);
    response.send(await metrics.text());
  });

  app.use('/dashboard', (_request, response, next) => {
    response.set(DASHBOARD_HEADERS);
    next();
  });
  for (const { path, contentType, body, etag } of createDashboardFiles()) {
    app.get(path, (request, response) => {
      response.setHeader('etag', etag);
      response.setHeader('cache-control', 'no-cache');
      if (request.headers['if-none-match'] === etag) {
        response.status(304).end();
        return;
      }
      response.setHeader('content-type', contentType);
      response.send(body);
    });
  }
  app.get('/dashboard/api/summary', async (_request, response) => {
    response.setHeader('cache-control', 'no-store');
    response.json(await summarize(portcullis));
  });
}

async function summarize(portcullis: Portcullis): Promise<DashboardSummary> {
  const { policy, readiness, judge, config, taxonomies } = portcullis;
  const { id, categories } = taxonomies.get(policy.taxonomy);
  return {
    startedAt: portcullis.startedAt.toISOString(),
    policy: { id: policy.id, mode: policy.mode, description: policy.description, hash: policy.hash },
    guard: { spec: config.guard.spec, judge: judge.id, ready: readiness.ready, message: readiness.message },
    counts: await portcullis.metrics.snapshot(),
    recent: portcullis.recent.list(),
    taxonomy: { id, categories: categories.map((category) => ({ id: category.id, name: category.name })) },
  };
}
