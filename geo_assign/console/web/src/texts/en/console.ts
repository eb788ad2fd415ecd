import { frame } from "./frame";

export const english = { frame };
