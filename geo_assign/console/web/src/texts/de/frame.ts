import type { ConsoleTexts } from "../console";
import { plural } from "../language";

export const frame: ConsoleTexts["frame"] = {
  main: "Hauptmenü",
  map: "Karte",
  board: "Plantafel",
  pending: "Offen",
  insight: "Auswertung",
  settings: "Einstellungen",
  pages: "Alle Seiten",
  create: "Neu",
  welcome: "Einrichten",
  loading: "Wird geladen …",
  noSuchPage: "Diese Seite gibt es nicht.",
  openMap: "Karte öffnen",
  pageFailed: "Diese Seite konnte nicht geladen werden.",
  pageBroken: "Auf dieser Seite ist etwas schiefgegangen.",
  reload: "Noch einmal laden",
  connecting: "Verbindet",
  live: "Live",
  reconnecting: "Verbindet neu",
  offline: "Offline",
  offlineSince: (time: string) =>
    `Keine Verbindung seit ${time}. Sie sehen den Stand von da; zugeteilt werden kann erst wieder mit Verbindung.`,
  notRead: (why: string) =>
    `Aufträge und Techniker konnten nicht gelesen werden. ${why} Es wird von selbst wieder versucht.`,
  notCurrent: (why: string) =>
    `Der Stand ist nicht aktuell und konnte nicht neu gelesen werden. ${why} Es wird von selbst wieder versucht.`,
  again: "Jetzt versuchen",
  find: {
    placeholder: "Person oder Auftrag finden",
    found: "Gefunden",
    nothing: "Nichts gefunden.",
    onlyHere: "Nur auf dieser Seite gesucht: Der Dienst antwortet nicht.",
  },
  allStores: "Alle Filialen",
  stores: (count: number) => plural("de", count, { one: "1 Filiale", other: `${count} Filialen` }),
  storeScope: "Gezeigte Filialen",
  skipToOrder: "Zum offenen Auftrag springen",
  back: "Zurück zu den offenen Aufträgen",
  colours: { system: "Farben: wie das System", light: "Farben: hell", dark: "Farben: dunkel" },
  account: (name: string) => `${name}, Konto`,
  letterKeys: "Tasten mit einem Buchstaben",
  followWindows: "Fenster öffnen denselben Auftrag",
  language: "Sprache",
  secondFactor: "Zweiter Faktor",
  logOut: "Abmelden",
};
