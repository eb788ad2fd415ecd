import type { ConsoleTexts } from "../console";
import { frame } from "./frame";

export const texts: ConsoleTexts = { frame };
