import { type Signal, signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import type { Client } from "../../api/client";
import type { Me } from "../../api/types";
import type { Named } from "./form/fields";
import { Form, type Kept } from "./form/form";
import { answered } from "./things/resource";

export interface NamedThing {
  readonly id: string;
  readonly name: string;
  /** Of a store. */
  readonly timezone?: string;
}

type Names = Record<Named, Signal<readonly NamedThing[]>>;

/** What the parts of the settings share: names of things, and what was typed and is not saved yet. */
export class Settings {
  readonly names: Names;
  /** How many there are of what a section lists, once it was read. */
  readonly counts = signal<Readonly<Record<string, number>>>({});
  private readonly forms = new Map<string, Form>();

  constructor(
    readonly client: Client,
    readonly me: Me,
  ) {
    this.names = { stores: signal(me.stores), groups: signal(me.groups), providers: signal([]) };
  }

  get isAdministrator(): boolean {
    return this.me.user.role === "administrator";
  }

  /** The form of one thing. What was typed into it earlier is still there, on top of what is kept now. */
  form(key: string, kept: Kept): Form {
    const known = this.forms.get(key);
    if (!known) {
      const form = new Form(kept);
      this.forms.set(key, form);
      return form;
    }
    if (known.dirty.peek() && known.version.peek() !== kept.version) known.refresh(kept);
    if (!known.dirty.peek()) this.forms.set(key, new Form(kept));
    return this.forms.get(key) as Form;
  }

  /** What was typed for something new has become a thing, or is not wanted any more. */
  forget(key: string): void {
    this.forms.delete(key);
  }

  /** Whether anything was typed and not saved, in any section. */
  get dirty(): boolean {
    return [...this.forms.values()].some((form) => form.dirty.peek());
  }

  count(section: string, many: number): void {
    this.counts.value = { ...this.counts.peek(), [section]: many };
  }

  /** A thing was made, renamed or taken away: fields that name it follow. */
  named(of: Named, things: readonly NamedThing[]): void {
    this.names[of].value = things;
  }

  /** Read the names of what is there: something was made, or another user made it. */
  async learnNames(): Promise<void> {
    const { api } = this.client;
    const active = { params: { query: { active: true, limit: 200 } } };
    const [stores, groups, providers] = await Promise.all([
      answered(api.GET("/v1/stores", active)),
      answered(api.GET("/v1/service-groups", active)),
      answered(api.GET("/v1/service-providers", active)),
    ]);
    this.named("stores", stores.items);
    this.named("groups", groups.items);
    this.named("providers", providers.items);
    for (const [section, page] of Object.entries({ stores, groups, providers })) this.count(section, page.items.length);
  }

  zoneOf(storeId: string | null | undefined): string {
    const stores = this.names.stores.value;
    return (stores.find((store) => store.id === storeId) ?? stores[0])?.timezone ?? "UTC";
  }
}

const known = new WeakMap<Client, Settings>();

/** The settings of whom is logged in: the same ones while the session lasts. */
export function settingsOf(client: Client, me: Me): Settings {
  const found = known.get(client);
  if (found && found.me.user.id === me.user.id) return found;
  const made = new Settings(client, me);
  known.set(client, made);
  return made;
}

export const SettingsContext = createContext<Settings | null>(null);

export function useSettings(): Settings {
  const settings = useContext(SettingsContext);
  if (!settings) throw new Error("used outside the settings");
  return settings;
}
