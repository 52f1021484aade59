// The protocol as data: one descriptor of every .proto file, made by the build.
import * as grpc from "@grpc/grpc-js";
import { fromJSON } from "@grpc/proto-loader";
import Long from "long";
import protobuf from "protobufjs";
import descriptor from "../gen/protocol.json";

// Without it protobufjs reads 64-bit numbers as floats: it looks for the package
// at run time, and a bundled program has none to find.
protobuf.util.Long = Long;
protobuf.configure();

const root = protobuf.Root.fromJSON(descriptor as protobuf.INamespace);

const definitions = fromJSON(descriptor as protobuf.INamespace, {
  keepCase: true,
  longs: String,
  enums: String,
  defaults: true,
  oneofs: true,
});

/** The definition of a service by its full name. */
export function service(name: string): grpc.ServiceDefinition {
  return definitions[name] as grpc.ServiceDefinition;
}

/** The bytes of a message by its full name. */
export function encode(name: string, message: object): Uint8Array {
  const type = root.lookupType(name);
  return type.encode(type.fromObject(message)).finish();
}

/** A span of time as google.protobuf.Duration. */
export function duration(ms: number): { seconds: string; nanos: number } {
  const seconds = Math.trunc(ms / 1000);
  return { seconds: String(seconds), nanos: Math.round((ms - seconds * 1000) * 1e6) };
}

/** A moment as google.protobuf.Timestamp. */
export function timestamp(at: Date): { seconds: string; nanos: number } {
  const ms = at.getTime();
  const seconds = Math.floor(ms / 1000);
  return { seconds: String(seconds), nanos: (ms - seconds * 1000) * 1e6 };
}

/** The moment of a google.protobuf.Timestamp, to the millisecond. */
export function moment(at: { seconds: unknown; nanos: number } | null): Date {
  return new Date(at === null ? 0 : Number(at.seconds) * 1000 + Math.floor(at.nanos / 1e6));
}
