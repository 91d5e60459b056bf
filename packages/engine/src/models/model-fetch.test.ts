import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { EngineModel } from '@kagent/spec';
import { describe, expect, it } from 'vitest';
import type { Logger, ModelEvent } from '../ports.ts';
import { createModelFetch } from './model-fetch.ts';
import { createModel, type CreateModelOptions } from './registry.ts';
import { OPENAI_STREAM } from './testing/recorder.ts';
import { TEST_CERTIFICATE, TEST_KEY } from './testing/test-certificate.ts';
import { createTestClock } from './testing/test-clock.ts';

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

function model(config: Partial<EngineModel>, options: Partial<CreateModelOptions>) {
  return createModel({
    config: { type: 'openai', model: 'm', ...config },
    configName: 'ns/cfg',
    env: {},
    clock: createTestClock(),
    random: () => 0,
    logger: silent,
    ...options,
  });
}

async function ask(target: ReturnType<typeof model>): Promise<ModelEvent[]> {
  const events: ModelEvent[] = [];
  const signal = new AbortController().signal;
  const messages = [{ role: 'user' as const, parts: [{ type: 'text' as const, text: 'x' }] }];
  for await (const event of target.stream({ system: '', messages, tools: [], signal }))
    events.push(event);
  return events;
}

describe('models/model-fetch', () => {
  describe('TLS', () => {
    async function listen(): Promise<{ server: Server; url: string }> {
      const server = createServer(
        { key: TEST_KEY, cert: TEST_CERTIFICATE },
        (request, response) => {
          request.resume();
          response.writeHead(200, { 'content-type': 'text/event-stream' });
          response.end(OPENAI_STREAM.map((data) => `data: ${data}\n\n`).join(''));
        },
      );
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      return { server, url: `https://localhost:${(server.address() as AddressInfo).port}/v1` };
    }

    it('trusts what the ModelConfig says, and nothing else', async () => {
      const { server, url } = await listen();
      const files = new Map([['/etc/ca.pem', TEST_CERTIFICATE]]);
      const options = {
        fetch: createModelFetch(),
        readFile: (path: string) => {
          const text = files.get(path);
          return text === undefined ? readFile('/does/not/exist', 'utf8') : Promise.resolve(text);
        },
      };
      const base = { type: 'openai', base_url: url } as const;
      const last = async (config: Partial<EngineModel>) =>
        (await ask(model({ ...base, ...config }, options))).at(-1);

      expect(await last({})).toMatchObject({
        type: 'error',
        message: expect.stringMatching(/TLS certificate.*caCertSecretRef/) as string,
      });
      expect(await last({ tls_insecure_skip_verify: true })).toMatchObject({ type: 'end' });
      expect(await last({ tls_ca_cert_path: '/etc/ca.pem' })).toMatchObject({ type: 'end' });
      expect(
        await last({ tls_ca_cert_path: '/etc/ca.pem', tls_disable_system_cas: true }),
      ).toMatchObject({ type: 'end' });
      expect(await last({ tls_disable_system_cas: true })).toMatchObject({
        type: 'error',
        code: 'model_bad_request',
      });
      const late = model({ ...base, tls_ca_cert_path: '/etc/late.pem' }, options);
      expect((await ask(late)).at(-1)).toMatchObject({
        type: 'error',
        message: expect.stringContaining("can't be read") as string,
      });
      files.set('/etc/late.pem', TEST_CERTIFICATE);
      expect((await ask(late)).at(-1)).toMatchObject({ type: 'end' });
      server.close();
      server.closeAllConnections();
    });
  });
});
