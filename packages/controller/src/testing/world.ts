/** A controller against a fake API server, for tests. */
import {
  createKubeClient,
  DEPLOYMENTS,
  interceptTransport,
  type KubeClient,
  type KubeObject,
  type ResourceType,
  silentLogger,
  type TransportInterceptor,
} from '@kagent/kube';
import { createFakeApi, createFakeClock, type FakeApi, type FakeClock } from '@kagent/kube/testing';
import {
  type Agent,
  AGENTS,
  type Condition,
  type DiscoveredTool,
  MCP_SERVERS,
  MODEL_CONFIGS,
  REMOTE_MCP_SERVERS,
} from '@kagent/spec';
import { type Controller, startController } from '../manager.ts';
import type { ControllerOptions, DiscoverRequest, ToolRegistry } from '../options.ts';

export interface World {
  api: FakeApi;
  /** For the test's own reads and writes. */
  client: KubeClient;
  clock: FakeClock;
  registry: ToolRegistry & { rows: Map<string, DiscoveredTool[]> };
  /** Answers of tool servers by URL; a URL that is not here cannot be reached. */
  servers: Map<string, DiscoveredTool[]>;
  discoveries: DiscoverRequest[];
  /** Requests of the controller that change something. */
  writes(): string[];
  start(options?: Partial<ControllerOptions>): Promise<Controller>;
  create(type: ResourceType, ...objects: KubeObject[]): Promise<void>;
  /** Merge patch as a person would make it: the generation moves on. */
  edit(type: ResourceType, name: string, body: Record<string, unknown>): Promise<void>;
  condition(type: ResourceType, name: string, condition: string): Promise<string>;
  setAvailable(name: string, availableReplicas: number): Promise<void>;
  stop(): Promise<void>;
}

export const NAMESPACE = 'shop-ops';

export function createWorld(hooks: TransportInterceptor = {}): World {
  const clock = createFakeClock();
  const api = createFakeApi({
    kinds: [AGENTS, MODEL_CONFIGS, REMOTE_MCP_SERVERS, MCP_SERVERS],
    now: clock.now,
  });
  const { client } = api;
  const registry = createRegistry();
  const servers = new Map<string, DiscoveredTool[]>();
  const discoveries: DiscoverRequest[] = [];
  const written: string[] = [];
  const controllers: Controller[] = [];
  const counted = interceptTransport(interceptTransport(api.transport, hooks), {
    request(request, next) {
      if (request.method !== 'GET') written.push(`${request.method} ${request.path}`);
      return next(request);
    },
  });

  return {
    api,
    client,
    clock,
    registry,
    servers,
    discoveries,
    writes: () => [...written],
    async start(options) {
      const controller = startController({
        client: createKubeClient(counted),
        namespace: 'kagent',
        controllerName: 'kagent-controller',
        image: { registry: 'r', repository: 'engine', tag: '1', pullPolicy: 'IfNotPresent' },
        discovery: {
          async discover(request) {
            discoveries.push(request);
            const tools = servers.get(request.url);
            if (tools === undefined) throw new Error('connection refused');
            return tools;
          },
        },
        toolRegistry: registry,
        logger: silentLogger,
        clock,
        ...options,
      });
      controllers.push(controller);
      await controller.ready;
      return controller;
    },
    async create(type, ...objects) {
      for (const object of objects) await client.create(type, object);
    },
    async edit(type, name, body) {
      const key = { namespace: NAMESPACE, name };
      const { generation = 1 } = (await client.get(type, key)).metadata;
      const metadata = { ...(body['metadata'] as object | undefined), generation: generation + 1 };
      await client.patch(type, { ...key, patch: { type: 'merge', body: { ...body, metadata } } });
    },
    async condition(type, name, condition) {
      const object = await client.find<Agent>(type as ResourceType<Agent>, {
        namespace: NAMESPACE,
        name,
      });
      const found = object?.status?.conditions?.find((each: Condition) => each.type === condition);
      return found === undefined ? 'none' : `${found.status} ${found.reason}`;
    },
    async setAvailable(name, availableReplicas) {
      await client.patch(DEPLOYMENTS, {
        namespace: NAMESPACE,
        name,
        patch: { type: 'merge', body: { status: { availableReplicas } } },
      });
    },
    async stop() {
      await Promise.all(controllers.map(async (controller) => await controller.stop()));
    },
  };
}

function createRegistry(): World['registry'] {
  const rows = new Map<string, DiscoveredTool[]>();
  return {
    rows,
    async put({ ref, groupKind, tools }) {
      rows.set(`${groupKind} ${ref}`, tools);
    },
    async remove(ref, groupKind) {
      rows.delete(`${groupKind} ${ref}`);
    },
    async list() {
      return [...rows.keys()].map((row) => {
        const [groupKind = '', ref = ''] = row.split(' ');
        return { groupKind, ref };
      });
    },
  };
}
