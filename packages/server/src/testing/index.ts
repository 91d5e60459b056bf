/** For tests of this and other packages. */
export { sampleRun, storeContract } from './store-contract.ts';
export { type TestServer, startTestServer } from './test-server.ts';
