import { useMemo } from "preact/hooks";
import type { components } from "../../../api/document.gen";
import { LANGUAGES } from "../../../texts/language";
import { texts } from "../../../texts/settings";
import { fieldsOf } from "../form/fields";
import { Rows } from "../form/Rows";
import { SaveBar } from "../form/SaveBar";
import { useSettings } from "../state";
import { answered } from "../things/resource";

type Body = components["schemas"]["OrganizationLanguageBody"];

const FIELDS = fieldsOf<Body>({
  name: "language",
  text: "mailLanguage",
  kind: "choice",
  options: Object.keys(LANGUAGES),
});

/** The language of mails and push messages to users who chose none. */
export function MailLanguage({ language }: Body) {
  const settings = useSettings();
  const said = texts.value.security;
  const form = useMemo(() => settings.form("security/language", { value: { language }, version: null }), [language]);
  const save = () =>
    void form.save(async ({ draft }) => {
      const body = draft as Body;
      const kept = await answered(settings.client.api.PUT("/v1/organization/language", { body }));
      return { value: { language: kept.language }, version: null };
    });
  return (
    <section class="block" aria-labelledby="mail-language-title">
      <h2 id="mail-language-title">{said.mails}</h2>
      <p class="mut">{said.mailsWhat}</p>
      <Rows fields={FIELDS} form={form} label={said.mails} />
      <SaveBar form={form} onSave={save} onRead={async () => ({ value: form.kept.value, version: null })} />
    </section>
  );
}
