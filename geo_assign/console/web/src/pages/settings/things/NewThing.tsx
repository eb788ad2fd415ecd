import { useMemo } from "preact/hooks";
import { go, hrefOf } from "../../../frame/router";
import { texts } from "../../../texts/settings";
import type { Draft } from "../form/fields";
import { Rows } from "../form/Rows";
import { Failure } from "../form/SaveBar";
import { useSettings } from "../state";
import type { Created, Resource } from "./resource";

interface NewThingProps {
  resource: Resource;
  onCreated?: (made: Created) => void;
}

/** The form of something new. What was typed is still there after leaving and coming back. */
export function NewThing({ resource, onCreated }: NewThingProps) {
  const settings = useSettings();
  const { section } = resource;
  const said = texts.value;
  const key = `${section}/new`;
  const form = useMemo(
    () => settings.form(key, { value: startOf(resource, settings.names.stores.value), version: null }),
    [key],
  );
  const title = said.list.newTitle[section as keyof typeof said.list.newTitle];
  const create = async () => {
    let made: Created | null = null;
    const isMade = await form.save(async ({ draft, version }) => {
      made = await resource.create(settings.client.api, draft);
      return { value: draft, version };
    });
    if (!isMade || made === null) return;
    settings.forget(key);
    await settings.learnNames().catch((error: Error) => console.warn(error.message));
    if (onCreated) onCreated(made);
    else go("settings", { section, id: (made as Created).id });
  };
  return (
    <form
      class="thing"
      aria-labelledby="thing-title"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void create();
      }}
    >
      <header class="hd">
        <p class="crumb">
          <a href={hrefOf("settings", { section })}>{said.sections[section]}</a>
        </p>
        <h1 id="thing-title">{title}</h1>
      </header>
      <div class="scroll">
        <Rows fields={resource.newFields} form={form} label={title} fresh />
      </div>
      <div class="save">
        <Failure form={form} />
        <span role="status">
          {Object.keys(form.problems.value).length > 0 && said.form.refused(Object.keys(form.problems.value).length)}
        </span>
        <a class="btn quiet" href={hrefOf("settings", { section })}>
          {said.form.cancel}
        </a>
        <button type="submit" class="btn pri" disabled={form.saving.value}>
          {form.saving.value ? said.form.creating : said.form.create}
        </button>
      </div>
    </form>
  );
}

/** The start of a form; where there is one store only, it is chosen. */
function startOf(resource: Resource, stores: readonly { id: string }[]): Draft {
  const only = stores.length === 1 ? stores[0] : undefined;
  return only && "store_id" in resource.start ? { ...resource.start, store_id: only.id } : resource.start;
}
