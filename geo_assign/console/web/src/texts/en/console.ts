import { board } from "./board";
import { create } from "./create";
import { frame } from "./frame";
import { order } from "./order";
import { pending } from "./pending";
import { roster } from "./roster";

export const english = { board, create, frame, order, pending, roster };
