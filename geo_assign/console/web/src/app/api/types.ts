/** The shapes of `/v1` that a technician's app reads, from the API's own document. */
import type { components } from "../../api/document.gen";

export type Schemas = components["schemas"];

export type { LatLon } from "../../api/types";
export type Me = Schemas["MeAnswer"] & { user: Schemas["AccountAnswer"] };
export type Facts = Schemas["AppAnswer"];
export type Presence = Schemas["PresenceAnswer"];
export type Offers = Schemas["OwnOffersAnswer"];
export type Schedule = Schemas["OwnScheduleAnswer"];
export type Completion = Schemas["CompletionAnswer"];
export type Look = Schemas["LocationViewAnswer"];
export type OwnSession = Schemas["OwnSessionAnswer"];
