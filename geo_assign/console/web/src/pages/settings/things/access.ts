/** Users, API keys and webhooks. */
import { ifMatch } from "../../../api/client";
import type { components } from "../../../api/document.gen";
import { type Draft, fieldsOf } from "../form/fields";
import { optionText } from "../form/words";
import { answered, filled, pageQuery, type Resource, type Thing, versionOf } from "./resource";

type Schemas = components["schemas"];

const isRole =
  (...roles: string[]) =>
  (draft: Draft) =>
    roles.includes(String(draft.role));
const isWidget = (draft: Draft) => Array.isArray(draft.scopes) && draft.scopes.includes("widget");

export const SCOPES = ["read", "leads:write", "positions:write", "technicians:read", "webhooks", "widget"] as const;
const STAFF_ROLES = ["administrator", "store_administrator", "dispatcher"] as const;

const USER_FIELDS = fieldsOf<Schemas["UserPatch"]>(
  { name: "name", text: "name", kind: "text", required: true },
  { name: "email", text: "email", kind: "text", input: "email", required: true },
  { name: "role", text: "role", kind: "choice", options: STAFF_ROLES, when: isRole(...STAFF_ROLES) },
  {
    name: "store_ids",
    text: "userStores",
    kind: "things",
    of: "stores",
    many: true,
    when: isRole("store_administrator"),
  },
  { name: "group_ids", text: "userGroups", kind: "things", of: "groups", many: true, when: isRole("dispatcher") },
  {
    name: "permissions",
    text: "permissions",
    kind: "ticks",
    options: ["reallocate", "force_travelling"],
    when: isRole("dispatcher"),
  },
);

function userThing(user: Schemas["UserAnswer"]): Thing {
  const { name, email, role, store_ids, group_ids, permissions } = user;
  const value: Draft = { name, email, role, store_ids, group_ids, permissions };
  return {
    id: user.id,
    name,
    detail: `${optionText(role)} · ${email}`,
    active: user.active,
    value,
    version: user.version,
  };
}

export const USERS: Resource = {
  section: "users",
  tabs: [{ name: "user", label: (texts) => texts.sections.users, fields: USER_FIELDS }],
  newFields: [
    ...USER_FIELDS,
    ...fieldsOf<Schemas["UserBody"]>({
      name: "password",
      text: "password",
      kind: "text",
      input: "password",
      nullable: true,
    }),
  ],
  start: { name: "", email: "", role: "dispatcher", store_ids: [], group_ids: [], permissions: [], password: null },
  removal: {
    label: "deactivate",
    means: "deactivateUser",
    act: async (api, id) => void (await api.DELETE("/v1/users/{id}", { params: { path: { id } } })),
    undo: { active: true },
  },
  list: async (api, cursor) => {
    const page = await answered(api.GET("/v1/users", { params: { query: pageQuery(cursor) } }));
    return { items: page.items.map(userThing), next: page.next_cursor };
  },
  get: async (api, id) => userThing(await answered(api.GET("/v1/users/{id}", { params: { path: { id } } }))),
  create: (api, draft) => answered(api.POST("/v1/users", { body: filled(draft) as Schemas["UserBody"] })),
  update: async (api, id, version, changes) => {
    const params = { path: { id }, header: ifMatch({ version }) };
    return userThing(await answered(api.PATCH("/v1/users/{id}", { params, body: changes as Schemas["UserPatch"] })));
  },
};

const KEY_FIELDS = fieldsOf<Schemas["ApiKeyPatch"]>(
  { name: "name", text: "name", kind: "text", required: true },
  { name: "scopes", text: "keyScopes", kind: "ticks", options: SCOPES, required: true },
  { name: "store_ids", text: "keyStores", kind: "things", of: "stores", many: true },
  { name: "expires_at", text: "expiresAt", kind: "instant", nullable: true },
  { name: "web_origins", text: "webOrigins", kind: "words", when: isWidget },
  {
    name: "leads_per_day",
    text: "leadsPerDay",
    kind: "number",
    whole: true,
    nullable: true,
    min: 1,
    max: 100_000,
    when: isWidget,
  },
);

type Key = Schemas["ApiKeyAnswer"];

function keyThing(key: Key, version: number | null = null): Thing {
  const { name, scopes, store_ids, expires_at, web_origins, leads_per_day } = key;
  const { hint, last_used_at, revoked_at, previous_token_until } = key;
  const value: Draft = {
    name,
    scopes,
    store_ids,
    expires_at,
    web_origins,
    leads_per_day,
    hint,
    last_used_at,
    revoked_at,
    previous_token_until,
  };
  const detail = scopes.map(optionText).join(", ");
  return { id: key.id, name, detail, active: key.revoked_at === null, value, version };
}

export const API_KEYS: Resource = {
  section: "keys",
  tabs: [{ name: "key", label: (texts) => texts.sections.keys, fields: KEY_FIELDS }],
  newFields: KEY_FIELDS,
  start: { name: "", scopes: ["read"], store_ids: [], expires_at: null, web_origins: [], leads_per_day: null },
  removal: {
    label: "revokeKey",
    means: "revokeKeyMeans",
    act: async (api, id) => void (await api.DELETE("/v1/api-keys/{id}", { params: { path: { id } } })),
  },
  list: async (api, cursor) => {
    const page = await answered(api.GET("/v1/api-keys", { params: { query: pageQuery(cursor) } }));
    return { items: page.items.map((key) => keyThing(key)), next: page.next_cursor };
  },
  get: async (api, id) => {
    const { data, response } = await api.GET("/v1/api-keys/{id}", { params: { path: { id } } });
    return keyThing(data as Key, versionOf(response));
  },
  create: async (api, draft) => {
    const sent = isWidget(draft) ? draft : { ...draft, web_origins: [], leads_per_day: null };
    const made = await answered(api.POST("/v1/api-keys", { body: filled(sent) as Schemas["ApiKeyBody"] }));
    return { id: made.id, secret: made.token };
  },
  update: async (api, id, version, changes) => {
    const params = { path: { id }, header: ifMatch({ version }) };
    const { data, response } = await api.PATCH("/v1/api-keys/{id}", {
      params,
      body: changes as Schemas["ApiKeyPatch"],
    });
    return keyThing(data as Key, versionOf(response));
  },
};

/** The events that webhooks may be told, as the API's document names them. */
export const EVENTS: readonly Schemas["EventName"][] = [
  "work_order.created",
  "work_order.located",
  "work_order.offered",
  "work_order.assigned",
  "work_order.rejected",
  "work_order.offer_expired",
  "work_order.unassigned",
  "work_order.transferred",
  "work_order.converted",
  "work_order.cancelled",
  "work_order.status_changed",
  "work_order.pending",
  "work_order.exhausted",
  "work_order.alarm_raised",
  "work_order.alarm_cleared",
  "work_order.corrected",
  "work_order.rescheduled",
  "work_order.group_changed",
  "work_order.crew_changed",
  "technician.presence_changed",
  "organization.quota_nearly_used",
];

const WEBHOOK_FIELDS = fieldsOf<Schemas["WebhookPatch"]>(
  { name: "url", text: "url", kind: "text", input: "url", required: true },
  { name: "description", text: "description", kind: "text", nullable: true },
  { name: "active", text: "webhookActive", kind: "switch" },
  { name: "events", text: "events", kind: "ticks", options: EVENTS, all: "all" },
  { name: "store_ids", text: "webhookStores", kind: "things", of: "stores", many: true },
);

function webhookThing(webhook: Schemas["WebhookAnswer"]): Thing {
  const { url, description, active, events, store_ids } = webhook;
  const value: Draft = {
    url,
    description,
    active,
    events,
    store_ids,
    disabled_because: webhook.disabled_because,
    paused_until: webhook.paused_until,
  };
  return { id: webhook.id, name: url, detail: description ?? "", active, value, version: webhook.version };
}

export const WEBHOOKS: Resource = {
  section: "webhooks",
  tabs: [
    { name: "webhook", label: (texts) => texts.sections.webhooks, fields: WEBHOOK_FIELDS },
    { name: "deliveries", label: (texts) => texts.webhooks.deliveries, fields: [] },
  ],
  newFields: WEBHOOK_FIELDS,
  start: { url: "", description: null, active: true, events: "all", store_ids: [] },
  removal: {
    label: "deleteWebhook",
    means: "deleteWebhookMeans",
    act: async (api, id) => void (await api.DELETE("/v1/webhooks/{id}", { params: { path: { id } } })),
  },
  list: async (api, cursor) => {
    const page = await answered(api.GET("/v1/webhooks", { params: { query: pageQuery(cursor) } }));
    return { items: page.items.map(webhookThing), next: page.next_cursor };
  },
  get: async (api, id) => webhookThing(await answered(api.GET("/v1/webhooks/{id}", { params: { path: { id } } }))),
  create: async (api, draft) => {
    const made = await answered(api.POST("/v1/webhooks", { body: filled(draft) as Schemas["WebhookBody"] }));
    return { id: made.id, secret: made.secret };
  },
  update: async (api, id, version, changes) => {
    const params = { path: { id }, header: ifMatch({ version }) };
    return webhookThing(
      await answered(api.PATCH("/v1/webhooks/{id}", { params, body: changes as Schemas["WebhookPatch"] })),
    );
  },
};
