/** For tests of what is built on this package: fakes, and the contract suite every Transport passes. */
export { createFakeApi } from './fake-api.ts';
export type { FakeApi, FakeApiOptions, FakeKind } from './fake-api.ts';
export { createFakeClock } from './fake-clock.ts';
export type { FakeClock } from './fake-clock.ts';
export { serveTransport } from './serve-transport.ts';
export type { ServedTransport } from './serve-transport.ts';
export { describeTransportContract } from './transport-contract.ts';
export type { TransportContractSetup } from './transport-contract.ts';
