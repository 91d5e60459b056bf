/** What the page needs of the outside world, passed in so that tests can stand in for it. */
import { createContext, use } from 'react';
import type { Http } from './http.ts';

export interface Services {
  http: Http;
  /** Resolves after that many milliseconds; rejects with the signal's reason. */
  wait(milliseconds: number, signal: AbortSignal): Promise<void>;
  /** Ids for chats and messages; unguessable. */
  randomId(): string;
}

export const ServicesContext = createContext<Services | undefined>(undefined);

export function useServices(): Services {
  const services = use(ServicesContext);
  if (!services) throw new Error('useServices needs a ServicesContext around it');
  return services;
}
