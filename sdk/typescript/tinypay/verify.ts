import { Fault, Methods } from "../kvitt";
import type { ConnectorServiceHandlers } from "../gen/types/kvitt/connector/v1/ConnectorService";
import { get, readObject, text } from "./remote";

/** Checks that the key opens the merchant's account. A check that fails is part
 *  of the report; only what says nothing about the connection is an error. */
export const verify: Methods<ConnectorServiceHandlers>["Verify"] = async (_request, call) => {
  try {
    const account = readObject(await get(call, "/v1/account"));
    const id = text(account, "id");
    const own = id === call.credentials["merchant"];
    const merchant = {
      name: "merchant",
      state: own ? "CHECK_STATE_OK" : "CHECK_STATE_FAILED",
      detail: own ? "the key is that of the merchant" : `the key is that of ${id}`,
      remedy: own ? "" : "enter the key of this merchant",
    } as const;
    const checks = [{ name: "credentials", state: "CHECK_STATE_OK", detail: "Tinypay accepts the key" } as const, merchant];
    return { checks, account_id: id, account_name: text(account, "name") };
  } catch (error) {
    if (!(error instanceof Fault) || error.kind !== "auth") throw error;
    const { reason: detail, more } = error;
    return { checks: [{ name: "credentials", state: "CHECK_STATE_FAILED", detail, remedy: more.remedy ?? "" } as const] };
  }
};
