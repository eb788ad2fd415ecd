/** Why a work order is pending, in the words of every page, by the service's codes. */
export const pendingReasons = {
  needs_location: "Address not found",
  map_key_missing: "Map key missing",
  geocoder_unavailable: "Geocoder down",
  nobody_eligible: "No technician free",
  automation_off: "Yours to give",
  suggested: "Suggestion ready",
  unassigned: "Unassigned",
  offers_exhausted: "No technician took it",
  to_be_solved: "Being matched",
  slot_passed: "Slot has passed",
  wanted_taken: "Wish is booked",
};
