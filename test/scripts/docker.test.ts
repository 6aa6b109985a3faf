/** What of the Docker files can be checked without Docker. docs/docker.md says what else was tried. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config/load-config.js';
import { packageRoot } from '../../src/runtime/entry.js';

const read = (path: string) => readFileSync(join(packageRoot(), path), 'utf8');

/** The instructions, continued lines joined, comments left out: `['COPY', 'src ./src']`. */
const instructions = read('Dockerfile')
  .replaceAll(/^\s*#.*\n/gm, '')
  .replaceAll(/\\\n\s*/g, '')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => /^(\w+) (.*)$/.exec(line.trim())?.slice(1) as [string, string]);
const all = (name: string) => instructions.filter(([word]) => word === name).map(([, rest]) => rest);

describe('Dockerfile', () => {
  it('copies only what exists and what .dockerignore lets in', () => {
    const sources = all('COPY')
      .filter((rest) => !rest.startsWith('--from='))
      .flatMap((rest) => rest.split(' ').slice(0, -1));
    expect(sources.length).toBeGreaterThan(8);
    const ignore = read('.dockerignore').split('\n');
    expect(ignore).toContain('*');
    for (const source of sources) {
      expect(existsSync(join(packageRoot(), source)), source).toBe(true);
      expect(ignore).toContain(`!${source}`);
    }
  });

  it('ends as a user who is not root, with the guard as its command', () => {
    expect(all('USER').at(-1)).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    const entry = JSON.parse(all('ENTRYPOINT').join('')) as string[];
    expect(entry.at(-1)).toBe('/app/dist/cli/main.js');
    expect(JSON.parse(all('CMD').join(''))).toEqual(['serve']);
  });

  it('asks /healthz, and is healthy only when that says so', async () => {
    const health = all('HEALTHCHECK')
      .join('')
      .replace(/^.*?CMD /, '');
    const [, ...args] = JSON.parse(health) as string[];
    const server = createServer((request, response) => {
      response.statusCode = request.url === '/healthz' ? status : 404;
      response.end();
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const port = String((server.address() as AddressInfo).port);
    const check = async () => {
      const child = spawn(process.execPath, args, { env: { ...process.env, PORTCULLIS_PORT: port } });
      return ((await once(child, 'close')) as [number])[0];
    };
    let status = 200;
    expect(await check()).toBe(0);
    status = 503;
    expect(await check()).toBe(1);
    server.close();
    server.closeAllConnections();
    expect(await check()).toBe(1);
  });

  it('sets variables that the configuration knows', () => {
    const pairs = [
      ...all('ENV')
        .join(' ')
        .matchAll(/(PORTCULLIS_\w+)=(\S+)/g),
    ];
    const env = Object.fromEntries(pairs.map((pair): [string, string] => [pair[1] ?? '', pair[2] ?? '']));
    const config = loadConfig({ env, cwd: packageRoot() });
    expect(config.server).toMatchObject({ host: '0.0.0.0', port: Number(all('EXPOSE')[0]) });
  });
});

interface Service {
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly networks: readonly string[];
}

describe('compose.yaml', () => {
  const { services } = parse(read('compose.yaml')) as {
    services: { ollama: Service; portcullis: Service; 'open-webui': Service };
  };

  it('leaves no way to the model past the guard', () => {
    const { ollama, portcullis, 'open-webui': webui } = services;
    expect(ollama.ports).toBeUndefined();
    expect(ollama.networks.filter((network) => webui.networks.includes(network))).toEqual([]);
    expect(portcullis.networks).toEqual(expect.arrayContaining([...ollama.networks, ...webui.networks]));
    expect(webui.environment).toMatchObject({
      OLLAMA_BASE_URL: 'http://portcullis:8787',
      ENABLE_OPENAI_API: 'false',
    });
  });

  it('publishes ports on this machine only', () => {
    const ports = Object.values(services).flatMap((service: Service) => service.ports ?? []);
    expect(ports).toHaveLength(2);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  it('gives the guard a configuration that it takes', () => {
    const env = services.portcullis.environment ?? {};
    const config = loadConfig({ env, cwd: packageRoot() });
    expect(config.upstream.url).toBe('http://ollama:11434');
    expect(config.upstream.allow).toEqual([{ method: 'GET', path: '/api/ps' }]);
  });
});
