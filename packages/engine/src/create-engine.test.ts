import type { EngineModel } from '@kagent/spec';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createEngine, type EngineOptions } from './create-engine.ts';
import { systemClock } from './system-clock.ts';
import { closedPort, startMcpServer } from './testing/mcp-server.ts';
import { createMemoryRunStore } from './testing/memory-run-store.ts';
import { createScriptedModel } from './testing/scripted-model.ts';
import { silentLogger, testCard, textMessage } from './testing/test-agent.ts';
import { createMcpPool } from './tools/mcp/pool.ts';

const signal = new AbortController().signal;
const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const config = {
  model: { type: 'openai', model: 'gpt-x' },
  instruction: 'Be brief.',
  description: null,
};
const env = { KAGENT_NAMESPACE: 'kagent', KAGENT_NAME: 'k8s-agent' };

function options(
  overrides: {
    files?: Record<string, unknown>;
    env?: Record<string, string | undefined>;
  } & Partial<Omit<EngineOptions, 'files' | 'env'>> = {},
): EngineOptions {
  const { files, env: extra, ...rest } = overrides;
  const all: Record<string, unknown> = {
    '/config/config.json': config,
    '/config/agent-card.json': testCard('k8s_agent'),
    ...files,
  };
  const mcpPool = createMcpPool({ fetch, clock: systemClock, logger: silentLogger });
  cleanups.push(() => mcpPool.close());
  return {
    files: {
      readFile: async (path) => {
        const content = all[path];
        if (content === undefined) throw new Error('ENOENT');
        return typeof content === 'string' ? content : JSON.stringify(content);
      },
    },
    env: { ...env, ...extra },
    fetch,
    mcpPool,
    runs: createMemoryRunStore(),
    createModel: () => createScriptedModel([{ text: 'ok' }]),
    clock: systemClock,
    randomId: () => crypto.randomUUID(),
    logger: silentLogger,
    holder: 'pod-1',
    ...rest,
  };
}

describe('createEngine', () => {
  it('makes an agent that answers, from files and environment', async () => {
    const asked: { config: EngineModel; configName: string }[] = [];
    const runs = createMemoryRunStore();
    const engine = await createEngine(
      options({
        runs,
        files: {
          '/config/config.json': {
            ...config,
            model_config_name: 'kagent/default',
            limits: { max_turns: 3 },
          },
        },
        createModel: (input) => {
          asked.push(input);
          return createScriptedModel([{ text: 'ok' }]);
        },
      }),
    );
    expect(asked[0]).toMatchObject({
      config: { type: 'openai', model: 'gpt-x' },
      configName: 'kagent/default',
    });
    const task = await engine.handler.sendMessage(textMessage('hi'), { headers: {}, signal });
    expect(task).toMatchObject({
      status: { state: 'completed' },
      metadata: { kagent_app_name: 'kagent__NS__k8s_agent' },
    });
    expect((await runs.get(task.id))?.agent).toBe('kagent/k8s-agent');
  });

  it('gives it the tools of its servers and agents, those that are up', async () => {
    const server = await startMcpServer((mcp) => {
      mcp.registerTool(
        'get_pods',
        { description: 'Pods', inputSchema: z.object({}) },
        async () => ({ content: [] }),
      );
    });
    cleanups.push(() => server.kill());
    const down = `http://127.0.0.1:${await closedPort()}/sse`;
    const engine = await createEngine(
      options({
        files: {
          '/config/config.json': {
            ...config,
            http_tools: [
              {
                params: { url: server.url, headers: null },
                tools: null,
                name: 'RemoteMCPServer/kube',
              },
            ],
            sse_tools: [{ params: { url: down }, name: 'RemoteMCPServer/old' }],
            remote_agents: [
              { name: 'kagent__NS__helm', url: 'http://helm.kagent:8080', description: 'Helm' },
            ],
          },
        },
      }),
    );
    expect(await engine.toolStatus(signal)).toEqual([
      { source: 'RemoteMCPServer/kube', tools: ['get_pods'] },
      { source: 'RemoteMCPServer/old', tools: [], error: `${down} refuses connections` },
      { source: 'agents', tools: ['kagent__NS__helm'] },
    ]);
    await engine.stop();
  });

  it('reads another config folder', async () => {
    const engine = await createEngine(
      options({
        env: { CONFIG_DIR: '/other' },
        files: { '/other/config.json': config, '/other/agent-card.json': testCard('x') },
      }),
    );
    expect(engine.liveRuns).toBe(0);
  });

  it.each([
    ['no namespace', { env: { KAGENT_NAMESPACE: '' } }, 'KAGENT_NAMESPACE is missing'],
    ['no name', { env: { KAGENT_NAME: undefined } }, 'KAGENT_NAME is missing'],
    [
      'a body limit that is no number',
      { env: { A2A_MAX_CONTENT_LENGTH: '10MB' } },
      'A2A_MAX_CONTENT_LENGTH',
    ],
    ['no file', { env: { CONFIG_DIR: '/none' } }, "/none/config.json can't be read"],
    ['no JSON', { files: { '/config/config.json': '{' } }, '/config/config.json is not valid JSON'],
    [
      'a missing field',
      { files: { '/config/config.json': { model: config.model } } },
      'instruction: ',
    ],
    [
      'a wrong model type',
      { files: { '/config/config.json': { ...config, model: { type: 'gpt', model: 'x' } } } },
      'model.type: ',
    ],
    [
      'a tool server without a URL',
      { files: { '/config/config.json': { ...config, http_tools: [{ params: {} }] } } },
      'http_tools.0.params.url: ',
    ],
    [
      'a card without a name',
      { files: { '/config/agent-card.json': {} } },
      '/config/agent-card.json is not valid: name: ',
    ],
  ])('refuses %s and names it', async (_what, overrides, message) => {
    const failed = createEngine(options(overrides));
    await expect(failed).rejects.toMatchObject({ code: 'invalid_argument' });
    await expect(failed).rejects.toThrow(message);
  });

  it('shows no values of a config that is wrong', async () => {
    const headers = { Authorization: 'Bearer top-secret', X: 7 };
    const files = {
      '/config/config.json': { ...config, http_tools: [{ params: { url: 'http://x', headers } }] },
    };
    const error = await createEngine(options({ files })).catch((reason: unknown) => String(reason));
    expect(error).toContain('http_tools.0.params.headers.X');
    expect(error).not.toContain('top-secret');
  });
});
