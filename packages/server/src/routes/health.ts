/** Liveness, version, metrics. */
import type { FastifyInstance } from 'fastify';
import { ok, type ServerContext } from '../context.ts';

export function registerHealth(app: FastifyInstance, { version, metrics }: ServerContext): void {
  app.get('/health', () => ok({ status: 'OK' }, 'OK'));
  app.get('/version', () => version);
  app.get('/metrics', async (_request, reply) => {
    reply.type(metrics.registry.contentType);
    return metrics.registry.metrics();
  });
}
