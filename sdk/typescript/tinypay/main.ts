import { main } from "../kvitt";
import { tinypay } from "./connector";

main(tinypay);
