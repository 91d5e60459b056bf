/** What tests and benchmarks start in process; people use the `kagent` executable. */
export { type Platform, type PlatformOptions, startPlatform } from './processes/embedded.ts';
export { VERSION } from './version.ts';
