// The simulator of Tinypay as a program, with the arguments that every simulator
// of kvitt takes.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { parseArgs } from "node:util";
import { Control, readTime } from "./control";
import { simulate } from "./tinypay";

const { values } = parseArgs({
  options: {
    listen: { type: "string", default: "127.0.0.1:0" },
    world: { type: "string" },
    now: { type: "string" },
    "exit-with-parent": { type: "boolean", default: false },
  },
});
if (!values.world) {
  process.stderr.write("simulator tinypay: --world is missing\n");
  process.exit(1);
}
const world = JSON.parse(readFileSync(values.world, "utf8"));
const control = new Control(readTime(values.now ?? world.now ?? new Date().toISOString()));
const [host, port] = (values.listen ?? "").split(":");
const server = createServer(control.handler(simulate(world.tinypay)));
server.listen(Number(port), host, () => {
  const { address, port } = server.address() as AddressInfo;
  process.stdout.write(JSON.stringify({ url: `http://${address}:${port}` }) + "\n");
});
if (values["exit-with-parent"]) {
  process.stdin.on("end", () => process.exit(0)).resume();
}
process.on("SIGTERM", () => process.exit(0));
