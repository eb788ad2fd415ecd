import type { FollowTexts } from "../follow";
import { plural } from "../language";

export const texts: FollowTexts = {
  steps: { waiting: "Eingegangen", planned: "Geplant", on_the_way: "Unterwegs", arrived: "Da" },
  over: { title: "Dieser Besuch ist vorbei", text: "Es gibt nichts mehr zu verfolgen. Vielen Dank." },
  not_found: {
    title: "Dieser Link zeigt nichts",
    text: "Vielleicht wurde er nur zum Teil kopiert, oder die Filiale hat ihn beendet. Bitten Sie die Filiale um einen neuen.",
  },
  noConnection: { title: "Keine Verbindung", text: "Wir versuchen es gleich wieder." },
  moment: "Einen Augenblick …",
  asOf: (time: string) => `Keine Verbindung. Stand von ${time}.`,
  along: (names: string) => `Mit ${names}`,
  map: (name: string) => `Karte: ${name} und Sie`,
  technician: "Fachkraft",
  you: "Sie",
  planning: "Ihr Besuch wird geplant",
  willVisit: (name: string) => `${name} besucht Sie`,
  onTheWay: (name: string) => `${name} ist unterwegs`,
  there: (name: string) => `${name} ist da`,
  about: (time: string, distance: string) => `Etwa ${time}, noch ${distance}`,
  expected: (time: string) => `${time}, später als geplant`,
  longer: (slot: string) => `Geplant: ${slot}. Ein Besuch vor Ihrem dauert länger.`,
  visitsBefore: (count: number) =>
    count === 0
      ? "Ihr Besuch ist der nächste."
      : plural("de", count, { one: "1 Besuch vor Ihrem.", other: `${count} Besuche vor Ihrem.` }),
  unknown: "Der Ort ist gerade nicht bekannt.",
  old: (age: string) => `Position ${age} alt`,
};
