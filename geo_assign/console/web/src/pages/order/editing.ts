/** The fields of the edit form, and what of them is sent. */
import type { components } from "../../api/document.gen";
import type { OrderDetail } from "../../api/types";

export type Field =
  | "name"
  | "phone"
  | "email"
  | "address"
  | "type"
  | "brand"
  | "model"
  | "issue"
  | "notes"
  | "priority"
  | "skills";
export type Fields = Record<Field, string>;
export type OrderChanges = components["schemas"]["WorkOrderPatch"];

/** What the order has, as it is typed. */
export function fieldsOf({ customer, address, device, notes, priority, skills }: OrderDetail): Fields {
  return {
    name: customer.name,
    phone: customer.phone ?? "",
    email: customer.email ?? "",
    address: address ?? "",
    type: device.type ?? "",
    brand: device.brand ?? "",
    model: device.model ?? "",
    issue: device.issue ?? "",
    notes: notes ?? "",
    priority: String(priority),
    skills: skills.join(", "),
  };
}

const same = (a: Fields, b: Fields, names: readonly Field[]) =>
  names.every((name) => a[name].trim() === b[name].trim());
const orNull = (text: string) => text.trim() || null;

/** What was changed, in the words of the API; customer, device and skills are replaced as a whole. */
export function changesOf(order: OrderDetail, typed: Fields): OrderChanges {
  const was = fieldsOf(order);
  const changes: OrderChanges = {};
  if (!same(was, typed, ["name", "phone", "email"])) {
    changes.customer = { name: typed.name.trim(), phone: orNull(typed.phone), email: orNull(typed.email) };
  }
  if (!same(was, typed, ["type", "brand", "model", "issue"])) {
    changes.device = {
      type: orNull(typed.type),
      brand: orNull(typed.brand),
      model: orNull(typed.model),
      issue: orNull(typed.issue),
    };
  }
  if (!same(was, typed, ["address"])) changes.address = orNull(typed.address);
  if (!same(was, typed, ["notes"])) changes.notes = orNull(typed.notes);
  if (!same(was, typed, ["skills"]))
    changes.skills = typed.skills
      .split(",")
      .map((skill) => skill.trim())
      .filter(Boolean);
  const priority = Number(typed.priority);
  if (!same(was, typed, ["priority"]) && Number.isInteger(priority)) changes.priority = priority;
  return changes;
}
