// What a connector is: a description, a Verify, and a set of methods for each
// capability that it has. There are no methods that answer "not implemented".
import type * as grpc from "@grpc/grpc-js";
import { Handlers, services } from "../gen/capabilities";
import type { ConnectorServiceHandlers } from "../gen/types/kvitt/connector/v1/ConnectorService";
import type { Call } from "./call";
import { duration } from "./protocol";

/** A method as a connector writes it. The kit fills in usage. */
type Method<H> = H extends grpc.handleUnaryCall<infer Request, infer Answer> ? (request: Request, call: Call) => Promise<Answer> : never;

/** The methods of one service. */
export type Methods<H> = { [M in keyof H as string extends M ? never : M]: Method<H[M]> };

/** The capabilities of the protocol, each with the methods of its service. */
export type Capabilities = { [C in keyof Handlers]: Methods<Handlers[C]> };

export interface Connector {
  description: Description;
  verify: Methods<ConnectorServiceHandlers>["Verify"];
  capabilities: Partial<Capabilities>;
}

/** What a connector says of itself; the kit adds protocol and capabilities. */
export interface Description {
  /** Short, lower case, unique among connectors. */
  id: string;
  name: string;
  version: string;
  /** JSON Schemas (2020-12) of objects; "writeOnly": true marks what is secret. */
  settings: object;
  credentials: object;
  oauth?: { token_url: string; client_id: string; client_secret: string; scopes: string[]; headers?: Record<string, string>;
    consent?: { authorize_url: string; revoke_url?: string; pkce?: boolean; parameters?: Record<string, string>; only?: boolean } };
  /** The remote API's limit for one account; calls 0 means none. */
  quota: { calls: number; window_ns: number; in_flight: number; account: string[] };
  /** Every method that spends calls. */
  operations: Operation[];
  /** Every base URL that the connector calls. */
  hosts: string[];
}

export interface Operation {
  name: string;
  calls: number;
  recovery_calls?: number;
  recovery?: "keyed" | "searchable" | "by-state" | "by-difference" | "unsafe";
}

const protocolVersion = 1;

/** The capabilities that a connector really has. */
export function capabilitiesOf(connector: Connector): (keyof Capabilities)[] {
  return (Object.keys(services) as (keyof Handlers)[]).filter((name) => connector.capabilities[name]);
}

/** The description as the argument "describe" prints it. */
export function describe(connector: Connector): object {
  return { ...connector.description, protocol: protocolVersion, capabilities: capabilitiesOf(connector) };
}

/** The description as the method Describe gives it. */
export function descriptionMessage(connector: Connector): object {
  const d = connector.description;
  return {
    ...d,
    protocol: protocolVersion,
    capabilities: capabilitiesOf(connector),
    settings: Buffer.from(JSON.stringify(d.settings)),
    credentials: Buffer.from(JSON.stringify(d.credentials)),
    quota: { calls: d.quota.calls, window: duration(d.quota.window_ns / 1e6), in_flight: d.quota.in_flight, account: d.quota.account },
    operations: d.operations.map((o) => ({
      ...o,
      recovery: o.recovery ? `RECOVERY_${o.recovery.toUpperCase().replace("-", "_")}` : "RECOVERY_UNSPECIFIED",
    })),
  };
}
