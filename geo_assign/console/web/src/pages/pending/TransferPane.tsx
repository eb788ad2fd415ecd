import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Destination } from "../../api/types";
import { Icon } from "../../symbols/Icon";
import { usePending, words } from "./context";

/** The ticked orders to another store, one by one, each with its answer. */
export function TransferPane() {
  const state = usePending();
  const texts = words();
  const stores = useSignal<readonly Destination[]>([]);
  const storeId = useSignal("");
  const note = useSignal("");
  useEffect(() => {
    void state.client.api.GET("/v1/destinations").then(({ data }) => {
      stores.value = data?.items ?? [];
      storeId.value = stores.value[0]?.id ?? "";
    });
  }, []);
  const orders = state.chosen.value;
  return (
    <section class="opt card" aria-label={texts.move.title(orders.length)}>
      <header>
        <Icon name="swap" />
        <h2>{texts.move.title(orders.length)}</h2>
        <button type="button" class="icon-button" aria-label={texts.move.close} onClick={() => state.openPane(null)}>
          <Icon name="close" />
        </button>
      </header>
      <form
        class="pad stack"
        onSubmit={(event) => {
          event.preventDefault();
          void state.transfer(storeId.value, note.value);
        }}
      >
        <label>
          {texts.move.store}
          <select
            class="btn"
            value={storeId.value}
            onChange={(event) => {
              storeId.value = event.currentTarget.value;
            }}
          >
            {stores.value.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <label>
          {texts.move.reason}
          <input
            maxLength={4000}
            value={note.value}
            onInput={(event) => {
              note.value = event.currentTarget.value;
            }}
          />
        </label>
        <button
          type="submit"
          class="btn pri"
          disabled={!storeId.value || orders.length === 0 || state.working.value || state.desk.cut.value}
        >
          {texts.move.send}
        </button>
      </form>
      <ul class="res" aria-live="polite">
        {[...state.outcomes.value].map(([id, { text, failed }]) => (
          <li key={id}>
            <Icon name={failed ? "warn" : "check"} />
            <div class={failed ? "lost" : "done"}>{`${state.desk.orders.value.get(id)?.number ?? ""} ${text}`}</div>
          </li>
        ))}
      </ul>
    </section>
  );
}
