/** Waits of the wire protocols, which have no other end than a client that misbehaves. */

/** The value, or undefined when it did not come in time. */
export async function withinTime<T>(
  promise: Promise<T>,
  milliseconds: number,
): Promise<T | undefined> {
  const timeout = AbortSignal.timeout(milliseconds);
  const late = new Promise<undefined>((resolve) => {
    timeout.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  return Promise.race([promise, late]);
}
