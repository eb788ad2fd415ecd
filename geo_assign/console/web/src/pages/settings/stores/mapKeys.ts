/** Map keys: which providers there are, and how a key stands. */
import type { components } from "../../../api/document.gen";
import type { Draft } from "../form/fields";

export type MapKey = components["schemas"]["MapKeyAnswer"];
export type MapKeyBody = components["schemas"]["MapKeyBody"];

export interface GeocodingProvider {
  /** Its name in the API. */
  readonly name: string;
  /** What it calls itself. */
  readonly title: string;
  readonly needsKey: boolean;
  /** Whether its URL names something that only the caller knows. */
  readonly url: "none" | "optional" | "file";
}

/** The providers that docs/geocoding.md lists, in its order. */
export const GEOCODING_PROVIDERS: readonly GeocodingProvider[] = [
  { name: "google", title: "Google Maps", needsKey: true, url: "none" },
  { name: "mapbox", title: "Mapbox", needsKey: true, url: "none" },
  { name: "here", title: "HERE", needsKey: true, url: "none" },
  { name: "opencage", title: "OpenCage", needsKey: true, url: "none" },
  { name: "nominatim", title: "Nominatim", needsKey: false, url: "optional" },
  { name: "photon", title: "Photon", needsKey: false, url: "optional" },
  { name: "gazetteer", title: "Gazetteer", needsKey: false, url: "file" },
];

export function providerOf(name: unknown): GeocodingProvider {
  return (
    GEOCODING_PROVIDERS.find((provider) => provider.name === name) ?? (GEOCODING_PROVIDERS[0] as GeocodingProvider)
  );
}

/** What a form for a key holds; the secret is never read back. */
export function draftOf(key: MapKey | null): Draft {
  return {
    provider: key?.provider ?? "google",
    url: key?.url ?? null,
    key: null,
    daily_budget: key?.daily_budget ?? null,
  };
}

/** What is sent of it: what does not belong to the provider is left out. */
export function bodyOf(draft: Draft): MapKeyBody {
  const provider = providerOf(draft.provider);
  const text = (value: unknown) => (typeof value === "string" && value.trim() !== "" ? value.trim() : null);
  return {
    provider: provider.name,
    url: provider.url === "none" ? null : text(draft.url),
    key: provider.needsKey ? text(draft.key) : null,
    daily_budget: typeof draft.daily_budget === "number" ? draft.daily_budget : null,
  };
}

/** How much of a day's budget is used, as a share of it. */
export function shareUsed(used: number, budget: number | null): number {
  return budget === null ? 0 : Math.min(1, used / budget);
}
