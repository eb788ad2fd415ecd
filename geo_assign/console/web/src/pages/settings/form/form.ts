import { computed, signal } from "@preact/signals";
import { ApiProblem } from "../../../api/client";
import type { Draft } from "./fields";
import { byField, type FieldProblems } from "./problems";
import { same } from "./values";

/** What the service keeps, and under which version. */
export interface Kept {
  readonly value: Draft;
  readonly version: number | null;
}

/** Another user was faster. */
export interface Conflict {
  /** Who, where that is told. */
  readonly by: string | null;
}

/** Sends what was entered: the whole draft and what of it changed. Throws ApiProblem. */
export type Send = (entered: { draft: Draft; changes: Draft; version: number | null }) => Promise<Kept>;

/** A form that is being filled in. Whatever the service answers, what was typed stays until it is saved or discarded. */
export class Form {
  readonly kept = signal<Draft>({});
  readonly draft = signal<Draft>({});
  readonly version = signal<number | null>(null);
  readonly saving = signal(false);
  /** When it was saved last, in this window. */
  readonly savedAt = signal<number | null>(null);
  readonly problems = signal<FieldProblems>({});
  /** What went wrong and belongs to no field. */
  readonly failure = signal<ApiProblem | null>(null);
  readonly conflict = signal<Conflict | null>(null);
  /** What is typed and cannot be read as a value yet, by field. */
  readonly unread = signal<Record<string, string>>({});
  readonly changed = computed(() => changedNames(this.kept.value, this.draft.value));
  readonly dirty = computed(() => this.changed.value.length > 0 || Object.keys(this.unread.value).length > 0);

  constructor(kept: Kept, entered: Draft = {}) {
    this.kept.value = kept.value;
    this.draft.value = { ...kept.value, ...entered };
    this.version.value = kept.version;
  }

  set(name: string, value: unknown): void {
    this.draft.value = { ...this.draft.value, [name]: value };
    this.unread.value = without(this.unread.value, name);
    this.problems.value = without(this.problems.value, name);
  }

  /** What is typed is no value: it is kept as it is, and saving waits for it. */
  cannotRead(name: string, typed: string): void {
    this.unread.value = { ...this.unread.value, [name]: typed };
  }

  discard(): void {
    this.draft.value = this.kept.value;
    this.unread.value = {};
    this.problems.value = {};
    this.failure.value = null;
    this.conflict.value = null;
  }

  /** True when it is saved. */
  async save(send: Send): Promise<boolean> {
    if (this.saving.value || Object.keys(this.unread.value).length > 0) return false;
    this.saving.value = true;
    this.failure.value = null;
    const sent = this.draft.value;
    try {
      const changes = Object.fromEntries(this.changed.value.map((name) => [name, sent[name]]));
      this.saved(await send({ draft: sent, changes, version: this.version.value }), sent);
      return true;
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      this.refused(error);
      return false;
    } finally {
      this.saving.value = false;
    }
  }

  /** What is kept has been read again, because another user saved it; what was changed here stays on top of it. */
  refresh(kept: Kept): void {
    const own = Object.fromEntries(this.changed.value.map((name) => [name, this.draft.value[name]]));
    this.kept.value = kept.value;
    this.version.value = kept.version;
    this.draft.value = { ...kept.value, ...own };
    this.conflict.value = null;
  }

  private saved(kept: Kept, sent: Draft): void {
    const typedMeanwhile = changedNames(sent, this.draft.value).map((name) => [name, this.draft.value[name]]);
    this.kept.value = kept.value;
    this.version.value = kept.version;
    this.draft.value = { ...kept.value, ...Object.fromEntries(typedMeanwhile) };
    this.problems.value = {};
    this.conflict.value = null;
    this.savedAt.value = Date.now();
  }

  private refused(problem: ApiProblem): void {
    if (problem.status === 412) {
      this.conflict.value = { by: problem.body.changed_by?.name ?? null };
      return;
    }
    const { problems, rest } = byField(problem.body, Object.keys(this.draft.value));
    this.problems.value = problems;
    this.failure.value = rest ? problem : null;
  }
}

/** The members of a draft that differ from what is kept. */
export function changedNames(kept: Draft, draft: Draft): string[] {
  const names = new Set([...Object.keys(kept), ...Object.keys(draft)]);
  return [...names].filter((name) => !same(kept[name], draft[name]));
}

function without<T>(record: Record<string, T>, name: string): Record<string, T> {
  const { [name]: _, ...rest } = record;
  return rest;
}
