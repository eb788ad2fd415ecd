import { useId, useMemo } from "preact/hooks";
import type { ApiProblem } from "../../../api/client";
import { texts } from "../../../texts/settings";
import { Form } from "../form/form";
import { byField } from "../form/problems";
import { readNumber, writeNumber } from "../form/values";
import { bodyOf, draftOf, GEOCODING_PROVIDERS, type MapKey, type MapKeyBody, providerOf } from "./mapKeys";

interface MapKeyFormProps {
  present: MapKey | null;
  busy: boolean;
  problem: ApiProblem | null;
  onPut: (body: MapKeyBody) => void;
  onLeave?: () => void;
}

/** Whose key, the secret, and how many requests a day. It is tried before it is stored. */
export function MapKeyForm({ present, busy, problem, onPut, onLeave }: MapKeyFormProps) {
  const id = useId();
  const said = texts.value.mapKey;
  const form = useMemo(() => new Form({ value: draftOf(present), version: null }), [present]);
  const draft = form.draft.value;
  const provider = providerOf(draft.provider);
  const refused = problem ? byField(problem.body, Object.keys(draft)) : { problems: {}, rest: false };
  const bad = (name: string) => {
    const told = (refused.problems as Record<string, string>)[name];
    return (
      told && (
        <span class="bad" role="alert">
          {told}
        </span>
      )
    );
  };
  return (
    <form
      class="keyform"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        onPut(bodyOf(form.draft.value));
      }}
    >
      <label for={`${id}-p`}>{said.provider}</label>
      <select
        id={`${id}-p`}
        class="in"
        value={provider.name}
        onChange={(event) => form.set("provider", event.currentTarget.value)}
      >
        {GEOCODING_PROVIDERS.map((each) => (
          <option key={each.name} value={each.name}>
            {each.title}
          </option>
        ))}
      </select>
      {provider.needsKey && (
        <>
          <label for={`${id}-k`}>{said.key}</label>
          <span class="stack">
            <input
              id={`${id}-k`}
              class="in"
              type="password"
              autocomplete="new-password"
              placeholder={present?.key_hint ? said.keep : ""}
              value={String(draft.key ?? "")}
              onInput={(event) => form.set("key", event.currentTarget.value)}
            />
            {bad("key")}
          </span>
        </>
      )}
      {provider.url !== "none" && (
        <>
          <label for={`${id}-u`}>{provider.url === "file" ? said.file : said.url}</label>
          <span class="stack">
            <input
              id={`${id}-u`}
              class="in"
              autocomplete="off"
              value={String(draft.url ?? "")}
              onInput={(event) => form.set("url", event.currentTarget.value)}
            />
            {bad("url")}
          </span>
        </>
      )}
      <label for={`${id}-b`}>{said.budget}</label>
      <span class="stack">
        <input
          id={`${id}-b`}
          class="in"
          inputMode="numeric"
          autocomplete="off"
          value={form.unread.value.daily_budget ?? writeNumber(draft.daily_budget)}
          onInput={(event) => {
            const value = readNumber(event.currentTarget.value, { whole: true });
            if (value === undefined) form.cannotRead("daily_budget", event.currentTarget.value);
            else form.set("daily_budget", value);
          }}
        />
        {bad("daily_budget")}
      </span>
      {problem && refused.rest && (
        <p class="bad line" role="alert">
          {problem.message}
        </p>
      )}
      <span class="acts">
        {onLeave && (
          <button type="button" class="btn quiet" onClick={onLeave}>
            {texts.value.form.cancel}
          </button>
        )}
        <button type="submit" class="btn pri" disabled={busy}>
          {busy ? said.testing : said.save}
        </button>
      </span>
    </form>
  );
}
