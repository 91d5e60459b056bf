/** The older form of endpoints, which this cluster still writes and reads. */
import type { KubeObject, ResourceType } from '@kagent/kube';

import type { Endpoint } from '../objects.ts';

export interface EndpointsAddress {
  ip: string;
  hostname?: string;
  nodeName?: string;
  targetRef?: Endpoint['targetRef'];
}

export interface Endpoints extends KubeObject {
  subsets?: {
    addresses?: EndpointsAddress[];
    notReadyAddresses?: EndpointsAddress[];
    ports?: { name?: string; port: number; protocol?: string; appProtocol?: string }[];
  }[];
}

export const ENDPOINTS: ResourceType<Endpoints> = {
  group: '',
  version: 'v1',
  kind: 'Endpoints',
  plural: 'endpoints',
  namespaced: true,
};
