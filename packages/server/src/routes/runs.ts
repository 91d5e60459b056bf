/** `/api/runs`: the journal for engines in other processes; shapes and semantics in `@kagent/spec` run-api. */
import {
  AppendEventsRequest,
  CancelRunRequest,
  ClaimRunsRequest,
  CreateRunRequest,
  KagentError,
  RenewLeaseRequest,
  repeatedAppend,
  type RunEventDraft,
} from '@kagent/spec';
import type { FastifyInstance } from 'fastify';
import { bodyOf } from '../body.ts';
import { ok, type ServerContext } from '../context.ts';

interface ById {
  Params: { id: string };
}

export function registerRuns(app: FastifyInstance, { store }: ServerContext): void {
  const { runs } = store;

  app.post('/api/runs', async (request, reply) => {
    const { first, ...body } = bodyOf(request, CreateRunRequest);
    const result = await runs.create({ ...body, first: runStarted(first) });
    return reply.code(result.created ? 201 : 200).send(ok(result, 'run accepted'));
  });

  app.get<ById>('/api/runs/:id', async (request) => {
    const run = await runs.get(request.params.id);
    if (!run) throw new KagentError('not_found', `Run ${request.params.id} is not known.`);
    return ok({ run, cancelRequested: await runs.isCancelRequested(run.runId) }, 'run retrieved');
  });

  app.post<ById>('/api/runs/:id/events', async (request) => {
    const { holder, events, afterSeq } = bodyOf(request, AppendEventsRequest);
    const { id } = request.params;
    const known = repeatedAppend(await runs.read(id, afterSeq), events);
    return ok({ events: known ?? (await runs.append(id, holder, events)) }, 'events appended');
  });

  app.get<ById & { Querystring: { after?: string } }>('/api/runs/:id/events', async (request) => {
    const after = Number(request.query.after ?? 0);
    if (!Number.isInteger(after))
      throw new KagentError('invalid_argument', 'after must be a sequence number');
    return ok({ events: await runs.read(request.params.id, after) }, 'events retrieved');
  });

  app.post('/api/runs/claim', async (request) => {
    const { agent, holder, leaseUntil } = bodyOf(request, ClaimRunsRequest);
    return ok({ runs: await runs.claim(agent, holder, leaseUntil) }, 'runs claimed');
  });

  app.post<ById>('/api/runs/:id/renew', async (request) => {
    const { holder, leaseUntil } = bodyOf(request, RenewLeaseRequest);
    return ok({ held: await runs.renew(request.params.id, holder, leaseUntil) }, 'lease answered');
  });

  app.post<ById>('/api/runs/:id/cancel', async (request) => {
    const { by } = bodyOf(request, CancelRunRequest);
    return ok({ recorded: await runs.requestCancel(request.params.id, by) }, 'cancel answered');
  });

  app.get<ById & { Querystring: { except?: string } }>(
    '/api/sessions/:id/run-history',
    async (request) => {
      const events = await runs.history(request.params.id, request.query.except ?? '');
      return ok({ events }, 'history retrieved');
    },
  );
}

function runStarted(first: RunEventDraft): RunEventDraft & { type: 'run-started' } {
  if (first.type === 'run-started') return first;
  throw new KagentError(
    'invalid_argument',
    'Invalid request body: first must be a run-started event',
  );
}
