import { KubeError, silentLogger } from '@kagent/kube';
import { afterEach, describe, expect, it } from 'vitest';
import { createToolRegistry } from './registry.ts';
import { createToolWorld, type ToolWorld, type ToolWorldOptions } from './testing/tool-world.ts';
import { defineTool, READ_ONLY } from './tool.ts';

describe('tool server', () => {
  const worlds: ToolWorld[] = [];
  afterEach(async () => {
    for (const world of worlds.splice(0)) await world.close();
  });
  async function open(options?: ToolWorldOptions): Promise<ToolWorld> {
    const world = await createToolWorld(options);
    worlds.push(world);
    return world;
  }

  const ALL = [
    'k8s_annotate_resource',
    'k8s_apply_manifest',
    'k8s_create_resource',
    'k8s_create_resource_from_url',
    'k8s_delete_resource',
    'k8s_describe_resource',
    'k8s_get_available_api_resources',
    'k8s_get_cluster_configuration',
    'k8s_get_events',
    'k8s_get_pod_logs',
    'k8s_get_resource_yaml',
    'k8s_get_resources',
    'k8s_label_resource',
    'k8s_patch_resource',
    'k8s_patch_status',
    'k8s_remove_annotation',
    'k8s_remove_label',
    'k8s_rollout',
    'k8s_scale',
  ];

  it('offers the Kubernetes tools with schemas and honest annotations', async () => {
    const { client } = await open();
    expect(client.getServerVersion()).toMatchObject({
      name: 'kagent-tools-server',
      version: '1.2.3',
    });
    const { tools } = await client.listTools();
    expect(tools.map((tool) => tool.name).sort()).toEqual(ALL);
    for (const tool of tools) {
      expect(tool.description).toBeTruthy();
      for (const property of Object.values(tool.inputSchema.properties ?? {}))
        expect(property).toMatchObject({
          description: expect.any(String) as string,
          type: expect.any(String) as string,
        });
    }
    const hints = (name: string) => tools.find((tool) => tool.name === name)?.annotations;
    expect(hints('k8s_get_resources')).toMatchObject({
      readOnlyHint: true,
      idempotentHint: true,
      destructiveHint: false,
    });
    expect(hints('k8s_delete_resource')).toMatchObject({
      readOnlyHint: false,
      destructiveHint: true,
    });
    expect(hints('k8s_create_resource')).toMatchObject({
      readOnlyHint: false,
      idempotentHint: false,
    });
    expect(tools.find((tool) => tool.name === 'k8s_scale')?.inputSchema).toEqual({
      type: 'object',
      properties: {
        name: { type: 'string', description: expect.any(String) as string },
        namespace: { type: 'string', description: expect.any(String) as string },
        replicas: {
          type: 'integer',
          minimum: 0,
          maximum: Number.MAX_SAFE_INTEGER,
          description: expect.any(String) as string,
        },
      },
      required: ['name', 'replicas'],
    });
  });

  it('leaves out what changes something in read-only mode', async () => {
    const { client, fail } = await open({ readOnly: true });
    const { tools } = await client.listTools();
    expect(tools.map((tool) => tool.name).sort()).toEqual(
      ALL.filter((name) => /_get_|_describe_/.test(name)),
    );
    expect(await fail('k8s_delete_resource', {})).toContain(
      'There is no tool named k8s_delete_resource',
    );
  });

  it('answers health and metrics beside MCP on any other path', async () => {
    const { url, call, fail } = await open();
    await call('k8s_get_events');
    await fail('k8s_get_resources', {});
    expect(await (await fetch(`${url}/health`)).text()).toBe('OK');
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toContain(
      'kagent_tools_mcp_invocations_total{tool_name="k8s_get_events",tool_provider="k8s"} 1\n',
    );
    expect(metrics).toContain(
      'kagent_tools_mcp_invocations_failure_total{tool_name="k8s_get_resources",tool_provider="k8s"} 1\n',
    );
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
    const headers = {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
    };
    const anywhere = await fetch(`${url}/some/path`, { method: 'POST', headers, body });
    expect(await anywhere.text()).toContain('k8s_get_resources');
  });

  it('refuses web pages of other origins', async () => {
    const { url } = await open();
    const response = await fetch(`${url}/mcp`, {
      method: 'POST',
      headers: { origin: 'http://evil.example' },
      body: '{}',
    });
    expect(response.status).toBe(403);
  });

  it.each([
    [
      'Forbidden',
      403,
      'pods is forbidden',
      'Forbidden: pods is forbidden. The identity of the tool server lacks',
    ],
    ['Unreachable', 0, 'GET /api/v1/pods: no answer', 'The Kubernetes API server gave no answer'],
  ])('explains %s', async (...[reason, code, message, text]) => {
    let isBroken = false;
    const { call, fail } = await open({
      hooks: {
        async request(request, next) {
          if (isBroken) throw new KubeError({ reason, code, message });
          return await next(request);
        },
      },
    });
    await call('k8s_get_available_api_resources');
    isBroken = true;
    expect(await fail('k8s_get_resources', { resource_type: 'pods' })).toContain(text);
  });

  it('keeps details of unexpected failures out of the result', async () => {
    const logged: unknown[] = [];
    const tool = defineTool({
      name: 'x_broken',
      description: 'Breaks.',
      annotations: READ_ONLY,
      input: {},
      run: () => Promise.reject(new Error('password=planted')),
    });
    const registry = createToolRegistry({
      providers: [{ name: 'x', tools: [tool] }],
      logger: { ...silentLogger, error: (fields) => void logged.push(fields) },
    });
    const output = await registry.call('x_broken', {}, { signal: new AbortController().signal });
    expect(output).toEqual({
      isError: true,
      text: 'x_broken failed unexpectedly; the log of the tool server has the details.',
    });
    expect(logged).toHaveLength(1);
  });

  it('cuts what no model could read', async () => {
    const { api, call } = await open();
    const data = Object.fromEntries(
      Array.from({ length: 3000 }, (_, index) => [`key-${index}`, 'x'.repeat(20)]),
    );
    const configMap = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'big', namespace: 'default' },
      data,
    };
    await api.client.create(
      { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true },
      configMap,
    );
    const text = await call('k8s_get_resource_yaml', { resource_type: 'cm', resource_name: 'big' });
    expect(text.length).toBeLessThan(41_000);
    expect(text).toMatch(/\[cut: \d+ more characters\. Narrow the request/);
  });
});
