import { dayTitle, weekTitle } from "../../model/dates";
import { zoneName } from "../../model/zone";
import type { Desk } from "../../state/desk";
import { texts } from "../../texts/console";
import type { Board } from "./state";

/** The days that are shown, as the page's heading. */
export function boardTitle(board: Board): string {
  const [first, last] = board.dates.value;
  return first === last ? dayTitle(first) : weekTitle(first, last);
}

/** Where the times are told; empty when it is what everyone here would think. */
export function timesTitle(board: Board, desk: Desk): string {
  const zone = board.zone.value;
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const zones = new Set(board.stores.value.map(({ timezone }) => timezone));
  if (zones.size === 1 && zone === own) return "";
  const name =
    zone === "UTC" ? zone : `${zone.split("/").at(-1)?.replaceAll("_", " ")} (${zoneName(desk.now.peek(), zone)})`;
  return texts.value.board.timesIn(name);
}
