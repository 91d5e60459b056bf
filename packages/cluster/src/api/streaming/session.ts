/** What a connected subresource hands to the binding: the client's wishes and the node's session. */
import type { CommandSession, PodConnector } from '../../node/streams/pod-streams.ts';

export type ConnectSession =
  | {
      kind: 'command';
      stdin: boolean;
      stdout: boolean;
      /** Never with `tty`: a terminal has one output. */
      stderr: boolean;
      tty: boolean;
      run: CommandSession;
    }
  | {
      kind: 'port-forward';
      /** Ports of the query, which the older WebSocket protocol needs; SPDY names them in each stream. */
      ports: number[];
      connect: PodConnector;
    };

export type CommandConnect = ConnectSession & { kind: 'command' };
export type PortForwardConnect = ConnectSession & { kind: 'port-forward' };
