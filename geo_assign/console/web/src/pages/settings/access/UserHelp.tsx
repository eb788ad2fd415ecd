import { useState } from "preact/hooks";
import { texts } from "../../../texts/settings";
import { Card } from "../Card";
import { Once } from "../Copy";
import { Refusal } from "../Refusal";
import { useSettings } from "../state";
import { answered } from "../things/resource";
import type { TabProps } from "../things/ThingPage";
import { useTried } from "../useTried";

/** Help for a user who cannot log in, or whose log-ins are to end. */
export function UserHelp({ thing }: TabProps) {
  const { client, me } = useSettings();
  const said = texts.value.user;
  const [told, setTold] = useState<string | null>(null);
  const [link, setLink] = useState<string | null>(null);
  const tried = useTried();
  const params = { params: { path: { id: thing.id } } };
  const act = (call: () => Promise<unknown>, done: string) => async () => {
    setTold(null);
    if (await tried.run(call)) setTold(done);
  };
  const reset = async () => {
    setTold(null);
    await tried.run(async () => {
      const answer = await answered(client.api.POST("/v1/users/{id}/password-reset", params));
      setLink(answer.link);
      if (answer.link === null) setTold(said.resetMailed);
    });
  };
  const isSelf = thing.id === me.user.id;
  return (
    <Card title={said.help} what={said.helpWhat}>
      <p class="acts">
        <button type="button" class="btn" disabled={tried.busy} onClick={() => void reset()}>
          {said.reset}
        </button>
        <button
          type="button"
          class="btn"
          disabled={tried.busy}
          onClick={act(() => client.api.DELETE("/v1/users/{id}/sessions", params), said.loggedOut)}
        >
          {said.logOutEverywhere}
        </button>
        {!isSelf && (
          <button
            type="button"
            class="btn"
            disabled={tried.busy}
            onClick={act(() => client.api.DELETE("/v1/users/{id}/second-factor", params), said.factorTaken)}
          >
            {said.takeFactor}
          </button>
        )}
        <button
          type="button"
          class="btn"
          disabled={tried.busy}
          onClick={act(() => client.api.DELETE("/v1/users/{id}/identity", params), said.identityTaken)}
        >
          {said.takeIdentity}
        </button>
      </p>
      {link && <Once text={link} means={texts.value.invitation.link} label={texts.value.invitation.copy} />}
      <p role="status">{told}</p>
      <Refusal problem={tried.problem} />
    </Card>
  );
}
