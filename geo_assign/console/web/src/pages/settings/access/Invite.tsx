import { useState } from "preact/hooks";
import type { components } from "../../../api/document.gen";
import { LANGUAGES, type Language } from "../../../texts/language";
import { texts } from "../../../texts/settings";
import { Copy, Drawn } from "../Copy";
import { optionText } from "../form/words";
import { Refusal } from "../Refusal";
import { useSettings } from "../state";
import { answered } from "../things/resource";
import { useTried } from "../useTried";
import { when } from "../words";

export type Invitation = components["schemas"]["InvitationAnswer"];
type InvitationBody = components["schemas"]["InvitationBody"];

interface InviteProps {
  /** Everything but the address and the language. */
  body: Omit<InvitationBody, "email" | "permissions" | "store_ids" | "group_ids" | "language">;
  onInvited: () => void;
}

/** Invites one user, whose role is decided already; the link is shown this once. */
export function Invite({ body, onInvited }: InviteProps) {
  const { client } = useSettings();
  const said = texts.value.technician;
  const [email, setEmail] = useState("");
  const [language, setLanguage] = useState<Language | null>(null);
  const [made, setMade] = useState<Invitation | null>(null);
  const tried = useTried();
  const invite = async () => {
    const sent = { ...body, email: email.trim(), language, permissions: [], store_ids: [], group_ids: [] };
    await tried.run(async () => setMade(await answered(client.api.POST("/v1/invitations", { body: sent }))));
  };
  if (made) return <InvitationLink made={made} onDone={onInvited} />;
  return (
    <form
      class="inline"
      onSubmit={(event) => {
        event.preventDefault();
        void invite();
      }}
    >
      <label>
        {said.inviteEmail}
        <input
          type="email"
          class="in"
          required
          autocomplete="off"
          value={email}
          onInput={(event) => setEmail(event.currentTarget.value)}
        />
      </label>
      <label>
        {texts.value.fields.invitedLanguage.label}
        <select
          class="in"
          value={language ?? ""}
          onChange={(event) => setLanguage((event.currentTarget.value || null) as Language | null)}
        >
          <option value="">{optionText("organizationsLanguage")}</option>
          {Object.entries(LANGUAGES).map(([code, name]) => (
            <option key={code} value={code} lang={code}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <button type="submit" class="btn" disabled={tried.busy}>
        {said.invite}
      </button>
      <Refusal problem={tried.problem} />
    </form>
  );
}

/** The link of an invitation: to copy, to send, to scan. Or that it went by e-mail. */
export function InvitationLink({ made, onDone }: { made: Invitation; onDone?: () => void }) {
  const said = texts.value.invitation;
  return (
    <div class="setup" role="status">
      {made.qr_svg && <Drawn svg={made.qr_svg} alt={said.scan} />}
      <div class="stack">
        <p>
          <b>{made.name || made.email}</b> {made.link ? said.link : said.mailed} {said.expires(when(made.expires_at))}
        </p>
        {made.link && (
          <>
            <code class="secret">{made.link}</code>
            <span class="acts">
              <Copy text={made.link} label={said.copy} />
              <a class="btn" href={`sms:?body=${encodeURIComponent(said.textBody(made.link))}`}>
                {said.sendText}
              </a>
            </span>
          </>
        )}
        {onDone && (
          <button type="button" class="lnk" onClick={onDone}>
            {said.done}
          </button>
        )}
      </div>
    </div>
  );
}
