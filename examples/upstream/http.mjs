/** The few HTTP chores that both example upstreams share. */

/** The whole request body as text. Rejects when the client goes away first or sends more than 64 MiB. */
export async function readBody(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > 64 * 1024 * 1024) throw new Error('the body is larger than 64 MiB');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

export function sendJson(response, status, body, headers = {}) {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    ...headers,
  });
  response.end(text);
}

/** An AbortSignal that fires when the client closes the connection before the response ended. */
export function clientGone(response) {
  const controller = new AbortController();
  response.on('close', () => {
    if (!response.writableFinished) controller.abort(new Error('the client went away'));
  });
  return controller.signal;
}

/** Writes and waits for the socket's buffer when it is full; gives up when the client goes away. */
export async function write(response, bytes, signal) {
  signal.throwIfAborted();
  if (response.write(bytes)) return;
  await new Promise((resolve, reject) => {
    const done = () => {
      response.off('drain', done);
      signal.removeEventListener('abort', stop);
      resolve();
    };
    const stop = () => {
      response.off('drain', done);
      reject(signal.reason);
    };
    response.once('drain', done);
    signal.addEventListener('abort', stop, { once: true });
  });
}

/**
 * Listens on 127.0.0.1 and answers with the base URL. Rejects when the port is taken.
 * @param port 0 takes any free port
 */
export function listen(server, port, host = '127.0.0.1') {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve(`http://${host}:${server.address().port}`);
    });
  });
}
