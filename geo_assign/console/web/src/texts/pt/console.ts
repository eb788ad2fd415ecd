import type { ConsoleTexts } from "../console";
import { create } from "./create";
import { frame } from "./frame";

export const texts: ConsoleTexts = { create, frame };
