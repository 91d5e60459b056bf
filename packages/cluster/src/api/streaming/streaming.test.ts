import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { text as textOf } from 'node:stream/consumers';

import { silentLogger, systemClock } from '@kagent/kube';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';

import { createMemoryStreams } from '../../node/testing/memory-streams.ts';
import type { CommandIO, TerminalSize } from '../../node/streams/pod-streams.ts';
import { writeTo } from '../../node/streams/pump.ts';
import { createTestApi } from '../../testing/test-api.ts';
import type { TestApi } from '../../testing/test-api.ts';
import { startHttpServer } from '../http-server.ts';
import type { HttpServer } from '../http-server.ts';
import { loadCertificates } from '../pki/certificates.ts';
import type { Certificates } from '../pki/certificates.ts';
import { SpdyConnection } from './spdy/connection.ts';

const POD = '/api/v1/namespaces/default/pods/p';
const sizes: TerminalSize[] = [];
const lost: string[] = [];

/** `echo`: input to output; `fail`: exit code 3; `broken`: cannot run; `sizes`: the first two sizes; `wait`: until the client goes. */
async function command([name = 'attach']: string[], io: CommandIO): Promise<number> {
  switch (name) {
    case 'echo':
      for await (const chunk of io.stdin ?? [])
        if (io.stdout) await writeTo(io.stdout, Buffer.from(chunk));
      return 0;
    case 'fail':
      if (io.stdout) await writeTo(io.stdout, Buffer.from('out'));
      if (io.stderr) await writeTo(io.stderr, Buffer.from('err'));
      return 3;
    case 'sizes':
      await new Promise<void>((resolve) => {
        io.onResize((size) => {
          sizes.push(size);
          if (sizes.length === 2) resolve();
        });
      });
      return 0;
    case 'wait':
      await new Promise<void>((resolve) => io.signal.addEventListener('abort', () => resolve()));
      lost.push(name);
      return 0;
    case 'attach':
      if (io.stdout) await writeTo(io.stdout, Buffer.from('attached'));
      return 0;
    default:
      throw new Error(`unable to start container process: exec: ${JSON.stringify(name)}`);
  }
}

const HANDSHAKE = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

/**
 * The client's side of binary messages (RFC 6455, section 5.2), because the library's client takes no subprotocol with a
 * slash. Masked with zeros; all lengths in 64 bits.
 */
function messagesAsBytes(socket: Duplex): Duplex {
  let rest = Buffer.alloc(0);
  const bytes = new Duplex({
    read: () => void socket.resume(),
    write(chunk: Buffer, _encoding, done) {
      const head = Buffer.alloc(14);
      head.set([0x82, 0xff]);
      head.writeBigUInt64BE(BigInt(chunk.length), 2);
      socket.write(Buffer.concat([head, chunk]), done);
    },
    final: (done) => void socket.end(done),
  });
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const short = (rest[1] ?? 0) & 127;
      const start = short === 126 ? 4 : short === 127 ? 10 : 2;
      if (rest.length < start) return;
      const length =
        short === 126
          ? rest.readUInt16BE(2)
          : short === 127
            ? Number(rest.readBigUInt64BE(2))
            : short;
      if (rest.length < start + length) return;
      if (((rest[0] ?? 0) & 15) === 2) bytes.push(rest.subarray(start, start + length));
      rest = rest.subarray(start + length);
    }
  });
  socket.on('close', () => bytes.push(null));
  return bytes;
}

const STATUS = { kind: 'Status', apiVersion: 'v1', metadata: {} };
const SUCCESS = { ...STATUS, status: 'Success' };
const EXIT_3 = {
  ...STATUS,
  status: 'Failure',
  reason: 'NonZeroExitCode',
  message: 'command terminated with non-zero exit code: exit status 3',
  details: { causes: [{ reason: 'ExitCode', message: '3' }] },
};

describe('api/streaming', () => {
  const directory = mkdtempSync(join(tmpdir(), 'kagent-streams-'));
  let api: TestApi;
  let certificates: Certificates;
  let server: HttpServer;

  beforeAll(async () => {
    const podStreams = createMemoryStreams({
      containers: { c: (argv) => (io) => command(argv, io) },
      ports: {
        80: (connection) => void connection.pipe(connection),
        82: (connection) => void connection.end('bye'),
      },
    });
    api = await createTestApi({ podStreams });
    const spec = {
      nodeName: 'n',
      containers: [
        { name: 'c', image: 'x' },
        { name: 'd', image: 'x' },
      ],
    };
    for (const [name, own] of [
      ['p', spec],
      ['nowhere', { ...spec, nodeName: undefined }],
    ])
      await api.call('POST', '/api/v1/namespaces/default/pods', {
        body: { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: own },
      });
    certificates = loadCertificates({ directory, host: '127.0.0.1', clock: systemClock });
    const { handle: handler, tokens } = api.server;
    const listen = { host: '127.0.0.1', port: 0, logger: silentLogger };
    server = await startHttpServer({ handler, tokens, certificates, ...listen });
  });

  afterAll(async () => {
    await server.close();
    api[Symbol.dispose]();
    rmSync(directory, { recursive: true, force: true });
  });

  const tls = () => ({ ca: certificates.ca.cert, servername: 'localhost', ...certificates.admin });

  interface Conversation {
    webSocket: WebSocket;
    /** What came on each channel. */
    channels: Record<number, string>;
    closed: Promise<number>;
  }

  async function openChannels(path: string, protocol?: string): Promise<Conversation> {
    const url = `${server.url.replace('https', 'wss')}${POD}/${path}`;
    const webSocket = new WebSocket(url, protocol === undefined ? [] : [protocol], tls());
    const channels: Record<number, string> = {};
    webSocket.on('message', (data: Buffer) => {
      const isBase64 = protocol?.includes('base64') === true;
      const channel = isBase64 ? Number(String.fromCharCode(data[0]!)) : data[0]!;
      const rest = data.subarray(1).toString();
      const decoded = isBase64 ? Buffer.from(rest, 'base64').toString() : rest;
      channels[channel] = (channels[channel] ?? '') + decoded;
    });
    const closed = new Promise<number>((resolve) => webSocket.once('close', resolve));
    await new Promise((resolve, reject) => {
      webSocket.once('open', resolve);
      webSocket.once('error', reject);
    });
    expect(webSocket.protocol).toBe(protocol ?? '');
    return { webSocket, channels, closed };
  }

  function open(
    path: string,
    { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string> } = {},
  ): Promise<{ response: IncomingMessage; socket?: Duplex }> {
    return new Promise((resolve, reject) => {
      const options = { agent: new Agent(tls()), method, headers };
      const request = httpsRequest(new URL(path, server.url), options, (response) =>
        resolve({ response }),
      );
      request.on('upgrade', (response, socket, head) => {
        if (head.length > 0) socket.unshift(head);
        resolve({ response, socket });
      });
      request.on('error', reject);
      request.end();
    });
  }

  const SPDY = { connection: 'Upgrade', upgrade: 'SPDY/3.1' };

  describe('exec over WebSocket (KEP-4006)', () => {
    test.each([
      ['v5.channel.k8s.io', EXIT_3],
      ['v4.channel.k8s.io', EXIT_3],
      ['v4.base64.channel.k8s.io', EXIT_3],
      ['channel.k8s.io', EXIT_3.message],
      ['base64.channel.k8s.io', EXIT_3.message],
      [undefined, EXIT_3.message],
    ])('%s: outputs and the exit code on their channels', async (protocol, outcome) => {
      const { channels, closed } = await openChannels(
        'exec?container=c&command=fail&stdout=true&stderr=true',
        protocol,
      );
      expect(await closed).toBe(1000);
      const error = channels[3] ?? '';
      expect([channels[1], channels[2]]).toEqual(['out', 'err']);
      expect(typeof outcome === 'string' ? error : JSON.parse(error)).toEqual(outcome);
    });

    test('v5: channel 255 ends the input; a mebibyte comes back as it went', async () => {
      const path = 'exec?container=c&command=echo&stdin=true&stdout=true';
      const { webSocket, channels, closed } = await openChannels(path, 'v5.channel.k8s.io');
      const piece = 'x'.repeat(32 * 1024);
      for (let count = 0; count < 32; count += 1) webSocket.send(Buffer.from(`\0${piece}`));
      webSocket.send(Buffer.from([255, 0]));
      expect(await closed).toBe(1000);
      expect(channels[1]).toBe(piece.repeat(32));
      expect(JSON.parse(channels[3]!)).toEqual(SUCCESS);
    });

    test('sizes of the terminal come on channel 4; nonsense is passed over', async () => {
      sizes.length = 0;
      const path = 'exec?container=c&command=sizes&stdin=true&stdout=true&tty=true';
      const { webSocket, closed } = await openChannels(path, 'v5.channel.k8s.io');
      for (const text of ['{"Width":80,"Height":24}', 'nonsense', '{"Width":-1,"Height":2}'])
        webSocket.send(Buffer.from(`\u0004${text}`));
      webSocket.send(Buffer.from('\u0004{"Width":120,"Height":50}'));
      await closed;
      expect(sizes).toEqual([
        { width: 80, height: 24 },
        { width: 120, height: 50 },
      ]);
    });

    test('a command that cannot run is told on the error channel', async () => {
      const path = 'exec?container=c&command=nonesuch&stdout=true';
      const { channels, closed } = await openChannels(path, 'v5.channel.k8s.io');
      await closed;
      expect(JSON.parse(channels[3]!)).toMatchObject({
        reason: 'InternalError',
        code: 500,
        message:
          'Internal error occurred: error executing command in container: unable to start container process: exec: "nonesuch"',
      });
    });

    test('a client that goes away ends its command', async () => {
      lost.length = 0;
      const path = 'exec?container=c&command=wait&stdout=true';
      const { webSocket } = await openChannels(path, 'v5.channel.k8s.io');
      webSocket.terminate();
      await expect.poll(() => lost, { interval: 5 }).toEqual(['wait']);
    });
  });

  test('attach sends what the container writes', async () => {
    const { channels, closed } = await openChannels(
      'attach?container=c&stdout=1',
      'v5.channel.k8s.io',
    );
    await closed;
    expect(channels[1]).toBe('attached');
  });

  test.each([
    ['v4.channel.k8s.io', EXIT_3],
    ['v2.channel.k8s.io', EXIT_3.message],
  ])('exec over SPDY %s', async (protocol, outcome) => {
    const path = `${POD}/exec?container=c&command=fail&stdout=true&stderr=true`;
    const headers = { ...SPDY, 'x-stream-protocol-version': `v9.channel.k8s.io, ${protocol}` };
    const { response, socket } = await open(path, { method: 'POST', headers });
    expect(response.headers['x-stream-protocol-version']).toBe(protocol);
    const connection = new SpdyConnection({ transport: socket!, role: 'client', onStream() {} });
    const [error, stdout, stderr] = ['error', 'stdout', 'stderr'].map((streamType) =>
      textOf(connection.open({ streamType })),
    );
    expect([await stdout, await stderr]).toEqual(['out', 'err']);
    const told = (await error) ?? '';
    expect(typeof outcome === 'string' ? told : JSON.parse(told)).toEqual(outcome);
    await connection.closed;
  });

  describe('port-forward', () => {
    const connections = {
      'over SPDY': async () => {
        const headers = { ...SPDY, 'x-stream-protocol-version': 'portforward.k8s.io' };
        return (await open(`${POD}/portforward`, { method: 'POST', headers })).socket!;
      },
      'over SPDY in a WebSocket': async () => {
        const headers = { ...HANDSHAKE, 'sec-websocket-protocol': 'SPDY/3.1+portforward.k8s.io' };
        const { response, socket } = await open(`${POD}/portforward`, { headers });
        expect(response.headers['sec-websocket-protocol']).toBe('SPDY/3.1+portforward.k8s.io');
        return messagesAsBytes(socket!);
      },
    };

    test.each(Object.entries(connections))('%s', async (_what, connect) => {
      const transport = await connect();
      const client = new SpdyConnection({ transport, role: 'client', onStream() {} });
      const forward = async (port: string, requestID: string, text: string) => {
        const error = client.open({ streamType: 'error', port, requestID });
        error.end();
        const data = client.open({ streamType: 'data', port, requestID });
        data.end(text);
        return Promise.all([textOf(data), textOf(error)]);
      };
      const answers = await Promise.all([
        forward('80', '0', 'one'),
        forward('80', '1', 'two'.repeat(50_000)),
        forward('81', '2', 'three'),
      ]);
      expect(answers).toEqual([
        ['one', ''],
        ['two'.repeat(50_000), ''],
        ['', 'error forwarding port 81 to pod: connection refused'],
      ]);
      client.close();
      await client.closed;
    });

    test('over WebSocket channels, as the Python and JavaScript clients do it', async () => {
      const path = 'portforward?ports=80&ports=81';
      const { webSocket, channels } = await openChannels(path, 'v4.channel.k8s.io');
      webSocket.send(Buffer.from('\0hello'));
      await expect.poll(() => channels[0], { interval: 5 }).toBe('\u0050\0hello');
      await expect.poll(() => channels[3], { interval: 5 }).toContain('connection refused');
      webSocket.close();
    });

    test('the WebSocket ends with the last of its connections', async () => {
      const path = 'portforward?ports=82&ports=81';
      const { channels, closed } = await openChannels(path, 'v4.channel.k8s.io');
      expect(await closed).toBe(1005);
      expect(channels[0]).toBe('\u0052\0bye');
    });
  });

  describe('refusals', () => {
    const asked = { ...HANDSHAKE, 'sec-websocket-protocol': 'v5.channel.k8s.io' };
    const exec = (query: string, pod = POD): string => `${pod}/exec?command=fail&${query}`;
    test.each<[string, string, Record<string, string>, number, string]>([
      ['no upgrade', exec('container=c&stdout=1'), {}, 400, 'Upgrade request required'],
      ['no such pod', exec('stdout=1', `${POD}x`), asked, 404, 'pods "px" not found'],
      [
        'no such container',
        exec('container=x&stdout=1'),
        asked,
        400,
        'container x is not valid for pod p',
      ],
      [
        'no container named',
        exec('stdout=1'),
        asked,
        400,
        'a container name must be specified for pod p, choose one of: [c d]',
      ],
      ['not running', exec('container=d&stdout=1'), asked, 500, 'container not found ("d")'],
      [
        'no stream',
        exec('container=c'),
        asked,
        400,
        'you must specify at least 1 of stdin, stdout, stderr',
      ],
      [
        'no node',
        exec('container=c&stdout=1', `${POD.slice(0, -1)}nowhere`),
        asked,
        400,
        'pod nowhere does not have a host assigned',
      ],
      [
        'no common protocol',
        exec('container=c&stdout=1'),
        { ...asked, 'sec-websocket-protocol': 'v9' },
        403,
        'unable to upgrade: unable to negotiate protocol: client supports [v9]',
      ],
      ['no port', `${POD}/portforward?ports=zero`, asked, 400, 'unable to parse "zero" as a port'],
    ])('%s is told before the upgrade', async (_what, path, headers, status, message) => {
      const { response } = await open(path, { headers });
      expect(response.statusCode).toBe(status);
      expect(JSON.stringify((await textOf(response)).replaceAll('\\"', '"'))).toContain(
        JSON.stringify(message).slice(1, -1),
      );
    });

    test('an upgrade to something else is an ordinary request (RFC 9110, section 7.8)', async () => {
      const headers = { connection: 'Upgrade', upgrade: 'h2c' };
      expect((await open('/version', { headers })).response.statusCode).toBe(200);
    });
  });

  test('a watch over WebSocket is one text message an event, as fabric8 reads it', async () => {
    const url = `${server.url.replace('https', 'wss')}/api/v1/namespaces/default/pods?watch=true`;
    const webSocket = new WebSocket(url, tls());
    const message = await new Promise<string>((resolve) => {
      webSocket.once('message', (data: Buffer) => resolve(data.toString()));
    });
    expect(JSON.parse(message)).toMatchObject({ type: 'ADDED', object: { kind: 'Pod' } });
    webSocket.terminate();
    await expect.poll(() => api.server.hub.size, { interval: 5 }).toBe(0);
  });
});
