import { plural } from "../language";

const many = (count: number, one: string, other: string) => plural("de", count, { one, other });

export const past = {
  open: "Einen früheren Zeitpunkt ansehen",
  title: "Die Karte von früher",
  shown: (time: string) => `Früher: ${time}`,
  back: "Zurück zu jetzt",
  day: "Tag",
  time: "Uhrzeit: Pfeile eine Minute, mit Umschalt eine Viertelstunde",
  paused: "Hier bewegt sich nichts, und nichts lässt sich vergeben.",
  asToday: "Namen, Fähigkeiten, Gruppen, Arbeitszeiten und Einstellungen sind die von heute.",
  work: "Aufträge damals",
  noWork: "Kein Auftrag mit bekanntem Ort war offen.",
  taken: "Vergeben",
  notThere: "Dieser Auftrag war damals nicht offen, oder sein Ort war nicht bekannt.",
  order: (number: string) => `${number}, wie der Auftrag damals stand`,
  askedUntil: (name: string, time: string) => `${name} war angefragt, bis ${time}`,
  hadIt: (name: string) => `${name} hatte den Auftrag`,
  noOne: "Der Auftrag war nicht vergeben.",
  changedSince: "Seither geändert; Ort oder Titel sind die von heute.",
  couldGo: (count: number) => many(count, "1 hätte fahren können", `${count} hätten fahren können`),
  couldNot: (count: number) => many(count, "1 konnte nicht", `${count} konnten nicht`),
  live: "Früher",
};
