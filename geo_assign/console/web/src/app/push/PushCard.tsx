import { useState } from "preact/hooks";
import { texts } from "../../texts/app";
import { AppIcon } from "../AppIcon";
import { useApp } from "../context";
import { pushProblem, pushState, switchPushOn } from "./push";

const DECLINED = "geo-assign-push-later";

/** Offers to wake the phone, once duty has begun; a person who does not want it is not asked again. */
export function PushCard() {
  const { account, day } = useApp();
  const [declined, setDeclined] = useState(localStorage.getItem(DECLINED) !== null);
  const { today } = texts.value;
  const key = day.facts.value?.vapid_public_key;
  if (declined || !key || pushState.value !== "off" || !day.onDuty.value) return null;
  const later = () => {
    localStorage.setItem(DECLINED, "yes");
    setDeclined(true);
  };
  return (
    <section class="look ask" aria-labelledby="push-title">
      <AppIcon name="bell" />
      <div>
        <h2 id="push-title">{today.pushTitle}</h2>
        <p>{today.pushText}</p>
        {pushProblem.value && (
          <p class="problem" role="alert">
            {pushProblem.value}
          </p>
        )}
        <div class="two">
          <button type="button" class="btn" onClick={later}>
            {today.pushLater}
          </button>
          <button type="button" class="btn pri" onClick={() => void switchPushOn(account.calls, account.device, key)}>
            {today.pushOn}
          </button>
        </div>
      </div>
    </section>
  );
}
