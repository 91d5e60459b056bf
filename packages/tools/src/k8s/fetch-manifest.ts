/** Downloads a manifest: http(s) only, bounded in time and size. What it holds never shows up in an error. */
import { ToolFailure } from '../tool.ts';
import type { Fetch } from './context.ts';

const MAX_BYTES = 1024 * 1024;
const TIMEOUT_MS = 30_000;
const MAX_URL = 2048;

export async function fetchManifest(
  fetch: Fetch,
  { url, signal }: { url: string; signal: AbortSignal },
): Promise<string> {
  const address = URL.canParse(url) ? new URL(url) : undefined;
  const isWeb = address?.protocol === 'https:' || address?.protocol === 'http:';
  if (address === undefined || !isWeb || url.length > MAX_URL)
    throw new ToolFailure('url has to be an http or https address of at most 2048 characters.');
  if (address.username !== '' || address.password !== '')
    throw new ToolFailure('url must not hold credentials.');
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const response = await fetch(address, { signal: AbortSignal.any([signal, timeout]) });
    if (!response.ok) {
      await response.body?.cancel();
      throw new ToolFailure(`${address.host} answered with HTTP ${response.status}.`);
    }
    return await readBounded(response);
  } catch (error) {
    if (error instanceof ToolFailure || signal.aborted) throw error;
    const reason = timeout.aborted
      ? `no answer within ${TIMEOUT_MS / 1000} s`
      : 'the connection failed';
    throw new ToolFailure(`Can't get the manifest from ${address.host}: ${reason}.`);
  }
}

async function readBounded(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MAX_BYTES) throw new ToolFailure('The manifest is larger than 1 MiB.');
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
