// Builds everything from nothing but this folder, its npm packages and the
// protocol: gen/ holds what follows from the .proto files, dist/ the programs,
// each one executable file without dependencies but Node itself.
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import protobuf from "protobufjs";

const here = dirname(fileURLToPath(import.meta.url));
process.chdir(here);

// The protocol lies beside this folder; a copy of it elsewhere says where it is.
const protocol = process.env.KVITT_PROTO ?? join(here, "..", "proto");
const roots = [protocol, join(here, "proto")];
const connectorPackage = "kvitt/connector/v1";
const files = [
  ...readdirSync(join(protocol, connectorPackage)).sort().map((name) => join(connectorPackage, name)),
  "plugin/plugin.proto",
  "grpc/health/v1/health.proto",
  "google/rpc/status.proto",
];

rmSync("gen", { recursive: true, force: true });
rmSync("dist", { recursive: true, force: true });
mkdirSync("gen");
writeFileSync(join("gen", "protocol.json"), JSON.stringify(describeMessages()));
generateTypes();
writeFileSync(join("gen", "capabilities.ts"), listCapabilities());
const checker = createRequire(import.meta.url).resolve("typescript/bin/tsc");
execFileSync(process.execPath, [checker, "--noEmit"], { stdio: "inherit" });
await bundle("tinypay/main.ts", "dist/tinypay");
await bundle("simulator/main.ts", "dist/tinypay-simulator");
await bundle("kvitt/kvitt.test.ts", "dist/kvitt.test.js");

function describeMessages() {
  const root = new protobuf.Root();
  // The well-known types come with protobufjs itself.
  root.resolvePath = (_origin, name) =>
    files.includes(name) ? join(roots[files.indexOf(name) < files.length - 3 ? 0 : 1], name) : name;
  return root.loadSync(files, { keepCase: true }).resolveAll().toJSON();
}

function generateTypes() {
  const loader = dirname(createRequire(import.meta.url).resolve("@grpc/proto-loader/package.json"));
  const options = ["--keepCase", "--longs=String", "--enums=String", "--defaults", "--oneofs", "--grpcLib=@grpc/grpc-js"];
  const tool = join(loader, "build", "bin", "proto-loader-gen-types.js");
  execFileSync(process.execPath, [tool, ...options, ...roots.map((r) => `--includeDirs=${r}`), "--outDir=gen/types", ...files]);
}

/** Which service is which capability stands in the comment of the service. */
function listCapabilities() {
  const found = files
    .filter((name) => name.startsWith(connectorPackage))
    .map((name) => readFileSync(join(protocol, name), "utf8"))
    .flatMap((text) => [...text.matchAll(/^\/\/ (\w+Service) is the capability ([a-z]+\.[a-z_]+)/gm)])
    .map(([, service, capability]) => ({ service, capability }));
  const imports = found.map(({ service: s }) => `import type { ${s}Handlers } from "./types/${connectorPackage}/${s}";`);
  const handlers = found.map(({ service, capability }) => `  "${capability}": ${service}Handlers;`);
  const services = found.map(({ service, capability }) => `  "${capability}": "${service}",`);
  return [
    ...imports,
    "export interface Handlers {",
    ...handlers,
    "}",
    "export const services: Record<keyof Handlers, string> = {",
    ...services,
    "};",
    "",
  ].join("\n");
}

async function bundle(from, to) {
  await build({
    entryPoints: [from],
    outfile: to,
    bundle: true,
    platform: "node",
    format: "cjs",
    target: "node18",
    // The hub runs one file, whose SHA-256 an operator may pin.
    banner: { js: "#!/usr/bin/env node" },
    legalComments: "none",
    logLevel: "warning",
  });
  chmodSync(to, 0o755);
}
