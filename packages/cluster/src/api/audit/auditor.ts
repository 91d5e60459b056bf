/** Decides which requests are audited, and when one is over: a watch ends long after it is answered. */
import type { Clock } from '@kagent/kube';

import { decodeBody } from '../body.ts';
import { SYSTEM_USER } from '../bootstrap.ts';
import type { ApiRequest, ApiResponse } from '../request.ts';
import { auditEvent, beginTrail } from './audit-event.ts';
import type { AuditEvent, AuditLevel, AuditTrail } from './audit-event.ts';

/** Where events go. */
export interface AuditSink {
  level: AuditLevel;
  /** Must not throw, wait, or keep an unbounded number of events. */
  record(event: AuditEvent): void;
}

export interface Auditor {
  /** Undefined for a request that is left out: what the server's own components read. */
  begin(request: ApiRequest): AuditTrail | undefined;
  /** Records the event now, or when the stream ends. The result is to be sent in place of `response`. */
  end(trail: AuditTrail, response: ApiResponse): ApiResponse;
}

/** Clients may name their requests. */
const MAX_ID_LENGTH = 64;

export function createAuditor(
  sink: AuditSink,
  { clock, randomId }: { clock: Clock; randomId: () => string },
): Auditor {
  function record(trail: AuditTrail, response: ApiResponse): void {
    const body = () => bodyOf(trail.request);
    sink.record(auditEvent(trail, response, { level: sink.level, now: clock.now(), body }));
  }

  return {
    begin(request) {
      const isOwnRead = request.user === SYSTEM_USER && isRead(request.method);
      if (isOwnRead) return undefined;
      const given = (request.headers['audit-id'] ?? '').slice(0, MAX_ID_LENGTH);
      return beginTrail(request, given === '' ? randomId() : given, clock.now());
    },
    end(trail, response) {
      const headers = { ...response.headers, 'audit-id': trail.id };
      const done = () => record(trail, response);
      switch (response.kind) {
        case 'watch':
          return { ...response, headers, frames: followed(response.frames, done) };
        case 'stream':
          return { ...response, headers, chunks: followed(response.chunks, done) };
        default:
          done();
          return { ...response, headers };
      }
    },
  };
}

function isRead(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}

function bodyOf(request: ApiRequest): unknown {
  try {
    return decodeBody(request).value;
  } catch {
    return undefined;
  }
}

async function* followed<T>(items: AsyncIterable<T>, done: () => void): AsyncGenerator<T> {
  try {
    yield* items;
  } finally {
    done();
  }
}
