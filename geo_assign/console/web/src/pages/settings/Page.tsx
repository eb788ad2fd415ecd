import type { ComponentType } from "preact";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { usePage } from "../../frame/context";
import { hrefOf, queryValue } from "../../frame/router";
import { texts } from "../../texts/settings";
import { Invitations } from "./access/Invitations";
import { KeyUse } from "./access/KeyParts";
import { UserHelp } from "./access/UserHelp";
import { Deliveries, WebhookHealth } from "./access/WebhookParts";
import { Import } from "./organization/Import";
import { Limits } from "./organization/Limits";
import { Privacy } from "./organization/Privacy";
import { Security } from "./organization/Security";
import { findSection, type Section, sectionsOf } from "./sections";
import { SettingsContext, settingsOf, useSettings } from "./state";
import { StorePage } from "./stores/StorePage";
import { NotAllowed } from "./Trouble";
import { Away } from "./technicians/Away";
import { Phone } from "./technicians/Phone";
import { Reach } from "./technicians/Reach";
import { API_KEYS, USERS, WEBHOOKS } from "./things/access";
import { NewThing } from "./things/NewThing";
import type { Resource } from "./things/resource";
import { SecretThings } from "./things/SecretThings";
import { ThingList } from "./things/ThingList";
import { type TabProps, ThingPage } from "./things/ThingPage";
import { GROUPS, PROVIDERS, STORES, TECHNICIANS } from "./things/workforce";
import "./style.css";

/** Everything that administrators set. A section and what is open in it are in the address. */
export default function SettingsPage() {
  const { client, desk } = usePage();
  const settings = useMemo(() => settingsOf(client, desk.me), [client, desk.me]);
  const sections = sectionsOf(desk.me.user.role);
  useEffect(() => {
    if (sections.length === 0) return;
    // Without the names fields show ids; the sections say themselves what could not be read.
    settings.learnNames().catch((error: Error) => console.warn(error.message));
  }, [settings, sections.length]);
  useEffect(() => {
    const leaving = (event: BeforeUnloadEvent) => {
      if (settings.dirty) event.preventDefault();
    };
    window.addEventListener("beforeunload", leaving);
    return () => window.removeEventListener("beforeunload", leaving);
  }, [settings]);
  if (sections.length === 0) {
    return (
      <main class="settings only">
        <NotAllowed says={texts.value.notAllowed} />
      </main>
    );
  }
  const section = findSection(queryValue("section"));
  const allowed = sections.includes(section);
  return (
    <SettingsContext.Provider value={settings}>
      <div class="settings">
        <Sections sections={sections} current={section} />
        <main class="form" id="main" key={section.name}>
          {allowed ? <SectionContent section={section} /> : <NotAllowed says={texts.value.askAdministrator} />}
        </main>
      </div>
    </SettingsContext.Provider>
  );
}

function Sections({ sections, current }: { sections: readonly Section[]; current: Section }) {
  const said = texts.value;
  const counts = useSettings().counts.value;
  const links = useRef<HTMLElement>(null);
  useEffect(() => {
    // On a phone they are a row that is wider than the screen.
    links.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [current]);
  return (
    <nav class="secs" aria-label={said.sectionsLabel} ref={links}>
      <h2>{said.title}</h2>
      {sections.map((section) => (
        <a
          key={section.name}
          href={hrefOf("settings", { section: section.name })}
          aria-current={section === current ? "page" : undefined}
        >
          {said.sections[section.name]}
          <span>{counts[section.name]}</span>
        </a>
      ))}
      <a class="guide" href={hrefOf("welcome")}>
        {said.guide}
      </a>
      <p>{said.logged}</p>
    </nav>
  );
}

type Parts = Readonly<Record<string, ComponentType<TabProps>>>;

const RESOURCES: Readonly<Partial<Record<Section["name"], { resource: Resource; parts?: Parts }>>> = {
  groups: { resource: GROUPS },
  technicians: { resource: TECHNICIANS, parts: { away: Away, phone: Phone, reach: Reach } },
  providers: { resource: PROVIDERS },
  keys: { resource: API_KEYS, parts: { key: KeyUse } },
  webhooks: { resource: WEBHOOKS, parts: { webhook: WebhookHealth, deliveries: Deliveries } },
};

const PLAIN: Readonly<Partial<Record<Section["name"], ComponentType>>> = {
  security: Security,
  privacy: Privacy,
  import: Import,
  limits: Limits,
};

function SectionContent({ section }: { section: Section }) {
  const id = queryValue("id");
  const Plain = PLAIN[section.name];
  if (Plain) return <Plain />;
  if (section.name === "users") return <Users id={id} />;
  if (section.name === "stores") return <Stores id={id} />;
  const listed = RESOURCES[section.name];
  if (!listed) return null;
  const { resource, parts } = listed;
  if (section.name === "keys" || section.name === "webhooks")
    return <SecretThings resource={resource} id={id} parts={parts ?? {}} />;
  if (id === "new") return <NewThing resource={resource} />;
  if (id) return <ThingPage key={id} resource={resource} id={id} parts={parts ?? {}} />;
  return <ThingList resource={resource} />;
}

function Stores({ id }: { id: string | null }) {
  const { isAdministrator } = useSettings();
  if (id === "new" && isAdministrator) return <NewThing resource={STORES} />;
  return id ? <StorePage key={id} id={id} /> : <ThingList resource={STORES} />;
}

/** Administrators see all users; store administrators the invitations that they may make. */
function Users({ id }: { id: string | null }) {
  const { isAdministrator } = useSettings();
  if (!isAdministrator)
    return (
      <div class="scroll">
        <Invitations />
      </div>
    );
  if (id === "new") return <NewThing resource={USERS} />;
  if (id) return <ThingPage key={id} resource={USERS} id={id} parts={{ user: UserHelp }} />;
  return (
    <div class="both">
      <ThingList resource={USERS} />
      <Invitations />
    </div>
  );
}
