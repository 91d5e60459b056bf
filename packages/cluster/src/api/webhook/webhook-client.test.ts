import { systemClock } from '@kagent/kube';
import { describe, expect, test } from 'vitest';

import { startWebhookServer } from './testing/webhook-server.ts';
import { createWebhookClient } from './webhook-client.ts';

describe('api/webhook/webhook-client', () => {
  test('what envtest registers: the certificate of the server itself, and two slashes', async () => {
    await using hook = await startWebhookServer({ '/allow': () => ({ answered: true }) });
    const client = createWebhookClient({ clock: systemClock });
    const clientConfig = { ...hook.config('//allow'), caBundle: hook.ownBundle };
    const answer = await client.call({ clientConfig, body: {}, timeoutSeconds: 10 });
    expect(answer).toEqual({ answered: true });
    client.close();
  });
});
