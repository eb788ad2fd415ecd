import { create } from "./create";
import { frame } from "./frame";
import { order } from "./order";
import { pending } from "./pending";
import { roster } from "./roster";

export const english = { create, frame, order, pending, roster };
