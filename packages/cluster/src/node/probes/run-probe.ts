/** One check of a container: HTTP, TCP, gRPC (its port answers) or a command. */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';

import type { ContainerPort, IntOrString, Probe } from '../../workloads/objects.ts';
import type { HostPort } from '../addresses.ts';

export interface ProbeResult {
  ok: boolean;
  /** For the `Unhealthy` event, without the leading `Readiness probe failed: `. */
  message: string;
}

export interface ProbeTarget {
  podIP: string;
  ports: ContainerPort[];
  /** Where a connection to the pod's port really goes. */
  route(host: string, port: number): HostPort;
  /** Missing for tenants, whose exec probes pass: there is no inside to run a command in. */
  exec?(command: string[], timeoutMs: number): Promise<number>;
}

const PASSED: ProbeResult = { ok: true, message: '' };

function portNumber(ports: ContainerPort[], port: IntOrString): number | undefined {
  const number = Number(port);
  return Number.isInteger(number)
    ? number
    : ports.find((candidate) => candidate.name === port)?.containerPort;
}

function httpCheck(
  url: URL,
  headers: Record<string, string>,
  timeoutMs: number,
): Promise<ProbeResult> {
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve) => {
    const failed = (reason: string): void =>
      resolve({ ok: false, message: `Get "${url.href}": ${reason}` });
    const request = send(
      url,
      { agent: false, headers, timeout: timeoutMs, rejectUnauthorized: false },
      (response) => {
        const { statusCode = 0 } = response;
        response.resume();
        response.destroy();
        if (statusCode >= 200 && statusCode < 400) resolve(PASSED);
        else resolve({ ok: false, message: `HTTP probe failed with statuscode: ${statusCode}` });
      },
    );
    request.once('timeout', () => {
      failed('context deadline exceeded');
      request.destroy();
    });
    request.once('error', (error) => failed(error.message));
    request.end();
  });
}

function tcpCheck(target: HostPort, timeoutMs: number): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const socket = connect({ host: target.host, port: target.port, timeout: timeoutMs });
    const end = (result: ProbeResult): void => {
      socket.destroy();
      resolve(result);
    };
    const failed = (reason: string): void =>
      end({ ok: false, message: `dial tcp ${target.host}:${target.port}: ${reason}` });
    socket.once('connect', () => end(PASSED));
    socket.once('timeout', () => failed('i/o timeout'));
    socket.once('error', (error) => failed(error.message));
  });
}

async function execCheck(
  target: ProbeTarget,
  command: string[],
  timeoutMs: number,
): Promise<ProbeResult> {
  if (target.exec === undefined) return PASSED;
  const exitCode = await target.exec(command, timeoutMs);
  return exitCode === 0 ? PASSED : { ok: false, message: `command exited with code ${exitCode}` };
}

function headersOf(probe: NonNullable<Probe['httpGet']>): Record<string, string> {
  const headers: Record<string, string> = {
    'user-agent': 'kube-probe/1.35',
    accept: '*/*',
    connection: 'close',
  };
  for (const header of probe.httpHeaders ?? []) headers[header.name.toLowerCase()] = header.value;
  return headers;
}

/** Never rejects. A probe without an action passes. */
export async function runProbe(probe: Probe, target: ProbeTarget): Promise<ProbeResult> {
  const timeoutMs = Math.max(1, probe.timeoutSeconds ?? 1) * 1000;
  if (probe.exec !== undefined) return execCheck(target, probe.exec.command ?? [], timeoutMs);
  const action = probe.httpGet ?? probe.tcpSocket ?? probe.grpc;
  if (action === undefined) return PASSED;
  const port = portNumber(target.ports, action.port);
  if (port === undefined)
    return { ok: false, message: `port ${action.port} is not a port of the container` };
  const host =
    'host' in action && action.host !== undefined && action.host !== ''
      ? action.host
      : target.podIP;
  const route = target.route(host, port);
  if (probe.httpGet === undefined) return tcpCheck(route, timeoutMs);
  const scheme = (probe.httpGet.scheme ?? 'HTTP').toLowerCase();
  const path = probe.httpGet.path ?? '/';
  const url = new URL(
    `${scheme}://${route.host}:${route.port}${path.startsWith('/') ? '' : '/'}${path}`,
  );
  return httpCheck(url, headersOf(probe.httpGet), timeoutMs);
}
