import type { pendingReasons as english } from "../en/pendingReasons";

/** Why a work order is pending, in the words of every page, by the service's codes. */
export const pendingReasons: typeof english = {
  needs_location: "Morada não encontrada",
  map_key_missing: "Falta a chave do mapa",
  geocoder_unavailable: "Geocodificador em baixo",
  nobody_eligible: "Nenhum técnico livre",
  automation_off: "Cabe-lhe atribuir",
  suggested: "Sugestão pronta",
  unassigned: "Por atribuir",
  offers_exhausted: "Nenhum técnico aceitou",
  to_be_solved: "A ser combinada",
  slot_passed: "O horário passou",
  wanted_taken: "O desejado está ocupado",
};
