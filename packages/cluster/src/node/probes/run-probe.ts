/** One check of a container: HTTP, TCP, gRPC or a command. Failures are told in the words of kubelet's Go clients. */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';

import type { ContainerPort, IntOrString, Probe } from '../../workloads/objects.ts';
import type { HostPort } from '../addresses.ts';
import type { CapturedOutput } from '../capture-output.ts';
import { grpcCheck } from './grpc-check.ts';

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
  exec?(command: string[], timeoutMs: number): Promise<CapturedOutput>;
}

/** As much of what a command says as kubelet shows. */
const MAX_MESSAGE = 10 * 1024;
const PASSED: ProbeResult = { ok: true, message: '' };

function portNumber(ports: ContainerPort[], port: IntOrString): number | undefined {
  const number = Number(port);
  return Number.isInteger(number)
    ? number
    : ports.find((candidate) => candidate.name === port)?.containerPort;
}

/** What Go's dialer says; other errors as they are. */
export function dialProblem(error: NodeJS.ErrnoException, { host, port }: HostPort): string {
  const reasons: Readonly<Record<string, string>> = {
    ECONNREFUSED: `dial tcp ${host}:${port}: connect: connection refused`,
    EHOSTUNREACH: `dial tcp ${host}:${port}: connect: no route to host`,
    ECONNRESET: `read tcp ${host}:${port}: read: connection reset by peer`,
    ENOTFOUND: `dial tcp: lookup ${host}: no such host`,
  };
  return reasons[error.code ?? ''] ?? error.message;
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
      failed('context deadline exceeded (Client.Timeout exceeded while awaiting headers)');
      request.destroy();
    });
    const at = { host: url.hostname, port: Number(url.port) };
    request.once('error', (error) => failed(dialProblem(error, at)));
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
    const failed = (message: string): void => end({ ok: false, message });
    socket.once('connect', () => end(PASSED));
    socket.once('timeout', () => failed(`dial tcp ${target.host}:${target.port}: i/o timeout`));
    socket.once('error', (error) => failed(dialProblem(error, target)));
  });
}

async function execCheck(
  target: ProbeTarget,
  command: string[],
  timeoutMs: number,
): Promise<ProbeResult> {
  if (target.exec === undefined) return PASSED;
  const { code, stdout, stderr, isLate } = await target.exec(command, timeoutMs);
  if (code === 0) return PASSED;
  const line = JSON.stringify(command.join(' '));
  const late = `command timed out: ${line} timed out after ${timeoutMs / 1000}s`;
  return { ok: false, message: isLate ? late : (stdout + stderr).slice(0, MAX_MESSAGE) };
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
  if (probe.grpc !== undefined)
    return grpcCheck(route, { service: probe.grpc.service ?? '', timeoutMs });
  if (probe.httpGet === undefined) return tcpCheck(route, timeoutMs);
  const scheme = (probe.httpGet.scheme ?? 'HTTP').toLowerCase();
  const path = probe.httpGet.path ?? '/';
  const url = new URL(
    `${scheme}://${route.host}:${route.port}${path.startsWith('/') ? '' : '/'}${path}`,
  );
  return httpCheck(url, headersOf(probe.httpGet), timeoutMs);
}
