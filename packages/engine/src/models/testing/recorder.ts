/** A fetch for tests that answers with canned streams and keeps what was sent. */

/** One request. */
export interface Sent {
  url: string;
  headers: Record<string, string>;
  body: Record<string, unknown>;
}

/** Data lines of a short answer of each vendor. */
export const OPENAI_STREAM = [
  '{"id":"1","created":1,"model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":"hi"},"finish_reason":null}]}',
  '{"id":"1","created":1,"model":"m","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}',
  '[DONE]',
];
export const ANTHROPIC_STREAM = [
  '{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"usage":{"input_tokens":1,"output_tokens":0}}}',
  '{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}',
  '{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"hi"}}',
  '{"type":"content_block_stop","index":0}',
  '{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":1}}',
  '{"type":"message_stop"}',
];
export const GEMINI_STREAM = [
  '{"candidates":[{"content":{"role":"model","parts":[{"text":"hi"}]}}]}',
  '{"candidates":[{"content":{"role":"model","parts":[{"functionCall":{"name":"t","args":{"a":1}},"thoughtSignature":"tsig"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":3,"thoughtsTokenCount":2,"cachedContentTokenCount":4,"totalTokenCount":14}}',
];

/** A fetch that answers with a canned stream and keeps what was sent. */
export function recorder(stream: string[]): { fetch: typeof globalThis.fetch; sent: Sent[] } {
  const sent: Sent[] = [];
  return {
    sent,
    fetch: (input, init) => {
      const headers = Object.fromEntries(new Headers(init?.headers).entries());
      const body = JSON.parse(String(init?.body)) as Record<string, unknown>;
      sent.push({ url: String(input), headers, body });
      const text = stream.map((data) => `data: ${data}\n\n`).join('');
      return Promise.resolve(
        new Response(text, { headers: { 'content-type': 'text/event-stream' } }),
      );
    },
  };
}
