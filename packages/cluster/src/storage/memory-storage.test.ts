import { describeStorageContract } from '../testing/storage-contract.ts';
import { createMemoryStorage } from './memory-storage.ts';

describeStorageContract('storage/memory-storage', (options) => createMemoryStorage(options));
