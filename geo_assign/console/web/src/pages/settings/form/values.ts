/** Between what a person types and what the API takes. */
import type { Field, NumberField } from "./fields";

/** Two values of the API that mean the same. */
export function same(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(ordered(one)) === JSON.stringify(ordered(other));
}

/** With the members of objects in one order, and without those that are not set. */
function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (value === undefined) return null;
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, each]) => [key, ordered(each)]));
}

/** A number as it is typed; null for an empty control, undefined for what is no number. A comma may mark decimals. */
export function readNumber(
  typed: string,
  { scale = 1, whole = false }: Pick<NumberField, "scale" | "whole">,
): number | null | undefined {
  const text = typed.trim().replace(/\s/g, "").replace(",", ".");
  if (text === "") return null;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)$/.test(text)) return undefined;
  const value = Number(text) * scale;
  if (whole && !Number.isInteger(value)) return undefined;
  return rounded(value);
}

/** A number as the control shows it. */
export function writeNumber(value: unknown, scale = 1): string {
  return typeof value === "number" ? String(rounded(value / scale)) : "";
}

function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

/** A value one step up or down, within its limits. What is empty or no number begins at the lower limit. */
export function stepped(value: unknown, by: 1 | -1, field: NumberField): number {
  const { scale = 1, step = 1, min = 0, max = Number.MAX_SAFE_INTEGER } = field;
  const shown = typeof value === "number" ? value / scale : min;
  const moved = rounded(shown + by * step);
  return rounded(Math.min(max, Math.max(min, moved)) * scale);
}

/** Words divided by commas, semicolons or blanks, each once. */
export function readWords(typed: string): string[] {
  return [...new Set(typed.split(/[\s,;]+/).filter(Boolean))];
}

/** Numbers divided by blanks or semicolons; undefined when one of them is none. */
export function readNumbers(typed: string, scale = 1): number[] | undefined {
  const parts = typed.split(/[\s;]+/).filter(Boolean);
  const numbers = parts.map((part) => readNumber(part.replace(/,$/, ""), { scale }));
  return numbers.every((each): each is number => typeof each === "number") ? numbers : undefined;
}

export interface LatLon {
  lat: number;
  lon: number;
}

/** `41.15, -8.61` in degrees, or with decimal commas `41,15; -8,61`; null for nothing, undefined for no place. */
export function readPoint(typed: string): LatLon | null | undefined {
  const text = typed.trim();
  if (text === "") return null;
  const found =
    /^([+-]?\d{1,3}(?:[.,]\d+)?)\s*(?:[;\s]|,\s)\s*([+-]?\d{1,3}(?:[.,]\d+)?)$/.exec(text) ??
    /^([+-]?\d{1,3}(?:\.\d+)?),([+-]?\d{1,3}(?:\.\d+)?)$/.exec(text);
  if (!found) return undefined;
  const [lat, lon] = found.slice(1).map((part) => Number(part.replace(",", "."))) as [number, number];
  return Math.abs(lat) <= 90 && Math.abs(lon) <= 180 ? { lat, lon } : undefined;
}

export function writePoint(value: unknown): string {
  if (typeof value !== "object" || value === null || !("lat" in value) || !("lon" in value)) return "";
  return `${value.lat}, ${value.lon}`;
}

/** The value of a field whose control was emptied. */
export function emptied(field: Field): unknown {
  if (field.nullable) return null;
  return field.kind === "text" ? "" : field.kind === "words" || field.kind === "numbers" ? [] : null;
}
