import { create } from "./create";
import { frame } from "./frame";

export const english = { create, frame };
