import type { ConsoleTexts } from "../console";
import { board } from "./board";
import { create } from "./create";
import { exclusions } from "./exclusions";
import { frame } from "./frame";
import { insight } from "./insight";
import { map } from "./map";
import { order } from "./order";
import { panel } from "./panel";
import { past } from "./past";
import { pending } from "./pending";
import { ranking } from "./ranking";
import { roster } from "./roster";
import { waiting } from "./waiting";

export const texts: ConsoleTexts = {
  board,
  create,
  exclusions,
  frame,
  insight,
  map,
  order,
  panel,
  past,
  pending,
  ranking,
  roster,
  waiting,
};
