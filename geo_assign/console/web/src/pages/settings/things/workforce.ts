/** Stores, service groups, technicians and service providers. */
import { ifMatch } from "../../../api/client";
import type { components } from "../../../api/document.gen";
import { type Draft, fieldsOf } from "../form/fields";
import { answered, filled, pageQuery, type Resource, type Thing } from "./resource";

type Schemas = components["schemas"];

export const STORE_FIELDS = fieldsOf<Schemas["StorePatch"]>(
  { name: "name", text: "name", kind: "text", required: true },
  { name: "timezone", text: "timezone", kind: "zone", required: true },
  { name: "location", text: "storePlace", kind: "point", required: true },
);

export const NEW_STORE_FIELDS = fieldsOf<Schemas["StoreBody"]>(
  { name: "name", text: "name", kind: "text", required: true },
  { name: "timezone", text: "timezone", kind: "zone", required: true },
  { name: "location", text: "storePlace", kind: "point", required: true },
  { name: "slug", text: "slug", kind: "text", nullable: true },
);

function storeThing(store: Schemas["StoreAnswer"]): Thing {
  const { name, timezone, location } = store;
  return {
    id: store.id,
    name,
    detail: timezone,
    active: store.active,
    value: { name, timezone, location },
    version: store.version,
  };
}

export const STORES: Resource = {
  section: "stores",
  tabs: [{ name: "store", label: (texts) => texts.store.tabs.store, fields: STORE_FIELDS }],
  newFields: NEW_STORE_FIELDS,
  start: { name: "", timezone: Intl.DateTimeFormat().resolvedOptions().timeZone, location: null, slug: null },
  removal: {
    label: "deactivate",
    means: "deactivateStore",
    act: async (api, id) => void (await api.DELETE("/v1/stores/{id}", { params: { path: { id } } })),
    undo: { active: true },
  },
  list: async (api, cursor) => {
    const page = await answered(api.GET("/v1/stores", { params: { query: pageQuery(cursor) } }));
    return { items: page.items.map(storeThing), next: page.next_cursor };
  },
  get: async (api, id) => storeThing(await answered(api.GET("/v1/stores/{id}", { params: { path: { id } } }))),
  create: (api, draft) => answered(api.POST("/v1/stores", { body: filled(draft) as Schemas["StoreBody"] })),
  update: async (api, id, version, changes) => {
    const params = { path: { id }, header: ifMatch({ version }) };
    return storeThing(await answered(api.PATCH("/v1/stores/{id}", { params, body: changes as Schemas["StorePatch"] })));
  },
};

const GROUP_FIELDS = fieldsOf<Schemas["GroupPatch"]>({ name: "name", text: "name", kind: "text", required: true });

function groupThing(group: Schemas["GroupAnswer"]): Thing {
  return {
    id: group.id,
    name: group.name,
    detail: group.slug,
    active: group.active,
    value: { name: group.name, store_id: group.store_id },
    version: group.version,
  };
}

export const GROUPS: Resource = {
  section: "groups",
  tabs: [{ name: "group", label: (texts) => texts.sections.groups, fields: GROUP_FIELDS }],
  newFields: fieldsOf<Schemas["GroupBody"]>(
    { name: "name", text: "name", kind: "text", required: true },
    { name: "store_id", text: "groupStore", kind: "things", of: "stores", many: false, required: true },
    { name: "slug", text: "slug", kind: "text", nullable: true },
  ),
  start: { name: "", store_id: null, slug: null },
  removal: {
    label: "deactivate",
    means: "deactivateGroup",
    act: async (api, id) => void (await api.DELETE("/v1/service-groups/{id}", { params: { path: { id } } })),
    undo: { active: true },
  },
  list: async (api, cursor) => {
    const page = await answered(api.GET("/v1/service-groups", { params: { query: pageQuery(cursor) } }));
    return { items: page.items.map(groupThing), next: page.next_cursor };
  },
  get: async (api, id) => groupThing(await answered(api.GET("/v1/service-groups/{id}", { params: { path: { id } } }))),
  create: (api, draft) => answered(api.POST("/v1/service-groups", { body: filled(draft) as Schemas["GroupBody"] })),
  update: async (api, id, version, changes) => {
    const params = { path: { id }, header: ifMatch({ version }) };
    return groupThing(
      await answered(api.PATCH("/v1/service-groups/{id}", { params, body: changes as Schemas["GroupPatch"] })),
    );
  },
};

const PERSON_FIELDS = fieldsOf<Schemas["TechnicianPatch"]>(
  { name: "name", text: "name", kind: "text", required: true },
  { name: "store_id", text: "homeStore", kind: "things", of: "stores", many: false, required: true },
  { name: "group_ids", text: "groups", kind: "things", of: "groups", many: true },
  { name: "skills", text: "skills", kind: "words" },
  { name: "home", text: "home", kind: "point", nullable: true },
  { name: "provider_id", text: "provider", kind: "things", of: "providers", many: false, nullable: true },
);
const HOURS_FIELDS = fieldsOf<Schemas["TechnicianPatch"]>({ name: "hours", text: "hours", kind: "week" });

function technicianThing(technician: Schemas["TechnicianAnswer"]): Thing {
  const { name, store_id, group_ids, skills, home, provider_id, hours } = technician;
  return {
    id: technician.id,
    name,
    detail: skills.join(", "),
    active: technician.active,
    value: {
      name,
      store_id,
      group_ids,
      skills,
      home,
      provider_id,
      hours,
      user_id: technician.user_id,
      on_duty: technician.on_duty,
    },
    version: technician.version,
  };
}

export const TECHNICIANS: Resource = {
  section: "technicians",
  tabs: [
    { name: "person", label: (texts) => texts.technician.tabs.person, fields: PERSON_FIELDS },
    { name: "hours", label: (texts) => texts.technician.tabs.hours, fields: HOURS_FIELDS },
    { name: "away", label: (texts) => texts.technician.tabs.away, fields: [] },
    { name: "phone", label: (texts) => texts.technician.tabs.phone, fields: [] },
    { name: "reach", label: (texts) => texts.technician.tabs.reach, fields: [] },
  ],
  newFields: [
    ...PERSON_FIELDS,
    ...HOURS_FIELDS,
    ...fieldsOf<Schemas["TechnicianBody"]>(
      { name: "email", text: "email", kind: "text", input: "email", nullable: true },
      { name: "password", text: "password", kind: "text", input: "password", nullable: true },
      { name: "slug", text: "slug", kind: "text", nullable: true },
    ),
  ],
  start: {
    name: "",
    store_id: null,
    group_ids: [],
    skills: [],
    home: null,
    provider_id: null,
    hours: "always",
    email: null,
    password: null,
    slug: null,
  },
  removal: {
    label: "deactivate",
    means: "deactivateTechnician",
    act: async (api, id) => void (await api.DELETE("/v1/technicians/{id}", { params: { path: { id } } })),
    undo: { active: true },
  },
  list: async (api, cursor) => {
    const page = await answered(api.GET("/v1/technicians", { params: { query: pageQuery(cursor) } }));
    return { items: page.items.map(technicianThing), next: page.next_cursor };
  },
  get: async (api, id) =>
    technicianThing(await answered(api.GET("/v1/technicians/{id}", { params: { path: { id } } }))),
  create: (api, draft) => answered(api.POST("/v1/technicians", { body: filled(draft) as Schemas["TechnicianBody"] })),
  update: async (api, id, version, changes) => {
    const params = { path: { id }, header: ifMatch({ version }) };
    return technicianThing(
      await answered(api.PATCH("/v1/technicians/{id}", { params, body: changes as Schemas["TechnicianPatch"] })),
    );
  },
};

const PROVIDER_FIELDS = fieldsOf<Schemas["ProviderPatch"]>(
  { name: "name", text: "name", kind: "text", required: true },
  { name: "base", text: "base", kind: "point", nullable: true },
  { name: "works_from", text: "worksFrom", kind: "choice", options: ["staff", "base"] },
  { name: "valid_from", text: "validFrom", kind: "instant", nullable: true },
  { name: "valid_until", text: "validUntil", kind: "instant", nullable: true },
  { name: "capacity", text: "capacity", kind: "number", whole: true, nullable: true, min: 1, max: 100_000 },
  { name: "group_ids", text: "providerGroups", kind: "things", of: "groups", many: true },
);

function providerThing(provider: Schemas["ProviderAnswer"]): Thing {
  const { name, base, works_from, valid_from, valid_until, capacity, group_ids } = provider;
  const value: Draft = { name, base, works_from, valid_from, valid_until, capacity, group_ids };
  return { id: provider.id, name, detail: provider.slug, active: provider.active, value, version: provider.version };
}

export const PROVIDERS: Resource = {
  section: "providers",
  tabs: [{ name: "provider", label: (texts) => texts.sections.providers, fields: PROVIDER_FIELDS }],
  newFields: [
    ...PROVIDER_FIELDS,
    ...fieldsOf<Schemas["ProviderBody"]>({ name: "slug", text: "slug", kind: "text", nullable: true }),
  ],
  start: {
    name: "",
    base: null,
    works_from: "staff",
    valid_from: null,
    valid_until: null,
    capacity: null,
    group_ids: [],
    slug: null,
  },
  removal: {
    label: "deactivate",
    means: "deactivateProvider",
    act: async (api, id) => void (await api.DELETE("/v1/service-providers/{id}", { params: { path: { id } } })),
    undo: { active: true },
  },
  list: async (api, cursor) => {
    const page = await answered(api.GET("/v1/service-providers", { params: { query: pageQuery(cursor) } }));
    return { items: page.items.map(providerThing), next: page.next_cursor };
  },
  get: async (api, id) =>
    providerThing(await answered(api.GET("/v1/service-providers/{id}", { params: { path: { id } } }))),
  create: (api, draft) =>
    answered(api.POST("/v1/service-providers", { body: filled(draft) as Schemas["ProviderBody"] })),
  update: async (api, id, version, changes) => {
    const params = { path: { id }, header: ifMatch({ version }) };
    return providerThing(
      await answered(api.PATCH("/v1/service-providers/{id}", { params, body: changes as Schemas["ProviderPatch"] })),
    );
  },
};
