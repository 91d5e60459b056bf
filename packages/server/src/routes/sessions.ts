/** `/api/sessions`: conversations of the caller, and the events that agents with their own history keep in them. */
import { KagentError } from '@kagent/spec';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { agentIdentifier, agentRef, principalOf } from '../auth.ts';
import { bodyOf } from '../body.ts';
import { ok, type ServerContext, timestamp } from '../context.ts';
import type { SessionEventRow, SessionRow } from '../store.ts';
import { tasksOfSession } from '../task-views.ts';
import { type NamedParams, namedParams } from './refs.ts';

const NewSession = z.looseObject({
  agent_ref: z.string().optional(),
  name: z.string().nullish(),
  id: z.string().nullish(),
  source: z.enum(['user', 'agent']).nullish(),
});
const SessionChange = z.looseObject({
  name: z.string().nullish(),
  agent_ref: z.string().nullish(),
});
const NewEvent = z.looseObject({ id: z.string(), data: z.string() });

interface ById {
  Params: { id: string };
}

export function registerSessions(app: FastifyInstance, context: ServerContext): void {
  const { store, namespace } = context;

  app.get('/api/sessions', async (request) => {
    const rows = await store.sessions.list({
      userId: principalOf(request).userId,
      ...limitOf(request),
    });
    return ok(rows.map(sessionItem), 'Successfully listed sessions');
  });

  app.post('/api/sessions', async (request, reply) => {
    const body = bodyOf(request, NewSession);
    if (!body.agent_ref) throw new KagentError('invalid_argument', 'agent_ref is required');
    const agent = agentRef(body.agent_ref, namespace);
    requireAgent(context, agent);
    const row = await store.sessions.save({
      id: body.id || `ctx-${context.randomId()}`,
      userId: principalOf(request).userId,
      agent,
      name: body.name ?? undefined,
      source: body.source ?? undefined,
    });
    return reply.code(201).send(ok(sessionItem(row), 'Successfully created session'));
  });

  app.get<NamedParams>('/api/sessions/agent/:namespace/:name', async (request) => {
    const key = namedParams(request);
    const agent = `${key.namespace}/${key.name}`;
    requireAgent(context, agent, 'not_found');
    const rows = await store.sessions.list({
      userId: principalOf(request).userId,
      agent,
      ...limitOf(request),
    });
    return ok(rows.map(sessionItem), 'Successfully listed sessions');
  });

  app.get<ById>('/api/sessions/:id', async (request) => {
    const session = await ownSession(request, context);
    const events = await store.sessions.events(session.id, eventQuery(request, session.userId));
    return ok(
      { session: sessionItem(session), events: events.map(eventItem) },
      'Successfully retrieved session',
    );
  });

  registerUpdate(app, context);

  app.delete<ById>('/api/sessions/:id', async (request) => {
    await store.sessions.delete(request.params.id, principalOf(request).userId);
    return ok({}, 'Session deleted successfully');
  });

  app.get<ById>('/api/sessions/:id/tasks', async (request) => {
    const session = await ownSession(request, context);
    return ok(await tasksOfSession(store, session), 'Successfully retrieved session tasks');
  });

  registerEventRoute(app, context);
}

function registerUpdate(app: FastifyInstance, context: ServerContext): void {
  const { store, namespace } = context;
  const update = async (request: FastifyRequest<ById>) => {
    const body = bodyOf(request, SessionChange);
    if (!body.name && !body.agent_ref) {
      throw new KagentError('invalid_argument', 'at least one of name or agent_ref is required');
    }
    const session = await ownSession(request, context);
    const agent = body.agent_ref ? agentRef(body.agent_ref, namespace) : session.agent;
    if (body.agent_ref) requireAgent(context, agent, 'not_found');
    const row = await store.sessions.save({
      ...session,
      agent,
      name: body.name ?? session.name ?? undefined,
    });
    return ok(sessionItem(row), 'Successfully updated session');
  };
  app.put<ById>('/api/sessions/:id', update);
  app.patch<ById>('/api/sessions/:id', update);
}

function registerEventRoute(app: FastifyInstance, context: ServerContext): void {
  app.post<ById>('/api/sessions/:id/events', async (request, reply) => {
    const principal = principalOf(request);
    if (!principal.explicit) {
      throw new KagentError('invalid_argument', 'Failed to get user ID: send user_id or X-User-ID');
    }
    const body = bodyOf(request, NewEvent);
    const session = await ownSession(request, context);
    if (principal.agentId && principal.agentId !== agentIdentifier(session.agent)) {
      throw new KagentError('permission_denied', 'Session does not belong to this agent');
    }
    const row = await context.store.sessions.addEvent({
      ...body,
      sessionId: session.id,
      userId: session.userId,
    });
    return reply.code(201).send(ok(eventItem(row), 'Event added to session successfully'));
  });
}

async function ownSession(
  request: FastifyRequest<ById>,
  { store }: ServerContext,
): Promise<SessionRow> {
  const session = await store.sessions.get(request.params.id, principalOf(request).userId);
  if (!session) throw new KagentError('not_found', `Session not found: ${request.params.id}`);
  return session;
}

function requireAgent(
  { agents }: ServerContext,
  ref: string,
  code: 'invalid_argument' | 'not_found' = 'invalid_argument',
): void {
  const [namespace = '', name = ''] = ref.split('/');
  if (agents.get({ namespace, name })) return;
  throw code === 'not_found'
    ? new KagentError('not_found', `Agent not found: ${ref}`)
    : new KagentError(
        'invalid_argument',
        `Agent ref is invalid, please check the agent ref ${ref}: no such agent`,
      );
}

/** `?limit=`: the latest so many; all without it, as the older system answers. */
function limitOf(request: FastifyRequest): { limit?: number } {
  const text = new URL(request.url, 'http://localhost').searchParams.get('limit');
  if (text === null) return {};
  const limit = Number(text);
  if (Number.isInteger(limit) && limit > 0) return { limit };
  throw new KagentError(
    'invalid_argument',
    `Failed to parse limit: ${text} is not a positive number`,
  );
}

function eventQuery(request: FastifyRequest, userId: string) {
  const query = new URL(request.url, 'http://localhost').searchParams;
  const after = query.get('after');
  const limit = query.get('limit');
  if (after && Number.isNaN(Date.parse(after))) {
    throw new KagentError(
      'invalid_argument',
      `Failed to parse after timestamp: ${after} is not RFC 3339`,
    );
  }
  if (limit && !/^-?\d+$/.test(limit)) {
    throw new KagentError('invalid_argument', `Failed to parse limit: ${limit} is not a number`);
  }
  const order = query.get('order') === 'asc' ? ('asc' as const) : ('desc' as const);
  return {
    userId,
    order,
    ...(after ? { after: Date.parse(after) } : {}),
    ...(limit && Number(limit) >= 1 ? { limit: Number(limit) } : {}),
  };
}

function sessionItem(row: SessionRow): object {
  return {
    id: row.id,
    ...(row.name === null ? {} : { name: row.name }),
    user_id: row.userId,
    created_at: timestamp(row.createdAt),
    updated_at: timestamp(row.updatedAt),
    deleted_at: null,
    agent_id: agentIdentifier(row.agent),
    source: row.source,
  };
}

function eventItem(row: SessionEventRow): object {
  return {
    id: row.id,
    session_id: row.sessionId,
    user_id: row.userId,
    created_at: timestamp(row.createdAt),
    updated_at: timestamp(row.createdAt),
    deleted_at: null,
    data: row.data,
  };
}
