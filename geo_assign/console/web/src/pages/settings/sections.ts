import type { SectionText } from "../../texts/settings";

export interface Section {
  readonly name: SectionText;
  /** Whether it is for administrators of the organization alone. */
  readonly administratorsOnly: boolean;
}

/** The parts of the settings, in the order of their links. */
export const SECTIONS: readonly Section[] = [
  { name: "stores", administratorsOnly: false },
  { name: "groups", administratorsOnly: false },
  { name: "technicians", administratorsOnly: false },
  { name: "providers", administratorsOnly: false },
  { name: "users", administratorsOnly: false },
  { name: "keys", administratorsOnly: true },
  { name: "webhooks", administratorsOnly: false },
  { name: "security", administratorsOnly: true },
  { name: "privacy", administratorsOnly: true },
  { name: "import", administratorsOnly: true },
  { name: "limits", administratorsOnly: true },
];

/** The section that an address names; the first one where it names none. */
export function findSection(name: string | null): Section {
  return SECTIONS.find((section) => section.name === name) ?? (SECTIONS[0] as Section);
}

/** The sections that a role may open. */
export function sectionsOf(role: string): readonly Section[] {
  if (role === "administrator") return SECTIONS;
  return role === "store_administrator" ? SECTIONS.filter((section) => !section.administratorsOnly) : [];
}
