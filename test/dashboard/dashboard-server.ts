/** The page on a real loopback server, with counts made by the real listeners and a guard that says what it is told. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';
import type { JsonObject } from '../../src/core/json.js';
import type { GuardEvent } from '../../src/core/events.js';
import { createDashboardFiles, DASHBOARD_HEADERS, type DashboardSummary } from '../../src/dashboard/index.js';
import { createMetrics, createRecent } from '../../src/telemetry/index.js';

interface Answer {
  readonly status: number;
  readonly body: JsonObject | string;
}

export interface DashboardServer {
  readonly origin: string;
  send(...events: readonly GuardEvent[]): void;
  /** Overrides parts of the summary from the next poll on. */
  change(parts: Partial<DashboardSummary>): void;
  /** What the guard's endpoints answer from now on. */
  answer(path: '/guard/classify' | '/guard/scan' | '/dashboard/api/summary', answer: Answer): void;
  /** Bodies that were posted, in order. */
  readonly posted: { path: string; body: unknown }[];
  close(): Promise<void>;
}

export async function startDashboardServer(): Promise<DashboardServer> {
  const metrics = createMetrics({
    routes: ['/v1/chat/completions', '/api/chat'],
    judges: ['embedded'],
    processMetrics: false,
  });
  const recent = createRecent();
  const posted: DashboardServer['posted'] = [];
  const answers = new Map<string, Answer>();
  let changed: Partial<DashboardSummary> = {};

  const app = express();
  app.use('/dashboard', (_request, response, next) => {
    response.set(DASHBOARD_HEADERS);
    next();
  });
  for (const { path, contentType, body, etag } of createDashboardFiles()) {
    app.get(path, (_request, response) => {
      response.set({ 'content-type': contentType, etag }).send(body);
    });
  }
  app.get('/dashboard/api/summary', async (_request, response) => {
    const canned = answers.get('/dashboard/api/summary');
    if (canned !== undefined) {
      response.status(canned.status).send(canned.body);
      return;
    }
    const summary: DashboardSummary = {
      startedAt: '2026-01-02T03:04:05.000Z',
      policy: { id: 'default@1', mode: 'enforce', description: 'Blocks what it finds.', hash: 'abc' },
      guard: { spec: 'embedded', judge: 'embedded', ready: true, message: '' },
      counts: await metrics.snapshot(),
      recent: recent.list(),
      taxonomy: {
        id: 'mlcommons-v0.5',
        categories: [
          { id: 'S1', name: 'Violent crimes' },
          { id: 'S2', name: 'Non-violent crimes' },
          { id: 'S6', name: 'Specialized advice' },
        ],
      },
      ...changed,
    };
    response.json(summary);
  });
  app.post(['/guard/classify', '/guard/scan'], express.json(), (request, response) => {
    posted.push({ path: request.path, body: request.body as unknown });
    const { status, body } = answers.get(request.path) ?? { status: 500, body: {} };
    response.status(status).send(body);
  });

  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    send(...events) {
      for (const event of events) {
        metrics.sink(event);
        recent.sink(event);
      }
    },
    change(parts) {
      changed = { ...changed, ...parts };
    },
    answer: (path, answer) => void answers.set(path, answer),
    posted,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
