import type { ComponentChildren, ComponentType } from "preact";
import { useMemo, useState } from "preact/hooks";
import { ApiProblem } from "../../../api/client";
import { hrefOf, queryValue } from "../../../frame/router";
import { texts } from "../../../texts/settings";
import { Confirm } from "../Confirm";
import type { Form } from "../form/form";
import { Rows } from "../form/Rows";
import { SaveBar } from "../form/SaveBar";
import { useSettings } from "../state";
import { Trouble } from "../Trouble";
import { useLoad } from "../useLoad";
import type { Resource, Tab, Thing } from "./resource";

export interface TabProps {
  thing: Thing;
  form: Form;
  again: () => void;
}

interface ThingPageProps {
  resource: Resource;
  id: string;
  /** What stands on a tab that is no form, or below the fields of one, by the tab's name. */
  parts?: Readonly<Record<string, ComponentType<TabProps>>>;
}

/** One thing: its fields on tabs, saved together. */
export function ThingPage({ resource, id, parts = {} }: ThingPageProps) {
  const settings = useSettings();
  const loaded = useLoad(`${resource.section}/${id}`, () => resource.get(settings.client.api, id));
  if (!loaded.value) return <Trouble loaded={loaded} of={texts.value.sections[resource.section]} />;
  return <Opened resource={resource} thing={loaded.value} again={loaded.again} parts={parts} />;
}

interface OpenedProps {
  resource: Resource;
  thing: Thing;
  again: () => void;
  parts: Readonly<Record<string, ComponentType<TabProps>>>;
}

function Opened({ resource, thing, again, parts }: OpenedProps) {
  const settings = useSettings();
  const form = useMemo(() => settings.form(`${resource.section}/${thing.id}`, thing), [thing]);
  const tab = findTab(resource.tabs, queryValue("tab"));
  const Part = parts[tab.name];
  const save = () =>
    void form.save(async ({ changes, version }) => {
      const saved = await resource.update(settings.client.api, thing.id, version ?? 0, changes);
      return { value: saved.value, version: saved.version };
    });
  return (
    <section class="thing" aria-labelledby="thing-title">
      <ThingHead resource={resource} title={String(form.kept.value.name ?? thing.name)} tab={tab}>
        <Activity resource={resource} thing={thing} again={again} />
      </ThingHead>
      <div class="scroll">
        {tab.fields.length > 0 && <Rows fields={tab.fields} form={form} label={tab.label(texts.value)} />}
        {Part && <Part thing={thing} form={form} again={again} />}
      </div>
      <SaveBar form={form} onSave={save} onRead={() => resource.get(settings.client.api, thing.id)} />
    </section>
  );
}

interface ThingHeadProps {
  resource: Resource;
  title: string;
  tab: Tab;
  children?: ComponentChildren;
}

export function ThingHead({ resource, title, tab, children }: ThingHeadProps) {
  const said = texts.value;
  const { section } = resource;
  return (
    <header class="hd">
      <p class="crumb">
        <a href={hrefOf("settings", { section })}>{said.sections[section]}</a>
      </p>
      <div class="bar">
        <h1 id="thing-title">{title}</h1>
        {children}
      </div>
      {resource.tabs.length > 1 && (
        <nav class="sub" aria-label={said.technician.tabsLabel}>
          {resource.tabs.map((each) => (
            <a
              key={each.name}
              href={hrefOf("settings", { section, id: queryValue("id"), tab: each.name })}
              aria-current={each === tab ? "true" : undefined}
            >
              {each.label(said)}
            </a>
          ))}
        </nav>
      )}
    </header>
  );
}

export function findTab(tabs: readonly Tab[], name: string | null): Tab {
  return tabs.find((tab) => tab.name === name) ?? (tabs[0] as Tab);
}

interface ActivityProps {
  resource: Resource;
  thing: Thing;
  again: () => void;
}

/** Taking a thing out of use, and into use again where that is possible. */
function Activity({ resource, thing, again }: ActivityProps) {
  const { client } = useSettings();
  const { confirm, list } = texts.value;
  const { removal } = resource;
  const [refused, setRefused] = useState<string | null>(null);
  const act = async (change: () => Promise<unknown>) => {
    setRefused(null);
    try {
      await change();
      again();
    } catch (error) {
      if (!(error instanceof ApiProblem)) throw error;
      setRefused(error.message);
    }
  };
  const undo = removal.undo;
  return (
    <span class="activity">
      {!thing.active && <span class="chip">{list.inactive}</span>}
      {thing.active || resource.section === "webhooks" ? (
        <Confirm
          label={confirm[removal.label]}
          means={confirm[removal.means]}
          onSure={() => void act(() => removal.act(client.api, thing.id))}
        />
      ) : (
        undo && (
          <button
            type="button"
            class="btn"
            onClick={() => void act(() => resource.update(client.api, thing.id, thing.version ?? 0, undo))}
          >
            {confirm.activate}
          </button>
        )
      )}
      {refused && (
        <span class="bad" role="alert">
          {refused}
        </span>
      )}
    </span>
  );
}
