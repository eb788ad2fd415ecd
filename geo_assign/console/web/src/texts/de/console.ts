import type { ConsoleTexts } from "../console";
import { board } from "./board";
import { create } from "./create";
import { frame } from "./frame";
import { order } from "./order";
import { pending } from "./pending";
import { roster } from "./roster";

export const texts: ConsoleTexts = { board, create, frame, order, pending, roster };
