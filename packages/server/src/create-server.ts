/** The HTTP application: guards, error shape, routes. Listens nowhere by itself; the composition root does that. */
import fastifyStatic from '@fastify/static';
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import type { ServerContext } from './context.ts';
import { registerGateway } from './a2a/gateway.ts';
import { httpError } from './http-errors.ts';
import { registerAgents } from './routes/agents.ts';
import { registerCatalogues } from './routes/catalogues.ts';
import { registerHealth } from './routes/health.ts';
import { registerModelConfigs } from './routes/model-configs.ts';
import { registerRuns } from './routes/runs.ts';
import { registerSessions } from './routes/sessions.ts';
import { registerTasks } from './routes/tasks.ts';
import { registerToolServers } from './routes/tool-servers.ts';

export interface ServerOptions {
  /** Folder of the built UI; left out, the server answers the API only. */
  uiFolder?: string;
  /** Host names (without port) that requests may carry; anything else is refused (DNS rebinding). Empty: any. */
  allowedHosts: readonly string[];
  /** Bytes. */
  bodyLimit?: number;
}

const BODY_LIMIT = 10 * 1024 * 1024;

/** Builds the application. `inject()` drives it in tests; `listen()` serves it. */
export async function createServer(
  context: ServerContext,
  options: ServerOptions,
): Promise<FastifyInstance> {
  const app = fastify({
    bodyLimit: options.bodyLimit ?? BODY_LIMIT,
    forceCloseConnections: true,
    routerOptions: { ignoreTrailingSlash: false },
  });
  acceptJsonOfAnyType(app);
  guardHost(app, options.allowedHosts);
  shapeErrors(app, context);
  countRequests(app, context);
  registerHealth(app, context);
  registerAgents(app, context);
  registerModelConfigs(app, context);
  registerSessions(app, context);
  registerTasks(app, context);
  registerToolServers(app, context);
  registerCatalogues(app, context);
  registerRuns(app, context);
  registerGateway(app, context);
  if (options.uiFolder !== undefined) await serveUi(app, options.uiFolder);
  await app.ready();
  return app;
}

/** REST clients of the older system send JSON under any Content-Type, or none. The gateway checks its own. */
function acceptJsonOfAnyType(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
}

function guardHost(app: FastifyInstance, allowedHosts: readonly string[]): void {
  if (allowedHosts.length === 0) return;
  const allowed = new Set(allowedHosts);
  app.addHook('onRequest', async (request, reply) => {
    const host = (request.headers.host ?? '').replace(/:\d+$/, '');
    if (!allowed.has(host)) {
      await reply.code(421).send({
        error: `Host "${host}" is not served here. Use one of: ${[...allowed].join(', ')}.`,
      });
    }
  });
}

function shapeErrors(app: FastifyInstance, { logger }: ServerContext): void {
  app.setErrorHandler(async (error, request, reply) => {
    const { status, body } = httpError(error);
    if (status >= 500)
      logger.error({ err: error, method: request.method, url: pathOf(request) }, 'request failed');
    await reply.code(status).type('application/json').send(body);
  });
  app.setNotFoundHandler(async (request, reply) => {
    if (request.method === 'GET' && app.hasDecorator('uiIndex') && isPage(request)) {
      return reply.sendFile('index.html');
    }
    return reply.code(404).type('text/plain').send('404 page not found\n');
  });
}

/** A browser asking for a route of the single-page app. */
function isPage(request: FastifyRequest): boolean {
  const path = pathOf(request);
  return !path.startsWith('/api') && (request.headers.accept ?? '').includes('text/html');
}

function countRequests(app: FastifyInstance, { metrics }: ServerContext): void {
  app.addHook('onResponse', (request, reply, done) => {
    metrics.httpDuration
      .labels(request.method, request.routeOptions.url ?? 'none', String(reply.statusCode))
      .observe(reply.elapsedTime / 1000);
    done();
  });
}

async function serveUi(app: FastifyInstance, root: string): Promise<void> {
  app.decorate('uiIndex', true);
  await app.register(fastifyStatic, {
    root,
    cacheControl: false,
    setHeaders: (reply, path) => {
      const immutable = path.includes('/assets/');
      reply.header('cache-control', immutable ? 'public, max-age=31536000, immutable' : 'no-cache');
      reply.header('x-content-type-options', 'nosniff');
    },
  });
}

function pathOf(request: FastifyRequest): string {
  return request.url.split('?')[0] ?? request.url;
}
