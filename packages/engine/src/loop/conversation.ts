/**
 * The journal as the conversation a model sees. Every tool call gets exactly one result, in call order, whatever the
 * journal holds: providers refuse histories with orphans.
 */
import type { Part, RunEvent } from '@kagent/spec';
import type { ModelMessage, UserPart } from '../ports.ts';
import type { ToolCall } from './run-state.ts';

type ToolResultEntry = Extract<ModelMessage, { role: 'tool' }>['results'][number];

interface Builder {
  messages: ModelMessage[];
  calls: ToolCall[];
  results: Map<string, ToolResultEntry>;
}

/**
 * `history`: events of the session's earlier runs, oldest first; their reasoning is left out and a run that gave no
 * answer is closed with a sentence that says so. `current`: the journal of this run.
 */
export function toModelMessages(
  history: readonly RunEvent[],
  current: readonly RunEvent[],
): ModelMessage[] {
  const builder: Builder = { messages: [], calls: [], results: new Map() };
  for (const event of history) addEvent(builder, event, false);
  for (const event of current) addEvent(builder, event, true);
  closeCalls(builder);
  return builder.messages;
}

function addEvent(builder: Builder, event: RunEvent, withReasoning: boolean): void {
  switch (event.type) {
    case 'run-started':
      closeCalls(builder);
      builder.messages.push({ role: 'user', parts: event.message.parts.map(userPart) });
      return;
    case 'model-completed': {
      closeCalls(builder);
      const parts = event.parts.filter(
        (part) =>
          part.type === 'tool-call' ||
          (part.text !== '' && (withReasoning || part.type === 'text')),
      );
      if (parts.length > 0) builder.messages.push({ role: 'assistant', parts });
      builder.calls = parts.filter((part) => part.type === 'tool-call');
      return;
    }
    case 'tool-completed': {
      const { content, isError } = event.result;
      builder.results.set(event.callId, {
        callId: event.callId,
        name: event.name,
        content,
        isError,
      });
      return;
    }
    case 'run-ended':
      closeCalls(builder);
      closeRun(builder, event);
      return;
    case 'run-resumed':
    case 'model-requested':
    case 'tool-requested':
    case 'notice':
    case 'cancel-requested':
      return;
  }
}

function closeCalls(builder: Builder): void {
  if (builder.calls.length > 0) {
    const results = builder.calls.map((call) => builder.results.get(call.callId) ?? lost(call));
    builder.messages.push({ role: 'tool', results });
  }
  builder.calls = [];
  builder.results.clear();
}

function lost(call: ToolCall): ToolResultEntry {
  const text =
    'There is no result: the task ended while this call was open. Whether it took effect is unknown.';
  return { callId: call.callId, name: call.name, content: [{ type: 'text', text }], isError: true };
}

function closeRun(builder: Builder, event: Extract<RunEvent, { type: 'run-ended' }>): void {
  if (builder.messages.at(-1)?.role === 'assistant') return;
  const text =
    event.state === 'failed'
      ? `(This task failed: ${event.error?.message ?? 'unknown error'})`
      : event.state === 'canceled'
        ? '(This task was canceled before it was answered.)'
        : '(This task ended without an answer.)';
  builder.messages.push({ role: 'assistant', parts: [{ type: 'text', text }] });
}

function userPart(part: Part): UserPart {
  switch (part.kind) {
    case 'text':
      return { type: 'text', text: part.text };
    case 'file': {
      const { bytes, uri, mimeType, name } = part.file;
      return {
        type: 'file',
        mimeType: mimeType ?? 'application/octet-stream',
        ...(bytes === undefined ? {} : { data: bytes }),
        ...(uri === undefined ? {} : { uri }),
        ...(name === undefined ? {} : { name }),
      };
    }
    case 'data':
      return { type: 'text', text: JSON.stringify(part.data) };
  }
}
