/** Prometheus metrics of the server. One registry per server, so that many can live in a process. */
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

export interface Metrics {
  registry: Registry;
  httpDuration: Histogram<'method' | 'route' | 'status'>;
  a2aRequests: Counter<'agent' | 'method' | 'outcome'>;
  a2aStreams: Gauge;
  a2aEvents: Counter;
}

export function createMetrics(): Metrics {
  const registry = new Registry();
  const registers = [registry];
  return {
    registry,
    httpDuration: new Histogram({
      name: 'kagent_http_request_duration_seconds',
      help: 'Time to answer a REST request, by route pattern.',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10],
      registers,
    }),
    a2aRequests: new Counter({
      name: 'kagent_a2a_requests_total',
      help: 'A2A requests through the gateway, by agent, method and outcome (ok or an error code).',
      labelNames: ['agent', 'method', 'outcome'],
      registers,
    }),
    a2aStreams: new Gauge({
      name: 'kagent_a2a_open_streams',
      help: 'A2A event streams that are open now.',
      registers,
    }),
    a2aEvents: new Counter({
      name: 'kagent_a2a_stream_events_total',
      help: 'Events sent on A2A streams.',
      registers,
    }),
  };
}
