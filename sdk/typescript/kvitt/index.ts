// The kit: what a connector in TypeScript imports.
export { Call } from "./call";
export type { Capabilities, Connector, Description, Methods } from "./connector";
export { Fault } from "./fault";
export { elements } from "./locate";
export type { Element } from "./locate";
export { parseMoney } from "./money";
export type { Money } from "./money";
export { moment, timestamp } from "./protocol";
export { main } from "./serve";
export { send } from "./upstream";
export type { Answer } from "./upstream";
