import { NAMESPACES } from './resources.ts';
import { createHttpTransport } from './http-transport.ts';
import { createFakeApi } from './testing/fake-api.ts';
import { serveTransport } from './testing/serve-transport.ts';
import { describeTransportContract } from './testing/transport-contract.ts';

const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'contract' } };

describeTransportContract('fake API', async () => {
  const api = createFakeApi();
  await api.client.create(NAMESPACES, namespace);
  return { transport: api.transport, namespace: 'contract' };
});

describeTransportContract('HTTP', async () => {
  const api = createFakeApi();
  await api.client.create(NAMESPACES, namespace);
  const server = await serveTransport(api.transport);
  const transport = createHttpTransport({ server: server.url });
  return {
    transport,
    namespace: 'contract',
    async close() {
      await transport.close();
      await server.stop();
    },
  };
});
