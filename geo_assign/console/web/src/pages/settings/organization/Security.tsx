import { useMemo } from "preact/hooks";
import { ApiProblem } from "../../../api/client";
import type { components } from "../../../api/document.gen";
import { texts } from "../../../texts/settings";
import { Confirm } from "../Confirm";
import { type Draft, fieldsOf } from "../form/fields";
import { Rows } from "../form/Rows";
import { SaveBar } from "../form/SaveBar";
import { Refusal } from "../Refusal";
import { useSettings } from "../state";
import { Trouble } from "../Trouble";
import { answered } from "../things/resource";
import { useLoad } from "../useLoad";
import { useTried } from "../useTried";
import { MailLanguage } from "./MailLanguage";

type Schemas = components["schemas"];

const FACTOR_FIELDS = fieldsOf<Schemas["PolicyBody"]>({
  name: "required_of",
  text: "requiredOf",
  kind: "choice",
  options: ["off", "administrators", "console_users"],
});
const SIGN_ON_FIELDS = fieldsOf<Schemas["SingleSignOnBody"]>(
  { name: "issuer", text: "issuer", kind: "text", input: "url", required: true },
  { name: "client_id", text: "clientId", kind: "text", required: true },
  { name: "client_secret", text: "clientSecret", kind: "text", input: "password", nullable: true },
  { name: "email_domains", text: "emailDomains", kind: "words" },
  { name: "assume_email_verified", text: "assumeEmailVerified", kind: "switch" },
  { name: "password_log_in", text: "passwordLogIn", kind: "switch" },
);
const NO_SIGN_ON: Draft = {
  issuer: "",
  client_id: "",
  client_secret: null,
  email_domains: [],
  assume_email_verified: false,
  password_log_in: true,
};

/** How users of the organization log in, and in which language they are written to. */
export function Security() {
  const { client } = useSettings();
  const loaded = useLoad("security", async () => {
    const { organization } = await answered(client.api.GET("/v1/me"));
    const policy = await answered(client.api.GET("/v1/organization/second-factor"));
    // Asked for where there is one: a browser notes each refusal as an error.
    const ways = await client.logInWays(organization.slug);
    const signOn = ways.single_sign_on
      ? await findSignOn(() => answered(client.api.GET("/v1/organization/single-sign-on")))
      : null;
    return { organization, policy, signOn };
  });
  if (!loaded.value) return <Trouble loaded={loaded} of={texts.value.sections.security} />;
  const { organization, policy, signOn } = loaded.value;
  return (
    <section class="thing" aria-labelledby="security-title">
      <header class="hd plain">
        <h1 id="security-title">{texts.value.sections.security}</h1>
      </header>
      <div class="scroll">
        <SecondFactorPolicy policy={policy} />
        <SingleSignOn present={signOn} again={loaded.again} />
        <MailLanguage language={organization.language} />
      </div>
    </section>
  );
}

async function findSignOn(
  read: () => Promise<Schemas["SingleSignOnAnswer"]>,
): Promise<Schemas["SingleSignOnAnswer"] | null> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof ApiProblem && error.status === 404) return null;
    throw error;
  }
}

function SecondFactorPolicy({ policy }: { policy: Schemas["PolicyAnswer"] }) {
  const settings = useSettings();
  const said = texts.value.security;
  const form = useMemo(
    () => settings.form("security/factor", { value: { required_of: policy.required_of }, version: null }),
    [policy],
  );
  const save = () =>
    void form.save(async ({ draft }) => {
      const kept = await answered(
        settings.client.api.PUT("/v1/organization/second-factor", { body: draft as Schemas["PolicyBody"] }),
      );
      return { value: { required_of: kept.required_of }, version: null };
    });
  return (
    <section class="block" aria-labelledby="factor-title">
      <h2 id="factor-title">{said.factor}</h2>
      <p class="mut">
        {said.factorWhat} <a href="/console/second-factor">{said.ownFactor}</a>
      </p>
      <Rows fields={FACTOR_FIELDS} form={form} label={said.factor} />
      <SaveBar
        form={form}
        onSave={save}
        onRead={async () => ({ value: form.kept.value, version: null })}
        means={said.factorWarns}
      />
    </section>
  );
}

function SingleSignOn({ present, again }: { present: Schemas["SingleSignOnAnswer"] | null; again: () => void }) {
  const settings = useSettings();
  const said = texts.value.security;
  const tried = useTried();
  const value = present ? draftOf(present) : NO_SIGN_ON;
  const form = useMemo(
    () => settings.form("security/sign-on", { value, version: present?.version ?? null }),
    [present],
  );
  const save = () =>
    void form.save(async ({ draft, version }) => {
      const body = { ...draft, client_secret: draft.client_secret || null } as Schemas["SingleSignOnBody"];
      const headers = version === null ? {} : { "If-Match": `"${version}"` };
      const kept = await answered(settings.client.api.PUT("/v1/organization/single-sign-on", { body, headers }));
      again();
      return { value: draftOf(kept), version: kept.version };
    });
  const read = async () => {
    const kept = await answered(settings.client.api.GET("/v1/organization/single-sign-on"));
    return { value: draftOf(kept), version: kept.version };
  };
  const remove = () =>
    tried.run(async () => {
      await settings.client.api.DELETE("/v1/organization/single-sign-on");
      settings.forget("security/sign-on");
      again();
    });
  return (
    <section class="block" aria-labelledby="sign-on-title">
      <h2 id="sign-on-title">{said.signOn}</h2>
      <p class="mut">{said.signOnWhat}</p>
      {present ? (
        <p>
          {said.callback} <code>{present.callback_url}</code> {present.has_client_secret && said.secretKept}
        </p>
      ) : (
        <p>{said.noSignOn}</p>
      )}
      <Rows fields={SIGN_ON_FIELDS} form={form} label={said.signOn} />
      <SaveBar form={form} onSave={save} onRead={read} />
      {present && <Confirm label={said.remove} means={said.removeMeans} onSure={() => void remove()} />}
      <Refusal problem={tried.problem} />
    </section>
  );
}

function draftOf(kept: Schemas["SingleSignOnAnswer"]): Draft {
  const { issuer, client_id, email_domains, assume_email_verified, password_log_in } = kept;
  return { issuer, client_id, client_secret: null, email_domains, assume_email_verified, password_log_in };
}
