// Tinypay is a payment service provider that exists only here: small enough to be
// read in one sitting, complete enough to be run by the hub.
import { Connector } from "../kvitt";
import { listPayoutLines } from "./lines";
import { listPayouts } from "./payouts";
import { api } from "./remote";
import { verify } from "./verify";

export const tinypay: Connector = {
  description: {
    id: "tinypay",
    name: "Tinypay",
    version: "0.1.0",
    settings: {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      title: "Tinypay settings",
      type: "object",
      additionalProperties: false,
      properties: {},
    },
    credentials: {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      title: "Tinypay credentials",
      type: "object",
      additionalProperties: false,
      required: ["merchant", "api_key"],
      properties: {
        merchant: {
          title: "Merchant id",
          description: "As the portal shows it. Tinypay counts the calls of one merchant id together.",
          type: "string",
          pattern: "^[a-z0-9_]{1,40}$",
        },
        api_key: { title: "API key", type: "string", pattern: "^\\S{8,200}$", writeOnly: true },
      },
    },
    quota: { calls: 20, window_ns: 1e9, in_flight: 2, account: ["merchant"] },
    operations: [
      { name: "Verify", calls: 1 },
      { name: "ListPayouts", calls: 1 },
      { name: "ListPayoutLines", calls: 1 },
    ],
    hosts: [api],
  },
  verify,
  capabilities: { "psp.payouts": { ListPayouts: listPayouts, ListPayoutLines: listPayoutLines } },
};
