import { useState } from "preact/hooks";
import { ApiProblem } from "../../../api/client";
import type { components } from "../../../api/document.gen";
import { LANGUAGES } from "../../../texts/language";
import { texts } from "../../../texts/settings";
import { Card } from "../Card";
import { Confirm } from "../Confirm";
import { type Draft, fieldsOf } from "../form/fields";
import { Form } from "../form/form";
import { Rows } from "../form/Rows";
import { Failure } from "../form/SaveBar";
import { optionText } from "../form/words";
import { Refusal } from "../Refusal";
import { useSettings } from "../state";
import { Trouble } from "../Trouble";
import { answered, filled } from "../things/resource";
import { useLoad } from "../useLoad";
import { useTried } from "../useTried";
import { when } from "../words";
import { type Invitation, InvitationLink } from "./Invite";

type InvitationBody = components["schemas"]["InvitationBody"];

const is =
  (...roles: string[]) =>
  (draft: Draft) =>
    roles.includes(String(draft.role));
const ALL = ["administrator", "store_administrator", "dispatcher", "technician"] as const;
const OF_STORE_ADMINISTRATORS = ["dispatcher", "technician"] as const;

const fieldsFor = (roles: readonly string[]) =>
  fieldsOf<InvitationBody>(
    { name: "email", text: "email", kind: "text", input: "email", required: true },
    { name: "name", text: "name", kind: "text", nullable: true },
    { name: "role", text: "role", kind: "choice", options: roles },
    {
      name: "store_ids",
      text: "userStores",
      kind: "things",
      of: "stores",
      many: true,
      when: is("store_administrator"),
    },
    {
      name: "group_ids",
      text: "userGroups",
      kind: "things",
      of: "groups",
      many: true,
      when: is("dispatcher", "technician"),
    },
    {
      name: "permissions",
      text: "permissions",
      kind: "ticks",
      options: ["reallocate", "force_travelling"],
      when: is("dispatcher"),
    },
    {
      name: "language",
      text: "invitedLanguage",
      kind: "choice",
      options: Object.keys(LANGUAGES),
      unset: "organizationsLanguage",
    },
    { name: "store_id", text: "invitedStore", kind: "things", of: "stores", many: false, when: is("technician") },
  );

const START: Draft = {
  email: "",
  name: null,
  role: "dispatcher",
  store_ids: [],
  group_ids: [],
  permissions: [],
  language: null,
  store_id: null,
};

/** Users who are to choose their password by a link, and another invitation. */
export function Invitations() {
  const { client, isAdministrator } = useSettings();
  const said = texts.value.invitation;
  const [form, setForm] = useState(() => new Form({ value: START, version: null }));
  const [made, setMade] = useState<Invitation | null>(null);
  const tried = useTried();
  const loaded = useLoad(
    "invitations",
    async () => (await answered(client.api.GET("/v1/invitations", { params: { query: { limit: 200 } } }))).items,
  );
  const invite = async () => {
    const isMade = await form.save(async ({ draft, version }) => {
      setMade(await answered(client.api.POST("/v1/invitations", { body: filled(draft) as InvitationBody })));
      return { value: draft, version };
    });
    if (!isMade) return;
    setForm(new Form({ value: START, version: null }));
    loaded.again();
  };
  const change = async (act: () => Promise<unknown>) => {
    if (await tried.run(act)) loaded.again();
  };
  const renew = (id: string) =>
    void change(async () =>
      setMade(await answered(client.api.POST("/v1/invitations/{id}/renew", { params: { path: { id } } }))),
    );
  const revoke = (id: string) =>
    void change(() => client.api.DELETE("/v1/invitations/{id}", { params: { path: { id } } }));
  return (
    <Card title={said.title} what={said.what}>
      {made && <InvitationLink made={made} />}
      {loaded.value ? (
        <Open invitations={loaded.value} onRenew={renew} onRevoke={revoke} />
      ) : (
        <Trouble loaded={loaded} />
      )}
      <Refusal problem={tried.problem instanceof ApiProblem ? tried.problem : null} />
      <details>
        <summary>{said.create}</summary>
        <form
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            void invite();
          }}
        >
          <Rows
            fields={fieldsFor(isAdministrator ? ALL : OF_STORE_ADMINISTRATORS)}
            form={form}
            label={said.create}
            fresh
          />
          <Failure form={form} />
          <p class="acts">
            <button type="submit" class="btn pri" disabled={form.saving.value}>
              {said.send}
            </button>
          </p>
        </form>
      </details>
    </Card>
  );
}

interface OpenProps {
  invitations: readonly Invitation[];
  onRenew: (id: string) => void;
  onRevoke: (id: string) => void;
}

function Open({ invitations, onRenew, onRevoke }: OpenProps) {
  const said = texts.value.invitation;
  return (
    <ul class="facts">
      {invitations.map((one) => (
        <li key={one.id}>
          <b>{one.name || one.email}</b>
          <span>{optionText(one.role)}</span>
          <span class="mut">{one.expired ? said.expired : said.expires(when(one.expires_at))}</span>
          {one.mail && <span class="mut">{said.mail[one.mail]}</span>}
          <button type="button" class="lnk" onClick={() => onRenew(one.id)}>
            {said.renew}
          </button>
          <Confirm label={said.revoke} means={texts.value.confirm.revokeKeyMeans} onSure={() => onRevoke(one.id)} />
        </li>
      ))}
      {invitations.length === 0 && <li class="mut">{said.none}</li>}
    </ul>
  );
}
