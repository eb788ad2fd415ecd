/** The rows as a file for a spreadsheet. */
import type { WorkOrder } from "../../api/types";
import { ageSeconds } from "../../model/clock";
import { duration } from "../../model/words";
import { clockTime, localDate, slotText } from "../../model/zone";
import type { Desk } from "../../state/desk";
import type { ConsoleTexts } from "../../texts/console";
import { type Column, type ColumnId, csvCell, deadlineMs, type Row, reasonOf } from "./model";

type Texts = ConsoleTexts["pending"];

interface Around {
  nowMs: number;
  desk: Pick<Desk, "zoneOf">;
  groupName: (id: string | null) => string;
}

/** One line per row, with the columns that are shown; a cell is never read as a formula. */
export function csvOf(rows: readonly Row[], columns: readonly Column[], texts: Texts, around: Around): string {
  const lines = [columns.map(({ id }) => texts.column[id])];
  for (const { order } of rows) lines.push(columns.map(({ id }) => cellText(id, order, texts, around)));
  return lines.map((line) => line.map(csvCell).join(",")).join("\r\n");
}

function cellText(id: ColumnId, order: WorkOrder, texts: Texts, { nowMs, desk, groupName }: Around): string {
  const zone = desk.zoneOf(order);
  const due = deadlineMs(order);
  const cells: Record<ColumnId, string> = {
    state: texts.tabs[order.bucket as keyof Texts["tabs"]] ?? order.bucket,
    number: order.number,
    title: order.title,
    customer: order.customer.name,
    street: order.address ?? "",
    slot: slotText(order.slot, nowMs, zone),
    group: groupName(order.group_id),
    waiting: duration(ageSeconds(order.created_at, nowMs) ?? 0),
    deadline: `${localDate(due, zone)} ${clockTime(due, zone)}`,
    reason: reasonOf(order, texts),
    priority: String(order.priority),
    phone: order.customer.phone ?? "",
    skills: order.skills.join(" "),
    referral: order.referral_source ?? "",
  };
  return cells[id];
}
