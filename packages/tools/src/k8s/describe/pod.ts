/** What matters of a pod: where it runs, what each container does now and how it ended last. */
import type {
  Container,
  ContainerState,
  ContainerStatus,
  EnvVar,
  Pod,
  Probe,
  Volume,
} from '@kagent/kube';
import { age } from '../time.ts';
import { fields, pairs, section } from './sections.ts';

export function describePod(pod: Pod, now: number): string[] {
  const { spec, status } = pod;
  const head = fields([
    ['Service Account', spec?.serviceAccountName],
    ['Node', spec?.nodeName ?? '<none>'],
    ['Start Time', status?.startTime],
    ['Status', podStatus(pod)],
    ['Reason', status?.reason],
    ['Message', status?.message],
    ['IP', status?.podIP],
    ['Restart Policy', spec?.restartPolicy],
    ['QoS Class', status?.qosClass],
    ['Node Selectors', pairs(spec?.nodeSelector)],
    ['Volumes', spec?.volumes?.map(volumeText).join(', ')],
  ]);
  return [
    head,
    section(
      'Init Containers',
      containers(spec?.initContainers, { statuses: status?.initContainerStatuses, now }),
    ),
    section(
      'Containers',
      containers(spec?.containers, { statuses: status?.containerStatuses, now }),
    ),
  ];
}

/** The STATUS that `kubectl get pods` prints: the reason of a container in trouble, else the phase. */
export function podStatus(pod: Pod): string {
  if (pod.metadata.deletionTimestamp !== undefined) return 'Terminating';
  const { status } = pod;
  for (const { state } of status?.initContainerStatuses ?? []) {
    const reason = troubleOf(state);
    if (reason !== undefined) return `Init:${reason}`;
  }
  for (const { state } of status?.containerStatuses ?? []) {
    const reason = troubleOf(state);
    if (reason !== undefined) return reason;
  }
  return status?.reason ?? status?.phase ?? 'Unknown';
}

function troubleOf(state: ContainerState | undefined): string | undefined {
  if (state?.waiting !== undefined && state.waiting.reason !== 'PodInitializing')
    return state.waiting.reason;
  const ended = state?.terminated;
  if (ended === undefined || ended.exitCode === 0) return undefined;
  return ended.reason ?? `ExitCode:${ended.exitCode}`;
}

function containers(
  list: readonly Container[] | undefined,
  { statuses, now }: { statuses: readonly ContainerStatus[] | undefined; now: number },
): string {
  return (list ?? [])
    .map((container) => {
      const status = statuses?.find(({ name }) => name === container.name);
      return section(container.name, containerFields(container, { status, now }));
    })
    .join('\n');
}

function containerFields(
  container: Container,
  { status, now }: { status: ContainerStatus | undefined; now: number },
): string {
  return fields([
    ['Image', container.image],
    ['Image ID', status?.imageID === container.image ? undefined : status?.imageID],
    [
      'Ports',
      container.ports
        ?.map(
          (port) =>
            `${port.name === undefined ? '' : `${port.name} `}${port.containerPort}/${port.protocol ?? 'TCP'}`,
        )
        .join(', '),
    ],
    ['Command', container.command?.join(' ')],
    ['Args', container.args?.join(' ')],
    ['State', stateText(status?.state, now)],
    ['Last State', stateText(status?.lastState, now)],
    ['Ready', status?.ready],
    ['Restart Count', status?.restartCount],
    ['Requests', pairs(container.resources?.requests, ': ')],
    ['Limits', pairs(container.resources?.limits, ': ')],
    ['Liveness', probeText(container.livenessProbe)],
    ['Readiness', probeText(container.readinessProbe)],
    ['Startup', probeText(container.startupProbe)],
    ['Environment', container.env?.map(envText).join(', ')],
    [
      'Environment From',
      container.envFrom
        ?.map(({ secretRef, configMapRef }) =>
          secretRef === undefined ? `ConfigMap ${configMapRef?.name}` : `Secret ${secretRef.name}`,
        )
        .join(', '),
    ],
    [
      'Mounts',
      container.volumeMounts
        ?.map(
          ({ name, mountPath, readOnly }) =>
            `${mountPath} from ${name}${readOnly === true ? ' (ro)' : ''}`,
        )
        .join(', '),
    ],
  ]);
}

/** `Terminated (Error), exit code 1, 3m ago: message`. */
function stateText(state: ContainerState | undefined, now: number): string | undefined {
  if (state?.waiting !== undefined) {
    const { reason, message } = state.waiting;
    return `Waiting (${reason ?? 'unknown'})${message === undefined ? '' : `: ${message}`}`;
  }
  if (state?.terminated !== undefined) {
    const { reason, message, exitCode, signal, finishedAt } = state.terminated;
    const since = finishedAt === undefined ? '' : `, ${age(finishedAt, now)} ago`;
    const bySignal = signal === undefined || signal === 0 ? '' : `, signal ${signal}`;
    return `Terminated (${reason ?? 'unknown'}), exit code ${exitCode}${bySignal}${since}${message === undefined ? '' : `: ${message.trim()}`}`;
  }
  if (state?.running === undefined) return undefined;
  return `Running for ${age(state.running.startedAt, now)}`;
}

function probeText(probe: Probe | undefined): string | undefined {
  if (probe === undefined) return undefined;
  const { httpGet, tcpSocket, exec } = probe;
  const what =
    httpGet !== undefined
      ? `http-get :${httpGet.port}${httpGet.path ?? '/'}`
      : tcpSocket !== undefined
        ? `tcp :${tcpSocket.port}`
        : exec !== undefined
          ? `exec [${exec.command?.join(' ') ?? ''}]`
          : 'other';
  return `${what} delay=${probe.initialDelaySeconds ?? 0}s timeout=${probe.timeoutSeconds ?? 1}s period=${probe.periodSeconds ?? 10}s failures=${probe.failureThreshold ?? 3}`;
}

function envText({ name, value, valueFrom }: EnvVar): string {
  const { secretKeyRef, configMapKeyRef, fieldRef } = valueFrom ?? {};
  if (secretKeyRef !== undefined)
    return `${name}=<key ${secretKeyRef.key} of Secret ${secretKeyRef.name}>`;
  if (configMapKeyRef !== undefined)
    return `${name}=<key ${configMapKeyRef.key} of ConfigMap ${configMapKeyRef.name}>`;
  if (fieldRef !== undefined) return `${name}=<${fieldRef.fieldPath}>`;
  return `${name}=${value ?? ''}`;
}

function volumeText(volume: Volume): string {
  if (volume.secret !== undefined) return `${volume.name} (Secret ${volume.secret.secretName})`;
  if (volume.configMap !== undefined) return `${volume.name} (ConfigMap ${volume.configMap.name})`;
  const kind = Object.keys(volume).find((key) => key !== 'name');
  return `${volume.name} (${kind ?? 'unknown'})`;
}
