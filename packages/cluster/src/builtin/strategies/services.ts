/** Services: defaults, and what an update carries over. */
import { jsonEqual, type JsonObject } from '../../schema/json.ts';
import {
  ensureObject,
  isUnset,
  items,
  number,
  part,
  setDefault,
  strings,
  text,
  type Rules,
} from './rules.ts';
import { isReachable, nodePortErrors, serviceErrors } from './service-validation.ts';

/** Rules of Services but for the addresses and ports that the API server gives out (`api/services/`). */
export const service: Rules = {
  update(object, old) {
    const [spec, before] = [ensureObject(object, 'spec'), part(old, 'spec')];
    dropFieldsOfOldType(spec, before);
    if (text(spec, 'type') === 'ExternalName') return;
    if (isUnset(spec.clusterIP) && !isUnset(before.clusterIP)) {
      spec.clusterIP = before.clusterIP;
      setDefault(spec, 'clusterIPs', before.clusterIPs ?? [before.clusterIP]);
    }
    keepNodePorts(spec, before);
    if (text(spec, 'type') === 'LoadBalancer' && !isUnset(before.healthCheckNodePort)) {
      setDefault(spec, 'healthCheckNodePort', before.healthCheckNodePort);
    }
  },
  defaults(object) {
    const spec = ensureObject(object, 'spec');
    for (const [port] of items(spec, 'ports')) {
      setDefault(port, 'protocol', 'TCP');
      if (isUnset(port.targetPort) || port.targetPort === 0) port.targetPort = port.port ?? 0;
    }
    const type = text(spec, 'type') || 'ClusterIP';
    setDefault(spec, 'type', 'ClusterIP');
    setDefault(spec, 'sessionAffinity', 'None');
    if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig;
    if (spec.sessionAffinity === 'ClientIP') {
      const clientIP = ensureObject(ensureObject(spec, 'sessionAffinityConfig'), 'clientIP');
      setDefault(clientIP, 'timeoutSeconds', 10800);
    }
    if (type === 'ExternalName') {
      if (spec.clusterIP === '') delete spec.clusterIP;
      return;
    }
    setDefault(spec, 'internalTrafficPolicy', 'Cluster');
    if (isReachable(spec)) setDefault(spec, 'externalTrafficPolicy', 'Cluster');
    if (type === 'LoadBalancer') setDefault(spec, 'allocateLoadBalancerNodePorts', true);
    if (!isUnset(spec.clusterIP)) setDefault(spec, 'clusterIPs', [spec.clusterIP]);
    defaultFamilies(spec);
  },
  validate(object, old) {
    const errors = serviceErrors(object, old);
    return errors.length > 0 ? errors : nodePortErrors(part(object, 'spec'));
  },
};

/** A Service without addresses of its own, whose endpoints others write, may have those of any family. */
function defaultFamilies(spec: JsonObject): void {
  const isOpen = isUnset(spec.ipFamilies) && isUnset(spec.ipFamilyPolicy);
  const isPlaceless = spec.clusterIP === 'None' && Object.keys(part(spec, 'selector')).length === 0;
  if (isOpen && isPlaceless) {
    spec.ipFamilies = ['IPv4', 'IPv6'];
    spec.ipFamilyPolicy = 'RequireDualStack';
  }
  setDefault(spec, 'ipFamilies', ['IPv4']);
  setDefault(spec, 'ipFamilyPolicy', 'SingleStack');
}

const ADDRESS_FIELDS = ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy'];

/**
 * What only the old type has goes with it, unless this update changed it: then it was asked for, and is refused
 * (`dropTypeDependentFields` of the Service strategy).
 */
function dropFieldsOfOldType(spec: JsonObject, before: JsonObject): void {
  const [type, oldType] = [text(spec, 'type') || 'ClusterIP', text(before, 'type') || 'ClusterIP'];
  if (type === oldType) return;
  const drop = (keys: readonly string[]) => {
    for (const key of keys) if (jsonEqual(spec[key] ?? null, before[key] ?? null)) delete spec[key];
  };
  if (type === 'ExternalName' && jsonEqual(spec.clusterIP ?? null, before.clusterIP ?? null))
    drop([...ADDRESS_FIELDS, 'internalTrafficPolicy']);
  const hasNodePorts = type === 'NodePort' || type === 'LoadBalancer';
  const nodePorts = (of: JsonObject) => items(of, 'ports').map(([port]) => port.nodePort ?? 0);
  if (!hasNodePorts && jsonEqual(nodePorts(spec), nodePorts(before))) {
    spec.ports = items(spec, 'ports').map(([{ nodePort: _nodePort, ...port }]) => port);
  }
  if (type !== 'LoadBalancer')
    drop(['healthCheckNodePort', 'allocateLoadBalancerNodePorts', 'loadBalancerClass']);
  if (!hasNodePorts && strings(spec, 'externalIPs').length === 0) drop(['externalTrafficPolicy']);
}

/** A port keeps its node port when an update leaves it out. */
function keepNodePorts(spec: JsonObject, before: JsonObject): void {
  const type = text(spec, 'type');
  if (type !== 'NodePort' && type !== 'LoadBalancer') return;
  const known = new Map(items(before, 'ports').map(([port]) => [portKey(port), port.nodePort]));
  for (const [port] of items(spec, 'ports')) {
    const nodePort = known.get(portKey(port));
    if (isUnset(port.nodePort) && nodePort !== undefined) port.nodePort = nodePort;
  }
}

function portKey(port: JsonObject): string {
  return `${text(port, 'protocol') || 'TCP'}/${number(port, 'port') ?? 0}`;
}
