/**
 * The journal over REST, between engines and the server (`/api/runs…`). The server keeps the journal, an engine in
 * another process reads and writes it here. Every success is the REST envelope `{ error: false, data, message }` with
 * the `data` named below; every failure is `{ error: text, code }` with the HTTP status of its code.
 *
 * | call | body | data | status |
 * |---|---|---|---|
 * | `POST /api/runs` | `CreateRunRequest` | `CreateRunResponse` | 201 created, 200 known |
 * | `GET /api/runs/{id}` | | `RunStateResponse` | 200, 404 |
 * | `POST /api/runs/{id}/events` | `AppendEventsRequest` | `EventsResponse` | 200, 404, 409 lease lost or run ended |
 * | `GET /api/runs/{id}/events?after=` | | `EventsResponse` | 200 (unknown run: `[]`) |
 * | `POST /api/runs/claim` | `ClaimRunsRequest` | `ClaimRunsResponse` | 200 |
 * | `POST /api/runs/{id}/renew` | `RenewLeaseRequest` | `RenewLeaseResponse` | 200 |
 * | `POST /api/runs/{id}/cancel` | `CancelRunRequest` | `CancelRunResponse` | 200 |
 * | `GET /api/sessions/{id}/run-history?except=` | | `EventsResponse` | 200 |
 *
 * All calls may be repeated: a writer that got no answer sends the same request again.
 */
import { z } from 'zod';
import { RunEvent, RunRecord, SessionSeed, type RunEventDraft } from './journal.ts';

const placed = { seq: true, at: true } as const;
const [
  started,
  resumed,
  modelRequested,
  modelCompleted,
  toolRequested,
  toolCompleted,
  notice,
  cancel,
  ended,
] = RunEvent.options;
const RunStartedDraft = started.omit(placed);

/** An event before the journal gave it `seq` and `at`; both are ignored when sent. */
export const RunEventDraftBody: z.ZodType<RunEventDraft> = z.discriminatedUnion('type', [
  RunStartedDraft,
  resumed.omit(placed),
  modelRequested.omit(placed),
  modelCompleted.omit(placed),
  toolRequested.omit(placed),
  toolCompleted.omit(placed),
  notice.omit(placed),
  cancel.omit(placed),
  ended.omit(placed),
]);

/** Idempotent by (agent, userId, messageId). */
export const CreateRunRequest = z.object({
  runId: z.string().min(1),
  sessionId: z.string().min(1),
  /** `namespace/name`. */
  agent: z.string().min(1),
  userId: z.string().min(1),
  messageId: z.string().min(1),
  holder: z.string().min(1),
  /** Milliseconds since the epoch. */
  leaseUntil: z.number().int(),
  session: SessionSeed,
  first: RunStartedDraft,
});
export type CreateRunRequest = z.infer<typeof CreateRunRequest>;

export const CreateRunResponse = z.object({ run: RunRecord, created: z.boolean() });
export type CreateRunResponse = z.infer<typeof CreateRunResponse>;

export const RunStateResponse = z.object({ run: RunRecord, cancelRequested: z.boolean() });
export type RunStateResponse = z.infer<typeof RunStateResponse>;

export const AppendEventsRequest = z.object({
  holder: z.string().min(1),
  events: z.array(RunEventDraftBody).min(1),
  /**
   * Last sequence number the writer knows. When the journal goes on after it with just these events, this is the repeat
   * of a request whose answer was lost: the server writes nothing and answers them (`repeatedAppend`). Checked before
   * lease and state, so that the repeat of a `run-ended` succeeds.
   */
  afterSeq: z.number().int().nonnegative(),
});
export type AppendEventsRequest = z.infer<typeof AppendEventsRequest>;

/**
 * The stored events of a repeated append, `undefined` when it is a new one. `later`: what the journal holds after
 * `afterSeq`.
 */
export function repeatedAppend(
  later: readonly RunEvent[],
  events: readonly RunEventDraft[],
): RunEvent[] | undefined {
  const stored = later.slice(0, events.length);
  const text = (event: RunEventDraft | undefined) => JSON.stringify(RunEventDraftBody.parse(event));
  const isRepeat =
    stored.length === events.length &&
    stored.every((event, index) => text(event) === text(events[index]));
  return isRepeat ? stored : undefined;
}

/** In sequence. */
export const EventsResponse = z.object({ events: z.array(RunEvent) });
export type EventsResponse = z.infer<typeof EventsResponse>;

export const ClaimRunsRequest = z.object({
  agent: z.string().min(1),
  holder: z.string().min(1),
  leaseUntil: z.number().int(),
});
export type ClaimRunsRequest = z.infer<typeof ClaimRunsRequest>;

export const ClaimRunsResponse = z.object({ runs: z.array(RunRecord) });
export type ClaimRunsResponse = z.infer<typeof ClaimRunsResponse>;

export const RenewLeaseRequest = z.object({
  holder: z.string().min(1),
  /** A moment in the past gives the lease up. */
  leaseUntil: z.number().int(),
});
export type RenewLeaseRequest = z.infer<typeof RenewLeaseRequest>;

/** `held` is false when the lease was lost. */
export const RenewLeaseResponse = z.object({ held: z.boolean() });
export type RenewLeaseResponse = z.infer<typeof RenewLeaseResponse>;

export const CancelRunRequest = z.object({ by: z.string().min(1) });
export type CancelRunRequest = z.infer<typeof CancelRunRequest>;

/** `recorded` is false when the run is unknown or has ended. */
export const CancelRunResponse = z.object({ recorded: z.boolean() });
export type CancelRunResponse = z.infer<typeof CancelRunResponse>;
