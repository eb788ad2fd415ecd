/**
 * The shapes of `/v1` that the console reads, by the names that it uses. They come from the API's own document, which
 * `npm run api-types` turns into `document.gen.ts`.
 */
import type { components } from "./document.gen";

type Schemas = components["schemas"];

export type LatLon = Schemas["PointAnswer"];
/** A person, store, group or company by name. */
export type Named = Schemas["PersonAnswer"];
/** Who did something: a user, a technician, automation. */
export type Actor = Schemas["ActorAnswer"];
export type Slot = Schemas["SlotAnswer"];
export type Store = Schemas["VisibleStoreAnswer"];
export type Group = Schemas["VisibleGroupAnswer"];
/** The console logs in as a user, never with an API key. */
export type Me = Schemas["MeAnswer"] & { user: Schemas["AccountAnswer"] };

export type OpenedSession = Schemas["SessionAnswer"];
/** How users of an organization log in. */
export type LogInWays = Schemas["LogInWaysAnswer"];
export type SecondFactor = Schemas["SecondFactorAnswer"];
/** What an authenticator app must know. */
export type Enrolment = Schemas["EnrolmentAnswer"];
export type RecoveryCodes = Schemas["RecoveryCodesAnswer"];
/** Whom a one-time link is for. */
export type LinkOwner = Schemas["LinkAnswer"];

/** A better place for an address, learned from visits. */
export type LearnedPin = Schemas["PinAnswer"];
export type PinVisit = Schemas["PinVisitAnswer"];
export type OrderKind = Schemas["Kind"];
export type Bucket = Schemas["Bucket"];
export type TechnicianStatus = Schemas["TechnicianStatus"];
export type Provenance = Schemas["Provenance"];
export type OrderState = Schemas["State"];
/** The service provider that a technician belongs to. */
export type Company = Schemas["ProviderNameAnswer"];

export type TechnicianProperties = Schemas["TechnicianPropertiesAnswer"];
export type OrderPinProperties = Schemas["WorkOrderPropertiesAnswer"];
export type TechnicianFeature = Schemas["TechnicianFeatureAnswer"];
export type OrderFeature = Schemas["WorkOrderFeatureAnswer"];
export type MapCounts = Schemas["MapCountsAnswer"];
export type MapSnapshot = Schemas["MapAnswer"];

export type LocationCandidate = Schemas["GeocodedPlaceAnswer"];
export type Offer = Schemas["OpenOfferAnswer"];
export type HistoryEvent = Schemas["EventAnswer"];
export type FreeSlot = Schemas["FreeSlotAnswer"];
export type RosterLine = Schemas["RosterLineAnswer"];
export type Track = Schemas["TrackAnswer"];
export type MapCluster = Schemas["ClusterAnswer"];
export type WorkOrder = Schemas["WorkOrderAnswer"];
export type Position = Schemas["KnownPositionAnswer"];
export type DayEntry = Schemas["BookedTimeAnswer"];
export type MapChoices = Schemas["MapChoicesAnswer"];
export type Candidate = Schemas["CandidateAnswer"];
export type Reason = Schemas["ReasonAnswer"];
export type Exclusion = Schemas["ExclusionAnswer"];
export type Nearest = Schemas["NearestAnswer"];
export type RankBy = Schemas["RankBy"];
/** What giving an order to a technician would mean. */
export type Choice = Schemas["ChoiceAnswer"];

export type Calendar = Schemas["CalendarAnswer"];
export type CalendarRow = Schemas["CalendarRowAnswer"];
/** A bar of the calendar. */
export type CalendarEntry = Schemas["CalendarEntryAnswer"];

export type OrderDetail = Schemas["WorkOrderDetailAnswer"];
export type GroupStay = Schemas["GroupStayAnswer"];
export type OrderEvent = Schemas["EventAnswer"];
/** The ladder of offers: who was asked, who is, and who would be. */
export type Ladder = Schemas["LadderAnswer"];
export type Rung = Schemas["RungAnswer"];
/** A receipt. */
export type Decision = Schemas["DecisionAnswer"];
export type WhyAnswer = Schemas["WhyAnswer"];
export type Completion = Schemas["CompletionAnswer"];
export type CompletionImage = Schemas["ImageAnswer"];
export type CustomerLink = Schemas["CustomerLinkAnswer"];
export type Destination = Schemas["DestinationAnswer"];
/** A saved view of a list. */
export type ListView = Schemas["ViewAnswer"];
/** A solved batch. */
export type Optimization = Schemas["OptimizationAnswer"];
export type OptimizedPair = Schemas["AssignedPairAnswer"];

/** A work order as its customer sees it. */
export type Followed = Schemas["FollowedAnswer"];

export interface Page<T> {
  items: T[];
  next_cursor: string | null;
}

/** The console's own settings, from `/console/config.json`. */
export interface Config {
  tiles: { url: string; attribution: string } | null;
  basemap_url: string | null;
  version: string;
  /** What to do first where no user can log in yet. */
  first_step: string | null;
  /** Whether the browser has a session, which may have ended. Missing where that is not known. */
  has_session?: boolean;
}

/** A problem as the console reads it: any answer may be broken off. 412 says what won. */
export interface ProblemBody extends Partial<Schemas["Problem"]> {
  state?: OrderState;
  assignee?: Named | null;
  changed_by?: Actor | null;
  changed_at?: string | null;
  /** The earliest instant of the past that is kept. */
  reaches_back_to?: string;
}
/** Who did what to whom. */
export type AuditEntry = Schemas["AuditEntryAnswer"];
