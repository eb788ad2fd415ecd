import type { AuditEntry } from "../api/types";

/** Words for all that the API document lists. */
export interface AuditTexts {
  readonly actions: Readonly<Record<AuditEntry["action"], string>>;
  readonly subjects: Readonly<Record<AuditEntry["subject_kind"], string>>;
  readonly actors: Readonly<Record<AuditEntry["actor_kind"], string>>;
}
