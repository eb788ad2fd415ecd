/** What the settings list, make and change, all in one shape. */
import type { Client } from "../../../api/client";
import type { SettingsTexts } from "../../../texts/settings";
import type { Draft, Field } from "../form/fields";

export type Api = Client["api"];

/** One of the organization's things, as a list shows it and a form holds it. */
export interface Thing {
  readonly id: string;
  readonly name: string;
  /** What stands beside the name in a list. */
  readonly detail: string;
  readonly active: boolean;
  readonly value: Draft;
  readonly version: number | null;
}

export interface ThingPage {
  readonly items: readonly Thing[];
  readonly next: string | null;
}

/** A thing that was made; `secret` is told only now. */
export interface Created {
  readonly id: string;
  readonly secret?: string;
}

export interface Tab {
  readonly name: string;
  readonly label: (texts: SettingsTexts) => string;
  /** The fields that stand on it; none where it is no form. */
  readonly fields: readonly Field[];
}

/** How a thing is taken out of use. `undo`: what is changed to use it again. */
export interface Removal {
  readonly label: "deactivate" | "revokeKey" | "deleteWebhook";
  readonly means: keyof SettingsTexts["confirm"];
  readonly act: (api: Api, id: string) => Promise<void>;
  readonly undo?: Draft;
}

/** The sections of which each is a list of things. */
export type ThingSection = keyof SettingsTexts["list"]["none"];

export interface Resource {
  readonly section: ThingSection;
  readonly tabs: readonly Tab[];
  readonly newFields: readonly Field[];
  /** What the form of a new one begins with. */
  readonly start: Draft;
  readonly removal: Removal;
  readonly list: (api: Api, cursor: string | null) => Promise<ThingPage>;
  readonly get: (api: Api, id: string) => Promise<Thing>;
  readonly create: (api: Api, draft: Draft) => Promise<Created>;
  readonly update: (api: Api, id: string, version: number, changes: Draft) => Promise<Thing>;
}

/** The answer of a call of the API's client, which throws for everything that is none. */
export async function answered<T>(call: Promise<{ data?: T }>): Promise<T> {
  return (await call).data as T;
}

/** The version that an answer's entity tag names. */
export function versionOf(response: Response): number | null {
  const found = /"(\d+)"/.exec(response.headers.get("ETag") ?? "");
  return found ? Number(found[1]) : null;
}

/** The query of a page of a list. */
export function pageQuery(cursor: string | null, limit = 200): { limit: number; cursor?: string } {
  return cursor === null ? { limit } : { limit, cursor };
}

/** What is typed and stays empty is not sent: the service takes its default. */
export function filled(draft: Draft): Draft {
  return Object.fromEntries(
    Object.entries(draft).filter(([, value]) => value !== null && value !== "" && value !== undefined),
  );
}

/** Every thing of a list, page after page, up to so many pages. */
export async function listThings(
  resource: Resource,
  api: Api,
  from: string | null = null,
  pages = 10,
): Promise<ThingPage> {
  const items: Thing[] = [];
  let cursor = from;
  for (let page = 0; page < pages; page++) {
    const found = await resource.list(api, cursor);
    items.push(...found.items);
    cursor = found.next;
    if (cursor === null) break;
  }
  return { items, next: cursor };
}
