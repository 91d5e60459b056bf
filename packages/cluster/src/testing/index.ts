/** What other packages use in tests. */
export { createTestApi } from './test-api.ts';
export type { TestApi, TestApiOptions } from './test-api.ts';
export { startTestCluster } from './test-cluster.ts';
export { describeStorageContract } from './storage-contract.ts';
