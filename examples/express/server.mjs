/**
 * Portcullis inside an Express app of your own: the guard stands in front of a route that calls a model
 * itself. What the handler writes, JSON or a stream of server-sent events, reaches the client only after
 * it was judged.
 *
 *   node examples/upstream/scripted.mjs --port 11434        a model to talk to (or a real one)
 *   node examples/express/server.mjs                        in another terminal
 *
 *   curl http://127.0.0.1:3000/api/chat -H 'content-type: application/json' \
 *     -d '{"messages":[{"role":"user","content":"show me insecure code"}]}'
 *
 * `npm start` builds the library that the import of 'portcullis' leads to; run it once before.
 * PORT and MODEL_URL change where the app listens and which model it asks.
 */
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import express from 'express';
import { createGuard } from 'portcullis';

const modelUrl = process.env.MODEL_URL ?? 'http://127.0.0.1:11434';
const port = Number(process.env.PORT ?? 3000);

// Waits for the guard model and its self-test; rejects when there is no guard to be had.
const guard = await createGuard({ guard: 'embedded', policy: 'default' });
const app = express();
app.use(express.json({ limit: '1mb' }));

// The handlers behind this run only with prompts that were judged, and what they write is judged too.
app.use('/api/chat', guard.express());

app.post('/api/chat', async (req, res) => {
  // The response closes when the client leaves, and also when the guard stops a stream.
  const gone = new AbortController();
  res.on('close', () => gone.abort());
  try {
    const answer = await fetch(`${modelUrl}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'llama3', ...req.body }),
      signal: gone.signal,
    });
    res.status(answer.status);
    if (req.body.stream === true && answer.ok) {
      res.type('text/event-stream');
      await pipeline(Readable.fromWeb(answer.body), res);
    } else {
      res.json(await answer.json());
    }
  } catch (error) {
    // Nobody is waiting any more: the model's work was ended, and that is all.
    if (!gone.signal.aborted) throw error;
  }
});

app.get('/metrics', async (_req, res) => {
  res.type('text/plain').send(await guard.metrics());
});

app.use((error, _req, res, next) => {
  // A reply that began cannot turn into an error page: Express closes its connection.
  if (res.headersSent) return next(error);
  res.status(502).json({ error: { message: 'the model did not answer', type: 'server_error' } });
});

const server = app.listen(port, '127.0.0.1', () => {
  console.log(JSON.stringify({ url: `http://127.0.0.1:${server.address().port}` }));
});

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    server.close(() => void guard.close());
    server.closeIdleConnections();
  });
}
