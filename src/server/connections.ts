/** Lets a closing server end each connection as soon as nothing runs on it any more. */
import type { Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export interface Connections {
  /**
   * Ends connections on which no request runs, now and whenever the last one on another is answered.
   * Node's own `closeIdleConnections` looks once, and passes by those that have not sent a request yet.
   */
  drain(): void;
}

export function trackConnections(server: Server): Connections {
  /** Requests running on each connection. */
  const running = new Map<Socket, number>();
  let draining = false;

  const endIfIdle = (socket: Socket): void => {
    if (draining && running.get(socket) === 0) socket.destroySoon();
  };
  server.on('connection', (socket: Socket) => {
    running.set(socket, 0);
    socket.once('close', () => running.delete(socket));
  });
  server.on('request', ({ socket }, response: ServerResponse) => {
    const add = (change: 1 | -1): void => {
      const count = running.get(socket);
      if (count !== undefined) running.set(socket, count + change);
    };
    add(1);
    response.once('close', () => {
      add(-1);
      endIfIdle(socket);
    });
  });
  return {
    drain() {
      draining = true;
      for (const socket of running.keys()) endIfIdle(socket);
    },
  };
}
