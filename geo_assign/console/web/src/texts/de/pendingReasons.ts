import type { pendingReasons as english } from "../en/pendingReasons";

/** Why a work order is pending, in the words of every page, by the service's codes. */
export const pendingReasons: typeof english = {
  needs_location: "Adresse nicht gefunden",
  map_key_missing: "Kartenschlüssel fehlt",
  geocoder_unavailable: "Geocoder antwortet nicht",
  nobody_eligible: "Kein Techniker frei",
  automation_off: "Sie vergeben",
  suggested: "Vorschlag liegt vor",
  unassigned: "Nicht vergeben",
  offers_exhausted: "Kein Techniker nahm an",
  to_be_solved: "Wird geplant",
  slot_passed: "Termin ist vorbei",
  wanted_taken: "Wunsch ist verplant",
};
