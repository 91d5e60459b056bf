/** The journal's REST as a `fetch` over any RunStore: what the server does, for tests of clients without a server. */
import {
  AppendEventsRequest,
  CancelRunRequest,
  ClaimRunsRequest,
  CreateRunRequest,
  isKagentError,
  KagentError,
  RenewLeaseRequest,
  repeatedAppend,
  type ErrorCode,
} from '@kagent/spec';
import type { RunStore } from '../ports.ts';

const STATUS: Partial<Record<ErrorCode, number>> = {
  invalid_argument: 400,
  permission_denied: 403,
  not_found: 404,
  conflict: 409,
};

export function createRunApiFetch(store: RunStore): typeof globalThis.fetch {
  return async (input, init) => {
    const request = new Request(input, init);
    const url = new URL(request.url);
    try {
      const body: unknown = request.method === 'POST' ? await request.json() : undefined;
      const { status = 200, data } = await route(store, url, body);
      return Response.json({ error: false, data, message: 'ok' }, { status });
    } catch (error) {
      const known = isKagentError(error)
        ? error
        : new KagentError('invalid_argument', String(error));
      return Response.json(
        { error: known.message, code: known.code },
        { status: STATUS[known.code] ?? 500 },
      );
    }
  };
}

async function route(
  store: RunStore,
  url: URL,
  body: unknown,
): Promise<{ status?: number; data: unknown }> {
  const [, , noun, id = '', action] = url.pathname.split('/').map(decodeURIComponent);
  if (noun === 'sessions') {
    return { data: { events: await store.history(id, url.searchParams.get('except') ?? '') } };
  }
  if (id === '') {
    const data = await store.create(CreateRunRequest.parse(body));
    return { status: data.created ? 201 : 200, data };
  }
  if (id === 'claim') {
    const { agent, holder, leaseUntil } = ClaimRunsRequest.parse(body);
    return { data: { runs: await store.claim(agent, holder, leaseUntil) } };
  }
  switch (action) {
    case 'events': {
      if (body === undefined) {
        return {
          data: { events: await store.read(id, Number(url.searchParams.get('after') ?? 0)) },
        };
      }
      const { holder, events, afterSeq } = AppendEventsRequest.parse(body);
      const known = repeatedAppend(await store.read(id, afterSeq), events);
      return { data: { events: known ?? (await store.append(id, holder, events)) } };
    }
    case 'renew': {
      const { holder, leaseUntil } = RenewLeaseRequest.parse(body);
      return { data: { held: await store.renew(id, holder, leaseUntil) } };
    }
    case 'cancel':
      return { data: { recorded: await store.requestCancel(id, CancelRunRequest.parse(body).by) } };
    default: {
      const run = await store.get(id);
      if (!run) throw new KagentError('not_found', `Run ${id} is not known.`);
      return { data: { run, cancelRequested: await store.isCancelRequested(id) } };
    }
  }
}
