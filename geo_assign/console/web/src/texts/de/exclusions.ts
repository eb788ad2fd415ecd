import type { ConsoleTexts } from "../console";
import { plural } from "../language";

const many = (count: number, one: string, other: string) => plural("de", count, { one, other });

export const exclusions: ConsoleTexts["exclusions"] = {
  inactive: (count: number) => many(count, "1 ist nicht aktiv", `${count} sind nicht aktiv`),
  wrong_group: (count: number) => many(count, "1 ist in einer anderen Gruppe", `${count} sind in anderen Gruppen`),
  agreement_expired: (count: number) =>
    many(count, "1 hat gerade keinen Vertrag", `${count} haben gerade keinen Vertrag`),
  rejected_before: (count: number) => many(count, "1 hat schon abgelehnt", `${count} haben schon abgelehnt`),
  time_off: (count: number) => many(count, "1 hat frei", `${count} haben frei`),
  outside_hours: (count: number) => many(count, "1 arbeitet dann nicht", `${count} arbeiten dann nicht`),
  off_duty: (count: number) => many(count, "1 ist nicht im Dienst", `${count} sind nicht im Dienst`),
  offer_limit: (count: number) => many(count, "1 hat genug offene Angebote", `${count} haben genug offene Angebote`),
  no_position: (count: number) =>
    many(count, "1 hat keine bekannte Position", `${count} haben keine bekannte Position`),
  offline: (count: number) =>
    many(count, "1 hat sich länger nicht gemeldet", `${count} haben sich länger nicht gemeldet`),
  stale_position: (count: number) => many(count, "1 hat eine zu alte Position", `${count} haben eine zu alte Position`),
  mock_location: (count: number) =>
    many(count, "1 fälscht vielleicht die Position", `${count} fälschen vielleicht die Position`),
  implausible_position: (count: number) =>
    many(count, "1 hat eine unglaubwürdige Position", `${count} haben eine unglaubwürdige Position`),
  outside_radius: (count: number) => many(count, "1 ist zu weit weg", `${count} sind zu weit weg`),
  missing_skill: (count: number, skills: string) =>
    many(count, `1 kann ${skills} nicht`, `${count} können ${skills} nicht`),
  slot_taken: (count: number, until: string) =>
    many(count, "1 ist dann belegt", `${count} sind dann belegt`) + (until && `, frühestens frei um ${until}`),
};
