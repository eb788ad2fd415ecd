import { useState } from "preact/hooks";
import { texts } from "../../../texts/settings";
import { Card } from "../Card";
import { Once } from "../Copy";
import { readNumber } from "../form/values";
import { Refusal } from "../Refusal";
import { useSettings } from "../state";
import { answered } from "../things/resource";
import type { TabProps } from "../things/ThingPage";
import { useTried } from "../useTried";
import { ago, when } from "../words";

/** When an API key was used, and another token for it. */
export function KeyUse({ thing, again }: TabProps) {
  const { client } = useSettings();
  const said = texts.value.keys;
  const { hint, last_used_at, revoked_at, previous_token_until } = thing.value as Record<string, string | null>;
  const [hours, setHours] = useState("24");
  const [token, setToken] = useState<string | null>(null);
  const tried = useTried();
  const rotate = () =>
    tried.run(async () => {
      const params = { path: { id: thing.id } };
      const made = await answered(
        client.api.POST("/v1/api-keys/{id}/rotate", { params, body: { overlap_hours: readNumber(hours, {}) ?? 24 } }),
      );
      setToken(made.token);
      again();
    });
  return (
    <Card title={said.rotate} what={said.rotateWhat}>
      <p>
        <code>{said.hint(String(hint))}</code> · {last_used_at ? said.used(ago(last_used_at)) : said.neverUsed}
        {previous_token_until &&
          Date.parse(previous_token_until) > Date.now() &&
          ` · ${said.previous(when(previous_token_until))}`}
      </p>
      {token && <Once text={token} means={said.secretOnce} label={said.copy} />}
      {!revoked_at && (
        <form
          class="inline"
          onSubmit={(event) => {
            event.preventDefault();
            void rotate();
          }}
        >
          <label>
            {said.overlap}
            <input
              class="in short"
              inputMode="numeric"
              value={hours}
              onInput={(event) => setHours(event.currentTarget.value)}
            />
          </label>
          <button type="submit" class="btn" disabled={tried.busy}>
            {said.rotate}
          </button>
        </form>
      )}
      <Refusal problem={tried.problem} />
    </Card>
  );
}
