/** The process roles: what a container runs. People rarely type these. */
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { Command } from 'commander';
import { z } from 'zod';
import { addSettings, port, readSettings } from '../settings.ts';
import { untilStopped } from '../processes/until-stopped.ts';
import { createConsoleLogger, type FileLogger } from '../terminal/logger.ts';
import { VERSION } from '../version.ts';

const LISTEN_SETTINGS = {
  host: {
    flag: 'host',
    env: 'HOST',
    placeholder: 'address',
    description: 'address to listen on',
    schema: z.string(),
    default: '0.0.0.0',
  },
  logLevel: {
    flag: 'log-level',
    env: 'LOG_LEVEL',
    placeholder: 'level',
    description: 'debug, info, warn or error',
    schema: z.preprocess(
      (value) => String(value).toLowerCase(),
      z.enum(['debug', 'info', 'warn', 'error']),
    ),
    default: 'info',
  },
};

const portSetting = (fallback: string) => ({
  flag: 'port',
  env: 'PORT',
  placeholder: 'port',
  description: 'port to listen on, 0 for a free one',
  schema: port,
  default: fallback,
});

const ENGINE_SETTINGS = {
  ...LISTEN_SETTINGS,
  port: portSetting('8080'),
  folder: {
    flag: 'filepath',
    env: 'CONFIG_DIR',
    placeholder: 'folder',
    description: 'where config.json and agent-card.json are',
    schema: z.string(),
    default: '/config',
  },
  url: {
    flag: 'kagent-url',
    env: 'KAGENT_URL',
    placeholder: 'url',
    description: 'address of the kagent API, which keeps the journal',
    schema: z.url(),
  },
};

const TOOLS_SETTINGS = {
  ...LISTEN_SETTINGS,
  port: portSetting('8084'),
  kubeconfig: {
    flag: 'kubeconfig',
    env: 'KUBECONFIG',
    placeholder: 'file',
    description: 'kubeconfig; without it, the service account of the pod',
    schema: z.string().optional(),
  },
};

const MODEL_SETTINGS = { ...LISTEN_SETTINGS, port: portSetting('8085') };

export function registerRoles(program: Command): void {
  const engine = program
    .command('engine')
    .alias('static')
    .description('role: run the agent whose config is in --filepath');
  addSettings(engine, ENGINE_SETTINGS);
  engine.action(runEngine);

  const tools = program.command('tools').description('role: the tool server (MCP over HTTP)');
  addSettings(tools, TOOLS_SETTINGS);
  tools.action(runTools);

  const model = program
    .command('demo-model')
    .description('role: the demo model (rules, not a language model)');
  addSettings(model, MODEL_SETTINGS);
  model.action(async (flags: Record<string, unknown>) => {
    const settings = readSettings(MODEL_SETTINGS, flags, process.env);
    const { startDemoModel } = await import('@kagent/engine');
    await serve(await startDemoModel({ ...settings, logger: roleLogger(settings) }));
  });
}

async function runEngine(flags: Record<string, unknown>): Promise<void> {
  const settings = readSettings(ENGINE_SETTINGS, flags, process.env);
  const logger = roleLogger(settings);
  const { createBreakers, createHttpRunStore, createMcpPool, createModelFetch, systemClock } =
    await import('@kagent/engine');
  const { startEngineRole } = await import('../processes/roles/engine.ts');
  const proxies = {
    ...(process.env['HTTP_PROXY'] ? { httpProxy: process.env['HTTP_PROXY'] } : {}),
    ...(process.env['HTTPS_PROXY'] ? { httpsProxy: process.env['HTTPS_PROXY'] } : {}),
    ...(process.env['NO_PROXY'] ? { noProxy: process.env['NO_PROXY'] } : {}),
  };
  const fetch = createModelFetch(proxies);
  const engine = await startEngineRole({
    ...settings,
    env: { ...process.env, CONFIG_DIR: settings.folder },
    readFile: (path) => readFile(path, 'utf8'),
    fetch,
    mcpPool: createMcpPool({ fetch, clock: systemClock, logger }),
    breakers: createBreakers(),
    runs: createHttpRunStore({
      baseUrl: settings.url,
      fetch,
      headers: () => agentHeaders(process.env),
      clock: systemClock,
      random: Math.random,
      signal: new AbortController().signal,
    }),
    holder: `${hostname()}/${crypto.randomUUID()}`,
    logger,
  });
  await serve(engine);
}

const TOKEN_FILE = '/var/run/secrets/tokens/kagent-token';

/** Who calls the API: the agent by name, with its service account's token when one is mounted. */
async function agentHeaders(
  env: Record<string, string | undefined>,
): Promise<Record<string, string>> {
  const token = await readFile(env['KAGENT_TOKEN_FILE'] ?? TOKEN_FILE, 'utf8').then(
    (text) => text.trim(),
    () => '',
  );
  const identity = `${env['KAGENT_NAMESPACE']}__NS__${env['KAGENT_NAME']}`.replaceAll('-', '_');
  return {
    'x-agent-name': identity,
    ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
  };
}

async function runTools(flags: Record<string, unknown>): Promise<void> {
  const settings = readSettings(TOOLS_SETTINGS, flags, process.env);
  const logger = roleLogger(settings);
  const { createHttpTransport, createKubeClient, loadKubeconfig } = await import('@kagent/kube');
  const { startToolServer } = await import('@kagent/tools');
  const access = await loadKubeconfig({
    ...(settings.kubeconfig ? { path: settings.kubeconfig } : {}),
    env: process.env,
  });
  const kube = createKubeClient(createHttpTransport(access.transport));
  await serve(await startToolServer({ ...settings, kube, logger, version: VERSION }));
}

async function serve(running: { stop(): Promise<void> }): Promise<void> {
  await untilStopped();
  await running.stop();
}

function roleLogger({ logLevel }: { logLevel: 'debug' | 'info' | 'warn' | 'error' }): FileLogger {
  return createConsoleLogger(logLevel, (line) => console.log(line));
}
