/**
 * JSON-RPC 2.0 as A2A uses it: parsing and encoding of requests and responses, the table from error code to JSON-RPC
 * code, and the reading of A2A streams. Pure; shared by the engine's server, the gateway and every A2A client.
 */
import { z } from 'zod';
import { A2AStreamEvent } from './a2a.ts';
import { ERROR_CODES, KagentError, isKagentError, type ErrorCode } from './errors.ts';
import { readSse } from './sse.ts';

export const JsonRpcId = z.union([z.string(), z.number(), z.null()]);
export type JsonRpcId = z.infer<typeof JsonRpcId>;

export const JsonRpcRequest = z.looseObject({
  jsonrpc: z.literal('2.0'),
  id: JsonRpcId.default(null),
  method: z.string(),
  params: z.unknown().optional(),
});
export type JsonRpcRequest = z.infer<typeof JsonRpcRequest>;

export const JsonRpcErrorObject = z.looseObject({
  code: z.number().int(),
  message: z.string(),
  data: z.unknown().optional(),
});
export type JsonRpcErrorObject = z.infer<typeof JsonRpcErrorObject>;

const JsonRpcResponse = z.looseObject({
  id: JsonRpcId.default(null),
  result: z.unknown().optional(),
  error: JsonRpcErrorObject.nullish(),
});

/** JSON-RPC 2.0 section 5.1; A2A 0.3 section 8; the last two are the codes of the A2A Go library for auth failures. */
export const JSON_RPC_CODE: Record<ErrorCode, number> = {
  invalid_argument: -32602,
  unauthenticated: -31401,
  permission_denied: -31403,
  not_found: -32001,
  already_exists: -32602,
  conflict: -32602,
  method_not_found: -32601,
  parse_error: -32700,
  payload_too_large: -32600,
  unsupported_media_type: -32005,
  unsupported_operation: -32004,
  task_not_found: -32001,
  task_not_cancelable: -32002,
  agent_not_found: -32603,
  agent_not_ready: -32603,
  agent_unreachable: -32603,
  model_unreachable: -32603,
  model_unauthorized: -32603,
  model_rate_limited: -32603,
  model_overloaded: -32603,
  model_bad_request: -32603,
  model_stream_cut: -32603,
  limit_exceeded: -32603,
  canceled: -32603,
  deadline_exceeded: -32603,
  unavailable: -32603,
  internal: -32603,
};

/** What a foreign peer's code means to us, when it does not send our own code along. */
const CODE_OF: Readonly<Record<number, ErrorCode>> = {
  [-32700]: 'parse_error',
  [-32600]: 'invalid_argument',
  [-32601]: 'method_not_found',
  [-32602]: 'invalid_argument',
  [-32001]: 'task_not_found',
  [-32002]: 'task_not_cancelable',
  [-32003]: 'unsupported_operation',
  [-32004]: 'unsupported_operation',
  [-32005]: 'unsupported_media_type',
  [-31401]: 'unauthenticated',
  [-31403]: 'permission_denied',
};

export type ParsedRequest =
  | { ok: true; request: JsonRpcRequest }
  /** `id` is the request's, as far as it could be read. */
  | { ok: false; id: JsonRpcId; error: KagentError; invalidRequest: boolean };

/** Reads one request from JSON text. Batches are not part of A2A and are refused. */
export function parseJsonRpcRequest(text: string): ParsedRequest {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const error = new KagentError('parse_error', 'The request body is not valid JSON.', { cause });
    return { ok: false, id: null, error, invalidRequest: false };
  }
  const result = JsonRpcRequest.safeParse(value);
  if (result.success) return { ok: true, request: result.data };
  const id = z.looseObject({ id: JsonRpcId }).safeParse(value);
  const path = result.error.issues[0]?.path.join('.');
  const detail = path ? `: "${path}" is missing or wrong` : '';
  const error = new KagentError('invalid_argument', `Not a JSON-RPC 2.0 request${detail}.`);
  return { ok: false, id: id.success ? id.data.id : null, error, invalidRequest: true };
}

/** The error object for any failure. What is not a KagentError shows nothing of itself. */
export function jsonRpcError(failure: unknown): JsonRpcErrorObject {
  const error = isKagentError(failure) ? failure : new KagentError('internal', 'Internal error');
  return {
    code: JSON_RPC_CODE[error.code],
    message: error.message,
    data: { ...error.data, code: error.code },
  };
}

/** The failure behind an error object: our own code when it was sent along, else the meaning of the number. */
export function fromJsonRpcError(error: JsonRpcErrorObject): KagentError {
  const data = z.looseObject({ code: z.enum(ERROR_CODES) }).safeParse(error.data);
  const code = data.success ? data.data.code : (CODE_OF[error.code] ?? 'internal');
  const detail = typeof error.data === 'string' && error.data !== '' ? `: ${error.data}` : '';
  return new KagentError(code, `${error.message}${detail}`, { data: { jsonRpcCode: error.code } });
}

export function encodeJsonRpcRequest(request: {
  id: JsonRpcId;
  method: string;
  params: unknown;
}): string {
  return JSON.stringify({ jsonrpc: '2.0', ...request });
}

export function encodeJsonRpcResult(id: JsonRpcId, result: unknown): string {
  return JSON.stringify({ jsonrpc: '2.0', id, result });
}

export function encodeJsonRpcError(id: JsonRpcId, error: JsonRpcErrorObject): string {
  return JSON.stringify({ jsonrpc: '2.0', id, error });
}

/** The `result` of a response text. Throws the peer's error, or `internal` when it is no JSON-RPC response. */
export function parseJsonRpcResponse(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new KagentError('internal', 'The peer answered something that is not JSON.', { cause });
  }
  const response = JsonRpcResponse.safeParse(value);
  if (!response.success)
    throw new KagentError('internal', 'The peer answered no JSON-RPC response.');
  if (response.data.error) throw fromJsonRpcError(response.data.error);
  return response.data.result;
}

/** One frame's `data` of an A2A stream. Throws the peer's error, or `internal` when it is no A2A event. */
export function parseA2AStreamData(data: string): A2AStreamEvent {
  const event = A2AStreamEvent.safeParse(parseJsonRpcResponse(data));
  if (!event.success) throw new KagentError('internal', 'The peer sent an event that is not A2A.');
  return event.data;
}

/**
 * The events of a `message/stream` or `tasks/resubscribe` response body, in order. Throws the peer's error in place of
 * the next event; ends when the body ends, whether or not a final event was seen.
 */
export async function* readA2AStream(
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<A2AStreamEvent> {
  for await (const frame of readSse(body)) yield parseA2AStreamData(frame.data);
}
