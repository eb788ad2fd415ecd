import { dayTitle, weekTitle } from "../../model/dates";
import type { Board } from "./state";

/** The days that are shown, as the page's heading. */
export function boardTitle(board: Board): string {
  const [first, last] = board.dates.value;
  return first === last ? dayTitle(first) : weekTitle(first, last);
}
