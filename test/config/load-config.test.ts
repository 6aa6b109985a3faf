import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { afterAll, describe, expect, test } from 'vitest';
import { GuardError } from '../../src/core/errors.js';
import { describeConfig, loadConfig } from '../../src/config/config.js';
import type { LoadOptions } from '../../src/config/config.js';
import { packageRoot } from '../../src/runtime/entry.js';

const folder = mkdtempSync(join(tmpdir(), 'config-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function write(content: string, name?: string): string {
  const path = join(folder, name ?? `config-${++files}.yaml`);
  writeFileSync(path, content);
  return path;
}

/** Loads with an empty environment and a working directory without a file, unless told otherwise. */
function load(options: LoadOptions = {}) {
  return loadConfig({ env: {}, cwd: folder, ...options });
}

function errorOf(options: LoadOptions): string {
  try {
    load(options);
  } catch (error) {
    expect(error).toBeInstanceOf(GuardError);
    expect((error as GuardError).code).toBe('config_invalid');
    return (error as GuardError).message;
  }
  throw new Error('was accepted');
}

describe('defaults', () => {
  test('listen on this machine only, in front of Ollama, with the embedded guard', () => {
    const config = load();
    expect(config).toMatchObject({
      server: { host: '127.0.0.1', port: 8787, bodyLimitBytes: 10 * 1024 * 1024 },
      upstream: { url: 'http://127.0.0.1:11434', headers: {}, allow: [] },
      guard: { spec: 'embedded', contextTokens: 4096, gpu: false, maxQueue: 1024 },
      policy: join(packageRoot(), 'policies', 'default.yaml'),
      log: { level: 'info', prompts: false },
      origin: { file: undefined },
    });
    expect(config.guard.threads).toBeGreaterThanOrEqual(1);
    expect(config.guard.threads).toBeLessThanOrEqual(8);
  });

  test('cannot be changed afterwards', () => {
    const config = load({ file: write('upstream: {allow: [GET /x], headers: {a: b}}') });
    const parts = [config, config.server, config.upstream, config.upstream.allow, config.upstream.allow[0]];
    for (const part of [...parts, config.upstream.headers, config.origin.settings])
      expect(Object.isFrozen(part)).toBe(true);
  });

  test('come from the process environment when none is handed over', () => {
    process.env.PORTCULLIS_PORT = '4321';
    try {
      expect(loadConfig({ cwd: folder }).server.port).toBe(4321);
    } finally {
      delete process.env.PORTCULLIS_PORT;
    }
  });
});

describe('order', () => {
  test('defaults < file < environment < flags', () => {
    const file = write('server: {port: 1001, host: ::1}\nguard: {max_queue: 3}\npolicy: strict');
    const env = { PORTCULLIS_PORT: '1002', PORTCULLIS_POLICY: 'monitor', PORTCULLIS_HOST: '' };
    expect(load({ file }).server).toMatchObject({ port: 1001, host: '::1' });
    expect(load({ file, env }).server).toMatchObject({ port: 1002, host: '::1' });
    const config = load({ file, env, flags: { port: '1003', policy: undefined } });
    expect(config.server.port).toBe(1003);
    expect(config.policy).toContain('monitor.yaml');
    expect(config.guard.maxQueue).toBe(3);
    expect(config.guard.contextTokens).toBe(4096);
  });

  test('every setting can be set by its variable, and config print names that variable', () => {
    const other: Record<string, [string, unknown]> = {
      'server.host': ['0.0.0.0', '0.0.0.0'],
      'upstream.url': ['https://x.test/', 'https://x.test'],
      'upstream.allow': ['GET /a, POST /b', ['GET /a', 'POST /b']],
      'guard.spec': ['ollama:http://x#m', 'ollama:http://x#m'],
      'guard.gpu': ['vulkan', 'vulkan'],
      'guard.state': ['off', 'off'],
      'guard.family': ['llama-guard-3', 'llama-guard-3'],
      'guard.categories': ['S1, S3', ['S1', 'S3']],
      'guard.taxonomy': ['mine.yaml', 'mine.yaml'],
      'guard.cascade': ['band.json', 'band.json'],
      'guard.hedge_percentile': ['0.5', 0.5],
      'models.folder': ['/models', '/models'],
      'models.hub': ['https://hub.test/', 'https://hub.test'],
      'models.token': ['secret', '<redacted>'],
      policy: ['strict', 'strict'],
      'log.level': ['debug', 'debug'],
    };
    const short: Record<string, string> = {
      'server.host': 'PORTCULLIS_HOST',
      'server.port': 'PORTCULLIS_PORT',
      'upstream.url': 'PORTCULLIS_UPSTREAM',
      'guard.spec': 'PORTCULLIS_GUARD',
      'models.hub': 'HF_ENDPOINT',
      'models.token': 'HF_TOKEN',
    };
    for (const { key, shown } of load().origin.settings) {
      if (key === 'upstream.headers' || key === 'guard.headers') continue;
      const variable = short[key] ?? 'PORTCULLIS_' + key.replaceAll('.', '_').toUpperCase();
      const [text, value] =
        other[key] ?? (typeof shown === 'number' ? [String(shown + 1), shown + 1] : [String(!shown), !shown]);
      const config = load({ env: { [variable]: text } });
      const origin = config.origin.settings.find((one) => one.key === key);
      expect(origin).toMatchObject({ shown: value, source: 'environment', detail: variable });
      expect(describeConfig(config)).toContain(`# environment ${variable} ·`);
    }
  });
});

describe('the model hub', () => {
  test.each([
    ['a variable', { env: { HF_TOKEN: `hf_secret${'x'.repeat(1024)}` } }],
    ['a variable with a space in it', { env: { HF_TOKEN: 'hf_secret hf_secret' } }],
    ['a file', { file: 'token: [hf_secret]' }],
    ['a file, as a number', { file: 'token: 1234567' }],
  ])('a token that cannot be used is not shown: %s', (_, { env, file }: { env?: object; file?: string }) => {
    const path = file === undefined ? undefined : write(`models:\n  ${file}`);
    const told = errorOf({ env: { ...env }, ...(path === undefined ? {} : { file: path }) });
    expect(told).toMatch(/token|HF_TOKEN/);
    expect(told).not.toMatch(/hf_secret|1234567/);
  });

  test('the line break at the end of a token that was read from a file is left out', () => {
    expect(load({ env: { HF_TOKEN: 'hf_secret\n' } }).models.token).toBe('hf_secret');
  });

  test('an address with a password is refused, and the password not shown', () => {
    const told = errorOf({ env: { HF_ENDPOINT: 'https://me:pass@mirror.test' } });
    expect(told).toMatch(/user name or password/);
    expect(told).not.toMatch(/pass@/);
  });
});

describe('the file', () => {
  test('is the one named by flag, else by variable, else portcullis.yaml in the working directory', () => {
    const a = write('server: {port: 1}');
    const b = write('server: {port: 2}');
    const env = { PORTCULLIS_CONFIG: b };
    expect(load({ env, flags: { config: a } }).server.port).toBe(1);
    expect(load({ env }).server.port).toBe(2);
    const home = join(folder, 'home');
    mkdirSync(home);
    expect(load({ cwd: home }).origin.file).toBeUndefined();
    const usual = write('server: {port: 3}', 'home/portcullis.yaml');
    expect(load({ cwd: home })).toMatchObject({ server: { port: 3 }, origin: { file: usual } });
    expect(load({ cwd: home, env: { PORTCULLIS_CONFIG: join('..', basename(b)) } }).server.port).toBe(2);
  });

  test('has to exist when it is named', () => {
    expect(errorOf({ flags: { config: 'none.yaml' } })).toContain(`${folder}/none.yaml does not exist`);
  });

  test('gives paths that start from its own folder; flags and variables from the working directory', () => {
    mkdirSync(join(folder, 'sub'));
    const file = write('policy: rules/mine.yaml\nguard: {spec: "gguf:models/g.gguf"}', 'sub/portcullis.yaml');
    expect(load({ file })).toMatchObject({
      policy: join(folder, 'sub/rules/mine.yaml'),
      guard: { spec: `gguf:${join(folder, 'sub/models/g.gguf')}` },
    });
    const flags = { policy: './mine.yaml', guard: 'gguf:g.gguf' };
    expect(load({ file, flags })).toMatchObject({
      policy: join(folder, 'mine.yaml'),
      guard: { spec: `gguf:${join(folder, 'g.gguf')}` },
    });
    expect(load({ flags: { policy: '/etc/p.yaml' } }).policy).toBe('/etc/p.yaml');
  });
});

test('every problem of file, environment and flags is told at once', () => {
  const file = write(
    [
      'server:',
      '  port: 99999',
      '  hosst: x',
      'upstream:',
      '  url: http://localhost:11434/v1',
      '  allow: [GET api/ps]',
      'guard:',
      'policy: strikt',
    ].join('\n'),
  );
  const env = {
    PORTCULLIS_PROT: '1',
    PORTCULLIS_GUARD: 'gguff:x',
    PORTCULLIS_LOG_LEVEL: 'wran',
    PORTCULLIS_CACHE_MAX_BYTES: 'many',
  };
  const lines = errorOf({ file, env, flags: { port: '80x', upstream: 'localhost:80' } }).split('\n');
  const expected = [
    'The configuration cannot be used:',
    `${file}:2:9: server.port: 99999 is not allowed here; allowed: a whole number from 0 to 65535`,
    `${file}:3:3: server.hosst: unknown key "hosst"; did you mean "host"?`,
    `${file}:5:8: upstream.url: the URL ends with /v1; leave that out`,
    `${file}:6:11: upstream.allow[0]: the path "api/ps" has to begin with /`,
    `${file}:7:1: guard: is empty`,
    `${file}:8:9: policy: there is no policy called "strikt"; did you mean "strict"?`,
    'PORTCULLIS_CACHE_MAX_BYTES: "many" is not allowed here; allowed: a whole number',
    'PORTCULLIS_GUARD: "gguff:x" is no guard; did you mean "gguf"?',
    'PORTCULLIS_LOG_LEVEL: "wran" is not allowed here; allowed: one of trace,',
    'PORTCULLIS_PROT: no such environment variable; did you mean "PORTCULLIS_PORT"?',
    '--port: "80x" is not allowed here',
    '--upstream: the URL has to begin with http:// or https://',
  ];
  expect(lines).toHaveLength(expected.length);
  for (const [index, part] of expected.entries()) expect(lines[index]).toContain(part);
});

describe('values', () => {
  test.each([
    ['http://x:1/', 'http://x:1'],
    ['https://x/base/', 'https://x/base'],
    ['http://[::1]:11434', 'http://[::1]:11434'],
  ])('the upstream %s', (given, url) => {
    expect(load({ flags: { upstream: given } }).upstream.url).toBe(url);
  });

  test.each([
    ['x', 'is not a URL'],
    ['ftp://x', 'has to begin with http:// or https://'],
    ['http://u:hunter2@x', 'send them with upstream.headers'],
    ['http://x/?a=1', 'may not have a ? or # part'],
    ['http://x/v1/', 'ends with /v1'],
  ])('not the upstream %s', (given, expected) => {
    const message = errorOf({ flags: { upstream: given } });
    expect(message).toContain(expected);
    expect(message).not.toContain('hunter2');
  });

  test.each(['embedded', 'hf:u/r/f.gguf', 'hf:u/r:Q4_K_M', 'openai:http://x/v1#m'])(
    'the guard %s',
    (spec) => {
      expect(load({ flags: { guard: spec } }).guard.spec).toBe(spec);
    },
  );

  test.each([
    ['model.gguf', 'did you mean "gguf:model.gguf"?'],
    ['gguf:', 'is no guard'],
    ['embeded', 'did you mean "embedded"?'],
    ['openia:http://u:hunter2@x#m', 'did you mean "openai"?'],
    ['', 'is no guard'],
  ])('not the guard %j', (spec, expected) => {
    const message = errorOf({ flags: { guard: spec } });
    expect(message).toContain(expected);
    expect(message).not.toContain('hunter2');
  });

  test('gpu is false or a backend; true leaves the choice to the backend', () => {
    const gpu = (value: string) => load({ file: write(`guard: {gpu: ${value}}`) }).guard.gpu;
    expect([gpu('false'), gpu('true'), gpu('cuda')]).toEqual([false, 'auto', 'cuda']);
    expect(load({ env: { PORTCULLIS_GUARD_GPU: '1' } }).guard.gpu).toBe('auto');
    expect(errorOf({ env: { PORTCULLIS_GUARD_GPU: 'cida' } })).toContain('did you mean "cuda"?');
  });
});

describe('the environment', () => {
  test('of a Kubernetes pod beside a service called portcullis does not disturb', () => {
    const env = {
      PORTCULLIS_SERVICE_HOST: '10.0.0.1',
      PORTCULLIS_SERVICE_PORT: '8787',
      PORTCULLIS_SERVICE_PORT_HTTP: '8787',
      PORTCULLIS_PORT: 'tcp://10.0.0.1:8787',
      PORTCULLIS_PORT_8787_TCP: 'tcp://10.0.0.1:8787',
      PORTCULLIS_PORT_8787_TCP_PROTO: 'tcp',
      PORTCULLIS_PORT_8787_TCP_PORT: '8787',
      PORTCULLIS_PORT_8787_TCP_ADDR: '10.0.0.1',
      PORTCULLIS_WEB_SERVICE_HOST: '10.0.0.2',
      PORTCULLIS_WEB_PORT: 'tcp://10.0.0.2:80',
    };
    expect(load({ env }).server.port).toBe(8787);
  });

  test('variables of other programs are left alone, empty ones count as not set', () => {
    expect(load({ env: { PORT: '1', HOST: 'x', PORTCULLIS_PORT: '' } }).server.port).toBe(8787);
  });

  test('a variable nobody knows is an error, whatever its name', () => {
    expect(errorOf({ env: { PORTCULLIS_ZZZZ: '1' } })).toContain(
      'PORTCULLIS_ZZZZ: no such environment variable',
    );
    expect(errorOf({ env: { PORTCULLIS_BODY_LIMIT: '1' } })).toContain(
      '"PORTCULLIS_SERVER_BODY_LIMIT_BYTES"',
    );
  });
});

describe('secrets', () => {
  const file = write(
    'upstream:\n  headers:\n    Authorization: "Bearer ${env:KEY}"\n    x-api-key: sk-plain-hunter2\n',
  );

  test('come from the environment, and header names are lower case', () => {
    expect(load({ file, env: { KEY: 's3cret' } }).upstream.headers).toEqual({
      authorization: 'Bearer s3cret',
      'x-api-key': 'sk-plain-hunter2',
    });
  });

  test('that are not set are an error with the place', () => {
    for (const env of [{}, { KEY: '' }])
      expect(errorOf({ file, env })).toContain(
        `${file}:3:20: upstream.headers.Authorization: the environment variable KEY is not set`,
      );
  });

  test('are not printed', () => {
    const printed = describeConfig(load({ file, env: { KEY: 's3cret' } }));
    expect(printed).toContain('Authorization: Bearer ${env:KEY}');
    expect(printed).toContain('x-api-key: <redacted>');
    expect(printed).not.toMatch(/s3cret|hunter2/);
    const guarded = load({ flags: { guard: 'openai:http://u:hunter2@x#m' } });
    expect(describeConfig(guarded)).toContain('openai:http://<redacted>@x#m');
  });

  test('are not printed, wherever they stand around a reference', () => {
    const secret = fc.stringMatching(/^[A-Za-z0-9]{12,20}$/).map((text) => `zq${text}`);
    const pieces = fc.array(fc.oneof(secret, fc.constantFrom('${env:KEY}', 'Bearer ', ' ', 'Basic ')), {
      minLength: 1,
      maxLength: 5,
    });
    fc.assert(
      fc.property(pieces, (parts) => {
        const path = write(stringify({ upstream: { headers: { a: parts.join('') } } }), 'secret.yaml');
        const printed = describeConfig(load({ file: path, env: { KEY: 'zqfromtheenvironment' } }));
        expect(printed).not.toContain('zq');
      }),
    );
  });

  test('do not stand in error messages', () => {
    for (const value of ['1234567890', '[hunter2, 1234567890]', '"hunter2 \\u2028 1234567890"', 'null']) {
      const message = errorOf({ file: write(`upstream: {headers: {x-api-key: ${value}}}`) });
      expect(message).toContain('upstream.headers.x-api-key: the value ');
      expect(message).not.toMatch(/hunter2|1234567890/);
    }
  });

  test.each([
    ['"a b": x', 'it is no name of an HTTP header'],
    ['Host: x', 'Portcullis sets this header itself'],
    ['Content-Length: "1"', 'Portcullis sets this header itself'],
    ['a: "x\\r\\nb: y"', 'a character that headers cannot carry'],
    ['a: "${env:A B}"', 'needs the name of an environment variable'],
  ])('the header %s is refused', (line, expected) => {
    expect(errorOf({ file: write(`upstream: {headers: {${line}}}`) })).toContain(expected);
  });
});

describe('config print', () => {
  test('says where each value comes from', () => {
    const file = write('server: {port: 1}\nupstream: {allow: [GET /a, GET /b]}');
    const config = load({ file, env: { PORTCULLIS_HOST: '::1' }, flags: { guard: 'hf:u/r:Q8_0' } });
    const printed = describeConfig(config);
    expect(printed).toContain(`# Configuration file: ${file}\n`);
    expect(printed).toMatch(/^ {2}port: 1 +# file · /m);
    expect(printed).toMatch(/^ {2}host: ::1 +# environment PORTCULLIS_HOST · /m);
    expect(printed).toMatch(/^ {2}spec: hf:u\/r:Q8_0 +# flag --guard · /m);
    expect(printed).toMatch(/^policy: default +# default · /m);
    expect(printed).toMatch(/^ {2}allow: +# file · .*\n {4}- GET \/a\n {4}- GET \/b\n/m);
  });

  test('prints a file that gives the same configuration again', () => {
    const text = fc.string({ minLength: 1 });
    const settings = fc.record(
      {
        server: fc.record({ host: text, port: fc.nat(65_535) }, { requiredKeys: [] }),
        upstream: fc.record({ allow: fc.array(fc.constantFrom('GET /a', 'POST /b/:c')) }),
        guard: fc.record({ spec: text.map((path) => `gguf:/${path}`), gpu: fc.boolean() }),
        policy: text.map((name) => `/p/${name}`),
        log: fc.record({ prompts: fc.boolean() }),
      },
      { requiredKeys: [], noNullPrototype: true },
    );
    const values = (options: LoadOptions) => ({ ...load(options), origin: undefined });
    fc.assert(
      fc.property(settings, (given) => {
        const file = write(stringify(given), 'given.yaml');
        const again = write(describeConfig(load({ file })), 'again.yaml');
        expect(values({ file: again })).toEqual(values({ file }));
      }),
    );
  });
});
