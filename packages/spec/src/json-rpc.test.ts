import { describe, expect, it } from 'vitest';
import { ERROR_CODES, KagentError } from './errors.ts';
import {
  encodeJsonRpcError,
  encodeJsonRpcRequest,
  encodeJsonRpcResult,
  fromJsonRpcError,
  JSON_RPC_CODE,
  jsonRpcError,
  parseA2AStreamData,
  parseJsonRpcRequest,
  parseJsonRpcResponse,
  readA2AStream,
} from './json-rpc.ts';
import { encodeSseFrame } from './sse.ts';

describe('error table', () => {
  it('has a JSON-RPC code for every error code, within the reserved ranges', () => {
    expect(Object.keys(JSON_RPC_CODE).toSorted()).toEqual([...ERROR_CODES].toSorted());
    for (const code of Object.values(JSON_RPC_CODE))
      expect(Number.isInteger(code) && code < -31_000).toBe(true);
  });

  it.each([...ERROR_CODES])('%s survives the wire', (code) => {
    const error = new KagentError(code, `text of ${code}`, { data: { field: 'x' } });
    const text = encodeJsonRpcError('id', jsonRpcError(error));
    expect(() => parseJsonRpcResponse(text)).toThrow(
      expect.objectContaining({ code, message: `text of ${code}` }),
    );
  });

  it('shows nothing of an unexpected failure', () => {
    expect(jsonRpcError(new Error('password=1'))).toEqual({
      code: -32603,
      message: 'Internal error',
      data: { code: 'internal' },
    });
  });

  it.each([
    [{ code: -32001, message: 'Task not found' }, 'task_not_found', 'Task not found'],
    [{ code: -32002, message: 'x', data: 'too late' }, 'task_not_cancelable', 'x: too late'],
    [{ code: -32004, message: 'x', data: [{ reason: 'y' }] }, 'unsupported_operation', 'x'],
    [{ code: -32099, message: 'odd', data: { code: 'no_such_code' } }, 'internal', 'odd'],
  ])('understands foreign errors: %j', (object, code, message) => {
    expect(fromJsonRpcError(object)).toMatchObject({ code, message });
  });
});

describe('parseJsonRpcRequest', () => {
  it('reads a request; the id may be absent', () => {
    const text = encodeJsonRpcRequest({ id: 7, method: 'tasks/get', params: { id: 't' } });
    expect(parseJsonRpcRequest(text)).toMatchObject({
      ok: true,
      request: { id: 7, method: 'tasks/get', params: { id: 't' } },
    });
    expect(parseJsonRpcRequest('{"jsonrpc":"2.0","method":"x"}')).toMatchObject({
      ok: true,
      request: { id: null },
    });
  });

  it.each([
    ['{', 'parse_error', false, null],
    ['[]', 'invalid_argument', true, null],
    ['null', 'invalid_argument', true, null],
    ['{"jsonrpc":"2.0","id":3}', 'invalid_argument', true, 3],
    ['{"jsonrpc":"2.0","id":{},"method":"x"}', 'invalid_argument', true, null],
  ])('refuses %s', (...[text, code, invalidRequest, id]) => {
    expect(parseJsonRpcRequest(text)).toMatchObject({
      ok: false,
      id,
      invalidRequest,
      error: { code },
    });
  });
});

describe('responses and streams', () => {
  it('reads results', () => {
    expect(parseJsonRpcResponse(encodeJsonRpcResult(1, { a: 1 }))).toEqual({ a: 1 });
    expect(() => parseJsonRpcResponse('oops')).toThrow(
      expect.objectContaining({ code: 'internal' }),
    );
    expect(() => parseJsonRpcResponse('7')).toThrow(expect.objectContaining({ code: 'internal' }));
  });

  it('reads A2A events and names what is none', () => {
    const update = {
      kind: 'status-update',
      taskId: 't',
      contextId: 'c',
      final: true,
      status: { state: 'completed' },
    };
    expect(parseA2AStreamData(encodeJsonRpcResult(1, update))).toEqual(update);
    expect(() => parseA2AStreamData(encodeJsonRpcResult(1, { kind: 'other' }))).toThrow('not A2A');
  });

  it('throws the peer’s error in place of the next event', async () => {
    const update = {
      kind: 'status-update',
      taskId: 't',
      contextId: 'c',
      final: false,
      status: { state: 'working' },
    };
    const text =
      encodeSseFrame({ data: encodeJsonRpcResult('1', update), event: 'task_status_update' }) +
      encodeSseFrame({
        data: encodeJsonRpcError('1', jsonRpcError(new KagentError('canceled', 'gone'))),
      });
    const bytes = new TextEncoder().encode(text);
    async function* body() {
      for (let at = 0; at < bytes.length; at += 7) yield bytes.slice(at, at + 7);
    }
    const seen: unknown[] = [];
    const reading = (async () => {
      for await (const event of readA2AStream(body())) seen.push(event);
    })();
    await expect(reading).rejects.toMatchObject({ code: 'canceled', message: 'gone' });
    expect(seen).toEqual([update]);
  });
});
