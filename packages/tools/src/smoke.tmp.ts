import * as reg from '../../cluster/src/builtin/registry.ts';
import { createApiServer } from '../../cluster/src/api/api-server.ts';
import { createLocalTransport } from '../../cluster/src/api/local-transport.ts';
import { createMemoryStorage } from '../../cluster/src/storage/memory-storage.ts';
import { createKubeClient, silentLogger, systemClock, NAMESPACES, createInformer, CONFIG_MAPS } from '@kagent/kube';
import { createK8sProvider } from './k8s/provider.ts';
import { createToolRegistry } from './registry.ts';
console.log(Object.keys(reg));
const kinds = (reg as any).BUILTIN_KINDS ?? (reg as any).builtinKinds?.() ?? (reg as any).createBuiltinKinds?.();
const api = createApiServer({ storage: createMemoryStorage(), kinds, clock: systemClock, logger: silentLogger, tokenKey: new Uint8Array(32).fill(1), version: 'v1.35.2-kagent', podLogs: () => undefined });
const transport = createLocalTransport(api.handle, { username: 'admin', groups: ['system:masters'] } as any);
const kube = createKubeClient(transport);
for (const name of ['default','shop']) await kube.create(NAMESPACES, {apiVersion:'v1',kind:'Namespace',metadata:{name}});
const r = createToolRegistry({ providers: [createK8sProvider({ kube, clock: systemClock, fetch })], logger: { ...silentLogger, error: (f: unknown) => console.log('LOG', f) } });
const call = async (n: string, a: unknown = {}) => { const t=performance.now(); const o = await r.call(n, a, { signal: new AbortController().signal }); console.log(`\n## ${n} ${JSON.stringify(a).slice(0,100)} ${o.isError?'ERROR':''} ${(performance.now()-t).toFixed(1)}ms\n${o.text.slice(0,1500)}`); };
const d = { resource_type:'deploy', resource_name:'web', namespace:'shop' };
await call('k8s_get_available_api_resources');
await call('k8s_apply_manifest', { manifest: `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec: {replicas: 1, selector: {matchLabels: {app: web}}, template: {metadata: {labels: {app: web}}, spec: {containers: [{name: main, image: 'web:1'}]}}}
---
apiVersion: v1
kind: Secret
metadata: {name: s, namespace: shop}
stringData: {p: planted}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.acme.io}
spec: {group: acme.io, scope: Namespaced, names: {plural: widgets, singular: widget, kind: Widget, shortNames: [wdg]}, versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: integer}}}}}}}]}
---
apiVersion: acme.io/v1
kind: Widget
metadata: {name: w, namespace: shop}
spec: {size: 3}
` });
await call('k8s_apply_manifest', { manifest: `{apiVersion: acme.io/v1, kind: Widget, metadata: {name: w, namespace: shop}, spec: {size: 3}}`});
await call('k8s_apply_manifest', { manifest: `{apiVersion: acme.io/v1, kind: Widget, metadata: {name: w2, namespace: shop}, spec: {size: big}}`});
await call('k8s_get_resources', { resource_type: 'deploy', namespace: 'shop' });
await call('k8s_get_resources', { resource_type: 'all', all_namespaces: true });
await call('k8s_get_resources', { resource_type: 'wdg', all_namespaces: true });
await call('k8s_get_resources', { resource_type: 'secret', resource_name: 's', namespace: 'shop', output: 'yaml' });
await call('k8s_get_resources', { resource_type: 'deploy', resource_name: 'web', all_namespaces: true });
await call('k8s_describe_resource', d);
await call('k8s_patch_resource', { resource_type:'wdg', resource_name:'w', namespace:'shop', patch:'{"spec":{"size":4}}' });
await call('k8s_scale', { name:'web', namespace:'shop', replicas:2 });
await call('k8s_rollout', { ...d, action:'restart' });
await call('k8s_rollout', { ...d, action:'status' });
await call('k8s_label_resource', { ...d, labels:'a=b' });
await call('k8s_remove_label', { ...d, label_key:'a' });
await call('k8s_patch_status', { ...d, patch:'{"status":{"replicas":2}}' });
await call('k8s_get_events', {});
await call('k8s_get_cluster_configuration', {});
await call('k8s_get_resources', { resource_type: 'pods', resource_name: 'x', namespace: 'shop' });
await call('k8s_delete_resource', d);
const inf = createInformer({ client: kube, type: CONFIG_MAPS, clock: systemClock, logger: { ...silentLogger, warn: (f: unknown, m: string) => console.log(m, f) } });
await inf.synced; const seen: string[] = []; inf.onChange((c) => void seen.push(c.type));
await kube.create(CONFIG_MAPS, { apiVersion:'v1', kind:'ConfigMap', metadata:{name:'c',namespace:'shop'} }); await new Promise(r=>setTimeout(r,50)); console.log(seen); await inf.stop(); api.stop();
