// The life of a connector's process: hashicorp/go-plugin's handshake, the
// services, and an end with the hub.
import * as grpc from "@grpc/grpc-js";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { services } from "../gen/capabilities";
import { capabilitiesOf, Connector, describe, descriptionMessage } from "./connector";
import { Log } from "./log";
import { limits, serve as method } from "./method";
import { service } from "./protocol";

const cookie = { key: "KVITT_CONNECTOR", value: "8f2c1d60-settle" };
const coreVersion = 1; // of go-plugin's handshake
const protocolVersion = 1; // of kvitt's protocol
const connectorPackage = "kvitt.connector.v1";

/** The whole main function of a connector: serves the hub that started the
 *  process or, with the argument "describe", prints what the connector is. */
export function main(connector: Connector): void {
  const [argument, ...more] = process.argv.slice(2);
  if (argument === undefined) {
    serve(connector);
  } else if (argument === "describe" && more.length === 0) {
    process.stdout.write(JSON.stringify(describe(connector), null, 2) + "\n");
  } else {
    refuse('usage: connector [describe]\nA connector is started by kvitt; "describe" prints what it is.', 2);
  }
}

function serve(connector: Connector): void {
  if (process.env[cookie.key] !== cookie.value) {
    refuse("This program is a connector of kvitt, which starts it. Run it with \"describe\" to see what it is.", 1);
  }
  if (!(process.env["PLUGIN_PROTOCOL_VERSIONS"] ?? "1").split(",").includes(String(protocolVersion))) {
    refuse(`The hub does not speak protocol ${protocolVersion}.`, 1);
  }
  if (process.env["PLUGIN_CLIENT_CERT"]) {
    refuse("The hub wants mutual TLS, which this connector does not speak: set plain_text for it in the hub's configuration.", 1);
  }
  const log = new Log();
  const handshake = guardStdout(log);
  for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => {}); // the hub may still want to finish its calls
  watchParent(log);

  const socket = join(process.env["PLUGIN_UNIX_SOCKET_DIR"] ?? "/tmp", `plugin${randomBytes(6).toString("hex")}`);
  const server = newServer(connector, log);
  server.bindAsync(`unix:${socket}`, grpc.ServerCredentials.createInsecure(), (error) => {
    if (error) refuse(`The socket cannot be opened: ${error.message}`, 1);
    handshake(`${coreVersion}|${protocolVersion}|unix|${socket}|grpc\n`);
  });
}

function newServer(connector: Connector, log: Log): grpc.Server {
  const server = new grpc.Server({
    "grpc.max_receive_message_length": limits.message,
    "grpc.max_send_message_length": limits.message,
  });
  const description = descriptionMessage(connector);
  server.addService(service(`${connectorPackage}.ConnectorService`), {
    Describe: (_rpc: unknown, reply: grpc.sendUnaryData<object>) => reply(null, { description }),
    Verify: method("Verify", connector.verify, log),
  });
  for (const capability of capabilitiesOf(connector)) {
    const methods = Object.entries(connector.capabilities[capability] ?? {});
    const handlers = methods.map(([name, body]) => [name, method(name, body, log)]);
    server.addService(service(`${connectorPackage}.${services[capability]}`), Object.fromEntries(handlers));
  }
  addPluginServices(server);
  return server;
}

/** What go-plugin asks for beside the connector's own services. */
function addPluginServices(server: grpc.Server): void {
  server.addService(service("grpc.health.v1.Health"), {
    Check: (_rpc: unknown, reply: grpc.sendUnaryData<object>) => reply(null, { status: "SERVING" }),
  });
  server.addService(service("plugin.GRPCController"), {
    Shutdown: (_rpc: unknown, reply: grpc.sendUnaryData<object>) => {
      reply(null, {});
      // The answer must be on its way; go-plugin itself waits two seconds at most.
      server.tryShutdown(() => process.exit(0));
      setTimeout(() => process.exit(0), 500);
    },
  });
  const silent = () => {}; // held open until the hub goes
  server.addService(service("plugin.GRPCStdio"), { StreamStdio: silent });
  server.addService(service("plugin.GRPCBroker"), { StartStream: silent });
}

/** Lets nothing but the handshake reach standard output, where the hub waits for
 *  it; what else is printed becomes a log entry. Gives the way to print it. */
function guardStdout(log: Log): (line: string) => void {
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = (text: unknown) => {
    log.warn("connector printed to standard output", { text: String(text).trimEnd() });
    return true;
  };
  return (line) => void write(line);
}

/** Ends the process once the hub is gone: an orphan would live for ever. */
function watchParent(log: Log): void {
  const parent = process.ppid;
  setInterval(() => {
    if (process.ppid === parent) return;
    log.warn("the hub is gone, exiting");
    process.exit(1);
  }, 500).unref();
}

function refuse(text: string, status: number): never {
  process.stderr.write(text + "\n");
  process.exit(status);
}
