import { useMemo } from "preact/hooks";
import { ifMatch } from "../../../api/client";
import { hrefOf, queryValue } from "../../../frame/router";
import { zoneName } from "../../../model/zone";
import { texts } from "../../../texts/settings";
import type { Draft, Field } from "../form/fields";
import type { Form, Kept } from "../form/form";
import { Rows } from "../form/Rows";
import { SaveBar } from "../form/SaveBar";
import { useSettings } from "../state";
import { Trouble } from "../Trouble";
import { versionOf } from "../things/resource";
import { ThingPage } from "../things/ThingPage";
import { STORES } from "../things/workforce";
import { useLoad } from "../useLoad";
import { MapKeyRow } from "./MapKeyRow";
import { PreviewPanel } from "./PreviewPanel";
import { RouterRow } from "./RouterRow";
import {
  ASKING,
  CUSTOMERS,
  chosenSettings,
  DEFAULTS,
  DRIVING,
  type StoreSettings,
  TIMES,
  TRIGGERS,
} from "./settingsFields";

type StoreTab = "triggers" | "asking" | "times" | "driving" | "customers" | "store";

const TABS: Readonly<Record<StoreTab, readonly Field[]>> = {
  triggers: TRIGGERS,
  asking: ASKING,
  times: TIMES,
  driving: DRIVING,
  customers: CUSTOMERS,
  store: [],
};

const isTab = (name: string | null): name is StoreTab => name !== null && name in TABS;

/** A store: its triggers and the other settings with what they would have changed, and its name and place. */
export function StorePage({ id }: { id: string }) {
  const named = queryValue("tab");
  const tab = isTab(named) ? named : "triggers";
  if (tab === "store") {
    return (
      <div class="with-tabs">
        <StoreTabs id={id} tab={tab} />
        <ThingPage resource={STORES} id={id} />
      </div>
    );
  }
  return <SettingsOfStore id={id} tab={tab} />;
}

function SettingsOfStore({ id, tab }: { id: string; tab: StoreTab }) {
  const settings = useSettings();
  const read = async () => {
    const { data, response } = await settings.client.api.GET("/v1/stores/{id}/settings", { params: { path: { id } } });
    return { value: data as Draft, version: versionOf(response) };
  };
  const loaded = useLoad(`settings/${id}`, read);
  const kept = loaded.value;
  const form = useMemo(() => kept && settings.form(`settings/${id}`, kept), [kept]);
  if (!form) return <Trouble loaded={loaded} of={texts.value.sections.stores} />;
  return (
    <>
      <OpenedSettings id={id} tab={tab} form={form} onRead={read} />
      <PreviewPanel storeId={id} form={form} />
    </>
  );
}

interface OpenedSettingsProps {
  id: string;
  tab: StoreTab;
  form: Form;
  onRead: () => Promise<Kept>;
}

function OpenedSettings({ id, tab, form, onRead }: OpenedSettingsProps) {
  const { client } = useSettings();
  const said = texts.value;
  const save = () =>
    void form.save(async ({ draft, version }) => {
      const params = { path: { id }, header: ifMatch({ version: version ?? 0 }) };
      const { data, response } = await client.api.PUT("/v1/stores/{id}/settings", {
        params,
        body: chosenSettings(draft),
      });
      return { value: { ...DEFAULTS, ...(data as StoreSettings) }, version: versionOf(response) };
    });
  return (
    <section class="thing" aria-labelledby="store-title">
      <StoreTabs id={id} tab={tab} />
      <div class="scroll">
        <Rows fields={TABS[tab]} form={form} label={said.store.tabs[tab]}>
          {tab === "triggers" && <MapKeyRow storeId={id} />}
          {tab === "driving" && <RouterRow storeId={id} router={form.kept.value.router} savedAt={form.savedAt.value} />}
        </Rows>
      </div>
      <SaveBar form={form} onSave={save} onRead={onRead} means={said.form.openOffersKeep} />
    </section>
  );
}

function StoreTabs({ id, tab }: { id: string; tab: StoreTab }) {
  const stores = useSettings().names.stores.value;
  const said = texts.value.store;
  const store = stores.find((each) => each.id === id);
  const link = (name: StoreTab) => hrefOf("settings", { section: "stores", id, tab: name });
  return (
    <header class="hd">
      <p class="crumb">
        <a href={hrefOf("settings", { section: "stores" })}>{texts.value.sections.stores}</a>
        {` · ${said.stores(stores.length)}`}
        {store?.timezone && `, ${said.timesIn(zoneName(Date.now(), store.timezone))}`}
      </p>
      <h1 id="store-title">{store?.name ?? ""}</h1>
      <nav class="sub" aria-label={said.tabsLabel}>
        {(Object.keys(TABS) as StoreTab[]).map((name) => (
          <a key={name} href={link(name)} aria-current={name === tab ? "true" : undefined}>
            {said.tabs[name]}
          </a>
        ))}
      </nav>
    </header>
  );
}
