import { useSignal } from "@preact/signals";
import type { OrderDetail } from "../../api/types";
import { Box } from "./Box";
import { useOrderState, useWhen, words } from "./context";
import { atMoment } from "./model";

/** The link with which the customer follows the order. */
export function LinkBox({ order }: { order: OrderDetail }) {
  const state = useOrderState();
  const copied = useSignal(false);
  const when = useWhen(order);
  const { link: texts, act } = words();
  const link = state.link.value;
  const copy = async () => {
    if (!link) return;
    await navigator.clipboard.writeText(link.url);
    copied.value = true;
  };
  return (
    <Box class="link" title={texts.title}>
      <p class="muted">{texts.explains}</p>
      {link && (
        <>
          <input
            class="url"
            readOnly
            value={link.url}
            aria-label={texts.title}
            onFocus={(event) => event.currentTarget.select()}
          />
          <p class="muted">{link.opened_at ? texts.opened(atMoment(link.opened_at, when)) : texts.notOpened}</p>
        </>
      )}
      <div class="opf">
        {link ? (
          <>
            <button type="button" class="btn pri" onClick={() => void copy()}>
              {copied.value ? texts.copied : texts.copy}
            </button>
            <button type="button" class="btn" onClick={() => void state.revokeLink()}>
              {texts.revoke}
            </button>
          </>
        ) : (
          <button type="button" class="btn pri" onClick={() => void state.makeLink()}>
            {texts.make}
          </button>
        )}
        <button
          type="button"
          class="btn"
          onClick={() => {
            state.form.value = null;
          }}
        >
          {act.dismiss}
        </button>
      </div>
    </Box>
  );
}
